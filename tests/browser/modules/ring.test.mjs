import assert from "node:assert/strict";
import { test } from "node:test";
import { Ring } from "../../../dashboard/assets/feed/ring.mjs";

const STEP = 10_000;

function block(seq, n, { step = STEP, at = seq * step, e = 0 } = {}) {
  const times = Float64Array.from({ length: n }, (_, i) => at + i * step);
  return { header: { e, seq }, times, stats: Float32Array.from(times, (_, i) => seq + i), k: 1 };
}

// What `gaps` says without having looked before.
function afresh(ring) {
  const other = new Ring(["total_force_n"], ring.capacity);
  other.copy(ring);
  return other.gaps();
}

test("gaps are the same whether they are looked at once or after every block", () => {
  const ring = new Ring(["total_force_n"], 512);
  let seq = 0;
  for (let i = 0; i < 400; i++) {
    seq += i % 37 === 0 ? 9 : 1;
    ring.append(block(seq, 1 + (i % 3)));
    seq += i % 3;
    assert.deepEqual(ring.gaps(), afresh(ring));
  }
  assert.ok(ring.gaps().length > 3);
});

test("a gap that left the ring is forgotten", () => {
  const ring = new Ring(["total_force_n"], 64);
  ring.append(block(0, 40));
  ring.append(block(60, 40));
  assert.equal(ring.gaps().length, 1);
  ring.append(block(100, 60));
  assert.deepEqual(ring.gaps(), []);
});

test("another rate makes no gaps of what was before", () => {
  const ring = new Ring(["total_force_n"], 4096);
  ring.append(block(0, 200));
  ring.gaps();
  ring.append(block(200, 200, { step: 10 * STEP, at: 200 * STEP }));
  assert.equal(ring.interval(), 10 * STEP);
  assert.deepEqual(ring.gaps(), []);
});

test("a ring that was cleared or filled anew remembers no gap of before", () => {
  const ring = new Ring(["total_force_n"], 512);
  ring.append(block(0, 50));
  ring.append(block(90, 50));
  assert.equal(ring.gaps().length, 1);
  ring.refill([block(0, 120)]);
  assert.deepEqual(ring.gaps(), []);
  ring.clear();
  assert.deepEqual(ring.gaps(), []);
  assert.ok(Number.isNaN(ring.interval()));
});

test("the usual interval follows a new rate within a few samples", () => {
  const ring = new Ring(["total_force_n"], 4096);
  ring.append(block(0, 500));
  assert.equal(ring.interval(), STEP);
  for (let i = 0; i < 80; i++) {
    ring.append(block(500 + i, 1, { step: 3 * STEP, at: (500 + 3 * i) * STEP }));
    ring.interval();
  }
  assert.equal(ring.interval(), 3 * STEP);
});
