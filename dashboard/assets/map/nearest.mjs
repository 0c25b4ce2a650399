// What lies between cells that are no grid: which cells are nearest to a pixel, and their mean.

import { CELLS } from "../core/tables.mjs";

export const NEAREST = 6;

/** Whether a sensor's cells are drawn smoothed with these layers. */
export function isSmooth(sensor, layers) {
  if (sensor.layout.geometry?.places === "none" || layers.has("cells")) return false;
  return layers.has("smooth") || sensor.valid.length >= CELLS.many;
}

/** Of each pixel the numbers of its nearest cells that exist, and their weights. */
export function nearest(sensor, cols, rows, step) {
  const cells = [...sensor.valid.keys()].filter((cell) => sensor.valid[cell]);
  const index = new Uint32Array(cols * rows * NEAREST);
  const weight = new Float64Array(cols * rows * NEAREST);
  for (let pixel = 0; pixel < cols * rows; pixel++) {
    const [x, y] = [((pixel % cols) + 0.5) * step, (Math.floor(pixel / cols) + 0.5) * step];
    const far = cells.map((cell) => [cell, Math.hypot(sensor.middle(cell)[0] - x, sensor.middle(cell)[1] - y)]);
    far.sort((a, b) => a[1] - b[1]);
    far.slice(0, NEAREST).forEach(([cell, distance], i) => {
      index[pixel * NEAREST + i] = cell;
      weight[pixel * NEAREST + i] = 1 / Math.max(distance, 1e-6) ** 2;
    });
  }
  return { index, weight };
}

/** The weighted mean of the cells of a pixel that have a value; 0 where none has. */
export function mean(values, index, weight, from) {
  let sum = 0;
  let all = 0;
  for (let i = from; i < from + NEAREST; i++) {
    const value = values[index[i]];
    if (Number.isNaN(value)) continue;
    sum += value * weight[i];
    all += weight[i];
  }
  return all ? sum / all : 0;
}
