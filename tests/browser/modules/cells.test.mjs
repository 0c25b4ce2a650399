import assert from "node:assert/strict";
import { test } from "node:test";

import { isSmooth, mean, nearest, NEAREST } from "../../../dashboard/assets/map/nearest.mjs";
import { Sensor } from "../../../dashboard/assets/map/sensor.mjs";

const places = [[10, 10], [30, 10], [10, 30], [30, 30], [20, 50]];
const shapes = places.map(([x, y]) => [x - 9, y - 9, x + 9, y - 9, x + 9, y + 9, x - 9, y + 9]);
const picture = { size: [40, 60], low: [0, 0], scale: [1, 1], bed: 4, note: "", shapes, spots: places };
const layout = { rows: 1, cols: 5, dtype: "float32", unit: "kPa", geometry: { places: "mm" }, picture };
const sensor = new Sensor("left", layout, []);

test("a smooth picture passes through the cells and shows nothing beyond them", () => {
  const { index, weight } = nearest(sensor, 40, 60, 1);
  const values = [0, 100, 50, 200, 10];
  const at = (x, y) => mean(values, index, weight, (y * 40 + x) * NEAREST);
  for (let pixel = 0; pixel < 40 * 60; pixel++) {
    const value = mean(values, index, weight, pixel * NEAREST);
    assert.ok(value >= 0 && value <= 200);
  }
  assert.ok(Math.abs(at(30, 10) - 100) < 1);
  assert.ok(Math.abs(at(30, 30) - 200) < 1);
});

test("a cell without a value is left out of what lies between", () => {
  const { index, weight } = nearest(sensor, 40, 60, 1);
  assert.ok(Math.abs(mean([NaN, NaN, NaN, NaN, 7], index, weight, 0) - 7) < 1e-9);
  assert.equal(mean([NaN, NaN, NaN, NaN, NaN], index, weight, 0), 0);
});

test("few cells are plain, many are smoothed, and a choice says otherwise; without places nothing lies between", () => {
  const many = { ...sensor, layout, valid: new Uint8Array(99) };
  assert.equal(isSmooth(sensor, new Set()), false);
  assert.equal(isSmooth(sensor, new Set(["smooth"])), true);
  assert.equal(isSmooth(many, new Set()), true);
  assert.equal(isSmooth(many, new Set(["cells"])), false);
  assert.equal(isSmooth({ ...many, layout: { geometry: { places: "none" } } }, new Set(["smooth"])), false);
});

test("a place of the layout lies in the picture, and its distance from heel and inner edge is known", () => {
  assert.deepEqual(sensor.place(30, 50), [30, 10]);
  assert.equal(sensor.fromBack(20), 16);
  assert.equal(sensor.fromInner(10), 26);
  assert.deepEqual(sensor.corners(0)[0], [1, 1]);
});
