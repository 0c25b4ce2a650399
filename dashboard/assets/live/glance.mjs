// The last ten minutes of a workout at a glance: each second's highest load a stream, gaps and markers. Fetched once
// from the archive, then kept up from the samples that arrive; nothing older than its reach is kept.

import { REACH_US } from "./playhead.mjs";

export class Glance {
  constructor() {
    this.streams = new Map(); // stream → Map(second → highest)
    this.gaps = [];
    this.first = null; // µs of the session's first frame
  }

  /** The answer of /data/<workout>/glance. */
  fill({ first_us: first, streams, gaps }) {
    this.first = first;
    this.gaps = gaps;
    for (const [name, { seconds, high }] of Object.entries(streams)) {
      const kept = this.#of(name);
      seconds.forEach((second, i) => high[i] !== null && raise(kept, second, high[i]));
    }
  }

  /** Samples of a stream: times in µs and total load. */
  take(name, times, values) {
    const kept = this.#of(name);
    for (let i = 0; i < times.length; i++) {
      if (!Number.isNaN(values[i])) raise(kept, Math.floor(times[i] / 1e6), values[i]);
    }
  }

  #of(name) {
    if (!this.streams.has(name)) this.streams.set(name, new Map());
    return this.streams.get(name);
  }

  /** Forget what is out of reach at `now`. */
  trim(now) {
    const oldest = Math.floor((now - REACH_US) / 1e6) - 1;
    for (const kept of this.streams.values()) {
      for (const second of kept.keys()) if (second < oldest) kept.delete(second);
    }
    this.gaps = this.gaps.filter(([, stop]) => stop > now - REACH_US);
  }

  /** Highest load of any stream in each second of [from, to] (seconds), NaN where there is none. */
  heights(from, to) {
    const out = new Float64Array(Math.max(0, to - from + 1)).fill(NaN);
    for (const kept of this.streams.values()) {
      for (const [second, high] of kept) {
        const at = second - from;
        if (at >= 0 && at < out.length && !(out[at] >= high)) out[at] = high;
      }
    }
    return out;
  }
}

function raise(kept, second, value) {
  if (!(kept.get(second) >= value)) kept.set(second, value);
}

/** Markers that would lie on each other become one flag with a count: [{x, label, n}] of [{x, label}]. */
export function flags(marks, apart) {
  const out = [];
  for (const mark of [...marks].sort((a, b) => a.x - b.x)) {
    const last = out.at(-1);
    if (last && mark.x - last.x < apart) last.n += 1;
    else out.push({ ...mark, n: 1 });
  }
  return out.map((flag) => ({ ...flag, label: flag.n > 1 ? `${flag.n} markers` : flag.label }));
}
