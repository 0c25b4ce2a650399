// What was done, so that it can be taken back and done again. The newest steps are kept.

const MOST = 200;

/** @template T */
export class Steps {
  /** @type {T[]} */ #before = [];
  /** @type {T[]} */ #after = [];

  /** @param {T} now */
  constructor(now) {
    this.now = now;
  }

  /** Go on to what is new. @param {T} next */
  add(next) {
    this.#before.push(this.now);
    if (this.#before.length > MOST) this.#before.shift();
    this.#after = [];
    this.now = next;
  }

  get canUndo() {
    return this.#before.length > 0;
  }

  get canRedo() {
    return this.#after.length > 0;
  }

  undo() {
    return this.#step(this.#before, this.#after);
  }

  redo() {
    return this.#step(this.#after, this.#before);
  }

  // Returns whether there was a step.
  #step(from, to) {
    if (!from.length) return false;
    to.push(this.now);
    this.now = /** @type {T} */ (from.pop());
    return true;
  }
}
