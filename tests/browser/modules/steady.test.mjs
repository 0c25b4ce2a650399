import assert from "node:assert/strict";
import { test } from "node:test";
import { Steady, band, place } from "../../../dashboard/assets/athlete/steady.mjs";

const words = (values) => {
  const steady = new Steady([47, 53]);
  return values.map((value) => steady.take(value));
};

test("the word changes only after two steps beyond the band by half a percent", () => {
  assert.deepEqual(words([50, 53.4, 53.4, 53.6, 53.6]), ["in", "in", "in", "in", "high"]);
  assert.deepEqual(words([50, 46, 50, 46, 46]), ["in", "in", "in", "in", "low"]);
});

test("it comes back after two steps within the band", () => {
  assert.deepEqual(words([56, 56, 52, 56, 52, 52]), ["high", "high", "high", "high", "high", "in"]);
});

test("a mean that wavers about the edge changes nothing", () => {
  assert.deepEqual(new Set(words(Array.from({ length: 50 }, (_, i) => (i % 2 ? 53.3 : 52.8)))), new Set(["in"]));
});

test("without enough steps there is no word, and afterwards it begins anew", () => {
  assert.deepEqual(words([NaN, 50, NaN, 56]), [null, "in", null, "high"]);
});

test("the band of 47 to 53 lies on a gauge of 42 to 58", () => {
  assert.deepEqual(band([47, 53]).map((part) => part.toFixed(4)), ["0.3125", "0.6875"]);
  assert.equal(place(42, [47, 53]), 0);
  assert.equal(place(58, [47, 53]), 1);
  assert.equal(place(10, [47, 53]), 0);
});
