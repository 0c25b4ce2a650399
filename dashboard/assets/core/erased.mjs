// Asks, while a page of a stored session is looked at, whether the session is still stored; when it is not, the page is
// opened again, and the server says in its place what happened.

const EVERY_MS = 2000;

export class Erased {
  #timer = 0;
  #listeners = new AbortController();

  /** `path` of the session's data, and the `uid` by which this page knows it: its name may be given again. */
  constructor(path, uid, reopen = () => location.reload()) {
    this.address = `${path}/stored?uid=${encodeURIComponent(uid)}`;
    this.reopen = reopen;
    document.addEventListener("visibilitychange", () => this.#look(), { signal: this.#listeners.signal });
    this.#later();
  }

  close() {
    this.#listeners.abort();
    clearTimeout(this.#timer);
  }

  #later() {
    clearTimeout(this.#timer);
    if (!this.#listeners.signal.aborted) this.#timer = setTimeout(() => this.#look(), EVERY_MS);
  }

  async #look() {
    clearTimeout(this.#timer);
    if (document.hidden) return; // it looks as soon as somebody looks at it
    try {
      const answer = await fetch(this.address);
      const gone = answer.ok && !(await answer.json()).stored;
      if (gone && !this.#listeners.signal.aborted) return this.reopen();
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // nobody answers: the frame around the page says so
    }
    this.#later();
  }
}
