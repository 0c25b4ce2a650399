// The walk of the page Try it: what the cells of two insoles are at a time, without a page.

import assert from "node:assert/strict";
import { test } from "node:test";

import { COLS, KPA_PER_COUNT, PITCH_MM, ROWS, SIDES, force, frame, layout } from "../../../dashboard/assets/try/simulated.mjs";

const WEIGHT_N = 75 * 9.80665;
const newtons = (counts) => (counts.reduce((a, b) => a + b, 0) * KPA_PER_COUNT * PITCH_MM ** 2) / 1000;
const times = Array.from({ length: 240 }, (_, i) => i / 100 + 0.0003);
const OTHER = { left: "right", right: "left" };

test("the cells carry the force of the curve, and both feet carry the weight on average", () => {
  let sum = 0;
  const [stride, n] = [120 / 110, 600];
  for (const side of SIDES) {
    for (const t of times) assert.ok(Math.abs(newtons(frame(side, t)) - force(side, t)) <= 2, `${side} at ${t} s`);
    for (let i = 0; i < n; i++) sum += force(side, (i * stride) / n) / n;
  }
  assert.ok(Math.abs(sum / WEIGHT_N - 1) < 0.03, String(sum / WEIGHT_N));
});

test("each foot strikes 55 times a minute, and never are both in the air", () => {
  for (const side of SIDES) {
    let strikes = 0;
    for (let i = 1; i <= 6000; i++) strikes += Number(force(side, i / 100) > 0 && force(side, (i - 1) / 100) === 0);
    assert.ok(Math.abs(strikes - 55) <= 1, `${side}: ${strikes}`);
  }
  for (const t of times) assert.ok(SIDES.some((side) => force(side, t) > 0), `at ${t} s`);
});

test("a stance rolls from the heel to the toes, on cells that are there, and the feet mirror each other", () => {
  for (const side of SIDES) {
    const { mask, rows, cols } = layout(side);
    assert.deepEqual([rows, cols, mask.length], [ROWS, COLS, ROWS * COLS]);
    const began = side === "left" ? 0 : 60 / 110;
    const rowOf = (t) => {
      const counts = frame(side, began + t);
      assert.ok(counts.every((count, cell) => mask[cell] || !count), "a cell without a sensor is loaded");
      assert.ok(Math.max(...counts) * KPA_PER_COUNT < 600, "no foot loads a cell like this");
      return counts.reduce((a, count, cell) => a + count * Math.floor(cell / COLS), 0) / counts.reduce((a, b) => a + b, 0);
    };
    const rows_ = [0.02, 0.2, 0.4, 0.6].map(rowOf);
    assert.ok(rows_[0] > 45 && rows_[3] < 20, String(rows_));
    assert.deepEqual(rows_, [...rows_].sort((a, b) => b - a));
    const [mine, its] = [frame(side, began + 0.3), frame(OTHER[side], began + 0.3 + 60 / 110)];
    const mirrored = Array.from(its, (_, cell) => its[cell - (cell % COLS) + COLS - 1 - (cell % COLS)]);
    assert.ok(mirrored.every((count, cell) => Math.abs(count - mine[cell]) <= 1));
  }
});

test("the same time gives the same cells", () => assert.deepEqual(frame("left", 12.34), frame("left", 12.34)));
