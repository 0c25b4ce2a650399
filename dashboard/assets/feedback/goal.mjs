// A goal: what a step is worth in it, where its band lies on the gauge, and which word leads.

import { GOALS, GRAVITY, STEP } from "../core/tables.mjs";
import { number as written } from "../core/words.mjs";

const FIRST_STEPS = 20; // of which the usual value is made where no earlier session tells it
const OTHER_STEPS = 3; // of the other foot
const STEPS_BEYOND = 2;

const WORDS = {
  weight: { inside: "On target", low: "More weight", high: "Less weight" },
  force: { inside: "On target", low: "Push harder", high: "Land softer" },
  impulse: { inside: "On target", low: "Push longer", high: "Push less" },
  contact: { inside: "On target", low: "Longer contact", high: "Shorter contact" },
  cadence: { inside: "Good rhythm", low: "Quicker steps", high: "Slower steps" },
};
const OTHER = { left: "right", right: "left" };

/** A goal from an address or a record; null where it is none. */
export function goalOf(given) {
  const number = (name, usual = NaN) => (given[name] === undefined || given[name] === "" || given[name] === null ? usual : Number(given[name]));
  const goal = {
    measure: given.measure, side: given.side ?? "both", basis: given.basis, until: given.until ?? "",
    low: number("low"), high: number("high"), sets: number("sets", 0), steps: number("steps", 0), rest_s: number("rest_s", 60),
  }; // prettier-ignore
  return wrong(goal) ? null : goal;
}

/** The name of the field that is wrong in a goal, or "". @param {Record<string, any>} goal */
export function wrong({ measure, side, basis, low, high, sets, steps, rest_s: rest }) {
  if (!GOALS.bases[measure]) return "measure";
  if (!GOALS.bases[measure].includes(basis)) return "basis";
  const one = measure === "weight" || basis === "other";
  if (!["left", "right", "both"].includes(side) || (one && side === "both") || (measure === "cadence" && side !== "both")) return "side";
  if (!(low >= 0)) return "low";
  if (!(high > low && high <= GOALS.most)) return "high";
  const counts = { sets: [sets, GOALS.sets], steps: [steps, GOALS.steps], rest_s: [rest, GOALS.rest_s] };
  return Object.keys(counts).find((name) => !(Number.isInteger(counts[name][0]) && counts[name][0] >= 0 && counts[name][0] <= counts[name][1])) ?? "";
}

/** What its numbers are in. */
export function unitOf({ measure, basis }) {
  return basis === "unit" ? GOALS.units[measure] : GOALS.of[basis];
}

/** What is measured, in words: "Peak force left". */
export function nameOf({ measure, side }) {
  return `${GOALS.titles[measure]}${side === "both" ? "" : ` ${side}`}`;
}

const DIGITS = { force: 0, impulse: 0, contact: 0, cadence: 1 };
const spoken = (value, measure) => written(value, DIGITS[measure] ?? 0);

/** What is usual, with the typical error of the tests that say it: "your usual 720 ± 16 N"; "" of what nobody knows. */
export function usualWords({ measure, side }, usual) {
  const known = usual[measure]?.[side];
  if (!known) return "";
  const error = known.te ? ` ± ${spoken(known.te, measure)}` : "";
  return `your usual ${spoken(known.usual, measure)}${error} ${GOALS.units[measure]}`;
}

/** The load of both feet that all sets of a goal come to, in N·s, by what is usual; NaN where nobody planned or knows. */
export function plannedLoad({ measure, side, sets, steps }, { impulse = {} }) {
  const of = (foot) => impulse[foot]?.usual ?? NaN;
  if (!sets || !steps || measure === "weight") return NaN; // under partial weight nothing is as usual
  return sets * steps * (side === "both" ? of("both") : of("left") + of("right"));
}

/** A limit acts on the same step: the upper end of partial weight-bearing. */
export const isLimit = ({ measure }) => measure === "weight";

/** Turns steps of both feet into values of a goal, in its unit. */
export class Values {
  #before = new Map(); // side → the moment its last step began
  #last = { left: [], right: [] };
  #first = [];

