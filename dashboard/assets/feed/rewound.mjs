// A workout as it was at a moment: samples of the window before it and the frame of each stream, from the archive.
// The newest wish wins: while one moment is fetched, only the last one asked for meanwhile is remembered.
// What plays is fetched in pieces of a second, one ahead; a few pieces are kept.

import { decodeBlocks } from "../core/codec.mjs";
import { Ring } from "./ring.mjs";
import { WorkoutFeed, newest } from "./workout.mjs";

const MARGIN_US = 15_000_000;
const MOST_SPAN_US = 118_000_000;
const PIECE_US = 1_000_000;
const STEP_US = 16_000; // a screen draws no more
const MOST_PIECES = 6;
const FRAME_AGE_US = 1_000_000;

export class Rewound {
  #busy = false;
  #loaded = [Infinity, -Infinity];
  #pieces = new Map(); // second → Promise of Map(stream → [block])
  #closed = false;
  #keys = []; // columns of choice

  /** `live` is the workout as it is now; `changed` is called when something new can be drawn. */
  constructor(workoutId, live, changed) {
    this.path = `/data/${encodeURIComponent(workoutId)}`;
    this.live = live;
    this.changed = changed;
    this.workout = new WorkoutFeed();
    this.failed = false;
  }

  close() {
    this.#closed = true;
  }

