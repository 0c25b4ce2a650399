// The picture of pressure: every sensor of a workout on one canvas, each clipped to its outline, with the centre of
// pressure, its trail, and the largest cell. It draws when it is told to, and counts nothing itself.

import { arrange } from "./arrangement.mjs";
import { Cells, pathThrough } from "./cells.mjs";
import { token } from "./colour.mjs";
import { Heat } from "./heat.mjs";
import { outlineOf } from "./sensor.mjs";
import { number, spoken } from "../core/words.mjs";

const MOST_RATIO = 2;
const MOST_FINE = 4;
const MOST_PIXELS = 250_000;
const MOST_STRETCH = 2.5; // device pixels a pixel of the picture, up to which its own edge is sharp enough
const TRAIL_STEPS = 6;
const NOTHING = { peak: false, regions: [], whole: false };
const SMALL_PX = 72; // a sensor narrower than this has no room for the number of its peak: the table has it
const TINY_PX = 40; // nor, narrower than this, for more than a dot at its centre

export class PressureMap {
  #boxes = [];
  ratio = 1;
  #shown = new Map(); // stream → {heat, peak, cop, trail}
  #size = "";

  constructor(canvas, { labels = true, marks = true } = {}) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    this.labels = labels;
    this.marks = marks;
    this.sensors = [];
    this.max = 400;
    this.layers = new Set(["cop", "trail", "peak"]);
    this.shownAs = (unit) => ({ factor: 1, unit, digits: 0 }); // what a value of a unit is shown as
    this.ringed = (_stream) => NOTHING; // what of a stream is above its threshold
    this.shapes = (_sensor, _region) => null; // its outline
    this.over = () => {}; // draws over each picture
    this.still = matchMedia("(prefers-reduced-motion: reduce)");
  }

  /** Plain squares instead of a smooth picture. */
  get cells() {
    return this.layers.has("cells");
  }

  set cells(on) {
    const others = [...this.layers].filter((layer) => layer !== "cells");
    this.layers = new Set(on ? [...others, "cells"] : others);
  }

  /** Which sensors there are; pictures of those that stay are kept. */
  setSensors(sensors) {
    this.sensors = sensors;
    this.#size = "";
  }

  /** The newest frame of a stream, its centre of pressure and the trail to it, in the layout's mm. */
  show(stream, frames, frame, cop = null, trail = []) {
    this.#layOut();
    const shown = this.#shown.get(stream);
    if (!shown) return null;
    shown.peak = shown.heat.read(frames, frame);
    shown.fresh = true;
    Object.assign(shown, { cop, trail });
    return shown.peak;
  }

  /** The frame of each stream, which is `shown` from then on; a stream without one keeps its picture, or is `empty`. */
  take(workout, empty = false) {
    for (const stream of workout.lines) {
      const { sensor, frame } = stream;
      const trail = frame ? workout.trail(stream) : [];
      if (frame) this.show(sensor.stream, frame.frames, frame.index, trail.at(-1) ?? null, trail);
      else if (empty) this.forget(sensor.stream);
      if (frame || empty) stream.shown = frame;
    }
  }

  /** There is no frame of a stream at this moment: its bed stays empty. */
  forget(stream) {
    const shown = this.#shown.get(stream);
    if (!shown) return;
    shown.heat.values.fill(0);
    shown.heat.odd = false;
    Object.assign(shown, { peak: null, cop: null, trail: [], fresh: true });
  }

  draw() {
    this.#layOut();
    const { context, canvas } = this;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, canvas.width, canvas.height);
    context.scale(this.ratio, this.ratio);
    for (const box of this.#boxes) this.#drawBox(box);
    if (this.marks) for (const box of this.#boxes) this.#drawMarks(box);
    this.over();
  }

  /** Highest value on screen now; 0 without frames. */
  get highest() {
    return Math.max(0, ...[...this.#shown.values()].map((shown) => shown.peak?.value ?? 0));
  }

  /** Where each sensor is drawn, in CSS pixels of the canvas. */
  get boxes() {
    return this.#boxes;
  }

  /** What is measured in each cell now, kPa, N or counts; undefined of a stream that is not drawn. */
  values(stream) {
    return this.#shown.get(stream)?.heat.values;
  }

  /** One sentence for those who do not see the canvas. */
  describe() {
    return this.#boxes
      .map(({ sensor }) => spoken(sensor, this.#shown.get(sensor.stream)?.peak ?? null, this.shownAs))
      .join(" ");
  }

  #layOut() {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    this.ratio = Math.min(window.devicePixelRatio || 1, MOST_RATIO);
    const size = `${width} ${height} ${this.ratio} ${this.cells}`;
    if (size === this.#size || !width || !height) return;
    this.#size = size;
    this.canvas.width = Math.round(width * this.ratio);
    this.canvas.height = Math.round(height * this.ratio);
    this.#boxes = arrange(this.sensors, width, height, this.labels);
    const old = this.#shown;
    this.#shown = new Map(this.#boxes.map((box) => [box.sensor.stream, this.#ready(box, old.get(box.sensor.stream))]));
  }

  #ready(box, old) {
    const { sensor } = box;
    if (sensor.picture) return this.#readyCells(box, old);
    box.path = pathOf(sensor.outline, box.width / sensor.cols, box.height / sensor.rows);
    const wanted = Math.ceil((box.height / sensor.rows) * this.ratio * 0.75);
    const affordable = Math.floor(Math.sqrt(MOST_PIXELS / (sensor.rows * sensor.cols)));
    const fine = this.cells ? 1 : Math.max(1, Math.min(wanted, MOST_FINE, affordable));
    const masked = fine > 1 && wanted / 0.75 <= fine * MOST_STRETCH;
    const same = old?.heat.sensor === sensor && old.heat.fine === fine && old.heat.masked === masked;
    if (same) return { ...old, fresh: true };
    const heat = new Heat(sensor, fine);
    if (masked) heat.mask(pathOf(sensor.outline, fine, fine));
    if (old?.heat.sensor === sensor) heat.values.set(old.heat.values);
    return { peak: null, cop: null, trail: [], ...(old?.heat.sensor === sensor ? old : {}), heat, fresh: true };
  }

  #readyCells(box, old) {
    const { sensor } = box;
    const [sx, sy] = [box.width / sensor.wide, box.height / sensor.high];
    box.path = pathThrough(Array.from(sensor.valid, (_, i) => sensor.corners(i)), sx, sy);
    const fine = sx * this.ratio;
    if (old?.heat.sensor === sensor && old.heat.fine === fine) return { ...old, fresh: true };
    const heat = new Cells(sensor, fine, this.ratio);
    if (old?.heat.sensor === sensor) heat.values.set(old.heat.values);
    return { peak: null, cop: null, trail: [], ...(old?.heat.sensor === sensor ? old : {}), heat, fresh: true };
  }

  #drawBox(box) {
    const { context } = this;
    const shown = this.#shown.get(box.sensor.stream);
    if (box.sensor.picture) shown.heat.setLayers(this.layers);
    if (shown.fresh || shown.max !== this.max || shown.heat.look === "") {
      shown.heat.paint(box.sensor.calibrated ? "viridis" : "cividis", this.max, this.shownAs);
      Object.assign(shown, { fresh: false, max: this.max });
    }
    context.save();
    context.translate(box.x, box.y);
    if (!shown.heat.masked) context.clip(box.path, "evenodd");
    context.imageSmoothingEnabled = !this.cells || Boolean(box.sensor.picture);
    context.drawImage(shown.heat.canvas, 0, 0, box.width, box.height);
    context.restore();
    this.#outline(box);
  }

  #outline(box) {
    const { context } = this;
    context.save();
    context.translate(box.x, box.y);
    context.strokeStyle = token("bed-line");
    context.lineWidth = 1.25;
    if (!box.sensor.picture) context.stroke(box.path);
    context.restore();
    if (!this.labels) return;
    const { side, stream } = box.sensor;
    context.font = `600 13px ${token("font")}`;
    context.textAlign = "center";
    context.fillStyle = token(side ?? "text-2");
    const name = side ? { left: "Left", right: "Right" }[side] : this.#fitting(stream, box.width * 1.15);
    context.fillText(name, box.x + box.width / 2, box.labelY);
  }

  // The end of a name that is too long for its place: that is where names of many sensors differ.
  #fitting(name, width) {
    const { context } = this;
    if (context.measureText(name).width <= Math.max(width, SMALL_PX)) return name;
    let start = 1;
    while (start < name.length - 1 && context.measureText(`…${name.slice(start)}`).width > width) start++;
    return `…${name.slice(start)}`;
  }

  #drawMarks(box) {
    const { heat, peak, cop, trail } = this.#shown.get(box.sensor.stream);
    const at = (x, y) => {
      const [px, py] = heat.sensor.place(x, y);
      return [box.x + (px * box.width) / heat.sensor.wide, box.y + (py * box.height) / heat.sensor.high];
    };
    if (this.layers.has("contact")) this.#drawContact(box, heat);
    if (heat.odd) this.#drawBad(box, heat);
    const { regions, whole } = this.ringed(heat.sensor.stream);
    if (whole) this.#ring(box, box.path);
    for (const region of regions) this.#drawRegion(box, this.shapes(heat.sensor, region));
    if (this.layers.has("trail")) this.#drawTrail(trail.map(([x, y]) => at(x, y)));
    const tiny = box.width < TINY_PX;
    if (peak && this.layers.has("peak") && !tiny) this.#drawPeak(box, peak);
    if (cop && this.layers.has("cop")) this.#drawRing(...at(...cop), tiny ? 0.35 : 1);
  }

  // The edge of contact: of the cells above the contact threshold.
  #drawContact(box, { sensor, values }) {
    const loaded = Uint8Array.from(values, (value) => (value > sensor.loadedAbove ? 1 : 0));
    if (!loaded.includes(1)) return;
    const { context } = this;
    context.save();
    context.translate(box.x, box.y);
    context.strokeStyle = token("on-bed");
    context.globalAlpha = 0.7;
    context.lineWidth = 1.25;
    const [sx, sy] = [box.width / sensor.wide, box.height / sensor.high];
    if (sensor.picture) loaded.forEach((is, i) => is && context.stroke(pathThrough([sensor.corners(i)], sx, sy)));
    else context.stroke(pathOf(outlineOf(loaded, sensor.rows, sensor.cols), sx, sy));
    context.restore();
  }

  // Cells that exist but have no value show the mean of their neighbours, and a cross; those at the sensor's maximum
  // are ringed.
  #drawBad(box, { sensor, values }) {
    const { context } = this;
    const [w, h] = [box.width / sensor.wide, box.height / sensor.high];
    const half = sensor.picture ? 5 : Math.min(Math.max(w, h) / 3, 4);
    const middle = (i) => [box.x + sensor.middle(i)[0] * w, box.y + sensor.middle(i)[1] * h];
    const [crosses, rings] = [new Path2D(), new Path2D()];
    for (let i = 0; i < values.length; i++) {
      if (sensor.valid[i] && Number.isNaN(values[i])) cross(crosses, ...middle(i), half);
      if (values[i] >= sensor.saturation[i]) rings.addPath(pathThrough([sensor.corners(i)], w, h), new DOMMatrix([1, 0, 0, 1, box.x, box.y]));
    }
    context.lineWidth = 1.5;
    context.strokeStyle = token("on-bed");
    context.stroke(crosses);
    context.strokeStyle = token("on-bed-alarm");
    context.stroke(rings);
  }

  #drawTrail(points) {
    const { context } = this;
    context.strokeStyle = token("on-bed");
    context.lineCap = context.lineJoin = "round";
    context.lineWidth = 2;
    const steps = this.still.matches ? 1 : TRAIL_STEPS;
    const most = points.length - 1;
    for (let step = 0; step < steps; step++) {
      const [from, to] = [Math.floor((most * step) / steps), Math.floor((most * (step + 1)) / steps)];
      if (to <= from) continue;
      context.globalAlpha = this.still.matches ? 0.8 : 0.15 + (0.8 * (step + 1)) / steps;
      context.beginPath();
      context.moveTo(...points[from]);
      for (let i = from + 1; i <= to; i++) context.lineTo(...points[i]);
      context.stroke();
    }
    context.globalAlpha = 1;
  }

  #drawRing(x, y, size) {
    const { context } = this;
    /** @type {[number, string][]} */
    const discs = [[8, "under-bed"], [6, "on-bed"], [2, "under-bed"]];
    for (const [radius, colour] of discs) {
      context.fillStyle = token(colour);
      context.beginPath();
      context.arc(x, y, radius * size, 0, 2 * Math.PI);
      context.fill();
    }
  }

  #drawPeak(box, { index, value }) {
    const { context } = this;
    const { sensor } = box;
    const [w, h] = [box.width / sensor.wide, box.height / sensor.high];
    const [x, y] = [box.x + sensor.middle(index)[0] * w, box.y + sensor.middle(index)[1] * h];
    const half = sensor.picture ? 8 : Math.max(5, Math.min(w, h) / 2 + 1);
    for (const [width, colour] of /** @type {[number, string][]} */ ([[4, "under-bed"], [2, "on-bed"]])) {
      context.lineWidth = width;
      context.strokeStyle = token(colour);
      if (sensor.picture) this.#strokeCell(box, index, w, h);
      else context.strokeRect(x - half, y - half, 2 * half, 2 * half);
    }
    if (this.ringed(sensor.stream).peak) this.#drawAlarm(x, y, half);
    if (box.width < SMALL_PX && this.sensors.length > 2) return;
    if (this.#shown.get(sensor.stream).heat.numbered) return; // it stands on the cell
    const { factor, unit, digits } = this.shownAs(sensor.unit);
    const least = value >= sensor.saturation[index] ? "≥ " : "";
    this.#drawChip(`${least}${number(value * factor, digits)} ${unit}`, x, y, half, x - box.x > box.width / 2);
  }

  #strokeCell(box, cell, sx, sy) {
    const { context } = this;
    context.save();
    context.translate(box.x, box.y);
    context.stroke(pathThrough([box.sensor.corners(cell)], sx, sy));
    context.restore();
  }

  // Where the threshold is passed.
  #drawAlarm(x, y, half) {
    const { context } = this;
    context.save();
    context.strokeStyle = token("on-bed-alarm");
    context.lineWidth = 2;
    context.setLineDash([6, 4]);
    context.beginPath();
    context.arc(x, y, half * 4, 0, 2 * Math.PI);
    context.stroke();
    context.restore();
  }

  // The region that is above its threshold.
  #drawRegion(box, loops) {
    const { wide, high, picture } = box.sensor;
    const make = picture ? pathThrough : pathOf;
    if (loops) this.#ring(box, make(loops, box.width / wide, box.height / high));
  }

  // Dashed along a path: a region, or the whole sensor.
  #ring(box, path) {
    const { context } = this;
    context.save();
    context.translate(box.x, box.y);
    for (const [width, colour, dash] of [[5, "under-bed", []], [2.5, "on-bed-alarm", [7, 4]]]) {
      context.lineWidth = width;
      context.strokeStyle = token(colour);
      context.setLineDash(dash);
      context.stroke(path);
    }
    context.restore();
  }

  #drawChip(text, x, y, half, leftwards) {
    const { context } = this;
    context.font = `600 12px ${token("font")}`;
    const width = context.measureText(text).width + 12;
    const left = Math.min(
      Math.max(leftwards ? x - half - 6 - width : x + half + 6, 2),
      this.canvas.clientWidth - width - 2,
    );
    context.fillStyle = token("under-bed");
    context.globalAlpha = 0.88;
    context.beginPath();
    context.roundRect(left, y - 10, width, 20, 4);
    context.fill();
    context.globalAlpha = 1;
    context.fillStyle = token("on-bed");
    context.textAlign = "left";
    context.fillText(text, left + 6, y + 4);
  }
}

function cross(path, x, y, half) {
  path.moveTo(x - half, y - half);
  path.lineTo(x + half, y + half);
  path.moveTo(x - half, y + half);
  path.lineTo(x + half, y - half);
}

// A closed curve through the middles of the outline's sides.
function pathOf(loops, sx, sy) {
  const path = new Path2D();
  for (const loop of loops) {
    const points = loop.map(([x, y]) => [x * sx, y * sy]);
    /** @returns {[number, number]} */
    const middle = (i) => {
      const [a, b] = [points[i % points.length], points[(i + 1) % points.length]];
      return [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
    };
    path.moveTo(...middle(points.length - 1));
    points.forEach(([x, y], i) => path.quadraticCurveTo(x, y, ...middle(i)));
    path.closePath();
  }
  return path;
}
