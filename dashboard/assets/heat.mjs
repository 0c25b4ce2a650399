// One sensor's values as a small picture: cells become pixels by bicubic (Catmull-Rom) interpolation, separably:
// first along the columns, then along the rows, then through the colour table. The browser scales the picture up.
// Cells that do not exist take the mean of their neighbours first, so that the edge does not darken; so do dead
// cells, which are crossed elsewhere. A picture that is cut to an outline once, by `mask`, need not be clipped to it
// in every frame, which costs a software renderer more than all the rest; and pixels outside are never computed.

import { LAST, pixels } from "./colour.mjs";

const RINGS = 2;

export class Heat {
  /** `fine` pixels a cell and axis; 1 draws plain cells. */
  constructor(sensor, fine) {
    const { rows, cols } = sensor;
    this.sensor = sensor;
    this.fine = fine;
    this.values = new Float32Array(rows * cols);
    this.filled = new Float32Array(rows * cols);
    this.rounds = ringsOf(sensor);
    this.canvas = new OffscreenCanvas(cols * fine, rows * fine);
    this.context = /** @type {OffscreenCanvasRenderingContext2D} */ (this.canvas.getContext("2d"));
    this.image = this.context.createImageData(cols * fine, rows * fine);
    this.pixels = new Uint32Array(this.image.data.buffer);
    this.down = tapsOf(rows, fine);
    this.across = tapsOf(cols, fine);
    this.tall = new Float32Array(rows * fine * cols);
    /** @type {?Uint32Array} */
    this.alpha = null;
    this.spans = new Int32Array(2 * rows * fine).map((_, i) => (i % 2) * cols * fine);
    this.odd = false; // has a cell that is dead or saturated
  }

  get masked() {
    return this.alpha !== null;
  }

  /** Cut the picture to a path in its own pixels. */
  mask(path) {
    const { width, height } = this.canvas;
    const context = /** @type {OffscreenCanvasRenderingContext2D} */ (new OffscreenCanvas(width, height).getContext("2d"));
    context.fill(path, "evenodd");
    const { data } = context.getImageData(0, 0, width, height);
    this.alpha = Uint32Array.from({ length: width * height }, (_, i) => ((data[4 * i + 3] << 24) | 0xffffff) >>> 0);
    for (let y = 0; y < height; y++) {
      let [from, to] = [width, 0];
      for (let x = 0; x < width; x++) {
        if (data[4 * (y * width + x) + 3]) [from, to] = [Math.min(from, x), x + 1];
      }
      this.spans.set([from, to], 2 * y);
    }
    this.pixels.fill(0);
  }

  /** Take a frame; says where its largest cell is. */
  read(frames, frame) {
    const { sensor, values } = this;
    sensor.read(frames, frame, values);
    let [index, most] = [-1, 0];
    this.odd = false;
    for (let i = 0; i < values.length; i++) {
      const value = values[i];
      if (value > most) [index, most] = [i, value];
      if (value >= sensor.saturation[i] || (Number.isNaN(value) && sensor.valid[i])) this.odd = true;
    }
    this.peak = index < 0 ? null : { index, value: most };
    return this.peak;
  }

  /** Draw what was read. */
  paint(map, max) {
    this.#fill();
    this.#stretch();
    this.#colour(pixels(map, max, this.sensor.unit), LAST / max);
    this.context.putImageData(this.image, 0, 0);
  }

  #fill() {
    this.filled.set(this.values);
    for (const [cell, neighbours] of this.rounds) this.filled[cell] = meanOf(this.filled, neighbours);
    for (let i = 0; i < this.filled.length; i++) {
      if (Number.isNaN(this.filled[i])) this.filled[i] = this.sensor.valid[i] ? this.#around(i) : 0;
    }
  }

  #around(i) {
    const mean = meanOf(this.values, neighboursOf(this.sensor, i));
    return Number.isNaN(mean) ? 0 : mean;
  }

  #stretch() {
    const { filled, tall } = this;
    const { cols } = this.sensor;
    const { index, weight } = this.down;
    for (let t = 0, out = 0; t < index.length; t += 4) {
      const [a, b, c, d] = [index[t] * cols, index[t + 1] * cols, index[t + 2] * cols, index[t + 3] * cols];
      const [wa, wb, wc, wd] = [weight[t], weight[t + 1], weight[t + 2], weight[t + 3]];
      for (let x = 0; x < cols; x++, out++) {
        tall[out] = wa * filled[a + x] + wb * filled[b + x] + wc * filled[c + x] + wd * filled[d + x];
      }
    }
  }

  #colour(table, scale) {
    const { pixels: out, spans, tall, alpha } = this;
    const { width, height } = this.canvas;
    const { cols } = this.sensor;
    const { index, weight } = this.across;
    for (let y = 0; y < height; y++) {
      const row = y * cols;
      const stop = spans[2 * y + 1];
      for (let x = spans[2 * y], t = 4 * x; x < stop; x++, t += 4) {
        const value =
          weight[t] * tall[row + index[t]] + weight[t + 1] * tall[row + index[t + 1]] +
          weight[t + 2] * tall[row + index[t + 2]] + weight[t + 3] * tall[row + index[t + 3]];
        const at = (value * scale) | 0;
        const colour = table[at < 0 ? 0 : at > LAST ? LAST : at];
        out[y * width + x] = alpha ? colour & alpha[y * width + x] : colour;
      }
    }
  }
}

// For each pixel the four cells around it and their weights; at the edge the last cell repeats.
function tapsOf(cells, fine) {
  const index = new Int32Array(cells * fine * 4);
  const weight = new Float32Array(cells * fine * 4);
  for (let i = 0; i < cells * fine; i++) {
    const at = (i + 0.5) / fine - 0.5;
    const base = Math.floor(at);
    catmullRom(at - base).forEach((w, tap) => {
      index[i * 4 + tap] = Math.min(Math.max(base - 1 + tap, 0), cells - 1);
      weight[i * 4 + tap] = w;
    });
  }
  return { index, weight };
}

function catmullRom(t) {
  return [
    ((2 - t) * t - 1) * t / 2,
    ((3 * t - 5) * t * t + 2) / 2,
    ((4 - 3 * t) * t + 1) * t / 2,
    ((t - 1) * t * t) / 2,
  ];
}

// The missing cells within RINGS of the existing ones, nearest first, each with the neighbours known by then.
function ringsOf(sensor) {
  const known = Uint8Array.from(sensor.valid);
  const rounds = [];
  for (let ring = 0; ring < RINGS; ring++) {
    const found = [];
    known.forEach((is, cell) => {
      const near = is ? [] : neighboursOf(sensor, cell).filter((other) => known[other]);
      if (near.length) found.push([cell, near]);
    });
    for (const [cell] of found) known[cell] = 1;
    rounds.push(...found);
  }
  return rounds;
}

function neighboursOf({ rows, cols }, cell) {
  const r = Math.floor(cell / cols);
  const c = cell % cols;
  const out = [];
  for (let dr = -1; dr <= 1; dr++) {
    for (let dc = -1; dc <= 1; dc++) {
      const inside = r + dr >= 0 && r + dr < rows && c + dc >= 0 && c + dc < cols;
      if (inside && (dr || dc)) out.push((r + dr) * cols + c + dc);
    }
  }
  return out;
}

function meanOf(values, cells) {
  let sum = 0;
  let n = 0;
  for (const cell of cells) {
    if (Number.isNaN(values[cell])) continue;
    sum += values[cell];
    n++;
  }
  return n ? sum / n : NaN;
}
