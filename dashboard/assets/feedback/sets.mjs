// An exercise: sets of steps with rests between them, counted. It knows no clock and no page: moments are given, in ms.

import { number } from "../core/words.mjs";

const KEPT_VALUES = 40;

const newSet = (n, at) => ({ n, count: 0, inside: 0, row: 0, best: 0, over: 0, start_ms: at, stop_ms: null });

export class Exercise {
  /** `sets` and `steps` of 0 are open: somebody rests, and finishes, when they like. */
  constructor({ sets = 0, steps = 0, rest_s: rest = 60 }, at) {
    this.plan = { sets, steps, rest_s: rest };
    this.state = "set"; // or "rest", "done"
    this.sets = [newSet(1, at)];
    this.load = { left: 0, right: 0 }; // N·s of steps in sets
    this.steps = 0; // of either foot, in sets
    this.restUntil = NaN;
    this.values = []; // of the last steps of the set
  }

  /** What was kept of an exercise (`JSON` of it), to go on with. */
  static of(kept) {
    return Object.assign(new Exercise(kept.plan, 0), kept);
  }

  get set() {
    return this.sets[this.sets.length - 1];
  }

  /** Steps of the goal so far, in words: "48 of 60 planned", or "" where nobody planned how many. */
  get planned() {
    const { sets, steps } = this.plan;
    return sets && steps ? `${number(this.total.count)} of ${number(sets * steps)} planned` : "";
  }

  /** A step of either foot, whose impulse is load. */
  bear(side, impulse) {
    if (this.state !== "set") return;
    this.steps += 1;
    if (side in this.load) this.load[side] += impulse;
  }

  /** A step of the goal: where it was, "in", "low" or "high". The set may end by it. */
  take(place, value, at) {
    if (this.state !== "set") return;
    const { set } = this;
    set.count += 1;
    if (place === "in") {
      set.inside += 1;
      set.row += 1;
      set.best = Math.max(set.best, set.row);
    } else set.row = 0;
    if (place === "high") set.over += 1;
    this.values = [...this.values, value].slice(-KEPT_VALUES);
    if (this.plan.steps && set.count >= this.plan.steps) this.rest(at);
  }

  /** Rest after a set; after the last one it is done. */
  rest(at) {
    if (this.state !== "set") return;
    this.set.stop_ms = at;
    if (this.plan.sets && this.sets.length >= this.plan.sets) this.state = "done";
    else {
      this.state = "rest";
      this.restUntil = this.plan.rest_s ? at + 1000 * this.plan.rest_s : NaN;
    }
  }

  /** The next set. */
  goOn(at) {
    if (this.state !== "rest") return;
    this.state = "set";
    this.values = [];
    this.sets.push(newSet(this.sets.length + 1, at));
  }

  /** The rest is over by itself when its time is: true when it just was. */
  tick(at) {
    if (this.state !== "rest" || !(at >= this.restUntil)) return false;
    this.goOn(at);
    return true;
  }

  /** Ended by whoever trains. A set without a step is left out. */
  finish(at) {
    if (this.state === "set") this.set.stop_ms = at;
    if (this.sets.length > 1 && this.set.count === 0) this.sets.pop();
    this.state = "done";
  }

  /** Seconds of rest that are left; NaN where nobody counts. */
  left(at) {
    return this.state === "rest" ? Math.max(0, (this.restUntil - at) / 1000) : NaN;
  }

  /** Of all sets together. */
  get total() {
    const sum = (name) => this.sets.reduce((all, set) => all + set[name], 0);
    return { count: sum("count"), inside: sum("inside"), over: sum("over"), best: Math.max(...this.sets.map(({ best }) => best)) };
  }

  /** What is kept of it with the session; `ahead` is how far the server's clock is before this one, ms. */
  summary(goal, ahead = 0) {
    const { measure, side, basis, low, high } = goal;
    const sets = this.sets.filter(({ count }) => count).map(({ count, inside, best, over, stop_ms: stop }) => ({ count, inside, best, over, stop_ms: Math.round((stop ?? 0) + ahead) }));
    return { goal: { measure, side, basis, low, high }, sets, load_ns: this.load.left + this.load.right, steps: this.steps };
  }
}

/** A share in %, NaN of none. */
export const share = ({ inside, count }) => (count ? (100 * inside) / count : NaN);
