import assert from "node:assert/strict";
import { test } from "node:test";
import { USUAL, read, write } from "../../../dashboard/assets/live/liveview.mjs";

const KNOWN = ["total", "y", "x", "peak", "area"];

test("the usual view needs no words in the address", () => {
  assert.equal(write(USUAL), "");
  assert.deepEqual(read("", KNOWN), USUAL);
});

test("an address brings back what it was made from", () => {
  const view = {
    seconds: 60,
    traces: ["peak", "area"],
    scale: 250,
    layers: ["cop", "cells"],
    alarms: [{ key: "peak", above: 300, hold: 0.2 }],
    at: 1_795_000_000_000_000,
  };
  assert.deepEqual(read(write(view), KNOWN), view);
  assert.equal(read("?scale=auto", KNOWN).scale, "auto");
});

test("nonsense in an address is passed over", () => {
  const search = "?window=7&traces=nobody,peak,peak,<b>&scale=-4&layers=&alarms=peak:x:1,nobody:3,peak:5:-1,peak&at=1e99&%E0%A4";
  assert.deepEqual(read(search, KNOWN), { ...USUAL, traces: ["peak"], layers: [] });
});

test("there are never more curves and alarms than fit", () => {
  const many = KNOWN.concat(KNOWN).join(",");
  assert.equal(read(`?traces=${many}`, [...KNOWN, "a", "b", "c"]).traces.length, 5);
  assert.equal(read(`?alarms=${Array(9).fill("peak:5").join(",")}`, KNOWN).alarms.length, 4);
});
