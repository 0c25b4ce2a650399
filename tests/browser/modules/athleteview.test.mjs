import assert from "node:assert/strict";
import { test } from "node:test";
import { TARGETS, athleteQuery, athleteView } from "../../../dashboard/assets/athlete/athleteview.mjs";

test("what a scientist chose arrives at the athlete", () => {
  const query = athleteQuery({ main: "cadence", low: "160", high: "175", second: "balance", second_low: "48", second_high: "52" });
  assert.deepEqual(athleteView(`?${query}`), { main: "cadence", target: [160, 175], second: "balance", secondTarget: [48, 52] });
});

test("nonsense shows balance, with its usual target, and cadence", () => {
  for (const search of ["", "?main=<b>&low=x", "?low=60&high=50", "?main=&second=&low=1e999"]) {
    const { main, target, second } = athleteView(search);
    assert.deepEqual([main, target, second], ["balance", TARGETS.balance, "cadence"]);
  }
});

test("one number is never shown twice", () => {
  assert.equal(athleteView("?main=cadence&second=cadence").second, "none");
});
