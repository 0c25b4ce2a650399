// What happens between a sample and what is said: steps of each foot, their values in the goal, the word, and the counts.
// It knows no page, so that it is tested without one.

import { Exercise } from "./sets.mjs";
import { StepFinder } from "./stepfinder.mjs";
import { Values, Word, isLimit, place } from "./goal.mjs";

export class Training {
  #finders = new Map(); // stream → StepFinder
  #since = new Map(); // stream → the newest sample that was looked at, µs
  #warned = NaN; // when the stance began that passed the limit
  /** @type {?number} */
  from = null; // µs: steps that began before are not counted; null: from what is there when samples first come

  /** `knows` is {mass, usual}. */
  constructor(goal, knows, at) {
    this.goal = goal;
    this.values = new Values(goal, knows);
    this.word = new Word(goal);
    this.exercise = new Exercise(goal, at);
    this.value = NaN; // of the last step, or of the stance that goes on
  }

  /** Thresholds of a foot as the hub found them, by side. */
  setThresholds(thresholds, sensors) {
    for (const { stream, side } of sensors) if (thresholds?.[side]) this.#finder(stream).setThresholds(thresholds[side]);
  }

  #finder(stream) {
    if (!this.#finders.has(stream)) this.#finders.set(stream, new StepFinder());
    return this.#finders.get(stream);
  }

  /** New samples of a stream: what is to be heard, [{kind: "step" or "limit", place, value, time}, …]. */
  take({ sensor, ring }, at) {
    this.from ??= ring.last;
    const { stream, side } = sensor;
    const { times, values } = ring.since("total_force_n", this.#since.get(stream) ?? -Infinity);
    const finder = this.#finder(stream);
    const heard = [];
    for (let i = 0; i < times.length; i++) {
      for (const step of finder.take(times[i], values[i])) {
        const said = step.start < (this.from ?? -Infinity) ? null : this.#step(side, step, at);
        if (said) heard.push(said);
      }
      if (finder.began > (this.from ?? NaN) && this.#limited(side, finder)) heard.push({ kind: "limit", place: "high", value: this.value, time: times[i] });
    }
    if (times.length) this.#since.set(stream, times[times.length - 1]);
    return heard;
  }

  // A limit acts while the foot is still down. Nothing acts in a rest.
  #limited(side, { most, began }) {
    if (!isLimit(this.goal) || side !== this.goal.side || this.exercise.state !== "set") return false;
    this.value = this.values.turned(most);
    if (!(this.value > this.goal.high) || began === this.#warned) return false;
    this.#warned = began;
    this.word.exceeds(this.value);
    return true;
  }

  #step(side, step, at) {
    if (this.exercise.state !== "set") return null;
    const value = this.values.take(side, step);
    this.exercise.bear(side, step.impulse_ns);
    if (value === null) return null;
    this.value = value;
    this.word.take(value);
    const where = place(this.goal, value);
    this.exercise.take(where, value, at);
    return { kind: "step", place: where, value, time: step.stop };
  }
}
