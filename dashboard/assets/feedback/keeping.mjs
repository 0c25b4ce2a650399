// What is kept of an exercise: while it goes on in the browser, so that a reload goes on with it; its summary with the
// session, which waits in the browser until the dashboard has taken it.

import { Exercise } from "./sets.mjs";

const AGAIN_MS = 5_000;

export class Keeping {
  #timer = 0;

  /** `said(text)` is told how it goes; `storage` survives a reload; `base` is where the dashboard is. */
  constructor(workout, said, storage = localStorage, base = "") {
    this.path = `${base}/data/${encodeURIComponent(workout)}/feedback`;
    this.key = `barograph.feedback.${workout}`;
    this.said = said;
    this.storage = storage;
    this.sent = this.#send(); // what was left from before
  }

  close() {
    clearTimeout(this.#timer);
  }

  /** @returns {any[]} summaries that nobody has taken yet */
  get waiting() {
    return JSON.parse(this.storage.getItem(this.key) ?? "[]");
  }

  /** Remember how far an exercise is. */
  remember({ goal, exercise }) {
    this.storage.setItem(`${this.key}.now`, JSON.stringify({ goal, exercise }));
  }

  /** Go on with what was remembered of the same goal, unless it was done. */
  restore(training) {
    const { goal, exercise } = JSON.parse(this.storage.getItem(`${this.key}.now`) ?? "{}");
    if (exercise && exercise.state !== "done" && JSON.stringify(goal) === JSON.stringify(training.goal)) training.exercise = Exercise.of(exercise);
  }

  /** Keep a summary, now or as soon as it can be. */
  keep(summary) {
    if (!summary.sets.length) return this.said("Nothing to keep: no step was counted.");
    this.storage.setItem(this.key, JSON.stringify([...this.waiting, summary]));
    return this.#send();
  }

  async #send() {
    clearTimeout(this.#timer);
    const [first, ...rest] = this.waiting;
    if (!first) return;
    const done = await this.#post(first);
    if (done === null) {
      this.said("Kept in this browser until the dashboard answers.");
      this.#timer = setTimeout(() => this.#send(), AGAIN_MS);
      return;
    }
    this.storage.setItem(this.key, JSON.stringify(rest));
    this.said(done);
    await this.#send();
  }

  // What to say, or null where it is worth trying again.
  async #post(summary) {
    try {
      const answer = await fetch(this.path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(summary) });
      if (answer.ok) return "Kept with the session.";
      return answer.status >= 500 || answer.status === 429 ? null : "Not kept: this link may not.";
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      return null;
    }
  }
}
