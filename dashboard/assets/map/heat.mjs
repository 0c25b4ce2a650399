// One sensor's values as a small picture: cells become pixels (`smooth.mjs`), then colours. The browser scales it up.
// Cells that are dead or do not exist take the mean of their neighbours; dead ones are crossed elsewhere. A picture that
// is cut to an outline once, by `mask`, need not be clipped to it in every frame, which costs a software renderer more
// than all the rest; and pixels outside are never computed.

import { LAST, pixels } from "./colour.mjs";
import { across, fill, ringsOf, stretchDown, tapsOf } from "./smooth.mjs";

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
    const { peak, odd } = this.sensor.look(frames, frame, this.values);
    this.peak = peak;
    this.odd = odd;
    return this.peak;
  }

  /** Draw what was read. */
  paint(map, max) {
    fill(this.sensor, this.rounds, this.values, this.filled);
    stretchDown(this.filled, this.sensor.cols, this.down, this.tall);
    this.#colour(pixels(map, max, this.sensor.unit), LAST / max);
    this.context.putImageData(this.image, 0, 0);
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
        const value = across(tall, row, index, weight, t);
        const at = (value * scale) | 0;
        const colour = table[at < 0 ? 0 : at > LAST ? LAST : at];
        out[y * width + x] = alpha ? colour & alpha[y * width + x] : colour;
      }
    }
  }
}
