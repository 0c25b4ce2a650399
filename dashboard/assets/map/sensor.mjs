// What a layout means for a picture: which cells exist, where millimetres lie, and the outline of the sensor.
// Pictures of a grid are in cells: x from 0 to `wide`, y from 0 to `high`, the front up, seen from above. Cells that are
// no grid are drawn where dashboard/drawing/cell_picture.py says, in units of its own.

import { FIXED_KPA, FIXED_N, KPA_PER_UNIT, OUTLINE, QUANTITIES, SIDES } from "../core/tables.mjs";
import { bending } from "./curve.mjs";

const MOST_COUNTS = { uint8: 255, uint16: 65_535 };

export class Sensor {
  /** @type {Float64Array} what a stored value is multiplied by, cell by cell */ gain;
  /** @type {Float64Array} what is added then */ zero;
  /** @type {Float32Array} the most that can come of it */ saturation;
  /** @type {number} the least that can come of it */ least;

  constructor(stream, layout, columns, regions = []) {
    this.stream = stream;
    this.layout = layout;
    this.columns = columns;
    this.regions = regions;
    this.rows = layout.rows;
    this.cols = layout.cols;
    this.calibrated = (layout.unit ?? "raw") !== "raw";
    this.picture = layout.picture ?? null;
    this.wide = this.picture?.size[0] ?? this.cols;
    this.high = this.picture?.size[1] ?? this.rows;
    this.inMm = Boolean(layout.pitch_mm) || layout.geometry?.places === "mm";
    this.loadedAbove = layout.loaded_above ?? 0; // kPa or counts: more is contact
    // A file may not say which foot it is; whoever named its stream "left" did.
    this.side = layout.side ?? (SIDES.includes(stream) ? stream : null);
    this.kind = layout.kind ?? "mat";
    this.valid = layout.mask ? Uint8Array.from(layout.mask) : new Uint8Array(this.rows * this.cols).fill(1);
    this.pitch = (this.picture ? null : layout.pitch_mm) ?? [1, 1];
    this.factor = KPA_PER_UNIT[layout.unit] ?? 1;
    this.#calibrate(layout, (layout.scale ?? 1) * this.factor, (layout.offset ?? 0) * this.factor);
    this.outline = this.picture ? [] : outlineOf(this.valid, this.rows, this.cols);
  }

  #calibrate(layout, scale, offset) {
    const { cell_factors: factors, tare } = layout;
    const most = MOST_COUNTS[layout.dtype] ?? Infinity;
    const curve = bending(layout, most);
    this.curve = curve;
    this.gain = Float64Array.from(this.valid, (_, i) => scale * (curve ? 1 : (factors?.[i] ?? 1)));
    this.zero = this.gain.map((gain, i) => (tare ? -gain * (curve ? curve.of(tare[i], i) : tare[i]) : offset));
    this.least = tare ? 0 : -Infinity;
    this.saturation = Float32Array.from(this.gain, (gain, i) => (curve ? curve.most(i) : most) * gain + this.zero[i]);
  }

  get unit() {
    if (!this.calibrated) return "counts";
    return this.layout.unit === "N" ? "N" : "kPa";
  }

  /** The column of the basic set for a quantity, whichever unit this layout has it in; undefined without one. */
  column(quantity) {
    return QUANTITIES[quantity]?.find((name) => this.columns.includes(name));
  }

  /** A place on the layout's axes, in mm (or cells without a pitch), as [x, y] in the picture. */
  place(x, y) {
    if (this.picture) {
      const { low, scale } = this.picture;
      return [(x - low[0]) * scale[0], this.high - (y - low[1]) * scale[1]];
    }
    const { origin_mm: origin = [0, 0], x_axis: xAxis = "right", y_axis: yAxis = "down", pitch_mm: pitch } = this.layout;
    const along = (value, axis) => (pitch ? (value - origin[axis]) / pitch[axis] : value + 0.5);
    const px = along(x, 0);
    const py = along(y, 1);
    return [xAxis === "left" ? this.cols - px : px, yAxis === "up" ? this.rows - py : py];
  }

  /** Where the middle of a cell lies on the layout's axes, in mm; null where that is not known. */
  placeOf(cell) {
    if (!this.inMm) return null;
    const { geometry, origin_mm: [ox, oy] = [0, 0], x_axis: xAxis, y_axis: yAxis } = this.layout;
    if (this.picture) return [geometry.x[cell], geometry.y[cell]];
    const [x, y] = this.middle(cell);
    return [ox + (xAxis === "left" ? this.cols - x : x) * this.pitch[0], oy + (yAxis === "up" ? this.rows - y : y) * this.pitch[1]];
  }

  /** Distance from the back edge, in mm (or cells), of a y on the layout's axis. */
  fromBack(y) {
    if (this.picture) return y - this.picture.low[1] - this.picture.bed;
    return (this.rows - this.place(0, y)[1]) * (this.layout.pitch_mm ? this.pitch[1] : 1);
  }

  /** Distance from the inner edge of a foot, else from the left edge. */
  fromInner(x) {
    if (this.picture) {
      const { low, bed } = this.picture;
      return this.side === "left" ? low[0] + this.wide - bed - x : x - low[0] - bed;
    }
    const px = this.place(x, 0)[0];
    return (this.side === "left" ? this.cols - px : px) * (this.layout.pitch_mm ? this.pitch[0] : 1);
  }

  /** The middle of a cell in the picture, and the corners of its shape. */
  middle(cell) {
    return this.picture?.spots[cell] ?? [(cell % this.cols) + 0.5, Math.floor(cell / this.cols) + 0.5];
  }

  corners(cell) {
    if (this.picture) return pairs(this.picture.shapes[cell]);
    const [x, y] = this.middle(cell);
    return [[x - 0.5, y - 0.5], [x + 0.5, y - 0.5], [x + 0.5, y + 0.5], [x - 0.5, y + 0.5]];
  }

  /** Values in kPa (or counts) into `out`; a cell without a value is NaN. */
  read(frames, frame, out) {
    const from = frame * this.valid.length;
    if (this.curve) return this.#readBent(this.curve, frames, from, out);
    for (let i = 0; i < out.length; i++) {
      out[i] = this.valid[i] ? Math.max(frames[from + i] * this.gain[i] + this.zero[i], this.least) : NaN;
    }
    return out;
  }

  /** Read a frame into `out`; says where its largest cell is, and whether a cell is `odd`: dead or saturated. */
  look(frames, frame, out) {
    this.read(frames, frame, out);
    let [index, most, odd] = [-1, 0, false];
    for (let i = 0; i < out.length; i++) {
      const value = out[i];
      if (value > most) [index, most] = [i, value];
      if (value >= this.saturation[i] || (Number.isNaN(value) && this.valid[i])) odd = true;
    }
    return { peak: index < 0 ? null : { index, value: most }, odd };
  }

  // The same through a curve, in a loop of its own, so that layouts without one pay nothing.
  #readBent(curve, frames, from, out) {
    for (let i = 0; i < out.length; i++) {
      const value = curve.of(frames[from + i], i);
      out[i] = this.valid[i] ? Math.max(value * this.gain[i] + this.zero[i], this.least) : NaN;
    }
    return out;
  }
}

