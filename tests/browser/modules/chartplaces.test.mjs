// Which place of a chart a pointer or a key means, and what is said there.

import assert from "node:assert/strict";
import { test } from "node:test";

import { goalOf, nearest, wide, wordsAt } from "../../../dashboard/assets/core/chartplaces.mjs";

const curves = {
  at: [10, 20, 30],
  x: ["0 %", "50 %", "100 %"],
  lines: [
    { name: "L", colour: "red", at: [5, 90, null], says: ["1 N", "2 N", "–"] },
    { name: "R", colour: "blue", at: [5, null, 7], says: ["3 N", "–", "4 N"] },
  ],
};
const way = { at: [10, 10, 30], x: [], lines: [{ name: "", colour: "red", at: [0, 50, 0], says: ["a", "b", "c"] }] };

test("of curves the place across counts alone, of a way the place in the plane", () => {
  assert.equal(nearest(curves, [19, 1000]), 1);
  assert.equal(nearest(curves, [-5, 0]), 0);
  assert.equal(nearest(way, [12, 45]), 1);
  assert.equal(nearest(way, [28, 3]), 2);
});

test("a line without a value at a place says nothing there", () => {
  assert.deepEqual(wordsAt(curves, 1), { head: "50 %", lines: [["red", "L", "2 N"]] });
  assert.deepEqual(wordsAt(way, 2), { head: "", lines: [["red", "", "c"]] });
});

test("keys go from place to place and stay within the chart", () => {
  const key = (name, from, shiftKey = false) => goalOf({ key: name, shiftKey }, from, 40);
  assert.equal(key("ArrowRight", null), 0);
  assert.equal(key("ArrowLeft", null), 40);
  assert.equal(key("ArrowRight", 3), 4);
  assert.equal(key("ArrowLeft", 3, true), 0);
  assert.equal(key("ArrowRight", 35, true), 40);
  assert.equal(key("Home", 7), 0);
  assert.equal(key("End", 7), 40);
  assert.equal(key("a", 7), null);
});

test("shares of a drawing as wide as its place become px of its width", () => {
  const bars = { at: [0.25, 0.5], x: ["", ""], lines: [], share: true, box: [0, 12, 1, 90] };
  assert.deepEqual(wide(bars, 400), { ...bars, at: [100, 200], box: [0, 12, 400, 90] });
  assert.equal(wide(curves, 400), curves);
});
