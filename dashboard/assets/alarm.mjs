// One alarm: a quantity that stays above a threshold for at least a hold time, for each stream by itself.
// It remembers how often that happened in the last half minute, and rings until it is acknowledged.

const MEMORY_US = 30_000_000;
const MOST_TIMES = 600;
const GAP_US = 500_000; // as `analytics.alarms`: nobody saw what was in a longer step

export class Alarm {
  /** `above` in the quantity's own unit, `hold` in seconds. */
  constructor({ key, above, hold = 0 }) {
    Object.assign(this, { key, above, hold });
    this.streams = new Map(); // stream → {since, counted, times: [µs]}
    this.ringing = null; // the stream that set it off
  }

  /** Samples of a stream in order of time; true when this set the alarm off. */
  take(stream, times, values) {
    const state = this.#of(stream);
    let began = false;
    for (let i = 0; i < times.length; i++) began = this.#sample(state, stream, times[i], values[i]) || began;
    return began;
  }

  #of(stream) {
    if (!this.streams.has(stream)) this.streams.set(stream, { since: null, counted: false, last: -Infinity, times: [] });
    return this.streams.get(stream);
  }

  #sample(state, stream, time, value) {
    if (time <= state.last) return false;
    if (time - state.last > GAP_US) Object.assign(state, { since: null, counted: false });
    state.last = time;
    if (!(value > this.above)) {
      Object.assign(state, { since: null, counted: false });
      return false;
    }
    state.since ??= time;
    if (state.counted || time - state.since < this.hold * 1e6) return false;
    state.counted = true;
    state.times.push(time);
    if (state.times.length > MOST_TIMES) state.times.shift();
    const began = this.ringing === null;
    this.ringing = stream;
    return began;
  }

  /** Is the quantity of this stream above the threshold now, and has been for the hold time? */
  isAbove(stream) {
    return this.streams.get(stream)?.counted ?? false;
  }

  /** The same alarm as it would stand after these samples of a stream alone. */
  after(stream, times, values) {
    const other = new Alarm(this);
    other.take(stream, times, values);
    return other;
  }

  /** How often in the last half minute before `now`. */
  count(stream, now) {
    return (this.streams.get(stream)?.times ?? []).filter((time) => time > now - MEMORY_US && time <= now).length;
  }

  acknowledge() {
    this.ringing = null;
  }
}
