import assert from "node:assert/strict";
import { test } from "node:test";
import { Glance, flags } from "../../../dashboard/assets/live/glance.mjs";
import { REACH_US } from "../../../dashboard/assets/live/playhead.mjs";

test("each second has the highest load of any stream, and none where nothing was", () => {
  const glance = new Glance();
  glance.fill({ first_us: 0, gaps: [], streams: { left: { seconds: [1, 2], high: [700, null] }, right: { seconds: [1], high: [800] } } });
  glance.take("left", [2_100_000, 2_900_000, 4_000_000], [500, 600, NaN]);
  assert.deepEqual([...glance.heights(1, 4)], [800, 600, NaN, NaN]);
});

test("samples that the archive told already change nothing", () => {
  const glance = new Glance();
  glance.take("left", [1_000_000], [700]);
  glance.fill({ first_us: 0, gaps: [], streams: { left: { seconds: [1], high: [650] } } });
  assert.deepEqual([...glance.heights(1, 1)], [700]);
});

test("nothing out of reach is kept", () => {
  const glance = new Glance();
  for (let second = 0; second < 5000; second++) glance.take("left", [second * 1e6], [1]);
  glance.gaps = [[0, 1], [4_990e6, 4_991e6]];
  glance.trim(5000e6);
  assert.ok(glance.streams.get("left").size <= REACH_US / 1e6 + 2);
  assert.deepEqual(glance.gaps, [[4_990e6, 4_991e6]]);
});

test("many markers close together become one flag with a count", () => {
  const marks = [{ x: 10, label: "a" }, { x: 300, label: "c" }, { x: 40, label: "b" }];
  assert.deepEqual(flags(marks, 70), [{ x: 10, label: "2 markers", n: 2 }, { x: 300, label: "c", n: 1 }]);
});
