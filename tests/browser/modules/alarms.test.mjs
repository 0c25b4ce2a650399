import assert from "node:assert/strict";
import { test } from "node:test";
import { feetOf, namesOf, shortTimes, timesOf } from "../../../dashboard/assets/live/alarms.mjs";

const foot = (side) => ({ side, stream: side });
const patch = (i) => ({ side: null, stream: `patch-${i}` });

test("an alarm names every stream, and of very many how many more there are", () => {
  assert.equal(namesOf([foot("left")]), "Left");
  assert.equal(namesOf([foot("left"), foot("right")]), "Left and Right");
  assert.equal(namesOf([patch(1), patch(2), patch(3)]), "patch-1, patch-2 and patch-3");
  assert.match(namesOf(Array.from({ length: 40 }, (_, i) => patch(i))), /patch-7 and 32 more$/);
});

test("how often is said stream by stream", () => {
  assert.equal(timesOf([1]), ", once in 30\u00a0s");
  assert.equal(timesOf([3, 2]), ", 3 and 2 times in 30\u00a0s");
  assert.equal(timesOf([0, 0]), "");
});

test("where there is little room a foot is its letter, and many sensors are one and how many more", () => {
  assert.deepEqual(feetOf([foot("left"), foot("right")]).map(({ text }) => text), ["L", "R"]);
  assert.deepEqual(feetOf([patch(1), patch(2), patch(3)]).map(({ text }) => text), ["patch-1", "and 2 more"]);
  assert.equal(shortTimes([46, 45]), "46 · 45 × in 30\u00a0s");
  assert.equal(shortTimes([1, 2, 3]), "6 × in 30\u00a0s");
  assert.equal(shortTimes([0, 0]), "");
});
