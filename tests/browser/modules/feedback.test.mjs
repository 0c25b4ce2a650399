// What a step is worth in a goal, the word that leads, sets with rests, and steps from samples to what is heard.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { test } from "node:test";
import { Values, Word, at, digitsOf, ends, goalOf, nameOf, place, plannedLoad, unitOf, usualWords, wrong } from "../../../dashboard/assets/feedback/goal.mjs";
import { Exercise, share } from "../../../dashboard/assets/feedback/sets.mjs";
import { strip } from "../../../dashboard/assets/feedback/drawing.mjs";
import { Keeping } from "../../../dashboard/assets/feedback/keeping.mjs";
import { Training } from "../../../dashboard/assets/feedback/training.mjs";
import { Ring } from "../../../dashboard/assets/feed/ring.mjs";

const FORCE = goalOf({ measure: "force", side: "left", basis: "usual", low: 105, high: 115 });
const BALANCE = goalOf({ measure: "weight", side: "left", basis: "kg", low: "15", high: "25", steps: "" });
const G = 9.80665;
const step = (more = {}) => ({ start: 0, stop: 600_000, contact_s: 0.6, force_n: 700, impulse_ns: 300, ...more });

test("a goal is read from an address or a record, and what is wrong is named", () => {
  assert.deepEqual([BALANCE.low, BALANCE.steps, BALANCE.rest_s], [15, 0, 60]);
  assert.deepEqual([nameOf(FORCE), unitOf(FORCE), unitOf(BALANCE)], ["Peak force left", "% of your usual", "kg"]);
  for (const [more, field] of [[{ measure: "speed" }, "measure"], [{ basis: "unit" }, "basis"], [{ basis: "other", side: "both" }, "side"],
    [{ low: -1 }, "low"], [{ high: 105 }, "high"], [{ sets: 51 }, "sets"], [{ steps: 1.5 }, "steps"]]) {
    assert.equal(wrong({ ...FORCE, ...more }), field);
    assert.equal(goalOf({ ...FORCE, ...more }), null);
  }
});

test("a step is worth what its basis makes of it", () => {
  const of = (goal, knows) => new Values(goalOf({ low: 1, high: 2, side: "left", ...goal }), knows);
  assert.equal(of({ measure: "force", basis: "kg" }).take("left", step()), 700 / G);
  assert.equal(of({ measure: "force", basis: "body_weight" }, { mass: 70 }).take("left", step()), 70_000 / (70 * G));
  assert.equal(of({ measure: "force", basis: "usual" }, { usual: 500 }).take("left", step()), 140);
  assert.equal(of({ measure: "contact", basis: "unit" }).take("left", step()), 600);
  assert.equal(of({ measure: "impulse", basis: "unit" }).take("right", step()), null, "of the other foot");
  assert.equal(of({ measure: "force", basis: "body_weight" }).lacks, "Body weight is not known");
});

test("the other foot is its last three steps", () => {
  const values = new Values(goalOf({ measure: "force", side: "left", basis: "other", low: 90, high: 110 }));
  assert.equal(values.take("left", step()), null, "nothing is known of it yet");
  for (const force of [900, 500, 600, 700]) values.take("right", step({ force_n: force }));
  assert.equal(values.take("left", step({ force_n: 660 })), 110);
});

test("cadence is of steps from one foot to the other, and a pause has none", () => {
  const values = new Values(goalOf({ measure: "cadence", side: "both", basis: "unit", low: 100, high: 120 }));
  const found = [["left", 0], ["right", 500_000], ["left", 1_100_000], ["right", 4_000_000]].map(([side, start]) => values.take(side, step({ start })));
  assert.deepEqual(found, [null, 120, 100, null]);
});

test("without earlier sessions the first twenty steps are what is usual", () => {
  const values = new Values(FORCE);
  assert.equal(values.lacks, "Walk 20 steps as usual");
  for (let i = 0; i < 20; i++) assert.equal(values.take("left", step({ force_n: 490 + i })), null);
  assert.equal(values.lacks, "");
  assert.equal(values.take("left", step({ force_n: 499.5 * 1.1 })).toFixed(6), "110.000000");
});

