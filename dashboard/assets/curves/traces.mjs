// The last seconds as curves: one strip a quantity, one line a stream, all over one time axis.
// A gap is a gap: the line stops and the span is hatched. A range never changes by itself, it only grows by round
// steps when a value would leave it. More samples than pixels become the envelope of each pixel.

import { TITLE, backAxis, frame, hatch, marker, pastAxis, threshold } from "./axes.mjs";
import { token } from "../map/colour.mjs";
import { isColumn, seriesOf } from "../feed/columns.mjs";
import { MARGIN_PX, ScrollLayer } from "./scroll.mjs";
import { USUAL, available, roundUp } from "./strips.mjs";
import { nameOf, number } from "../core/words.mjs";

const LEFT = 50;
const RIGHT = 72;
const AXIS = 26;
const MOST_RATIO = 2;
const LINE_SPACING = 15;
const MOST_ENDS = 8;
const MOST_NAME = 4;
const STRIPE_PX = 8;
const MOST_TURNS = 4;
const GROW_US = 60_000_000;
const STALE_US = 12_000_000;
const COLUMNS_LATE_US = 400_000; // columns of choice are made ten times a second

/** @typedef {{x: number, width: number, start: number, end: number}} Plot where the curves are: pixels, and µs */

export class Traces {
  /** @type {Plot} */ plot;
  /** @type {{top: number, bottom: number}[]} one for each strip, once they were drawn */ areas;
  /** @type {number} */ pixel; /** @type {number} µs */ pixelUs; /** @type {number} */ column;
  #top = new Map(); // quantity → upper end of its range
  #drawn = ""; // what the background shows
  #looked = new WeakMap(); // ring → until when its values were looked at for that

