// Playback: a clock that runs through the selection and begins again, and the frames ahead of it.
// Frames are fetched in parts of a bounded size; when the next part is late the clock waits, so nothing is skipped
// silently. Where a sensor has more frames than a screen can show, or than the way carries, the newest of each step is
// shown: this is the picture, numbers of tabs come from every frame.

import { decodeBlocks } from "../core/codec.mjs";

const AHEAD_S = 4; // of the screen's time
const MOST_BYTES = 12e6;
const SCREEN_HZ = 60;

/** Consecutive frames of one stream, and which one is shown at a moment. */
export class Stretch {
  constructor(blocks) {
    this.frames = blocks.flatMap((block) =>
      Array.from(block.times, (time, index) => ({ time, frames: block.frames, index, stats: block.stats?.subarray(index * block.k, (index + 1) * block.k) })),
    ).sort((a, b) => a.time - b.time);
  }

  /** The newest frame at `time`, at most `gap` µs before it; null in a gap. */
  at(time, gap) {
    let low = 0;
    let high = this.frames.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.frames[middle].time <= time) low = middle + 1;
      else high = middle;
    }
    const found = this.frames[low - 1];
    return found && time - found.time <= gap ? found : null;
  }
}

export class Player {
  #timer = 0;
  #parts = []; // {from, to, stretches: Map | null}
  #wanted = new AbortController();

  /** `told` has range() in µs, at() in µs, lines(), onMoment(time, stretches), onState(playing, waiting). */
  constructor(path, told) {
    this.path = path;
    this.told = told;
    this.speed = 1;
    this.playing = false;
  }

  close() {
    this.pause();
  }

  toggle() {
    if (this.playing) this.pause();
    else this.play();
  }

  play() {
    const [start, stop] = this.told.range();
    if (this.playing || stop <= start) return;
    this.playing = true;
    const at = this.told.at();
    this.time = at >= start && at < stop ? at : start;
    this.last = performance.now();
    this.#reset();
    this.told.onState(true, false);
    this.#timer = requestAnimationFrame((now) => this.#tick(now));
  }

  pause() {
    if (!this.playing) return;
    this.playing = false;
    cancelAnimationFrame(this.#timer);
    this.#wanted.abort();
    this.told.onState(false, false);
  }

  setSpeed(speed) {
    this.speed = speed;
    if (this.playing) this.#reset();
  }

  #reset() {
    this.#wanted.abort();
    this.#wanted = new AbortController();
    this.#parts = [];
    this.#fetchFrom(this.time);
  }

  #tick(now) {
    const passed = Math.min(now - this.last, 250) * 1000 * this.speed;
    this.last = now;
    const part = this.#parts.find(({ from, to }) => this.time >= from && this.time < to);
    const ready = Boolean(part?.stretches);
    if (ready) {
      this.told.onMoment(this.time, part.stretches);
      this.#advance(passed, part);
    } else if (!part) this.#fetchFrom(this.time);
    this.told.onState(true, !ready);
    if (this.playing) this.#timer = requestAnimationFrame((next) => this.#tick(next));
  }

  #advance(passed, part) {
    const [start, stop] = this.told.range();
    const next = this.time + passed;
    this.time = next >= stop ? start : next;
    if (this.time >= part.to || this.time < part.from) return;
    if (part.to < stop && this.time > (part.from + part.to) / 2) this.#fetchFrom(part.to);
  }

  #length() {
    const rate = this.told.lines().reduce((sum, { sensor, ring }) => {
      const hz = Math.min(1e6 / (ring.interval() || 1e4), SCREEN_HZ / this.speed);
      return sum + hz * sensor.valid.length * 8;
    }, 0);
    return Math.min(AHEAD_S * this.speed, MOST_BYTES / Math.max(rate, 1)) * 1e6;
  }

  async #fetchFrom(from) {
    if (this.#parts.some((part) => part.from === from)) return;
    const [, stop] = this.told.range();
    /** @type {{from: number, to: number, stretches: ?Map<string, any>}} */
    const part = { from, to: Math.min(stop, from + this.#length()), stretches: null };
    this.#parts = [...this.#parts.slice(-2), part];
    const { signal } = this.#wanted;
    try {
      const found = await Promise.all(this.told.lines().map((line) => this.#get(line.sensor.stream, part, signal)));
      part.stretches = new Map(found);
    } catch {
      if (signal.aborted) return;
      this.pause();
      this.told.onFailure();
    }
  }

  async #get(stream, { from, to }, signal) {
    const step = Math.round((1e6 * this.speed) / SCREEN_HZ);
    const query = `start_us=${Math.round(from - 1e6)}&stop_us=${Math.round(to)}&step_us=${step}`;
    const answer = await fetch(`${this.path}/${encodeURIComponent(stream)}/frames?${query}`, { signal });
    if (!answer.ok) throw new Error(`${answer.status}`);
    return [stream, new Stretch(decodeBlocks(await answer.arrayBuffer()))];
  }
}