test("the word changes after two steps beyond the band, and both ends are in it", () => {
  const word = new Word(FORCE);
  assert.deepEqual([105, 104, 105, 104, 103, 115, 110, 116, 120].map((value) => word.take(value)), ["in", "in", "in", "in", "low", "low", "in", "in", "high"]);
  assert.equal(word.text, "Land softer");
  assert.equal(place(FORCE, 115.01), "high");
});

test("a limit acts on the same step and lets go with the next", () => {
  const word = new Word(BALANCE);
  assert.deepEqual([20, 26, 24, 30].map((value) => word.take(value)), ["in", "high", "in", "high"]);
  word.take(20);
  word.exceeds(25);
  assert.equal(word.now, "in");
  word.exceeds(25.1);
  assert.equal(word.text, "Less weight");
});

test("the gauge has the band within it, and what lies beyond stays at its end", () => {
  assert.deepEqual([ends(FORCE), ends(BALANCE)], [[80, 130], [0, 60]]);
  assert.deepEqual([at(FORCE, 105), at(FORCE, 10), at(FORCE, 999)], [0.5, 0, 1]);
  assert.deepEqual([digitsOf(FORCE), digitsOf({ low: 1, high: 2 })], [0, 1]);
});

test("sets are counted, rested and summed up", () => {
  const one = new Exercise({ sets: 2, steps: 3, rest_s: 30 }, 0);
  assert.equal(one.planned, "0 of 6 planned");
  for (const [where, i] of [["in", 1], ["in", 2], ["low", 3]]) {
    one.bear("left", 10);
    one.take(where, 100, 1000 * i);
  }
  assert.deepEqual([one.state, one.set.best, one.set.row, Math.round(share(one.set))], ["rest", 2, 0, 67]);
  one.bear("left", 10);
  one.take("in", 100, 4000);
  assert.deepEqual([one.load.left, one.set.count, one.left(13_000)], [30, 3, 20], "a rest counts nothing");
  assert.equal(one.tick(32_999), false);
  assert.equal(one.tick(33_000), true);
  const after = Exercise.of(JSON.parse(JSON.stringify(one))); // a reload
  for (let i = 0; i < 3; i++) after.take("high", 120, 40_000);
  assert.deepEqual([after.state, after.total], ["done", { count: 6, inside: 2, over: 3, best: 2 }]);
  const { sets, goal } = after.summary(FORCE, 500);
  assert.deepEqual(sets, [{ count: 3, inside: 2, best: 2, over: 0, stop_ms: 3500 }, { count: 3, inside: 0, best: 0, over: 3, stop_ms: 40_500 }]);
  assert.deepEqual(goal, { measure: "force", side: "left", basis: "usual", low: 105, high: 115 });
});

test("an open exercise ends when whoever trains says so, without the set that was not begun", () => {
  const one = new Exercise({ rest_s: 0 }, 0);
  assert.equal(one.planned, "", "nobody planned how many");
  one.take("in", 1, 1);
  one.rest(2);
  assert.ok(Number.isNaN(one.left(3)));
  one.goOn(4);
  one.finish(5);
  assert.deepEqual([one.state, one.sets.length], ["done", 1]);
});

/** A stream whose foot bears so many N for 0.6 s, then nothing for 0.5 s, and so on. */
function walked(side, forces) {
  const ring = new Ring(["total_force_n"], 4096);
  const values = [0, 0, ...forces.flatMap((force) => [...Array(60).fill(force), ...Array(50).fill(0)])];
  const times = values.map((_, i) => i * 10_000);
  return { stream: { sensor: { stream: side, side }, ring }, values, times };
}

function fed(training, { stream, values, times }, from = 0, until = times.length) {
  const heard = [];
  for (let i = from; i < until; i++) {
    stream.ring.append({ header: { seq: i, e: 0 }, times: [times[i]], stats: [values[i]], k: 1 });
    heard.push(...training.take(stream, times[i] / 1000).map((one) => ({ ...one, at: times[i] })));
  }
  return heard;
}

