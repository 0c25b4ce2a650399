// The last seconds as curves: one strip a quantity, one line a stream, all over one time axis.
// A gap is a gap: the line stops and the span is hatched. A range never changes by itself, it only grows by round
// steps when a value would leave it. More samples than pixels become the envelope of each pixel.

import { token } from "./colour.mjs";
import { nameOf, number } from "./words.mjs";

const LEFT = 50;
const RIGHT = 72;
const TITLE = 24;
const AXIS = 26;
const MOST_RATIO = 2;
const LINE_SPACING = 15;
const STEPS = [1, 1.5, 2, 3, 4, 5, 6, 8, 10];

/** The quantities drawn, for the sensors there are: column, title and how a value becomes what is shown. */
export function quantities(sensors) {
  const calibrated = sensors.some((sensor) => sensor.calibrated);
  const foot = sensors.some((sensor) => sensor.side);
  const length = sensors.some((sensor) => sensor.layout.pitch_mm) ? "mm" : "cells";
  const forceless = calibrated && !sensors.some((sensor) => sensor.columns.includes("total_force_n"));
  return [
    calibrated
      ? { key: "total", title: forceless ? "Pressure sum" : "Total force", unit: forceless ? "kPa" : "N", read: (v) => v }
      : { key: "total", title: "Raw sum", unit: "counts", read: (v) => v },
    { key: "y", title: "CoP front–back", unit: `${length} from ${foot ? "heel" : "back"}`, read: (v, s) => s.fromBack(v) },
    { key: "x", title: "CoP side", unit: `${length} from ${foot ? "inner" : "left"} edge`, read: (v, s) => s.fromInner(v) },
    { key: "peak", title: calibrated ? "Peak pressure" : "Raw peak", unit: calibrated ? "kPa" : "counts", read: (v) => v },
  ];
}

/** The next round number that holds a value. */
export function roundUp(value) {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return STEPS.map((step) => step * power).find((round) => round >= value * 0.999999);
}

export class Traces {
  #top = new Map(); // quantity → upper end of its range

