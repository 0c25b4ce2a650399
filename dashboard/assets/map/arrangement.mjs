// Where each sensor goes in a picture: all at one scale (pixels a millimetre), left foot left, then right, then the
// others by name, in the number of rows that makes them largest.

import { inOrder } from "./sensor.mjs";

const LABEL_PX = 30;
const TOP_PX = 4;
const SIDE_PX = 3;
const GAP_PART = 0.2;

/** Boxes {sensor, x, y, width, height} in CSS pixels, and the label's baseline `labelY`. */
export function arrange(sensors, width, height, labels = true) {
  const label = labels ? LABEL_PX : 0;
  const list = inOrder(sensors).map((sensor) => ({
    sensor,
    w: sensor.wide * sensor.pitch[0],
    h: sensor.high * sensor.pitch[1],
  }));
  const best = list
    .map((_, i) => fit(list, i + 1, width, height, label))
    .reduce((a, b) => (b.scale > a.scale ? b : a), { scale: 0, rows: [] });
  return place(best, width, height, label);
}

function fit(list, perRow, width, height, label) {
  const rows = [];
  for (let i = 0; i < list.length; i += perRow) rows.push(list.slice(i, i + perRow));
  const widest = Math.max(...rows.map(span));
  const tallest = rows.reduce((sum, row) => sum + Math.max(...row.map((one) => one.h)), 0);
  const free = height - rows.length * (label + TOP_PX);
  return { rows, scale: Math.max(0, Math.min((width - 2 * SIDE_PX) / widest, free / tallest)) };
}

function span(row) {
  return row.reduce((sum, one) => sum + one.w, 0) + gap(row) * (row.length - 1);
}

function gap(row) {
  return GAP_PART * Math.max(...row.map((one) => one.w));
}

function place({ rows, scale }, width, height, label) {
  const heights = rows.map((row) => scale * Math.max(...row.map((one) => one.h)) + label + TOP_PX);
  let y = Math.max(0, (height - heights.reduce((a, b) => a + b, 0)) / 2);
  const boxes = [];
  rows.forEach((row, i) => {
    let x = (width - scale * span(row)) / 2;
    for (const { sensor, w, h } of row) {
      const bottom = y + heights[i] - label;
      boxes.push({ sensor, x, y: bottom - h * scale, width: w * scale, height: h * scale, labelY: bottom + 20 });
      x += (w + gap(row)) * scale;
    }
    y += heights[i];
  });
  return boxes;
}
