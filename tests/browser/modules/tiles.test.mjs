// What stands under the numbers of the live page, and the one number of a card.

import assert from "node:assert/strict";
import { test } from "node:test";

import { hintOf, oneNumber } from "../../../dashboard/assets/live/tiles.mjs";

test("a peak says of which sensor it is, and nothing while there is none", () => {
  assert.equal(hintOf("peak", { peak: { value: 120, side: "left" } }), "Left, highest in 5 s");
  assert.equal(hintOf("peak", { peak: { value: 0, side: "seat" } }), "seat, highest in 5 s");
  assert.equal(hintOf("peak", { peak: { value: null, side: null } }), null);
  assert.equal(hintOf("peak", null), null);
});

test("too few steps say so under what is made of steps, and under nothing else", () => {
  const values = { steps: { left: 2, right: 5 }, peak: { value: 9, side: "right" } };
  assert.equal(hintOf("force", values), "walk a few steps");
  assert.equal(hintOf("cadence", values), null);
  assert.equal(hintOf("peak", values), "Right, highest in 5 s");
});

test("a card says the cadence of steps, the path of one plate, and else the highest peak", () => {
  const peak = { value: 210, side: "left" };
  assert.deepEqual(oneNumber({ tiles: "gait", numbers: { cadence: { value: 110 }, peak } }, true), [110, "steps/min"]);
  assert.deepEqual(oneNumber({ tiles: "stand", numbers: { path: { plate: 40 }, peak } }, true), [40, "mm path"]);
  assert.deepEqual(oneNumber({ tiles: "stand", numbers: { path: { left: 40, right: 4 }, peak } }, true), [210, "kPa peak"]);
  assert.deepEqual(oneNumber({ tiles: "plain", numbers: { peak } }, false), [210, "counts peak"]);
  assert.deepEqual(oneNumber({ tiles: null, numbers: null }, false), [undefined, ""]);
});
