import assert from "node:assert/strict";
import { test } from "node:test";
import { Playhead, REACH_US } from "../../../dashboard/assets/live/playhead.mjs";

const NOW = 1_795_000_000_000_000;

test("new data never moves what is paused", () => {
  const head = new Playhead();
  head.toggle(NOW);
  for (const later of [1e6, 5e6, 60e6]) head.advance(16_000, NOW + later);
  assert.equal(head.at, NOW);
  assert.equal(head.behind(NOW + 60e6), 60e6);
});

test("what plays keeps its distance and is live when it has nothing more to play", () => {
  const head = new Playhead();
  head.seek(NOW - 20e6, NOW);
  head.toggle(NOW);
  head.advance(5e6, NOW + 5e6);
  assert.equal(head.behind(NOW + 5e6), 20e6);
  head.advance(20e6, NOW + 5e6);
  assert.ok(head.live);
  assert.equal(head.playing, false);
});

test("the handle stays within reach, also when time passes", () => {
  const head = new Playhead();
  head.seek(NOW - 2 * REACH_US, NOW);
  assert.equal(head.at, NOW - REACH_US);
  head.advance(16_000, NOW + 30e6);
  assert.equal(head.at, NOW + 30e6 - REACH_US);
});

test("one step back from live is behind, and steps on lead back to live", () => {
  const head = new Playhead();
  head.step(-1, NOW);
  assert.equal(head.at, NOW - 1e6);
  head.step(1, NOW);
  assert.ok(head.live);
});

test("without a frame there is nothing to seek", () => {
  const head = new Playhead();
  head.toggle(-Infinity);
  assert.ok(head.live);
});
