import assert from "node:assert/strict";
import { test } from "node:test";
import { MOST_CORNERS, nameAfter, thinned } from "../../../dashboard/assets/session/drawing.mjs";

test("of a long drag as many corners are kept as an address may have, all along its way", () => {
  const circle = Array.from({ length: 500 }, (_, i) => [10 + 8 * Math.cos(i / 79.6), 12 + 8 * Math.sin(i / 79.6)]);
  const kept = thinned(circle);
  assert.ok(kept.length <= MOST_CORNERS && kept.length > MOST_CORNERS / 3, `${kept.length}`);
  const gaps = kept.slice(1).map(([x, y], i) => Math.hypot(x - kept[i][0], y - kept[i][1]));
  assert.ok(Math.max(...gaps) < 3);
  assert.deepEqual(thinned([[0, 0], [5, 0], [5, 5]]), [[0, 0], [5, 0], [5, 5]]);
});

test("a region gets a name that no other has", () => {
  assert.equal(nameAfter([]), "Region 1");
  assert.equal(nameAfter(["left|Region 2|0,0 1,1 2,0"]), "Region 3");
});
