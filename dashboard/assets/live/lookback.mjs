// The strip under a live page: the last ten minutes, gaps, markers, and the handle that is dragged through them.

import { token } from "../map/colour.mjs";
import { flags } from "./glance.mjs";
import { REACH_US } from "./playhead.mjs";
import { stripes } from "../curves/axes.mjs";
import { roundUp } from "../curves/strips.mjs";
import { elapsed } from "../core/words.mjs";

const AXIS = 18;
const TOP = 12;
const FLAG_PX = 70;
const MOST_RATIO = 2;

export class Lookback {
  constructor(root, { onSeek }) {
    this.root = root;
    this.canvas = root.querySelector("canvas");
    this.context = this.canvas.getContext("2d");
    this.handle = root.querySelector('[data-slot="handle"]');
    this.onSeek = onSeek;
    this.most = 1;
    this.now = null;
  }

  /** Pointer and keys, until the signal is aborted. */
  listen(signal) {
    const seek = (event) => {
      const { left, width } = this.canvas.getBoundingClientRect();
      const part = Math.min(1, Math.max(0, (event.clientX - left) / width));
      if (this.now !== null) this.onSeek(this.now - (1 - part) * REACH_US, event);
    };
    this.root.addEventListener(
      "pointerdown",
      (event) => {
        if (event.button) return;
        this.root.setPointerCapture(event.pointerId);
        this.root.addEventListener("pointermove", seek, { signal });
        this.root.addEventListener("pointerup", () => this.root.removeEventListener("pointermove", seek), {
          once: true,
          signal,
        });
        seek(event);
      },
      { signal },
    );
  }

  /** Draw the reach that ends at `now`, looked at from `at` (null: live). */
  draw(glance, markers, now, at) {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    if (!width || !height || !Number.isFinite(now)) return;
    this.now = now;
    this.#ready(width, height);
    this.#area(glance, width, height - AXIS, now);
    this.#gaps(glance.gaps, height - AXIS);
    this.#markers(markers, width, height - AXIS);
    this.#axis(width, height);
    this.#place(at, width, height - AXIS);
  }

  #ready(width, height) {
    const ratio = Math.min(window.devicePixelRatio || 1, MOST_RATIO);
    Object.assign(this.canvas, { width: Math.round(width * ratio), height: Math.round(height * ratio) });
    this.context.scale(ratio, ratio);
    this.context.fillStyle = token("surface-2");
    this.context.fillRect(0, 0, width, height - AXIS);
    this.width = width;
  }

  x(time) {
    return this.width * (1 - (this.now - time) / REACH_US);
  }

  // A range that only grows, as everywhere while someone watches.
  #area(glance, width, bottom, now) {
    const [from, to] = [Math.floor((now - REACH_US) / 1e6), Math.floor(now / 1e6)];
    const heights = glance.heights(from, to);
    this.most = Math.max(this.most, roundUp(heights.reduce((a, b) => (b > a ? b : a), 0)));
    const { context } = this;
    const y = (value) => bottom - (value / this.most) * (bottom - TOP - 4);
    // Whole pixels, so that no light comes through between two seconds.
    const edge = (second) => Math.round(this.x(second * 1e6));
    heights.forEach((value, i) => {
      if (Number.isNaN(value)) return;
      const [left, right] = [edge(from + i), Math.min(width, Math.max(edge(from + i + 1), edge(from + i) + 1))];
      context.fillStyle = token("line-2");
      context.fillRect(left, y(value), right - left, bottom - y(value));
      context.fillStyle = token("text-3");
      context.fillRect(left, y(value) - 0.5, right - left, 1);
    });
  }

  #gaps(gaps, bottom) {
    const { context } = this;
    for (const [start, stop] of gaps) {
      const [left, right] = [this.x(start), Math.max(this.x(start) + 3, this.x(stop))];
      if (right < 0) continue;
      context.clearRect(left, 0, right - left, bottom);
      stripes(context, { left, right, top: 0, bottom }, 5, token("text-3"));
    }
  }

  #markers(markers, width, bottom) {
    const { context } = this;
    const here = markers.map(({ t_us: time, label }) => ({ x: this.x(time), label })).filter((mark) => mark.x >= 0);
    for (const { x } of here) {
      context.strokeStyle = token("text-2");
      context.setLineDash([2, 3]);
      context.beginPath();
      context.moveTo(x, 0);
      context.lineTo(x, bottom);
      context.stroke();
      context.setLineDash([]);
    }
    context.font = `400 11px ${token("font")}`;
    for (const { x, label } of flags(here, FLAG_PX)) {
      const text = label.length > 14 ? `${label.slice(0, 13)}…` : label;
      const leftwards = x + context.measureText(text).width + 10 > width;
      context.textAlign = leftwards ? "right" : "left";
      context.fillStyle = token("text");
      context.fillRect(x - (leftwards ? 7 : 0), 1, 7, 6);
      context.fillStyle = token("text-2");
      context.fillText(text, x + (leftwards ? -11 : 11), 9);
    }
  }

  #axis(width, height) {
    const { context } = this;
    context.font = `400 11px ${token("font")}`;
    context.fillStyle = token("text-3");
    const step = width < 520 ? 5 : width < 900 ? 2 : 1;
    for (let minutes = 10; minutes >= 0; minutes -= step) {
      context.textAlign = minutes === 10 ? "left" : minutes === 0 ? "right" : "center";
      context.fillText(minutes ? `−${minutes} min` : "now", width * (1 - minutes / 10), height - 4);
    }
  }

  #place(at, width, bottom) {
    const x = at === null ? width : Math.max(0, this.x(at));
    if (at !== null) {
      this.context.save();
      this.context.globalAlpha = 0.6;
      this.context.fillStyle = token("surface");
      this.context.fillRect(x, 0, width - x, bottom);
      this.context.restore();
    }
    this.handle.style.left = `${x}px`;
    const seconds = at === null ? 0 : (this.now - at) / 1e6;
    this.root.setAttribute("aria-valuenow", (-seconds).toFixed(1));
    this.root.setAttribute("aria-valuetext", at === null ? "live" : `${elapsed(seconds)} behind live`);
  }
}
