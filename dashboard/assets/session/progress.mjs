// While the server makes a tab: after a moment a bar says how many of the selection's frames it has read.

const AFTER_MS = 200;
const EVERY_MS = 300;
const FAILED_MS = 2000;

/** What is said of so many frames read of so many; without any, what is done with them. */
export function wording({ done, of }) {
  return of ? `Reading the selection, ${Math.floor((100 * done) / of)} %` : "Computing";
}

export class Progress {
  #timer;

  constructor(page) {
    this.page = page;
    this.box = page.slot("reading");
    this.body = page.root.querySelector("#tab-body");
    this.watch = new MutationObserver(() => this.#turn());
    this.watch.observe(this.body, { attributeFilter: ["data-dash-is-loading"] });
    this.#turn();
  }

  close() {
    clearTimeout(this.#timer);
    this.watch.disconnect();
  }

  get #waits() {
    return this.body.dataset.dashIsLoading === "true";
  }

  #turn() {
    clearTimeout(this.#timer);
    if (this.#waits) this.#timer = setTimeout(() => this.#ask(), AFTER_MS);
    else this.box.hidden = true;
  }

  async #ask() {
    let wait = EVERY_MS;
    try {
      const answer = await fetch(`${this.page.path}/progress`);
      if (answer.ok) this.#show(await answer.json());
    } catch {
      wait = FAILED_MS; // the tab itself says when the server is away
    }
    if (this.#waits) this.#timer = setTimeout(() => this.#ask(), wait);
  }

  #show(read) {
    if (!this.#waits) return;
    this.box.hidden = false;
    this.page.slot("reading-text").textContent = wording(read);
    const bar = this.page.slot("reading-bar");
    if (read.of) bar.value = read.done / read.of;
    else bar.removeAttribute("value");
  }
}
