// The picture of pressure on a live page, and what was drawn of it: up to which time, and how often in the last second.

import { CellProbe } from "../map/cellprobe.mjs";
import { UnderMap } from "../map/soles.mjs";
import { PressureMap } from "../map/pressuremap.mjs";

const STILL_MS = 100; // for whoever asks for less motion
const SENTENCE_MS = 5_000;

export class Picture {
  #drawn = []; // page times of the last second's draws of new frames
  #at = 0;
  #saidAt = -Infinity;
  time = -Infinity; // µs of the newest frame drawn

  constructor(canvas, line, signal) {
    this.canvas = canvas;
    this.map = new PressureMap(canvas);
    this.under = new UnderMap(line, this.map);
    this.probe = new CellProbe(this.map, signal);
  }

  /** May a new frame be drawn now? */
  moves(now) {
    return !this.map.still.matches || now - this.#at >= STILL_MS;
  }

  /** Nothing that was drawn counts as new any more: the page goes live again. */
  forget() {
    this.time = -Infinity;
  }

  /** Is there a frame that the picture does not show? */
  differs(workout) {
    return workout.lines.some(({ frame, shown }) => frame && frame !== shown);
  }

  /** Draw the frame of each stream, which is `shown` from then on; one without keeps its picture, or its bed stays empty. */
  draw(workout, { empty, layers, ringed, top }) {
    this.map.take(workout, empty);
    Object.assign(this.map, { layers, ringed });
    this.map.max = top(this.map.highest);
    this.map.draw();
    this.under.write();
  }

  /** What was drawn was new: the newest frame is of this time, µs. */
  count(now, time) {
    this.#at = now;
    this.time = time;
    this.#drawn.push(now);
  }

  /** Pictures with a new frame in the last second. */
  fps(now) {
    this.#drawn = this.#drawn.filter((at) => at > now - 1000);
    return this.#drawn.length;
  }

  /** Every few seconds, a sentence for those who do not see it. */
  describe(now) {
    if (now - this.#saidAt < SENTENCE_MS) return;
    this.#saidAt = now;
    this.canvas.setAttribute("aria-label", this.map.describe());
  }
}
