import assert from "node:assert/strict";
import { test } from "node:test";
import { Sensor } from "../../../dashboard/assets/map/sensor.mjs";

const layout = (more) => ({ rows: 1, cols: 3, dtype: "uint8", unit: "N/cm2", scale: 0.5, ...more });
const seen = (sensor, counts) => {
  const values = sensor.read(Uint8Array.from(counts), 0, new Float32Array(3));
  return [...values].map((value, i) => value >= sensor.saturation[i]);
};

test("a cell at the most that its dtype holds is saturated, in whatever unit it is shown", () => {
  assert.deepEqual(seen(new Sensor("left", layout()), [254, 255, 0]), [false, true, false]);
  assert.deepEqual(seen(new Sensor("left", layout({ unit: "raw", scale: 1 })), [254, 255, 0]), [false, true, false]);
});

test("each cell is saturated at its own factor, tare and offset", () => {
  const factors = new Sensor("left", layout({ cell_factors: [1, 0.3, 2] }));
  assert.deepEqual(seen(factors, [255, 255, 254]), [true, true, false]);
  const tared = new Sensor("left", layout({ tare: [0, 40, 7] }));
  assert.deepEqual(seen(tared, [254, 255, 255]), [false, true, true]);
  assert.deepEqual(seen(new Sensor("left", layout({ offset: -3 })), [255, 254, 0]), [true, false, false]);
});

test("nobody knows where floats saturate", () => {
  assert.deepEqual(seen(new Sensor("left", layout({ dtype: "float32" })), [255, 255, 255]), [false, false, false]);
});
