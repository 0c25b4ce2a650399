// Commands on their way to the server, in their order: each has a key, so that one that is sent twice is done once.
// Where the server does not answer, or cannot store, a command stays here (and in the browser's storage, so that a
// reload does not lose it) and is sent again with the same key. What the server refuses is given up, and said.

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 8_000;

export class Outbox {
  name; post; storage; key; later; on; waiting; away;
  #sending = false;
  #timer = 0;
  #wait = FIRST_WAIT_MS;

  /**
   * `post(command)` answers {status, body}; it throws TypeError where nobody answers. `storage` keeps texts by name.
   * `on`: done(command, body), refused(command, words), away(command) when one waits, all optional.
   */
  constructor(name, { post, storage, on = {}, key = () => crypto.randomUUID(), wait = (ms, act) => setTimeout(act, ms) }) {
    [this.name, this.post, this.storage, this.key, this.later] = [name, post, storage, key, wait];
    this.on = /** @type {any} */ (on);
    this.waiting = kept(storage.getItem(name));
    this.away = false;
  }

  /** Send a command after those that wait; returns it with its key. */
  send(command) {
    const one = { ...command, key: this.key() };
    this.waiting.push(one);
    this.#keep();
    void this.flush();
    return one;
  }

  /** Send what waits, now. */
  async flush() {
    if (this.#sending) return;
    this.#sending = true;
    clearTimeout(this.#timer);
    while (this.waiting.length && (await this.#first()));
    this.#sending = false;
  }

  close() {
    clearTimeout(this.#timer);
  }

  // True when the first command left, whatever became of it.
  async #first() {
    const [one] = this.waiting;
    const answer = await this.#answer(one);
    if (!answer || answer.status >= 500 || answer.status === 429) {
      this.away = true;
      this.on.away?.(one);
      this.#timer = this.later(this.#wait, () => this.flush());
      this.#wait = Math.min(2 * this.#wait, LONGEST_WAIT_MS);
      return false;
    }
    this.away = false;
    this.#wait = FIRST_WAIT_MS;
    this.waiting.shift();
    this.#keep();
    if (answer.status < 300) this.on.done?.(one, answer.body);
    else this.on.refused?.(one, answer.body?.error ?? `The server answered ${answer.status}.`);
    return true;
  }

  async #answer(one) {
    try {
      return await this.post(one);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // nobody answers
      return null;
    }
  }

  #keep() {
    if (this.waiting.length) this.storage.setItem(this.name, JSON.stringify(this.waiting));
    else this.storage.removeItem(this.name);
  }
}

function kept(text) {
  try {
    const found = JSON.parse(text ?? "[]");
    return Array.isArray(found) ? found.filter((one) => one?.command && one.key) : [];
  } catch (error) {
    if (error instanceof SyntaxError) return []; // somebody else's text
    throw error;
  }
}
