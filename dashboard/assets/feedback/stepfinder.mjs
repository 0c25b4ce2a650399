// Steps of one foot as they end, from its total force sample by sample: the rule of `analytics.gait.stances`, with the
// thresholds that the hub found for that foot. A stance that a gap or the first sample cuts is no step.

import { isGap } from "../live/alarm.mjs";
import { STEP } from "../core/tables.mjs";

const AT_FIRST = [STEP.on_n, STEP.release * STEP.on_n];

export class StepFinder {
  #last = { time: NaN, force: NaN };
  #gaps = { steps: [] };
  #begins = true; // the next sample is the first, or the first after a gap
  #loaded = false;
  /** @type {?{start: number, cut: boolean, stop: number, most: number, impulse: number, now: {most: number, impulse: number}}} */
  #run = null; // `stop` is NaN while the foot is down

  constructor([on, off] = AT_FIRST) {
    this.on = on;
    this.off = off;
  }

  /** Thresholds in N from now on. */
  setThresholds([on, off]) {
    this.on = on;
    this.off = off;
  }

  /** The largest force of the stance that goes on, N; NaN while the foot is in the air. */
  get most() {
    return this.#run && Number.isNaN(this.#run.stop) ? this.#run.most : NaN;
  }

  /** When the stance that goes on began, µs; NaN while the foot is in the air. */
  get began() {
    return Number.isNaN(this.most) || !this.#run ? NaN : this.#run.start;
  }

  /** A sample: time in µs, force in N. The steps that it ends, mostly none: {start, stop, contact_s, force_n, impulse_ns}. */
  take(time, force) {
    const { time: before } = this.#last;
    if (!Number.isFinite(force) || time <= before) return [];
    const ended = isGap(this.#gaps, Number.isNaN(before) ? Infinity : time - before) ? this.#cut() : [];
    this.#loaded = force >= this.on || (force >= this.off && this.#loaded && !this.#begins);
    const merged = this.#accumulate(time, force);
    this.#begins = false;
    this.#last = { time, force };
    return [...ended, ...merged];
  }

  // What a gap cuts is no step; one that had ended before it is.
  #cut() {
    const run = this.#run;
    this.#run = null;
    this.#begins = true;
    this.#last.force = NaN;
    return run && !Number.isNaN(run.stop) ? steps(run) : [];
  }

  #accumulate(time, force) {
    let run = this.#run;
    /** @type {any[]} */
    let ended = [];
    if (run && !Number.isNaN(run.stop) && time - run.stop >= STEP.merge_s * 1e6) {
      ended = steps(run);
      run = this.#run = null;
    }
    if (!run) {
      if (this.#loaded) this.#run = begun(time, force, this.#begins);
      return ended;
    }
    run.now.most = Math.max(run.now.most, force);
    run.now.impulse += ((force + this.#last.force) / 2) * ((time - this.#last.time) / 1e6);
    if (this.#loaded) Object.assign(run, { stop: NaN, ...run.now });
    else if (Number.isNaN(run.stop)) run.stop = time;
    return ended;
  }
}

function begun(start, force, cut) {
  return { start, cut, stop: NaN, most: force, impulse: 0, now: { most: force, impulse: 0 } };
}

function steps({ start, stop, cut, most, impulse }) {
  if (cut || stop - start < STEP.min_contact_s * 1e6) return [];
  return [{ start, stop, contact_s: (stop - start) / 1e6, force_n: most, impulse_ns: impulse }];
}