function pairs(numbers) {
  return Array.from({ length: numbers.length / 2 }, (_, i) => [numbers[2 * i], numbers[2 * i + 1]]);
}

/** Sensors, or what is each `of` one, as they stand beside each other: left, right, then by name. */
export function inOrder(list, of = (one) => one) {
  const rank = ({ side }) => (SIDES.includes(side) ? SIDES.indexOf(side) : SIDES.length);
  const order = (a, b) => rank(a) - rank(b) || a.stream.localeCompare(b.stream);
  return [...list].sort((a, b) => order(of(a), of(b)));
}

/** The upper end of the pictures of sensors, kPa or N: the widest of their kinds; null where none is calibrated. */
export function fixedScale(sensors) {
  const pressures = sensors.filter((sensor) => sensor.unit === "kPa");
  const ends = pressures.length
    ? pressures.map(({ kind }) => FIXED_KPA[kind])
    : sensors.filter((sensor) => sensor.unit === "N").map(() => FIXED_N);
  return ends.length ? Math.max(...ends) : null;
}

/** Closed outlines of the cells that exist, each a list of [x, y] in cells, the staircase smoothed away. */
export function outlineOf(valid, rows, cols) {
  if (valid.every((cell) => cell)) return [roundedBox(rows, cols)];
  return loopsOf(valid, rows, cols).map(smooth);
}

function roundedBox(rows, cols) {
  const r = Math.min(1, rows / 4, cols / 4);
  const corners = [[cols - r, r, -90], [cols - r, rows - r, 0], [r, rows - r, 90], [r, r, 180]];
  return corners.flatMap(([x, y, from]) =>
    [0, 30, 60, 90].map((turn) => {
      const angle = ((from + turn) * Math.PI) / 180;
      return [x + r * Math.cos(angle), y + r * Math.sin(angle)];
    }),
  );
}

// Walks along the cell borders that have a cell on their right and none on their left.
function loopsOf(valid, rows, cols) {
  const has = (r, c) => r >= 0 && c >= 0 && r < rows && c < cols && valid[r * cols + c];
  const next = new Map();
  const key = (x, y) => y * (cols + 1) + x;
  const edge = (x0, y0, x1, y1) => {
    const from = key(x0, y0);
    next.set(from, [...(next.get(from) ?? []), [x1, y1]]);
  };
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < cols; c++) {
      if (!has(r, c)) continue;
      if (!has(r - 1, c)) edge(c, r, c + 1, r);
      if (!has(r, c + 1)) edge(c + 1, r, c + 1, r + 1);
      if (!has(r + 1, c)) edge(c + 1, r + 1, c, r + 1);
      if (!has(r, c - 1)) edge(c, r + 1, c, r);
    }
  }
  return walk(next, key, cols);
}

function walk(next, key, cols) {
  const loops = [];
  for (const start of next.keys()) {
    while (next.get(start)?.length) {
      const loop = [];
      let at = [start % (cols + 1), Math.floor(start / (cols + 1))];
      for (let ways = next.get(start); ways?.length; ways = next.get(key(...at))) {
        const to = ways.pop();
        loop.push([(at[0] + to[0]) / 2, (at[1] + to[1]) / 2]);
        at = to;
      }
      loops.push(loop);
    }
  }
  return loops;
}

function smooth(loop) {
  if (loop.length < OUTLINE.small) return loop;
  let points = loop;
  for (let pass = 0; pass < OUTLINE.passes; pass++) {
    points = points.map((p, i) => {
      const a = points[(i + points.length - 1) % points.length];
      const b = points[(i + 1) % points.length];
      return [(a[0] + 2 * p[0] + b[0]) / 4, (a[1] + 2 * p[1] + b[1]) / 4];
    });
  }
  return points;
}
