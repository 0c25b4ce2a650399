import assert from "node:assert/strict";
import { test } from "node:test";
import { labelsOf, lacking, mapOf, meshOf, saved, shaded, shownValue, toUse } from "../../../dashboard/assets/masks/facts.mjs";
import { Model } from "../../../dashboard/assets/masks/model.mjs";

const sensor = { rows: 4, cols: 4, pitch: [5, 5], valid: new Array(16).fill(1), picture: null };
const labels = [1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3];
const facts = {
  names: ["Heel, inner", "Heel, outer", "Midfoot"], loaded: new Array(16).fill(1), found: labels, stream: "right", side: "right",
  mark: "", ground: { places: "cells", rows: 4, cols: 4 }, since_us: 7,
};
const begun = () => new Model(meshOf(sensor), mapOf(facts, labels));

test("arrow keys go from mask to mask, move a border, and go from cell to cell, by the tool", () => {
  const model = begun();
  model.arrow("ArrowRight", false);
  assert.equal(model.mask, 1);
  model.use("b");
  assert.deepEqual(model.border, [0, 1]);
  model.arrow("ArrowRight", false);
  assert.match(model.said, /Border 1 \| 2: 1 cell to the right, 2 cells changed/);
  model.arrow("ArrowRight", true);
  assert.ok(model.refused && /no cell left/.test(model.said));
  assert.ok(model.undo() && !model.changed);
  model.use("p");
  model.arrow("ArrowDown", true);
  assert.equal(model.cell, 12);
  assert.ok(model.enter());
  assert.match(model.said, /1 cell given to 2 Heel, outer/);
  assert.equal(model.arrow("Tab", false), false);
});

test("a drag is one step, is tried on what was there when it began, and leaves nothing when it is given up", () => {
  const model = begun();
  model.choose(0);
  model.use("b");
  const { line } = model;
  model.drag({ line: 0, corner: 1 }, [19, 0], line);
  const far = labelsOf(model.map).join();
  assert.notEqual(far, labels.join());
  model.drag({ line: 0, corner: 1 }, line.lines[0][1], line);
  assert.equal(labelsOf(model.map).join(), labels.join());
  model.drag({ line: 0, corner: 1 }, [19, 0], line);
  model.drop(false);
  assert.ok(!model.changed && !model.steps.canUndo);
  model.drag({ line: 0, corner: 1 }, [19, 0], line);
  model.drop();
  assert.equal(labelsOf(model.map).join(), far);
  assert.ok(model.undo() && !model.steps.canUndo);
});

test("two masks are merged by the number of the second and Enter", () => {
  const model = begun();
  model.choose(0);
  model.use("j");
  assert.equal(model.merge(model.other), false);
  model.choose(1);
  assert.match(model.said, /2 Heel, outer becomes part of 1 Heel, inner/);
  assert.ok(model.enter());
  assert.deepEqual(model.map.used, [0, 2]);
});

test("what is sent says for what masks are kept, and that found masks are automatic again", () => {
  const other = mapOf(facts, labels.map((label) => (label === 2 ? 1 : label)));
  const kept = { scope: "session", older: false, reason: " by palpation " };
  const body = saved(facts, other, kept);
  assert.deepEqual([body.reason, body.ground, body.mark, body.since_us], ["by palpation", facts.ground, undefined, undefined]);
  assert.deepEqual(body.labels, labelsOf(other));
  assert.deepEqual(saved(facts, mapOf(facts, labels), kept).labels, []);
  assert.equal(saved(facts, other, { ...kept, scope: "athlete" }).since_us, 7);
  assert.equal(saved(facts, other, { ...kept, scope: "athlete", older: true }).since_us, 0);
  assert.equal(saved({ ...facts, mark: "1:2:3" }, other, { ...kept, scope: "print" }).mark, "1:2:3");
});

test("what is missing before masks can be kept is said", () => {
  const map = mapOf(facts, labels);
  assert.equal(lacking(map, true, "why"), "");
  assert.match(lacking(map, false, "why"), /Nothing is changed/);
  assert.match(lacking(map, true, " "), /Say why/);
  assert.match(lacking(map, true, "x".repeat(201)), /200 characters/);
  assert.match(lacking(mapOf(facts, labels.map((label) => (label === 3 ? 0 : label))), true, "why"), /8 of 16 loaded cells/);
});

test("a version is used again by withdrawing those after it, of the same foot alone", () => {
  const version = (number, more = {}) => ({ number, stream: "right", side: "right", scope: "session", mark: "", withdrawn_us: 0, ...more });
  const list = [version(2, { withdrawn_us: 5 }), version(3), version(4, { side: "left", stream: "left" }), version(5, { scope: "print", mark: "1:2:3" })];
  assert.deepEqual(toUse(list, 1, facts), [[3, true]]);
  assert.deepEqual(toUse(list, 2, facts), [[3, true], [2, false]]);
  assert.deepEqual(toUse(list, 3, facts), []);
  assert.deepEqual(toUse(list, 3, { ...facts, mark: "1:2:3" }), [[5, true]]);
});

test("numbers are shown in the viewer's units, and a mask is brighter where more presses", () => {
  assert.equal(shownValue(200, { unit: "kPa", digits: 0 }, () => ({ factor: 0.1, digits: 1 })), "20.0");
  assert.equal(shownValue(null, { unit: "kPa", digits: 0 }, () => ({ factor: 1, digits: 0 })), "–");
  assert.equal(shaded("#ff8000", 1), "rgb(255 128 0)");
  assert.equal(shaded("#ff8000", NaN), shaded("#ff8000", 0));
});
