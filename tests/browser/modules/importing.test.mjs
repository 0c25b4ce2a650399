import assert from "node:assert/strict";
import test from "node:test";

import { last, outcome } from "../../../dashboard/assets/sessions/importing.mjs";

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
