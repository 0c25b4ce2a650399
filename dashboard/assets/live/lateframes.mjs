// Frames that came late, or that the feed missed: the archive has them in their place, and a stream's last minute is
// read again from there, a moment after the last announcement.

import { decodeBlocks } from "../core/codec.mjs";

const KINDS = new Set(["backfilled", "resync"]);
const WAIT_MS = 1_500;
export const WINDOW_US = 60_000_000;

export class LateFrames {
  #timers = new Map(); // stream → timer

  /** `workout` that has the streams; `now()` in µs; `onFilled(stream)`: it has them. */
  constructor(workoutId, workout, { now, onFilled }) {
    this.path = `/data/${encodeURIComponent(workoutId)}`;
    this.workout = workout;
    this.now = now;
    this.onFilled = onFilled;
  }

  listen(signal) {
    signal.addEventListener("abort", () => {
      for (const timer of this.#timers.values()) clearTimeout(timer);
    });
  }

  /** A message of the feed. */
  take({ type, stream }) {
    if (!KINDS.has(type)) return;
    clearTimeout(this.#timers.get(stream));
    this.#timers.set(stream, setTimeout(() => this.#fill(stream), WAIT_MS));
  }

  async #fill(name) {
    this.#timers.delete(name);
    const stream = this.workout.streams.get(name);
    if (!stream) return;
    const samples = await this.#get(name, "samples");
    if (!samples) return; // the archive is away, which the status line says; it is announced again
    stream.ring.refill(samples);
    const keys = [...stream.extra.keys()];
    const columns = keys.length ? await this.#get(name, "columns", `&keys=${keys.join()}`) : [];
    if (columns) for (const key of keys) {
      stream.extra.get(key)?.refill(columns.filter(({ header }) => header.key === key));
    }
    this.onFilled(name);
  }

  async #get(name, what, more = "") {
    const stop = Math.round(this.now());
    const span = `start_us=${stop - WINDOW_US}&stop_us=${stop}`;
    const answer = await fetch(`${this.path}/${encodeURIComponent(name)}/${what}?${span}${more}`);
    return answer.ok ? decodeBlocks(await answer.arrayBuffer()) : null;
  }
}
