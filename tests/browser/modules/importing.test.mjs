import assert from "node:assert/strict";
import test from "node:test";

import { farthest, last, outcome, tooLarge, tooLong } from "../../../dashboard/assets/sessions/importing.mjs";

test("an answer that is still coming is read to its last whole line", () => {
  assert.equal(last(""), null);
  assert.deepEqual(last('{"done":0,"frames":9}\n{"done":4,"fra'), { done: 0, frames: 9 });
  assert.deepEqual(last('{"done":0,"frames":9}\n{"done":4,"frames":9}\n'), { done: 4, frames: 9 });
});

test("a refusal of one line without an end is read too", () => {
  assert.deepEqual(last('{"message":"no"}'), { message: "no" });
  assert.equal(last("<html>"), null);
});

test("what was there already is counted apart", () => {
  assert.equal(outcome({ stored: 1, frames: 1, workout: "a" }), "1 frame stored in a");
  assert.equal(outcome({ stored: 1, frames: 1, workout: "a", date: "date unknown", apart: true }),
    "1 frame stored in a; it has no date: date unknown; the streams of this session are more than a day apart");
  assert.equal(outcome({ stored: 0, frames: 1200, workout: "a" }), "0 frames stored in a, 1\u202f200 were there already");
});

test("a file, an athlete's name: each has its bound, and the error says it", () => {
  assert.equal(tooLarge(2 ** 30, 2 ** 30), "");
  assert.equal(tooLarge(2 ** 30 + 1, 2 ** 30), "file: expected at most 1\u202f024 MiB, got 1\u202f025; barograph import takes larger files");
  assert.equal(tooLong("𝒜".repeat(200)), "");
  assert.equal(tooLong("a".repeat(201)), "athlete: expected at most 200 characters, got 201");
});

test("two names stand for all that were dropped together", () => {
  assert.deepEqual(farthest(["walk-b.csv", "walk-a.csv", "walk.csv", "walk-c.csv"]), ["walk-a.csv", "walk.csv"]);
  assert.deepEqual(farthest(["one.csv"]), ["one.csv", "one.csv"]);
});
