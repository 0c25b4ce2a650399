import assert from "node:assert/strict";
import { test } from "node:test";
import { Viewpoint } from "../../../dashboard/assets/live/viewpoint.mjs";
import { WorkoutFeed } from "../../../dashboard/assets/feed/workout.mjs";

const NOW = 1_795_000_000_000_000;

function looking() {
  const workout = new WorkoutFeed();
  Object.defineProperty(workout, "newest", { value: NOW, writable: true });
  const moved = [];
  const at = new Viewpoint("w", workout, { seconds: () => 30, onLoaded: () => {}, onMoved: (turned) => moved.push(turned) });
  return { at, workout, moved };
}

test("a page looks at now until someone looks back, and says when it turns", () => {
  const { at, workout, moved } = looking();
  assert.equal(at.shown, workout);
  at.step(-10);
  assert.equal(at.shown, at.past.workout);
  assert.equal(at.behindS, 10);
  at.step(-10);
  at.goLive();
  assert.equal(at.shown, workout);
  assert.deepEqual(moved, [true, false, true]);
});

test("what plays and reaches live turns to live", () => {
  const { at, workout, moved } = looking();
  at.step(-2);
  at.pass(0);
  at.pause();
  assert.ok(at.playing);
  at.pass(900);
  assert.ok(at.live);
  assert.equal(at.shown, workout);
  assert.equal(moved.at(-1), true);
});

test("a moment that an address names is shown exactly, and before the first frame there is none", () => {
  const { at, workout, moved } = looking();
  at.open(NOW - 500_000);
  assert.equal(at.at, NOW - 500_000);
  at.goLive();
  workout.newest = -Infinity;
  at.step(-10);
  assert.ok(at.live);
  assert.equal(moved.length, 2);
});
