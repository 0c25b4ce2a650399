// The page of one athlete: moments along its timeline, the next dot by key, and what its forms send.

import assert from "node:assert/strict";
import { test } from "node:test";

import { dayOf, momentAt, nextDot, sent, spanOf } from "../../../dashboard/assets/athletes/onedata.mjs";

const DAY_US = 86_400_000_000;
const FIRST_US = Date.UTC(2026, 5, 1) * 1000;
const SHOWN = [FIRST_US, FIRST_US + 10 * DAY_US];

test("a drag is two places in order, within the strip", () => {
  assert.deepEqual(spanOf(300, 100, 800), [100, 300]);
  assert.deepEqual(spanOf(-20, 900, 800), [0, 800]);
});

test("places along the strip are days, and its end is the last day", () => {
  assert.equal(dayOf(momentAt(0, SHOWN)), "2026-06-01");
  assert.equal(dayOf(momentAt(0.55, SHOWN)), "2026-06-06");
  assert.equal(dayOf(momentAt(1, SHOWN)), "2026-06-10");
});

test("arrow keys go to the next dot in time, whatever its lane", () => {
  const times = [30, 10, 20];
  assert.equal(nextDot(times, 1, "ArrowRight"), 2);
  assert.equal(nextDot(times, 2, "ArrowRight"), 0);
  assert.equal(nextDot(times, 0, "ArrowRight"), null);
  assert.equal(nextDot(times, 0, "ArrowLeft"), 2);
  assert.equal(nextDot(times, 0, "Home"), 1);
  assert.equal(nextDot(times, 1, "End"), 0);
  assert.equal(nextDot(times, 1, "a"), null);
});

test("a form sends what stands in it, the version it was made of, and what it corrects", () => {
  const fields = new FormData();
  fields.append("value", "68,4");
  fields.append("teams", "a");
  fields.append("teams", "b");
  const change = { act: "measurement", revision: 3, fields: { value: "68,4" }, teams: ["a", "b"], remove: false };
  assert.deepEqual(sent({ actOf: "measurement", revision: "3" }, fields, false), change);
  assert.deepEqual(sent({ actOf: "measurement", revision: "3", at: "0" }, fields, true), { ...change, at: 0, remove: true });
  assert.equal(sent({ actOf: "consent", revision: "3", at: "0" }, fields, false).at, undefined);
});
