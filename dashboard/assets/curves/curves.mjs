// The card of curves on a live page: which ones, how long, in which order, one at a time on a phone.

import { Chips } from "./chips.mjs";
import { USUAL, roundUp } from "./strips.mjs";
import { Traces } from "./traces.mjs";
import { Turning } from "./turning.mjs";

const DRAW_MS = 40;
const WEIGHT_N_KG = 9.81;
const WAITING = new Set(["stale", "gone", "offline"]);

export class Curves {
  #at = 0;

  /** `view` {seconds, traces}; `onChange(part)`: part of the view is another; `onDraw()`: it is to be drawn anew. */
  constructor(root, view, { onChange, onDraw }) {
    const [head, canvas] = ["traces-head", "traces"].map((name) => root.querySelector(`[data-slot="${name}"]`));
    this.facts = root.dataset;
    this.view = view;
    this.canvas = canvas;
    this.onDraw = onDraw;
    this.traces = new Traces(canvas, view.seconds);
    this.chips = new Chips(head, {
      onKeys: (traces) => onChange({ traces: traces.join() === USUAL.join() ? null : traces }),
      onSeconds: (seconds) => onChange({ seconds }),
    });
    this.turning = new Turning(canvas, this.traces, onDraw);
  }

  listen(signal) {
    this.chips.listen(signal);
    this.turning.listen(signal);
    this.canvas.addEventListener("pointermove", (event) => this.#hover(event.offsetX), { signal });
    this.canvas.addEventListener("pointerleave", () => this.#hover(null), { signal });
  }

  #hover(x) {
    this.traces.hover = x;
    this.onDraw();
  }

  setSensors(sensors, lines, scale) {
    this.chips.setSensors(sensors, this.view.traces ?? USUAL);
    this.chips.setSeconds(this.view.seconds);
    this.traces.keys = this.chips.keys;
    this.setLines(lines, scale);
    this.turning.show();
  }

  /** Of these streams; `scale` is the map's fixed upper end, or null. */
  setLines(lines, scale) {
    this.traces.setLines(lines, this.#ranges(scale));
  }

  /** The view has other curves, or another length. */
  show() {
    this.traces.setKeys(this.chips.keys);
    this.turning.show();
    this.traces.seconds = this.view.seconds;
    this.chips.setSeconds(this.view.seconds);
  }

  // Force up to 1.2 body weights walking and 3 running, where the mass is known; pressure as the map's scale.
  #ranges(scale) {
    const { mass, kind } = this.facts;
    const weights = /run/i.test(kind ?? "") ? 3 : 1.2;
    const pressure = scale ? { peak: scale } : {};
    return mass ? { total: roundUp(Number(mass) * WEIGHT_N_KG * weights), ...pressure } : pressure;
  }

  /** May be drawn again, if there is something to draw? */
  due(now) {
    return now - this.#at >= DRAW_MS;
  }

  /** The numbers beside the curves are of the frames that are shown now. */
  drawEnds() {
    this.traces.drawEnds();
  }

  /** Draw up to `at`, `behindS` seconds behind live; or, with null, up to the newest, or to now while it waits. */
  draw(now, { at, behindS, newest, serverUs, state, markers }) {
    this.#at = now;
    if (!Number.isFinite(newest)) return;
    this.traces.markers = markers;
    this.traces.behind = at === null ? null : behindS;
    if (at !== null) this.traces.draw(at);
    else if (WAITING.has(state)) this.traces.draw(Math.max(newest, serverUs), newest);
    else this.traces.draw(newest);
  }
}
