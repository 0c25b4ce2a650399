// Asks, while a page of stored sessions is looked at, whether they are still stored. A session is an element that says
// its name and its uid, in data-workout and data-uid: its name may be given again. The page is told the names of those
// that were erased, once each.

const EVERY_MS = 2000;
const MOST_AT_ONCE = 40;

export class Erased {
  #timer = 0;
  #listeners = new AbortController();
  #told = new Set();

  /** `erased` hears the names of sessions in `root` that are gone. */
  constructor(root, erased) {
    this.root = root;
    this.erased = erased;
    document.addEventListener("visibilitychange", () => this.#look(), { signal: this.#listeners.signal });
    this.#later();
  }

  close() {
    this.#listeners.abort();
    clearTimeout(this.#timer);
  }

  get #over() {
    return this.#listeners.signal.aborted;
  }

  #later() {
    clearTimeout(this.#timer);
    if (!this.#over) this.#timer = setTimeout(() => this.#look(), EVERY_MS);
  }

  async #look() {
    clearTimeout(this.#timer);
    if (document.hidden) return; // it looks as soon as somebody looks at it
    try {
      if ("guest" in this.root.dataset) await still(this.root.dataset.workout);
      const gone = "guest" in this.root.dataset ? [] : await missing(shown(this.root).filter(([, uid]) => !this.#told.has(uid)));
      if (gone.length && !this.#over) this.#tell(gone);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // nobody answers: the frame around the page says so
    }
    this.#later();
  }

  #tell(gone) {
    for (const [, uid] of gone) this.#told.add(uid);
    this.erased(gone.map(([name]) => name));
  }
}

/** Names and uids of the sessions in an element, itself included, each once. */
function shown(root) {
  const found = [root, ...root.querySelectorAll("[data-uid]")].filter((one) => one.dataset.uid);
  return [...new Map(found.map(({ dataset }) => [dataset.uid, [dataset.workout, dataset.uid]])).values()];
}

/** Whoever came by a share link may ask for its session alone; when the link is over, the page that is loaded says so. */
async function still(name) {
  const { status } = await fetch(`/data/${encodeURIComponent(name)}/progress`);
  if (status === 403) location.reload();
}

/** Those of some sessions that the server does not have any more. */
async function missing(sessions) {
  const found = [];
  for (let at = 0; at < sessions.length; at += MOST_AT_ONCE) {
    const some = sessions.slice(at, at + MOST_AT_ONCE);
    const query = new URLSearchParams(some.flatMap(([name, uid]) => [["workout", name], ["uid", uid]]));
    const answer = await fetch(`/stored?${query}`);
    if (!answer.ok) return found;
    const gone = new Set((await answer.json()).gone);
    found.push(...some.filter(([name]) => gone.has(name)));
  }
  return found;
}
