import assert from "node:assert/strict";
import { test } from "node:test";
import { swiped } from "../../../dashboard/assets/curves/turning.mjs";

test("a finger that goes left asks for the next curve, one that goes right for the one before", () => {
  assert.equal(swiped([300, 100], [220, 110]), 1);
  assert.equal(swiped([220, 100], [300, 90]), -1);
});

test("scrolling, tapping and slanting are no swipe", () => {
  assert.equal(swiped([300, 100], [300, 400]), 0);
  assert.equal(swiped([300, 100], [303, 101]), 0);
  assert.equal(swiped([300, 100], [220, 160]), 0);
});