  /** `usual` is what earlier sessions tell, in the measure's unit; NaN where none does. */
  constructor(goal, { mass = NaN, usual = NaN } = {}) {
    this.goal = goal;
    this.mass = mass;
    this.usual = usual;
  }

  /** Why there are no values yet, in words, or "". */
  get lacks() {
    if (this.goal.basis === "body_weight" && !(this.mass > 0)) return "Body weight is not known";
    if (this.goal.basis === "usual" && !(this.usual > 0)) return `Walk ${FIRST_STEPS - this.#first.length} steps as usual`;
    return "";
  }

  /** A step of a side; its value, or null where it does not count. */
  take(side, step) {
    const raw = this.#raw(side, step);
    if (side in this.#last) this.#last[side] = [...this.#last[side], raw].slice(-OTHER_STEPS);
    if (raw === null || (this.goal.side !== "both" && side !== this.goal.side)) return null;
    if (this.goal.basis === "usual" && !(this.usual > 0)) return this.#learn(raw);
    const value = this.turned(raw);
    return Number.isFinite(value) ? value : null;
  }

  /** A value in the measure's own unit as the goal has it. */
  turned(raw) {
    const { basis, side } = this.goal;
    if (basis === "kg") return raw / GRAVITY;
    if (basis === "body_weight") return (100 * raw) / (this.mass * GRAVITY);
    if (basis === "usual") return (100 * raw) / this.usual;
    return basis === "other" ? (100 * raw) / mean(this.#last[OTHER[side]]) : raw;
  }

  #raw(side, step) {
    const { measure } = this.goal;
    if (measure === "contact") return 1000 * step.contact_s;
    if (measure === "impulse") return step.impulse_ns;
    if (measure !== "cadence") return step.force_n;
    const since = Math.max(...[...this.#before].filter(([name]) => name !== side).map(([, start]) => start), -Infinity);
    this.#before.set(side, step.start);
    const seconds = (step.start - since) / 1e6;
    return seconds > 0 && seconds <= STEP.longest_step_s ? 60 / seconds : null;
  }

  #learn(raw) {
    this.#first.push(raw);
    if (this.#first.length === FIRST_STEPS) this.usual = median(this.#first);
    return null;
  }
}

/** The word: it changes after two steps beyond the band. A limit acts on the same step, and lets go with the next one. */
export class Word {
  #beyond = 0;
  /** @type {?string} */
  now = null; // "in", "low", "high"; null before the first step

  constructor(goal) {
    this.goal = goal;
  }

  take(value) {
    const found = place(this.goal, value);
    const limited = isLimit(this.goal) && (found === "high" || this.now === "high");
    if (this.now === null || limited) this.#set(found);
    else if (found === this.now) this.#beyond = 0;
    else if (++this.#beyond >= STEPS_BEYOND) this.#set(found);
    return this.now;
  }

  /** The force of a stance that goes on: above a limit the word says so at once. */
  exceeds(value) {
    if (isLimit(this.goal) && value > this.goal.high) this.#set("high");
  }

  #set(found) {
    this.now = found;
    this.#beyond = 0;
  }

  get text() {
    const words = WORDS[this.goal.measure];
    return this.now === null ? "" : words[this.now === "in" ? "inside" : this.now];
  }
}

/** Where a value is: "in", "low" or "high"; both ends are in the band. */
export function place({ low, high }, value) {
  return value < low ? "low" : value > high ? "high" : "in";
}

/** The ends of the gauge: two and a half bands below, one and a half above; a balance of weight begins at 0. */
export function ends({ low, high, measure }) {
  const width = high - low;
  if (measure === "weight") return [0, nice(high + 3.5 * width)];
  return [Math.max(0, low - 2.5 * width), high + 1.5 * width];
}

/** Where on the gauge, 0 to 1. */
export function at(goal, value) {
  const [from, to] = ends(goal);
  return Math.min(1, Math.max(0, (value - from) / (to - from)));
}

/** So many decimals tell a band apart. */
export const digitsOf = ({ low, high }) => (high - low < 2 ? 1 : 0);

const nice = (value) => (value > 20 ? Math.round(value / 5) * 5 : Math.round(value));

function mean(values) {
  const known = values.filter(Number.isFinite);
  return known.length ? known.reduce((a, b) => a + b, 0) / known.length : NaN;
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
}
