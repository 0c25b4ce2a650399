// A sensor's values as a smooth picture: arithmetic alone, as dashboard/drawing/smooth.py has it; the two share test vectors.
// Between the centres of cells a Catmull-Rom curve, first down the columns, then across the rows, held within the two
// cells that it lies between: so a picture passes through what was measured, and shows no higher peak and no lower dip.

import { RINGS } from "../core/tables.mjs";

/** For each pixel the four cells around it and their weights; at the edge the last cell repeats. */
export function tapsOf(cells, fine) {
  const index = new Int32Array(cells * fine * 4);
  const weight = new Float64Array(cells * fine * 4);
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

/** Stretch (rows, cols) down the columns by the taps of its rows, into `tall`. */
export function stretchDown(values, cols, { index, weight }, tall) {
  for (let t = 0, out = 0; t < index.length; t += 4) {
    const [a, b, c, d] = [index[t] * cols, index[t + 1] * cols, index[t + 2] * cols, index[t + 3] * cols];
    const [wa, wb, wc, wd] = [weight[t], weight[t + 1], weight[t + 2], weight[t + 3]];
    for (let x = 0; x < cols; x++, out++) {
      const one = values[b + x];
      const other = values[c + x];
      const value = wa * values[a + x] + wb * one + wc * other + wd * values[d + x];
      tall[out] = within(value, one, other);
    }
  }
}

/** The value of a row of a stretched picture at tap `t` (4 times the pixel); `row` is where the row begins. */
export function across(tall, row, index, weight, t) {
  const one = tall[row + index[t + 1]];
  const other = tall[row + index[t + 2]];
  const value = weight[t] * tall[row + index[t]] + weight[t + 1] * one + weight[t + 2] * other + weight[t + 3] * tall[row + index[t + 3]];
  return within(value, one, other);
}

function within(value, one, other) {
  if (one < other) return value < one ? one : value > other ? other : value;
  return value < other ? other : value > one ? one : value;
}

/** The missing cells within RINGS of the existing ones, nearest first, each with the neighbours known by then. */
export function ringsOf(sensor) {
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

/** Give cells without a value one, so that edges do not darken: `values` (rows × cols) with NaN, into `filled`. */
export function fill(sensor, rounds, values, filled) {
  filled.set(values);
  // A dead cell has the mean of its neighbours that were measured; then the rings have the mean of what is known.
  for (let i = 0; i < values.length; i++) {
    if (!Number.isNaN(values[i])) continue;
    const mean = sensor.valid[i] ? meanOf(values, neighboursOf(sensor, i)) : 0;
    filled[i] = Number.isNaN(mean) ? 0 : mean;
  }
  for (const [cell, near] of rounds) filled[cell] = meanOf(filled, near);
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
