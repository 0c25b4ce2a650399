// What a tile of the wall says of a goal and of a device, and the order of attention.

import assert from "node:assert/strict";
import { test } from "node:test";
import { deviceWords, goalNumber, ordered, urgency } from "../../../dashboard/assets/wall/attention.mjs";
import { columns } from "../../../dashboard/assets/wall/few.mjs";

const G = 9.80665;
const NUMBERS = { force: { left: 20 * G, right: 700 }, contact: { left: 600, right: 640 }, cadence: { value: 112 } };
const of = (goal, mass = 70) => goalNumber({ low: 15, high: 25, side: "left", ...goal }, NUMBERS, mass);

test("a goal's number is the mean of the last steps in the unit of its band", () => {
  assert.equal(of({ measure: "weight", basis: "kg" }).value, 20);
  assert.equal(of({ measure: "force", basis: "body_weight", side: "right" }).value, 70_000 / (70 * G));
  assert.equal(of({ measure: "contact", basis: "unit", side: "both", low: 600, high: 700 }).value, 620);
  assert.equal(of({ measure: "contact", basis: "other", low: 90, high: 110 }).value, 93.75);
  assert.equal(of({ measure: "cadence", basis: "unit", side: "both", low: 100, high: 110 }).place, "high");
  assert.equal(of({ measure: "weight", basis: "kg", side: "right" }).place, "over", "beyond a limit");
  assert.equal(of({ measure: "force", basis: "usual" }).place, null, "what is usual is not known on a wall");
  assert.equal(goalNumber(null, NUMBERS, 70), null);
});

test("the lowest battery is told, and that it is low", () => {
  const line = (side, pct) => ({ sensor: { side, stream: side }, device: pct === null ? undefined : { battery_pct: pct } });
  assert.deepEqual(deviceWords([line("left", 80), line("right", 22)]), { text: "R 22 % low", low: true });
  assert.deepEqual(deviceWords([line("left", 80), line("right", null)]), { text: "L 80 %", low: false });
  assert.deepEqual(deviceWords([line("left", null)]), { text: "", low: false });
});

test("over a limit comes first, then no data, a battery, beyond the band, not begun, and well last", () => {
  const states = [
    { state: "live", where: "in" }, { state: "waiting", where: null }, { state: "live", where: "low" }, { state: "live", low: true, where: "in" },
    { state: "stale", where: null }, { state: "live", where: "over" },
  ]; // prettier-ignore
  const tiles = states.map((one, i) => ({ i, urgency: urgency({ low: false, ...one }) }));
  assert.deepEqual(ordered(tiles).map(({ i }) => i), [5, 4, 3, 2, 1, 0]);
  assert.deepEqual(ordered([{ i: 1, urgency: 3 }, { i: 2, urgency: 3 }]).map(({ i }) => i), [1, 2], "as they were");
});

test("twenty-four tiles stand in six columns", () => {
  assert.deepEqual([1, 4, 9, 12, 20, 24].map(columns), [1, 2, 3, 4, 5, 6]);
});
