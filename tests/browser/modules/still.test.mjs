import assert from "node:assert/strict";
import { test } from "node:test";
import { Silence } from "../../../dashboard/assets/core/still.mjs";

test("a page is silent when its mark has stayed the same for too long", () => {
  const silence = new Silence(0);
  assert.equal(silence.heard("1", 1_000), false);
  assert.equal(silence.heard("1", 12_500), false);
  assert.equal(silence.heard("1", 18_000), true);
});

test("it is heard again with the next mark", () => {
  const silence = new Silence(0);
  silence.heard("1", 0);
  assert.equal(silence.heard("1", 60_000), true);
  assert.equal(silence.heard("2", 60_500), false);
});

test("a page that never got an answer is silent too", () => {
  const silence = new Silence(0);
  assert.equal(silence.heard(undefined, 17_000), true);
});
