import assert from "node:assert/strict";
import { test } from "node:test";
import { Together } from "../../../dashboard/assets/live/together.mjs";
import { WorkoutFeed } from "../../../dashboard/assets/feed/workout.mjs";

const LAYOUT = { rows: 1, cols: 2, dtype: "float32", unit: "kPa" };

function workout() {
  const made = new WorkoutFeed();
  for (const stream of ["left", "right"]) made.take({ type: "layout", stream, layout: LAYOUT, columns: ["v"] });
  return made;
}

function send(made, stream, times, type = "frames", key = null) {
  const stats = Float32Array.from(times, (time) => time % 1e6);
  made.takeBlock({ header: { type, stream, key, seq: 0, e: 0 }, times, frames: type === "frames" ? times : null, stats, k: 1 });
}

const every = (from, to) => Array.from({ length: (to - from) / 10_000 }, (_, i) => from + i * 10_000);

test("a picture without columns of choice is of the newest frame", () => {
  const made = workout();
  const together = new Together(made);
  assert.equal(together.advance(0), -Infinity);
  send(made, "left", every(1e6, 2e6));
  assert.equal(together.advance(16), 1_990_000);
});

test("a picture waits for the columns that are shown with it, runs evenly, and never back", () => {
  const made = workout();
  const together = new Together(made);
  let before = -Infinity;
  for (let at = 1e6, now = 0; at < 4e6; at += 20_000, now += 20) {
    send(made, "left", every(at, at + 20_000));
    if (now % 100 === 0) send(made, "left", every(at - 80_000, at + 20_000), "column", "heel.peak");
    const shown = together.advance(now);
    const { extra } = made.streams.get("left");
    assert.ok(shown <= extra.get("heel.peak").last, "not before its column is here");
    assert.ok(shown >= before && (now < 500 || shown - before <= 40_001), `evenly: ${shown - before}`);
    assert.ok(now < 500 || made.newest - shown < 400_000, "and not far behind");
    before = shown;
  }
});

test("a column that stands still holds nothing up for longer than a second", () => {
  const made = workout();
  const together = new Together(made);
  send(made, "left", every(1e6, 1.1e6));
  send(made, "left", every(1e6, 1.1e6), "column", "heel.peak");
  send(made, "left", every(1.1e6, 3e6));
  assert.equal(together.advance(0), 2_990_000);
});

test("every stream is shown as it was at the moment, as far back as frames are kept", () => {
  const made = workout();
  send(made, "left", every(1e6, 2e6));
  send(made, "right", every(1.005e6, 2.005e6));
  made.show(1_500_000);
  assert.deepEqual(made.lines.map(({ frame }) => frame.time), [1_500_000, 1_495_000]);
  for (let at = 2e6; at < 20e6; at += 10_000) send(made, "left", [at]);
  assert.ok(made.streams.get("left").blocks.length <= 151);
});
