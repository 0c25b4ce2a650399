import assert from "node:assert/strict";
import { test } from "node:test";
import { Ring } from "../../../dashboard/assets/feed/ring.mjs";
import { stepped } from "../../../dashboard/assets/session/steps.mjs";

function line(times) {
  const ring = new Ring(["v"], 4096);
  ring.append({ header: { seq: 0, e: 0 }, times, stats: new Float32Array(times.length), k: 1 });
  return { ring };
}

const every = (step, from, n) => Array.from({ length: n }, (_, i) => from + i * step);

function walked(lines, at, way, n) {
  const out = [];
  for (let i = 0; i < n; i++) out.push((at = stepped(lines, at, way)));
  return out;
}

test("of two feet that are sampled in turn a step is one whole frame of each", () => {
  const feet = [line(every(10_000, 0, 50)), line(every(10_000, 5_000, 50))];
  assert.deepEqual(walked(feet, 0, 1, 3), [10_000, 20_000, 30_000]);
  assert.deepEqual(walked(feet, 30_000, -1, 3), [20_000, 10_000, 0]);
  assert.deepEqual(walked(feet, 7_000, 1, 2), [10_000, 20_000], "from between two frames to the next of the leader");
});

test("a clock that trembles makes no half steps", () => {
  const tremble = [0, 180, -150, 90, -210, 40, 130, -60];
  const times = (from) => every(10_000, from, 40).map((time, i) => time + tremble[(i + from) % tremble.length]);
  const [left, right] = [times(0), times(4_000)];
  assert.deepEqual(walked([line(left), line(right)], left[3], 1, 5), left.slice(4, 9));
});

test("of unlike rates the fastest stream leads", () => {
  const lines = [line(every(20_000, 3_000, 30)), line(every(5_000, 0, 120))];
  assert.deepEqual(walked(lines, 0, 1, 3), [5_000, 10_000, 15_000]);
});

test("in a gap of the leader the others have their steps, and after the last frame there is none", () => {
  const left = [...every(10_000, 0, 5), ...every(10_000, 100_000, 5)];
  const feet = [line(left), line(every(10_000, 5_000, 14))];
  assert.deepEqual(walked(feet, 40_000, 1, 3), [45_000, 55_000, 65_000]);
  assert.equal(stepped(feet, 140_000, 1), NaN);
  assert.equal(stepped([], 0, 1), NaN);
});