  /** These columns of choice are drawn too; of what is loaded they are not. */
  want(keys) {
    if (keys.join() === this.#keys.join()) return;
    this.#keys = keys;
    this.workout.keepColumns(keys);
    this.#loaded = [Infinity, -Infinity];
  }

  /** Begin with what live has in memory: a pause needs nothing from the archive. */
  adopt() {
    this.workout.streams.clear();
    for (const { sensor, ring, shown, extra } of this.live.lines) {
      const columns = new Map();
      for (const [key, one] of extra) columns.set(key, copied(one, [key]));
      this.workout.streams.set(sensor.stream, {
        sensor, ring: copied(ring, sensor.columns), blocks: [], frame: shown, shown, extra: columns,
      });
    }
    const { lines } = this.workout;
    const rings = lines.map(({ ring }) => ring).filter((ring) => ring.size);
    const all = [...rings, ...lines.flatMap(({ extra }) => [...extra.values()])];
    this.#loaded = [Math.max(...all.map((ring) => ring.first)), Math.min(...rings.map((ring) => ring.last))];
    this.#pieces.clear();
    this.workout.numbers = this.live.numbers;
    this.numbersAt = this.live.newest;
    this.failed = false;
  }

  /** Show a moment, µs, with the window of so many seconds before it. */
  async seek(time, seconds) {
    /** @type {?{time: number, seconds: number}} */
    this.wish = { time, seconds };
    if (this.#busy) return;
    this.#busy = true;
    try {
      for (let next = this.#taken(); next && !this.#closed; next = this.#taken()) await this.#fetch(next);
    } finally {
      this.#busy = false;
    }
  }

  #taken() {
    const { wish } = this;
    this.wish = null;
    return wish;
  }

  async #fetch({ time, seconds }) {
    try {
      const { lines } = this.workout;
      const frames = lines.map((line) => this.#frame(line, time));
      const [found] = await Promise.all([Promise.all(frames), this.#samples(time, seconds), this.#numbers(time)]);
      lines.forEach((line, i) => (line.frame = found[i])); // all at once: one picture is of one moment
      this.failed = false;
    } catch (error) {
      if (!(error instanceof TypeError || error instanceof Unanswered)) throw error;
      this.failed = true;
    }
    this.changed();
  }

  async #get(path) {
    const answer = await fetch(`${this.path}${path}`);
    if (!answer.ok) throw new Unanswered(`${answer.status}`);
    return answer.status === 204 ? [] : decodeBlocks(await answer.arrayBuffer());
  }

  async #samples(time, seconds) {
    const from = time - seconds * 1e6;
    if (from >= this.#loaded[0] && time <= this.#loaded[1]) return;
    const margin = Math.min(MARGIN_US, (MOST_SPAN_US - seconds * 1e6) / 2);
    const [start, stop] = [Math.round(from - margin), Math.round(time + margin)];
    await Promise.all(
      this.workout.lines.map(async (line) => {
        const stream = encodeURIComponent(line.sensor.stream);
        const span = `start_us=${start}&stop_us=${stop}`;
        const keys = [...this.#keys];
        const [blocks, columns] = await Promise.all([
          this.#get(`/${stream}/samples?${span}`),
          keys.length ? this.#get(`/${stream}/columns?${span}&keys=${keys.join()}`) : [],
        ]);
        // What live has had and is not stored yet stays.
        line.ring.refill(blocks);
        for (const key of new Set(columns.map(({ header }) => header.key))) {
          this.workout.column(line, key).refill(columns.filter(({ header }) => header.key === key));
        }
      }),
    );
    // What is not recorded yet is not loaded either.
    this.#loaded = [start, Math.min(stop, this.live.newest - PIECE_US)];
  }

  // What the tiles said then; they are counted once a second, and so they are asked for.
  async #numbers(time) {
    if (!this.live.numbers || Math.abs(time - (this.numbersAt ?? -Infinity)) < PIECE_US) return;
    this.numbersAt = time;
    const answer = await fetch(`${this.path}/numbers?t_us=${Math.round(time)}`);
    if (!answer.ok) throw new Unanswered(`${answer.status}`);
    this.workout.numbers = (await answer.json()).values;
  }

  async #frame(line, time) {
    const [block] = await this.#get(`/${encodeURIComponent(line.sensor.stream)}/frame?t_us=${Math.round(time)}`);
    const found = block ? { frames: block.frames, index: 0, time: block.times[0] } : null;
    // What live showed may be newer than what is stored yet.
    const known = [found, line.frame].filter((frame) => frame && frame.time <= time && time - frame.time <= FRAME_AGE_US);
    return known.sort((a, b) => b.time - a.time)[0] ?? null;
  }

  /** While it plays: the frames at `time`, as soon as their second is here; the next second is asked for. */
  async play(time, seconds) {
    const second = Math.floor(time / PIECE_US);
    this.#piece(second + 1);
    void this.#keepSamples(time, seconds);
    void this.#numbers(time).catch((error) => {
      if (!(error instanceof TypeError || error instanceof Unanswered)) throw error;
    });
    const piece = await this.#piece(second);
    for (const line of piece ? this.workout.lines : []) {
      const frame = newest(piece.get(line.sensor.stream) ?? [], time);
      if (frame) line.frame = frame;
      else if (line.frame && time - line.frame.time > FRAME_AGE_US) line.frame = null;
    }
  }

  async #keepSamples(time, seconds) {
    if (time + 5e6 > this.#loaded[1] && this.#loaded[1] < this.live.newest - 2 * PIECE_US) await this.seek(time, seconds);
  }

  #piece(second) {
    if (!this.#pieces.has(second)) {
      if (this.#pieces.size >= MOST_PIECES) this.#pieces.delete(this.#pieces.keys().next().value);
      this.#pieces.set(second, this.#fetchPiece(second));
    }
    return this.#pieces.get(second);
  }

  async #fetchPiece(second) {
    const span = `start_us=${second * PIECE_US}&stop_us=${(second + 1) * PIECE_US - 1}`;
    try {
      const found = new Map();
      await Promise.all(
        this.workout.lines.map(async ({ sensor: { stream } }) => {
          found.set(stream, await this.#get(`/${encodeURIComponent(stream)}/frames?${span}&step_us=${STEP_US}`));
        }),
      );
      return found;
    } catch (error) {
      if (!(error instanceof TypeError || error instanceof Unanswered)) throw error;
      this.failed = true;
      this.#pieces.delete(second);
      return null;
    }
  }
}

function copied(ring, columns) {
  const copy = new Ring(columns, ring.capacity);
  copy.copy(ring);
  return copy;
}

class Unanswered extends Error {}
