// One alarm: a quantity that stays above a threshold for at least a hold time, for each stream by itself.
// It remembers when that was in the last half minute, and rings, for every stream that set it off, until acknowledged.

import { GAP } from "../core/tables.mjs";

const MEMORY_US = 30_000_000;
const MOST_SPANS = 600;

export class Alarm {
  /** `above` in the quantity's own unit, `hold` in seconds. */
  constructor({ key, above, hold = 0 }) {
    this.key = key;
    this.above = above;
    this.hold = hold;
    this.streams = new Map(); // stream → {since, last, steps: [µs, …], spans: [[from, until], …]}, µs
    this.ringing = new Set(); // the streams that set it off since it was acknowledged
  }

  /** Samples of a stream in order of time; true when this set the alarm off. */
  take(stream, times, values) {
    const state = this.#of(stream);
    let began = false;
    for (let i = 0; i < times.length; i++) began = this.#sample(state, stream, times[i], values[i]) || began;
    return began;
  }

  #of(stream) {
    if (!this.streams.has(stream)) this.streams.set(stream, { since: null, last: -Infinity, steps: [], spans: [] });
    return this.streams.get(stream);
  }

  #sample(state, stream, time, value) {
    if (time <= state.last) return false;
    if (isGap(state, time - state.last)) ended(state, state.last + 1);
    state.last = time;
    if (!(value > this.above)) {
      ended(state, time);
      return false;
    }
    state.since ??= time;
    if (state.spans.at(-1)?.[1] === Infinity || time - state.since < this.hold * 1e6) return false;
    state.spans.push([time, Infinity]);
    if (state.spans.length > MOST_SPANS) state.spans.shift();
    const began = this.ringing.size === 0;
    this.ringing.add(stream);
    return began;
  }

  /** Is the quantity of this stream above the threshold at a moment, µs, and has been for the hold time? */
  isAbove(stream, at = Infinity) {
    const spans = this.streams.get(stream)?.spans ?? [];
    const span = spans.findLast(([from]) => from <= at);
    return Boolean(span) && (span[1] === Infinity || at < span[1]);
  }

  /** The same alarm as it would stand after these samples of a stream alone. */
  after(stream, times, values) {
    const other = new Alarm(this);
    other.take(stream, times, values);
    return other;
  }

  /** How often in the last half minute before `now`. */
  count(stream, now) {
    return (this.streams.get(stream)?.spans ?? []).filter(([from]) => from > now - MEMORY_US && from <= now).length;
  }

  acknowledge() {
    this.ringing.clear();
  }
}

// The rule of `analytics.base.gaps`: nobody saw what was in a step that is longer than half a second and than five usual ones.
// The first sample has no step before it.
export function isGap({ steps }, step) {
  if (step === Infinity) return false;
  const limit = step > 1e6 * GAP.s ? limitOf(steps) : Infinity;
  steps.push(step);
  if (steps.length > GAP.lately) steps.shift();
  return step > limit;
}

// The longest step that is no gap, µs; of two middle steps the smaller is the usual one.
function limitOf(steps) {
  if (!steps.length) return 1e6 * GAP.first_s;
  const usual = [...steps].sort((a, b) => a - b)[(steps.length - 1) >> 1];
  return Math.max(1e6 * GAP.s, GAP.usual * usual);
}

// It is not above any more: from this time on.
function ended(state, time) {
  state.since = null;
  const last = state.spans.at(-1);
  if (last?.[1] === Infinity) last[1] = time;
}
