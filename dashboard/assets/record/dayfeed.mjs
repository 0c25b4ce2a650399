// The day as the server has it: asked for again as soon as it is answered, so that what another browser does is seen
// here within a moment. Says when the server is away, and what time it is there.

const WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 8_000;
const SAME_MS = 200; // between two answers that said nothing new
const MOST_OFFSETS = 12;

export class DayFeed {
  #closed = false;
  #wait = WAIT_MS;
  #offsets = [];
  /** @type {AbortController} */
  #asking = new AbortController();

  /** `on.day(what)` for each new revision, `on.away(words)` where nobody answers ("" when they do), `on.gone()`. */
  constructor(id, on) {
    this.path = `/record/days/${encodeURIComponent(id)}`;
    this.on = on;
    this.revision = -1;
    void this.#run();
  }

  close() {
    this.#closed = true;
    this.#asking.abort();
  }

  /** The server's time now, µs: answers that took no time say it best. */
  now() {
    return Date.now() * 1000 + (this.#offsets.length ? Math.max(...this.#offsets) : 0);
  }

  /** What a command answered is the newest there is. */
  take(day) {
    this.#offsets = [...this.#offsets, day.now_us - Date.now() * 1000].slice(-MOST_OFFSETS);
    if (day.revision < this.revision) return;
    this.revision = day.revision;
    this.on.day({ day, people: day.people, may: day.may ?? true });
  }

  async #run() {
    while (!this.#closed) {
      const again = await this.#ask();
      if (again) await new Promise((resolve) => setTimeout(resolve, again));
    }
  }

  // How long to wait before asking again, ms.
  async #ask() {
    try {
      const since = this.revision < 0 ? "" : `?since=${this.revision}`;
      const answer = await fetch(this.path + since, { signal: this.#asking.signal, cache: "no-store" });
      if ([403, 404, 410].includes(answer.status)) return this.#gone();
      if (!answer.ok) return this.#away();
      this.#wait = WAIT_MS;
      this.on.away("");
      const before = this.revision;
      this.take(await answer.json());
      return this.revision === before ? SAME_MS : 0;
    } catch (error) {
      if (this.#closed) return 0;
      if (!(error instanceof TypeError)) throw error; // nobody answers
      return this.#away();
    }
  }

  #gone() {
    this.close();
    this.on.gone();
    return 0;
  }

  #away() {
    this.on.away("The server does not answer. What you do is kept here and sent when it does.");
    const wait = this.#wait;
    this.#wait = Math.min(2 * wait, LONGEST_WAIT_MS);
    return wait;
  }
}