test("what is there before it begins is not counted, and what a limit passes is heard while the foot is down", () => {
  const left = walked("left", [100, 200, 300, 320]);
  const training = new Training(BALANCE, {}, 0);
  left.stream.ring.append({ header: { seq: 0, e: 0 }, times: [-10_000], stats: [300], k: 1 });
  const heard = fed(training, left);
  assert.deepEqual(heard.map(({ kind, place: where }) => `${kind} ${where}`), ["step low", "step in", "limit high", "step high", "limit high", "step high"]);
  const limits = heard.filter(({ kind }) => kind === "limit");
  assert.deepEqual(limits.map(({ at: when, time }) => when - time), [0, 0], "in the sample that passes it");
  const steps = heard.filter(({ kind }) => kind === "step");
  assert.deepEqual(steps.map(({ at: when, time }) => when - time), [20_000, 20_000, 20_000, 20_000], "as soon as no pause can end");
  assert.deepEqual([training.exercise.set.over, training.exercise.set.count], [2, 4]);
});

test("a rest hears nothing, and thresholds of the hub are those of the foot", () => {
  const left = walked("left", [200, 300, 300]);
  const training = new Training(BALANCE, {}, 0);
  training.setThresholds({ left: [250, 240] }, [{ stream: "left", side: "left" }]);
  const first = fed(training, left, 0, 200);
  assert.deepEqual(first.map(({ kind }) => kind), ["limit", "step"]);
  training.exercise.rest(2);
  assert.deepEqual(fed(training, left, 200), []);
});

test("the strip tells its steps in words and draws no more than it has room for", () => {
  const svg = strip(FORCE, Array.from({ length: 30 }, (_, i) => 90 + i), "left", [300, 120], 20);
  assert.equal(svg.match(/<circle/g)?.length, 20);
  assert.match(svg, /aria-label="11 of the last 20 steps in target"/);
  assert.match(strip(BALANCE, [20, 30], "left", [300, 120], 10), /data-kind="over".*limit 25/s);
  assert.equal(strip(FORCE, [], "", [0, 0], 20), "");
});

test("a summary waits in the browser until it is taken, and an exercise goes on after a reload", async () => {
  const kept = new Map();
  const storage = { getItem: (name) => kept.get(name) ?? null, setItem: (name, value) => kept.set(name, value) };
  const said = [];
  const taken = [];
  const server = createServer((asked, answer) => {
    asked.on("data", (part) => taken.push(JSON.parse(String(part)))).on("end", () => answer.end("{}"));
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", () => ready(null)));
  const { port } = /** @type {any} */ (server.address());
  try {
    const keeping = new Keeping("walk", (text) => said.push(text), /** @type {any} */ (storage), "http://127.0.0.1:1"); // nobody answers there
    await keeping.keep({ sets: [] });
    await keeping.keep({ sets: [1] });
    assert.equal(keeping.waiting.length, 1);
    keeping.close();
    const later = new Keeping("walk", (text) => said.push(text), /** @type {any} */ (storage), `http://127.0.0.1:${port}`);
    await later.sent;
    assert.deepEqual(said, ["Nothing to keep: no step was counted.", "Kept in this browser until the dashboard answers.", "Kept with the session."]);
    assert.deepEqual([later.waiting, taken], [[], [{ sets: [1] }]]);
    const training = new Training(FORCE, {}, 0);
    training.exercise.take("in", 110, 1);
    later.remember(training);
    const again = new Training(FORCE, {}, 9);
    later.restore(again);
    assert.equal(again.exercise.set.count, 1);
    const other = new Training(BALANCE, {}, 9);
    later.restore(other);
    assert.equal(other.exercise.set.count, 0);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

test("what is usual is said with its typical error, and sets by it with their load", () => {
  const told = (usual, te) => ({ usual, n: 5, ...(te ? { te } : {}) });
  const usual = { force: { left: told(720.4, 15.8), both: told(700) }, impulse: { left: told(400), right: told(420), both: told(410) } };
  assert.equal(usualWords(FORCE, usual), "your usual 720 ± 16 N");
  assert.equal(usualWords({ ...FORCE, side: "both" }, usual), "your usual 700 N");
  assert.equal(usualWords({ ...FORCE, side: "right" }, usual), "");
  assert.equal(plannedLoad({ ...FORCE, sets: 2, steps: 20 }, usual), 2 * 20 * 820);
  assert.equal(plannedLoad({ ...FORCE, side: "both", sets: 2, steps: 20 }, usual), 2 * 20 * 410);
  for (const [goal, known] of [[FORCE, usual], [{ ...BALANCE, sets: 2, steps: 20 }, usual], [{ ...FORCE, sets: 2, steps: 20 }, {}]]) {
    assert.ok(Number.isNaN(plannedLoad(goal, known)));
  }
});
