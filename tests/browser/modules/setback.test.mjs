import assert from "node:assert/strict";
import { test } from "node:test";
import { Together } from "../../../dashboard/assets/live/together.mjs";
import { WorkoutFeed } from "../../../dashboard/assets/feed/workout.mjs";

const LAYOUT = { rows: 1, cols: 2, dtype: "float32", unit: "kPa" };
const HOUR = 3_600_000_000;

function workout() {
  const made = new WorkoutFeed();
  for (const stream of ["left", "right"]) made.take({ type: "layout", stream, layout: LAYOUT, columns: ["v"] });
  return made;
}

function send(made, stream, seq, start, { e = 0, n = 10 } = {}) {
  const times = Array.from({ length: n }, (_, i) => start + i * 10_000);
  made.takeBlock({ header: { type: "frames", stream, seq, e }, times, frames: times, stats: Float32Array.from(times), k: 1 });
}

for (const [what, more] of [["in one epoch", {}], ["with a new epoch", { e: 1 }]]) {
  test(`a clock that is set back ${what} begins curves and picture anew at once`, () => {
    const made = workout();
    const together = new Together(made);
    for (const stream of ["left", "right"]) send(made, stream, 0, 2 * HOUR);
    assert.equal(together.advance(0), 2 * HOUR + 90_000);
    for (const stream of ["left", "right"]) send(made, stream, 10, HOUR, more);
    const [line] = made.lines;
    assert.deepEqual([line.ring.size, line.ring.last, line.frame.time], [10, HOUR + 90_000, HOUR + 90_000]);
    assert.equal(together.advance(16), HOUR + 90_000);
  });
}

test("late frames, repeats and small steps back are not a clock that was set back", () => {
  const made = workout();
  send(made, "left", 100, 2 * HOUR);
  send(made, "left", 50, 2 * HOUR - 5_000_000); // late
  send(made, "left", 100, 2 * HOUR); // again
  send(made, "left", 110, 2 * HOUR - 500_000); // half a second back
  send(made, "left", 5, HOUR, { e: -1 }); // of an epoch before
  const [{ ring }] = made.lines;
  assert.deepEqual([ring.first, ring.size], [2 * HOUR, 10]);
});

test("one device that is set back leaves the other as it is", () => {
  const made = workout();
  for (const stream of ["left", "right"]) send(made, stream, 0, 2 * HOUR);
  send(made, "left", 10, HOUR);
  assert.equal(made.newest, 2 * HOUR + 90_000);
  assert.deepEqual(made.lines.map(({ ring }) => ring.last), [HOUR + 90_000, 2 * HOUR + 90_000]);
});