  constructor(canvas, seconds = 30) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    this.seconds = seconds;
    this.lines = []; // {sensor, ring}
    this.strips = [];
    this.markers = []; // {t_us, label}
  }

  /** Streams and their rings; `tops` are ranges known beforehand, by quantity. */
  setLines(lines, tops = {}) {
    this.lines = lines;
    this.strips = quantities(lines.map((line) => line.sensor));
    this.#top = new Map(Object.entries({ ...this.#extents(), ...tops }));
  }

  #extents() {
    const extent = (axis) =>
      Math.max(1, ...this.lines.map(({ sensor }) => (axis ? sensor.rows : sensor.cols) * sensor.pitch[axis]));
    return { x: roundUp(extent(0)), y: roundUp(extent(1)) };
  }

  /** Draw the window that ends at `end` µs; `waiting` from which time on nothing has come, or null. */
  draw(end, waiting = null) {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    if (!width || !height || !this.strips.length) return;
    this.#ready(width, height);
    this.plot = { x: LEFT, width: width - LEFT - RIGHT, start: end - this.seconds * 1e6, end };
    const share = (height - AXIS) / this.strips.length;
    this.strips.forEach((strip, i) => this.#strip(strip, i * share, share));
    this.#spans(height - AXIS, waiting);
    this.#marks(height - AXIS);
    this.#axis(height - AXIS);
  }

  #ready(width, height) {
    const ratio = Math.min(window.devicePixelRatio || 1, MOST_RATIO);
    const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (this.canvas.width !== w || this.canvas.height !== h) Object.assign(this.canvas, { width: w, height: h });
    this.context.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.context.clearRect(0, 0, width, height);
    this.pixel = 1 / ratio;
  }

  #toX(time) {
    return this.plot.x + ((time - this.plot.start) / (this.plot.end - this.plot.start)) * this.plot.width;
  }

  #strip(strip, y, height) {
    const area = { top: y + TITLE, bottom: y + height - 8 };
    const series = this.lines.map((line) => this.#points(line, strip));
    const highest = Math.max(0, ...series.map((points) => points.highest));
    if (highest > (this.#top.get(strip.key) ?? 0)) this.#top.set(strip.key, roundUp(highest));
    const top = this.#top.get(strip.key) ?? 1;
    this.#frame(strip, area, top);
    const toY = (value) => area.bottom - (value / top) * (area.bottom - area.top);
    series.forEach((points) => this.#line(points, toY));
    this.#ends(series, toY, area);
  }

  // Each pixel of the window: first, lowest, highest and last value, with a break where the line stops.
  #points({ sensor, ring }, strip) {
    const name = sensor.column(strip.key);
    const column = ring.values[ring.index.get(name)];
    const out = { sensor, pieces: [], highest: -Infinity, value: NaN };
    if (!column) return out;
    const from = Math.max(0, ring.countBefore(this.plot.start) - 1);
    const longest = 5 * ring.interval();
    let piece = null;
    let before = -Infinity;
    for (let i = from; i < ring.size; i++) {
      const at = ring.slot(i);
      const time = ring.times[at];
      if (time > this.plot.end) break;
      const value = strip.read(column[at], sensor);
      out.value = value;
      if (Number.isNaN(value)) {
        piece = null;
        continue;
      }
      if (value > out.highest) out.highest = value;
      if (!piece || time - before > longest) out.pieces.push((piece = []));
      before = time;
      add(piece, Math.round(this.#toX(time) / this.pixel) * this.pixel, value);
    }
    return out;
  }

  #frame({ title, unit }, { top, bottom }, most) {
    const { context } = this;
    context.textAlign = "left";
    context.font = `600 12px ${token("font")}`;
    context.fillStyle = token("text-2");
    context.fillText(title, LEFT, top - 9);
    const after = LEFT + context.measureText(title).width + 6;
    context.font = `400 12px ${token("font")}`;
    context.fillStyle = token("text-3");
    context.fillText(unit, after, top - 9);
    context.textAlign = "right";
    context.strokeStyle = token("line");
    context.lineWidth = 1;
    for (const part of bottom - top > 60 ? [0, 0.5, 1] : [0, 1]) {
      const y = Math.round(bottom - part * (bottom - top)) + 0.5;
      context.beginPath();
      context.moveTo(LEFT, y);
      context.lineTo(LEFT + this.plot.width, y);
      context.stroke();
      context.font = `400 11px ${token("font")}`;
      context.fillText(number(most * part, most * part % 1 ? 1 : 0), LEFT - 8, y + 4);
    }
  }

  #line({ sensor, pieces }, toY) {
    const { context } = this;
    context.save();
    context.beginPath();
    context.rect(LEFT, 0, this.plot.width, this.canvas.clientHeight);
    context.clip();
    context.strokeStyle = token(sensor.side ?? "accent");
    context.lineWidth = 1.5;
    context.lineJoin = "round";
    context.beginPath();
    for (const piece of pieces) {
      piece.forEach(({ x, first, low, high, last }, i) => {
        if (i) context.lineTo(x, toY(first));
        else context.moveTo(x, toY(first));
        if (low !== first) context.lineTo(x, toY(low));
        if (high !== first) context.lineTo(x, toY(high));
        if (last !== high) context.lineTo(x, toY(last));
      });
    }
    context.stroke();
    context.restore();
  }

  // Current values at the right end, pushed apart where they would overlap.
  #ends(series, toY, { top, bottom }) {
    const shown = series.filter((one) => !Number.isNaN(one.value)).slice(0, 8);
    shown.sort((a, b) => b.value - a.value);
    let y = -Infinity;
    const { context } = this;
    context.font = `600 12px ${token("font")}`;
    context.textAlign = "left";
    for (const { sensor, value } of shown) {
      y = Math.max(Math.min(toY(value), bottom - (shown.length - 1) * 4) + 4, y + LINE_SPACING, top);
      context.fillStyle = token(sensor.side ?? "text-2");
      const label = sensor.side ? nameOf(sensor)[0] : this.lines.length > 1 ? sensor.stream.slice(0, 4) : "";
      context.fillText(`${label} ${number(value)}`.trim(), LEFT + this.plot.width + 8, y);
    }
  }

  #spans(bottom, waiting) {
    const gaps = this.lines.flatMap(({ ring }) => ring.gaps()).filter(([, stop]) => stop > this.plot.start);
    for (const [start, stop] of merged(gaps)) {
      this.#hatch(start, stop, bottom, `gap ${number((stop - start) / 1e6, 2)} s`);
    }
    if (waiting !== null) this.#hatch(waiting, this.plot.end, bottom, "waiting");
  }

  #hatch(start, stop, bottom, label) {
    const { context } = this;
    const left = Math.max(LEFT, this.#toX(start));
    const right = this.#toX(stop);
    if (right - left < 1) return;
    context.save();
    context.beginPath();
    context.rect(left, TITLE, right - left, bottom - TITLE);
    context.clip();
    context.strokeStyle = token("line-2");
    context.lineWidth = 1;
    context.beginPath();
    for (let x = left - bottom; x < right; x += 6) {
      context.moveTo(x, bottom);
      context.lineTo(x + bottom, 0);
    }
    context.stroke();
    context.restore();
    context.font = `400 11px ${token("font")}`;
    context.fillStyle = token("text-3");
    context.textAlign = left > LEFT + this.plot.width / 2 ? "right" : "left";
    context.fillText(label, left > LEFT + this.plot.width / 2 ? right : left, TITLE - 9);
  }

  #marks(bottom) {
    const { context } = this;
    for (const { t_us: time, label } of this.markers) {
      const x = this.#toX(time);
      if (x < LEFT || x > LEFT + this.plot.width) continue;
      context.strokeStyle = token("text-2");
      context.setLineDash([2, 3]);
      context.beginPath();
      context.moveTo(x, 4);
      context.lineTo(x, bottom);
      context.stroke();
      context.setLineDash([]);
      context.font = `600 11px ${token("font")}`;
      context.textAlign = "left";
      context.fillStyle = token("surface-3");
      context.fillRect(x, 2, context.measureText(label).width + 12, 16);
      context.fillStyle = token("text");
      context.fillText(label, x + 6, 14);
    }
  }

  #axis(y) {
    const { context } = this;
    context.font = `400 11px ${token("font")}`;
    context.fillStyle = token("text-3");
    context.textAlign = "center";
    const step = this.plot.width < 420 ? 10 : 5;
    for (let s = this.seconds; s >= 0; s -= step) {
      const label = s === 0 ? "now" : s === this.seconds ? `−${s} s` : `−${s}`;
      context.fillText(label, LEFT + this.plot.width * (1 - s / this.seconds), y + 18);
    }
  }
}

function add(piece, x, value) {
  const last = piece[piece.length - 1];
  if (last?.x !== x) {
    piece.push({ x, first: value, low: value, high: value, last: value });
    return;
  }
  if (value < last.low) last.low = value;
  if (value > last.high) last.high = value;
  last.last = value;
}

function merged(spans) {
  const out = [];
  for (const [start, stop] of spans.sort((a, b) => a[0] - b[0])) {
    const last = out[out.length - 1];
    if (last && start <= last[1]) last[1] = Math.max(last[1], stop);
    else out.push([start, stop]);
  }
  return out;
}