  constructor(canvas, seconds = 30) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    this.seconds = seconds;
    this.layer = new ScrollLayer();
    this.ground = /** @type {OffscreenCanvasRenderingContext2D} */ (new OffscreenCanvas(1, 1).getContext("2d"));
    this.lines = []; // {sensor, ring}
    this.all = []; // the quantities chosen
    this.strips = []; // those of them that are drawn
    this.one = null; // where there is room for one only: which
    this.markers = []; // {t_us, label}
    this.cursor = null; // {at, zero} in µs: a moment of the past, and the start that times count from
    this.behind = null; // seconds that the right end is behind live, or null
    this.keys = USUAL; // which quantities are drawn, from the top
    this.thresholds = []; // {key, above, words}
    this.shownAs = (unit) => ({ unit, factor: 1, digits: 0 });
    this.hover = null; // x of a pointer over the canvas
  }

  /** Streams and their rings; `tops` are ranges known beforehand, by quantity. */
  setLines(lines, tops = {}) {
    this.lines = lines;
    this.strips = this.#chosen();
    this.#top = new Map(Object.entries({ ...this.#extents(), ...tops }));
    this.invalidate();
  }

  /** Draw other quantities, or the same in another order; their ranges stay. */
  setKeys(keys) {
    this.keys = keys;
    this.strips = this.#chosen();
    this.invalidate();
  }

  /** Draw one of the quantities, by its place among them, or all with null. */
  setOne(place) {
    if (place === this.one) return;
    this.one = place;
    this.strips = this.#chosen();
    this.invalidate();
  }

  #chosen() {
    const known = available(this.lines.map((line) => line.sensor));
    this.all = this.keys.filter((key) => known.has(key)).map((key) => known.get(key));
    return this.one === null ? this.all : this.all.slice(this.one, this.one + 1);
  }

  #extents() {
    const extent = (axis) =>
      Math.max(1, ...this.lines.map(({ sensor }) => (axis ? sensor.high : sensor.wide) * sensor.pitch[axis]));
    return { x: roundUp(extent(0)), y: roundUp(extent(1)) };
  }

  /** Draw all of it next time: samples came that are not at the right end, or the theme changed. */
  invalidate() {
    this.layer.invalidate();
    this.#looked = new WeakMap();
  }

  /** Only the numbers at the right end, anew: a frame was drawn since the curves were. */
  drawEnds() {
    if (!this.areas || this.hover !== null || this.areas.length !== this.strips.length) return;
    const { context, ground, plot } = this;
    const left = Math.ceil((plot.x + plot.width + 1) / this.pixel);
    const [width, height] = [this.canvas.width - left, Math.floor((this.areas[this.areas.length - 1].bottom + 8) / this.pixel)];
    context.save();
    context.resetTransform();
    context.clearRect(left, 0, width, height);
    context.drawImage(ground.canvas, left, 0, width, height, left, 0, width, height);
    context.restore();
    this.strips.forEach((strip, i) => this.#ends(strip, this.areas[i], null));
  }

  /** Draw the window that ends at `end` µs; `waiting` from which time on nothing has come, or null. */
  draw(end, waiting = null) {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    if (!width || !height || !this.strips.length) return;
    this.#ready(width, height);
    this.#setPlot(width, end);
    const share = (height - AXIS) / this.strips.length;
    this.areas = this.strips.map((_, i) => ({ top: i * share + TITLE, bottom: (i + 1) * share - 8 }));
    this.#grow();
    this.#background(height);
    this.#lines(height);
    this.end = end;
    const read = this.hover === null ? null : Math.min(end, this.timeAt(this.hover));
    this.strips.forEach((strip, i) => this.#ends(strip, this.areas[i], read));
    this.#furniture(height - AXIS, waiting);
  }

  // Titles, ticks, grid and the seconds back from now change seldom: they are drawn once, and lie under the curves.
  #background(height) {
    const { canvas, context, ground, strips } = this;
    const shown = strips.map(({ key, title, unit }) => [key, title, this.shownAs(unit), this.#top.get(key)]);
    const theme = [token("text-2"), token("line"), token("font")];
    const size = [canvas.width, canvas.height, this.pixel];
    const key = JSON.stringify([size, shown, this.thresholds, this.seconds, this.#live, theme]);
    if (key !== this.#drawn) {
      this.#drawn = key;
      Object.assign(ground.canvas, { width: canvas.width, height: canvas.height });
      ground.setTransform(1 / this.pixel, 0, 0, 1 / this.pixel, 0, 0);
      strips.forEach((strip, i) => this.#frame(ground, strip, this.areas[i]));
      if (this.#live) backAxis(ground, this.plot, height - AXIS, this.seconds, null);
    }
    context.save();
    context.resetTransform();
    context.globalCompositeOperation = "copy";
    context.drawImage(ground.canvas, 0, 0);
    context.restore();
  }

  get #live() {
    return !this.cursor && this.behind === null;
  }

  #frame(context, strip, area) {
    const { plot } = this;
    const most = this.#top.get(strip.key);
    const low = lowOf(strip, most);
    let x = frame(context, plot, { title: [strip.title, strip.note].filter(Boolean).join(", "), shown: this.shownAs(strip.unit) }, area, most, low);
    for (const one of this.thresholds.filter(({ key }) => key === strip.key)) {
      threshold(context, plot, area, most, one, x, low);
      x += context.measureText(one.words).width + 40;
    }
  }

  #furniture(bottom, waiting) {
    const { context, plot } = this;
    const here = ([start, stop]) => stop > plot.start && start < plot.end;
    const gaps = this.lines.flatMap(({ ring }) => ring.gaps()).filter(here);
    for (const [start, stop] of merged(gaps)) {
      hatch(context, plot, start, stop, this.areas, `gap ${number((stop - start) / 1e6, 2)} s`);
    }
    if (waiting !== null) hatch(context, plot, waiting, plot.end, this.areas, "waiting");
    for (const one of this.markers) marker(context, plot, one, bottom);
    if (this.cursor) pastAxis(context, plot, bottom, this.cursor);
    else if (!this.#live) backAxis(context, plot, bottom, this.seconds, this.behind);
    if (this.hover === null || this.hover < plot.x || this.hover > plot.x + plot.width) return;
    context.fillStyle = token("text-3");
    context.fillRect(Math.round(this.hover), 6, 1, bottom - 6);
  }

  // The window ends at a whole pixel of time, so that what is drawn can be shifted by whole pixels.
  #setPlot(width, end) {
    const plotWidth = Math.floor((width - LEFT - RIGHT) / this.pixel) * this.pixel;
    this.pixelUs = (this.seconds * 1e6 * this.pixel) / plotWidth;
    this.column = Math.ceil(end / this.pixelUs);
    const stop = this.column * this.pixelUs;
    this.plot = { x: LEFT, width: plotWidth, start: stop - this.seconds * 1e6, end: stop };
  }

  #grow() {
    for (const line of this.lines) {
      const series = this.strips.map((strip) => seriesOf(line, strip.key));
      const looked = series.map(({ ring }) => this.#looked.get(ring) ?? -Infinity);
      const since = series.map(({ ring }, i) => Math.max(this.plot.end - GROW_US, looked[i] > ring.last ? -Infinity : looked[i]));
      for (const { ring } of series) this.#looked.set(ring, ring.last);
      for (const [i, strip] of this.strips.entries()) {
        const { ring, name } = series[i];
        const highest = strip.read(strip.signed ? ring.farthest(name, since[i]) : ring.highest(name, since[i]), line.sensor);
        if (highest > (this.#top.get(strip.key) ?? 0)) this.#top.set(strip.key, roundUp(highest));
      }
    }
    for (const { key } of this.strips) if (!this.#top.has(key)) this.#top.set(key, 1);
  }

  #lines(height) {
    const width = Math.round(this.plot.width / this.pixel);
    const names = this.lines.map((line) => line.sensor.stream);
    const keys = this.strips.map((strip) => strip.key);
    const key = JSON.stringify([width, height, this.seconds, keys, [...this.#top], names]);
    const late = keys.some(isColumn) ? Math.max(MARGIN_PX, Math.ceil(COLUMNS_LATE_US / this.pixelUs)) : MARGIN_PX;
    const from = this.layer.move(width, Math.round(height / this.pixel), this.column, key, performance.now(), late);
    const { context } = this.layer;
    context.save();
    context.scale(1 / this.pixel, 1 / this.pixel);
    context.beginPath();
    context.rect(from * this.pixel, 0, this.plot.width, height);
    context.clip();
    const start = this.plot.start + (from - 3) * this.pixelUs;
    this.strips.forEach((strip, i) => {
      for (const line of this.lines) this.#line(context, line, strip, this.areas[i], start);
    });
    this.#takeTurns(context, start, from, width, height);
    context.restore();
    this.context.drawImage(this.layer.canvas, LEFT, 0, this.plot.width, height);
  }

  // Where curves lie over each other their colours take turns: all but the last are drawn again, each in its stripes.
  // Stripes go with time, so that they stay where they are when the picture is shifted.
  #takeTurns(context, start, from, width, height) {
    const n = this.lines.length;
    if (n < 2 || n > MOST_TURNS) return;
    const stripe = Math.round(STRIPE_PX / this.pixel);
    const first = this.column - width;
    for (let turn = 0; turn < n - 1; turn++) {
      const stripes = new Path2D();
      for (let k = Math.floor((first + from) / stripe); k * stripe < first + width; k++) {
        if (k % n === turn) stripes.rect((k * stripe - first) * this.pixel, 0, stripe * this.pixel, height);
      }
      context.save();
      context.clip(stripes);
      this.strips.forEach((strip, i) => this.#line(context, this.lines[turn], strip, this.areas[i], start));
      context.restore();
    }
  }

  /** The time at a place of the canvas, in µs. */
  timeAt(x) {
    return this.plot.start + ((x - this.plot.x) / this.plot.width) * (this.plot.end - this.plot.start);
  }

  #ready(width, height) {
    const ratio = Math.min(window.devicePixelRatio || 1, MOST_RATIO);
    const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (this.canvas.width !== w || this.canvas.height !== h) Object.assign(this.canvas, { width: w, height: h });
    this.context.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.pixel = 1 / ratio;
  }

  // Each pixel of the window: first, lowest, highest and last value, with a break where the line stops.
  #pieces(line, strip, start) {
    const { sensor } = line;
    const { ring, name } = seriesOf(line, strip.key);
    const column = ring.values[ring.index.get(name)];
    const pieces = [];
    const longest = 5 * ring.interval();
    /** @type {?number[][]} */
    let piece = null;
    let before = -Infinity;
    for (let i = column ? Math.max(0, ring.countBefore(start) - 1) : ring.size; i < ring.size; i++) {
      const at = ring.slot(i);
      const time = ring.times[at];
      if (time > this.plot.end) break;
      const value = strip.read(column[at], sensor);
      if (Number.isNaN(value)) {
        piece = null;
        continue;
      }
      if (!piece || time - before > longest) pieces.push((piece = []));
      before = time;
      add(piece, Math.round((time - this.plot.start) / this.pixelUs) * this.pixel, value);
    }
    return pieces;
  }

  #line(context, line, strip, { top, bottom }, start) {
    const most = this.#top.get(strip.key);
    const least = lowOf(strip, most);
    const toY = (value) => bottom - ((value - least) / (most - least)) * (bottom - top);
    context.strokeStyle = token(line.sensor.side ?? "accent");
    context.lineWidth = 1.5;
    context.lineJoin = "bevel";
    context.beginPath();
    for (const piece of this.#pieces(line, strip, start)) {
      piece.forEach(({ x, first, low, high, last }, i) => {
        if (i) context.lineTo(x, toY(first));
        else context.moveTo(x, toY(first));
        if (low !== first) context.lineTo(x, toY(low));
        if (high !== first) context.lineTo(x, toY(high));
        if (last !== high) context.lineTo(x, toY(last));
      });
    }
    context.stroke();
  }

  // Values at the right end, of the frames that are shown or, µs, of where one hovers; pushed apart where they overlap.
  #ends(strip, { top, bottom }, hovered) {
    const shown = this.lines
      .map((line) => ({ sensor: line.sensor, value: strip.read(this.#valueAt(line, strip, hovered), line.sensor) }))
      .filter((one) => !Number.isNaN(one.value))
      .slice(0, Math.max(1, Math.min(MOST_ENDS, Math.floor((bottom - top) / LINE_SPACING))))
      .sort((a, b) => b.value - a.value);
    const { factor, digits } = this.shownAs(strip.unit);
    const { context } = this;
    const most = this.#top.get(strip.key);
    const low = lowOf(strip, most);
    context.font = `600 12px ${token("font")}`;
    context.textAlign = "left";
    const below = (shown.length - 1) * (shown.length > 2 ? LINE_SPACING : 4); // room for those that come after
    let y = -Infinity;
    for (const { sensor, value } of shown) {
      const place = bottom - ((value - low) / (most - low)) * (bottom - top);
      y = Math.max(Math.min(place, bottom - below) + 4, y + LINE_SPACING, top);
      context.fillStyle = token(sensor.side ?? "text-2");
      const label = sensor.side ? nameOf(sensor)[0] : this.lines.length > 1 ? short(sensor.stream) : "";
      context.fillText(`${label} ${number(value * factor, digits)}`.trim(), LEFT + this.plot.width + 8, y);
    }
  }

  // The value of the frame that is shown beside the curves, and of no other; or the last one before a time.
  #valueAt(line, strip, hovered) {
    const { ring, name } = seriesOf(line, strip.key);
    const column = ring.values[ring.index.get(name)];
    const time = hovered ?? line.shown?.time ?? NaN;
    const count = ring.countBefore(time + 0.5);
    const at = ring.slot(count - 1);
    const here = column && count && (hovered === null ? ring.times[at] === time : true);
    return here && (hovered ?? this.end) - ring.times[at] < STALE_US ? column[at] : NaN;
  }
}

const short = (name) => (name.length > MOST_NAME ? `…${name.slice(1 - MOST_NAME)}` : name);

/** The lower end of a strip's range: what can be below zero is drawn about zero. */
const lowOf = (strip, most) => (strip.signed ? -most : 0);

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
