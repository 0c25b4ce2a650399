import assert from "node:assert/strict";
import { test } from "node:test";

import { cellAt, cellWords, nextPlace } from "../../../dashboard/assets/map/cellwords.mjs";
import { Sensor } from "../../../dashboard/assets/map/sensor.mjs";

const kPa = (unit) => ({ factor: 1, unit, digits: 0 });
const grid = new Sensor("left", {
  rows: 3, cols: 4, dtype: "uint8", unit: "kPa", pitch_mm: [5, 10], origin_mm: [100, 0], y_axis: "up", side: "left",
  mask: [0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1], area_cm2: 0.5,
}, []);
const spots = [[10, 50], [30, 50], [10, 30], [30, 30], [20, 10]];
const shapes = spots.map(([x, y]) => [x - 9, y - 9, x + 9, y - 9, x + 9, y + 9, x - 9, y + 9]);
const picture = { size: [40, 60], low: [0, 0], scale: [1, 1], bed: 4, note: "", shapes, spots, rows: [1, 1, 2, 2, 3] };
const geometry = { places: "mm", x: spots.map(([x]) => x), y: spots.map(([, y]) => 60 - y) };
const layout = { rows: 1, cols: 5, dtype: "float32", unit: "kPa", geometry, picture, area_cm2: [1.94, 2, 2, 2, 3] };
const cells = new Sensor("left", layout, []);

test("a cell of a grid is told by row and column as elsewhere, with its area and its place in mm", () => {
  const { title, facts } = cellWords(grid, 6, 252.4, kPa);
  assert.equal(title, "Left, row 1, column 2: 252 kPa");
  assert.deepEqual(facts, ["0.50 cm²", "x 112.5, y 15.0 mm"]);
  assert.match(cellWords(grid, 6, 255, kPa).title, /: ≥ 255 kPa$/);
  const psi = (unit) => ({ factor: 0.5, unit: `half ${unit}`, digits: 1 });
  assert.match(cellWords(grid, 6, 25, psi).title, /: 12.5 half kPa$/);
});

test("a cell of no grid is told by number, name and row; one without a value says so", () => {
  const { title, facts } = cellWords(cells, 2, 7, kPa);
  assert.equal(title, "Left, cell 3: 7 kPa");
  assert.deepEqual(facts, ["2.00 cm², row 2 of 3", "x 10.0, y 30.0 mm"]);
  assert.match(cellWords(cells, 2, NaN, kPa).title, /no value, left out/);
  const named = new Sensor("left", { ...layout, geometry: { ...geometry, names: ["heel", "cell 2", "a", "b", "c"] } }, []);
  assert.match(cellWords(named, 0, 7, kPa).title, /cell 1, heel: 7 kPa/);
  assert.match(cellWords(named, 1, 7, kPa).title, /cell 2: 7 kPa/);
});

test("what is not known of a place is said, and no area is made up", () => {
  const relative = new Sensor("left", { ...layout, area_cm2: undefined, geometry: { ...geometry, places: "relative" } }, []);
  assert.deepEqual(cellWords(relative, 0, 7, kPa).facts, ["row 1 of 3", "length and width not known"]);
  const none = { ...layout, unit: "N", area_cm2: undefined, geometry: { places: "none" }, picture: { ...picture, rows: [] } };
  assert.deepEqual(cellWords(new Sensor("left", none, []), 0, 7, kPa).facts, ["place not known"]);
  const plain = new Sensor("mat", { rows: 2, cols: 2, dtype: "uint8", unit: "raw" }, []);
  assert.deepEqual(cellWords(plain, 3, 7, kPa), { title: "mat, row 1, column 1: 7 counts", facts: [] });
});

test("a point lies in the cell whose outline holds it, and nowhere between or beyond", () => {
  assert.equal(cellAt(grid, 2.5, 1.5), 6);
  assert.equal(cellAt(grid, 0.5, 0.5), -1); // masked
  assert.equal(cellAt(grid, 4.1, 1), -1);
  assert.equal(cellAt(cells, 11, 51), 0);
  assert.equal(cellAt(cells, 20, 50), -1);
  assert.equal(cellAt(cells, -1, 50), -1);
});

test("arrows reach every cell, and stay where nothing lies ahead", () => {
  const places = spots.map(([x, y], cell) => ({ x, y, cell }));
  const ways = [[1, 0], [-1, 0], [0, 1], [0, -1]];
  const seen = new Set([places[0]]);
  for (const from of seen) for (const way of ways) seen.add(nextPlace(places, from, way) ?? from);
  assert.equal(seen.size, 5);
  assert.equal(nextPlace(places, places[0], [1, 0]), places[1]);
  assert.equal(nextPlace(places, places[0], [0, 1]), null);
});
