// Cells that are no grid as a smooth picture: each pixel is a mean of the six nearest cells that have a value, weighted
// by 1/distance². So it passes through what was measured at the middle of each cell, and shows no value beyond them. It
// is a drawing: numbers come from cells.

import { LAST, pixels } from "./colour.mjs";
import { NEAREST, mean, nearest } from "./nearest.mjs";

const PIXELS = 160; // along the longer side

export class SmoothCells {
  constructor(sensor) {
    this.sensor = sensor;
    this.step = Math.max(sensor.wide, sensor.high) / PIXELS;
    const [cols, rows] = [Math.ceil(sensor.wide / this.step), Math.ceil(sensor.high / this.step)];
    this.near = nearest(sensor, cols, rows, this.step);
    this.canvas = new OffscreenCanvas(cols, rows);
    this.context = /** @type {OffscreenCanvasRenderingContext2D} */ (this.canvas.getContext("2d"));
    this.image = this.context.createImageData(cols, rows);
    this.pixels = new Uint32Array(this.image.data.buffer);
  }

  /** Draw values of the cells, as `Heat.paint` does. */
  paint(values, map, max) {
    const table = pixels(map, max, this.sensor.unit);
    const { index, weight } = this.near;
    for (let pixel = 0; pixel < this.pixels.length; pixel++) {
      const value = mean(values, index, weight, pixel * NEAREST);
      const at = Math.floor((value * LAST) / max);
      this.pixels[pixel] = table[at < 0 ? 0 : at > LAST ? LAST : at];
    }
    this.context.putImageData(this.image, 0, 0);
  }
}
