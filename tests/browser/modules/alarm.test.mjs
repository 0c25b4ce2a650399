import assert from "node:assert/strict";
import { test } from "node:test";
import { Alarm } from "../../../dashboard/assets/live/alarm.mjs";

const take = (alarm, values, { from = 0, step = 10_000, stream = "left" } = {}) =>
  alarm.take(stream, values.map((_, i) => from + i * step), values);

test("an alarm rings when its quantity has been above for the hold time, and not before", () => {
  const alarm = new Alarm({ key: "peak", above: 300, hold: 0.05 });
  assert.equal(take(alarm, [0, 301, 301, 301, 301, 301]), false);
  assert.equal(take(alarm, [301], { from: 60_000 }), true);
  assert.ok(alarm.isAbove("left"));
});

test("a quantity that falls below in between begins anew; a missing one is not above", () => {
  const alarm = new Alarm({ key: "peak", above: 300, hold: 0.03 });
  assert.equal(take(alarm, [301, 301, 301, 299, 301, 301, NaN, 301, 301, 301]), false);
});

test("a gap ends it, as nobody saw what was there", () => {
  const alarm = new Alarm({ key: "peak", above: 300, hold: 0.05 });
  assert.equal(take(alarm, [301, 301, 301]), false);
  assert.equal(take(alarm, [301, 301], { from: 900_000 }), false);
  assert.equal(take(alarm, [301, 301, 301, 301], { from: 920_000 }), true);
});

test("each stream is counted by itself, once for each time it was above", () => {
  const alarm = new Alarm({ key: "peak", above: 1 });
  take(alarm, [2, 2, 0, 2, 0]);
  take(alarm, [2], { stream: "right" });
  assert.equal(alarm.count("left", 50_000), 2);
  assert.equal(alarm.count("right", 50_000), 1);
  assert.equal(alarm.count("left", 31e6), 0, "half a minute later it is forgotten");
});

test("samples that came twice count once", () => {
  const alarm = new Alarm({ key: "peak", above: 1 });
  for (let i = 0; i < 3; i++) take(alarm, [0, 2, 0, 2]);
  assert.equal(alarm.count("left", 40_000), 2);
});

test("it rings until it is acknowledged, and again with the next time", () => {
  const alarm = new Alarm({ key: "peak", above: 1 });
  assert.equal(take(alarm, [2, 0]), true);
  assert.equal(take(alarm, [2, 0], { from: 50_000 }), false, "it rings already");
  take(alarm, [2, 0], { from: 50_000, stream: "right" });
  assert.deepEqual([...alarm.ringing], ["left", "right"], "every stream that set it off is named");
  alarm.acknowledge();
  assert.equal(alarm.ringing.size, 0);
  assert.equal(take(alarm, [2], { from: 90_000 }), true);
});

test("what it remembers is bounded", () => {
  const alarm = new Alarm({ key: "peak", above: 1 });
  take(alarm, Array.from({ length: 10_000 }, (_, i) => (i % 2 ? 2 : 0)));
  assert.ok(alarm.streams.get("left").spans.length <= 600);
});

test("an alarm knows of every moment whether it was above then", () => {
  const alarm = new Alarm({ key: "peak", above: 1, hold: 0.02 });
  take(alarm, [0, 2, 2, 2, 2, 0, 2]);
  const above = [0, 10_000, 20_000, 30_000, 40_000, 50_000, 60_000].map((time) => alarm.isAbove("left", time));
  assert.deepEqual(above, [false, false, false, true, true, false, false]);
  take(alarm, [2, 2, 2], { from: 900_000 });
  assert.equal(alarm.isAbove("left", 920_000), true);
  take(alarm, [2], { from: 2_000_000 });
  assert.equal(alarm.isAbove("left", 2_000_000), false, "nobody saw what was in the gap");
});
