import assert from "node:assert/strict";
import test from "node:test";

import { changed, kindOf, lacking, mapOf, rolesOf, runsOf, shapes } from "../../../dashboard/assets/sessions/maproles.mjs";
import { meant, unitCards, verdict } from "../../../dashboard/assets/sessions/unitcards.mjs";

const names = ["t", "Kraft", "L1", "L2", "L3", "L4", "Temp"];
const map = { form: "frames", separator: ";", decimal: ",", header_lines: 1, rows: 1, cols: 4, unit: "kPa",
  time: { column: "t", unit: "ms" }, force: { column: "Kraft" }, cells: { first: "L1", from: 0 } };
const roles = ["time", "force", "cell", "cell", "cell", "cell", ""];

test("a map gives each column its role, and roles give the map", () => {
  assert.deepEqual(rolesOf(map, names, 7), roles);
  assert.deepEqual(mapOf(map, roles, names), map);
  assert.deepEqual(rolesOf({ ...map, cells: { columns: ["L4", 3] } }, names, 7), ["time", "force", "cell", "", "", "cell", ""]);
});

test("cells that do not lie beside each other are listed, and the shape follows", () => {
  const less = changed(roles, [3], "out");
  const made = mapOf({ ...map, rows: 2, cols: 2 }, less, names);
  assert.deepEqual([made.cells.columns, made.rows, made.cols], [["L1", "L3", "L4"], 1, 3]);
  assert.equal(made.cells.first, undefined);
});

test("one column alone is the time, and one of several of a name goes by its number", () => {
  assert.deepEqual(changed(roles, [6], "time"), ["", "force", "cell", "cell", "cell", "cell", "time"]);
  const twice = ["a", "a", "b"];
  assert.equal(mapOf(map, ["time", "cell", "cell"], twice).time.column, 1);
});

test("columns of a long file have roles of their own", () => {
  const long = { form: "long", rows: 2, cols: 2, time: { unit: "s" }, cells: { row: "r", col: "c", value: "v", from: 1 } };
  assert.deepEqual(rolesOf(long, ["r", "c", "v", "x"], 4), ["row", "col", "value", ""]);
  assert.deepEqual(mapOf(long, ["row", "col", "value", "frame"], ["r", "c", "v", "x"]).cells,
    { from: 1, row: "r", col: "c", value: "v", frame: "x" });
});

test("runs of columns stand together until one is opened", () => {
  assert.deepEqual(runsOf(roles), [[0, 1], [1, 1], [2, 4], [6, 1]]);
  assert.deepEqual(runsOf(roles, new Set([2, 3, 4, 5])).length, 7);
  assert.equal(runsOf(Array(10_000).fill("cell")).length, 1);
});

test("files of one kind have one name, others another", () => {
  assert.equal(kindOf(map, names, 7), kindOf({ ...map, rows: 2 }, [...names], 7));
  assert.notEqual(kindOf(map, names, 7), kindOf(map, [...names.slice(0, 6), "Temp2"], 7));
});

test("shapes of many cells, and what is lacking, are said", () => {
  assert.deepEqual(shapes(16)[0], [4, 4]);
  assert.ok(shapes(20).some(([rows, cols]) => rows === 5 && cols === 4));
  assert.deepEqual(lacking(map, roles, { shape: true, unit: true }), []);
  assert.deepEqual(lacking(map, ["", ""], {}), ["which columns are cells", "rows and columns of a frame", "unit", "frames per second"]);
});

test("a unit is shown with the peak that it means", () => {
  assert.deepEqual(meant("N/cm2", 32.4), ["peak would be 324 kPa", "fits"]);
  assert.deepEqual(meant("kPa", 32.4), ["peak would be 32.4 kPa", "very low"]);
  assert.deepEqual(meant("psi", 32.4), ["peak would be 223 kPa", "fits"]);
  assert.deepEqual(meant("mmHg", 32.4), ["peak would be 4.32 kPa", "far too low"]);
  assert.deepEqual(meant("raw", 32.4), ["no N, no kPa", ""]);
  assert.equal(verdict(2000), "far too high");
  assert.match(unitCards(32.4, "psi"), /value="psi" required checked/);
  assert.ok(!unitCards(undefined).includes("peak"));
});
