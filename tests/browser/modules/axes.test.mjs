import assert from "node:assert/strict";
import { test } from "node:test";

globalThis.document = { documentElement: {} };
globalThis.MutationObserver = class {
  observe() {}
};
const { behindTicks } = await import("../../../dashboard/assets/curves/axes.mjs");
const { behind } = await import("../../../dashboard/assets/core/words.mjs");

test("the right end of a rewound axis says what the heading says", () => {
  for (const [seconds, distance] of [[30, 45.93], [10, 3.2], [60, 599.99]]) {
    const [[at, words]] = behindTicks(seconds, 700, distance);
    assert.deepEqual([at, words], [0, behind(distance)]);
  }
  assert.equal(behind(45.93), "−0:45.9");
  assert.equal(behind(0.3), "−0:00.3");
});

test("the other ticks are whole steps of distance, where they lie, and none lies under the end's", () => {
  const ticks = behindTicks(30, 700, 45.9).slice(1);
  assert.deepEqual(ticks.map(([, words]) => words), ["−0:50", "−0:55", "−1:00", "−1:05", "−1:10", "−1:15"]);
  for (const [back, words] of ticks) {
    const [m, s] = words.slice(1).split(":").map(Number);
    assert.ok(Math.abs(45.9 + back - (60 * m + s)) < 1e-9, words);
  }
  assert.equal(behindTicks(30, 700, 49.5)[1][1], "−0:55", "0:50 would lie under 0:49.5");
});
