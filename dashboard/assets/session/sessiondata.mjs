// What a session page fetches from the archive: the frames of a moment, the samples around it, and where the load of a
// part is highest.

import { decodeBlocks } from "../core/codec.mjs";

const MARGIN_US = 15e6;
export const FRAME_GAP_US = 1_000_000;

export class Unanswered extends Error {}

export class SessionData {
  #loaded = [Infinity, -Infinity]; // µs for which samples are here

  constructor(path, workout) {
    this.path = path;
    this.workout = workout;
  }

  /** The frame of every stream at a moment, µs: {frames, index, time, stats}, or null in a gap. */
  frames(time) {
    return Promise.all(this.workout.lines.map((line) => this.#frame(line.sensor.stream, time)));
  }

  /** Samples for a span, µs, into the rings of the streams, unless they are here; says whether they came. */
  async samples(from, to) {
    if (from >= this.#loaded[0] && to <= this.#loaded[1]) return false;
    const wanted = [Math.round(from - MARGIN_US), Math.round(to + MARGIN_US)];
    await Promise.all(
      this.workout.lines.map(async ({ sensor, ring }) => {
        const query = `start_us=${wanted[0]}&stop_us=${wanted[1]}`;
        const blocks = await this.#get(`/${encodeURIComponent(sensor.stream)}/samples?${query}`);
        ring.clear();
        for (const block of blocks) ring.append(block);
      }),
    );
    this.#loaded = wanted;
    return true;
  }

  /** When the load of a part is highest, µs; null where nothing is, or where nobody answers. */
  async highest(start, stop) {
    try {
      const answer = await fetch(`${this.path}/highest?start_us=${start}&stop_us=${stop}`);
      return answer.ok ? (await answer.json()).t_us : null;
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      return null; // the frame cannot be had either, which is said
    }
  }

  async #frame(stream, time) {
    const [block] = await this.#get(`/${encodeURIComponent(stream)}/frame?t_us=${Math.round(time)}`);
    const here = block && time - block.times[0] <= FRAME_GAP_US;
    return here ? { frames: block.frames, index: 0, time: block.times[0], stats: block.stats } : null;
  }

  async #get(path) {
    const answer = await fetch(`${this.path}${path}`);
    if (!answer.ok) throw new Unanswered(`${answer.status}`);
    return answer.status === 204 ? [] : decodeBlocks(await answer.arrayBuffer());
  }
}
