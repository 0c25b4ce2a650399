import assert from "node:assert/strict";
import { test } from "node:test";
import { moved } from "../../../dashboard/assets/curves/chips.mjs";

const KEYS = ["total", "y", "x", "peak"];

test("a curve moves one place, and the others keep their order", () => {
  assert.deepEqual(moved(KEYS, "peak", -1), ["total", "y", "peak", "x"]);
  assert.deepEqual(moved(KEYS, "total", 1), ["y", "total", "x", "peak"]);
});

test("before the first place comes the last, and after the last the first", () => {
  assert.deepEqual(moved(KEYS, "total", -1), ["y", "x", "peak", "total"]);
  assert.deepEqual(moved(KEYS, "peak", 1), ["peak", "total", "y", "x"]);
  assert.deepEqual(moved(["total"], "total", 1), ["total"]);
});
