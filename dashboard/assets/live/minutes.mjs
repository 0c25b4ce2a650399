// The last ten minutes of a live page: fetched once at a glance, kept up with what arrives, drawn under the picture.

import { Glance } from "./glance.mjs";
import { Lookback } from "./lookback.mjs";
import { REACH_US } from "./playhead.mjs";

const FETCH_MS = 60_000;
const DRAW_MS = 500;

export class Minutes {
  #at = 0;

  /** `onSeek(time)`: the handle was moved; `onMarkers(list)`: the archive knows these markers; `now()` in µs. */
  constructor(root, workoutId, { onSeek, onMarkers, now }) {
    this.path = `/data/${encodeURIComponent(workoutId)}/glance`;
    this.glance = new Glance();
    this.lookback = new Lookback(root, { onSeek });
    this.onMarkers = onMarkers;
    this.now = now;
  }

  listen(signal) {
    this.lookback.listen(signal);
    const timer = setInterval(() => this.fetch(), FETCH_MS);
    signal.addEventListener("abort", () => clearInterval(timer));
  }

  async fetch() {
    const now = Math.round(this.now());
    const answer = await get(`${this.path}?start_us=${now - REACH_US}&stop_us=${now}`);
    if (!answer) return; // nothing is stored yet, or the archive is away: it is asked again
    this.glance.fill(answer);
    this.onMarkers(answer.markers);
    this.soon();
  }

  /** Draw anew at once. */
  soon() {
    this.#at = -Infinity;
  }

  /** Samples of a stream from a moment on. */
  take({ sensor, ring }, from) {
    const { times, values } = ring.since(sensor.column("total"), from);
    this.glance.take(sensor.stream, times, values);
  }

  /** Draw twice a second: what ends at `newest`, looked at from `at` (null: live); says whether it did. */
  draw(now, markers, newest, at) {
    if (now - this.#at < DRAW_MS || !Number.isFinite(newest)) return false;
    this.#at = now;
    this.glance.trim(newest);
    this.lookback.draw(this.glance, markers, newest, at);
    return true;
  }
}

/** JSON of an address, or null when it cannot be had now. */
async function get(path) {
  try {
    const answer = await fetch(path);
    return answer.ok ? await answer.json() : null;
  } catch (error) {
    if (error instanceof TypeError) return null;
    throw error;
  }
}
