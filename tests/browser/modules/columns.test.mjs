import assert from "node:assert/strict";
import { test } from "node:test";
import { Alarm } from "../../../dashboard/assets/live/alarm.mjs";
import { KEYS, columnsOf, isColumn, regionOf, seriesOf } from "../../../dashboard/assets/feed/columns.mjs";
import { Ring } from "../../../dashboard/assets/feed/ring.mjs";
import { Sensor } from "../../../dashboard/assets/map/sensor.mjs";
import { KNOWN, available } from "../../../dashboard/assets/curves/strips.mjs";
import { WorkoutFeed } from "../../../dashboard/assets/feed/workout.mjs";

const LAYOUT = { rows: 4, cols: 2, unit: "kPa", pitch_mm: [5, 5] };
const COLUMNS = ["total_force_n", "peak_kpa", "contact_area_cm2", "contact_pct", "cop_x_mm", "cop_y_mm"];
const sensor = (...regions) => new Sensor("left", LAYOUT, COLUMNS, regions);

test("every column of choice that a sensor can have has one key, which an address may name", () => {
  const known = available([sensor("heel", "mt1")]);
  const choice = [...known.keys()].filter(isColumn);
  assert.equal(new Set(choice).size, choice.length);
  assert.ok(choice.every((key) => KEYS.includes(key) && KNOWN.includes(key)));
  for (const key of ["mean.total", "ewma.y", "path", "impulse", "heel.peak", "mt1.area"]) assert.ok(known.has(key), key);
  for (const key of ["rms.x", "toes.peak", "mean.left", "total"]) assert.ok(!choice.includes(key), key);
});

test("columns have their units, and what can fall below zero is drawn about zero", () => {
  const of = new Map(columnsOf([...available([sensor()])].slice(0, 6), [sensor("heel")]).map((strip) => [strip.key, strip]));
  const units = ["mean.total", "rate.total", "sd.y", "path", "velocity", "impulse", "heel.peak"].map((key) => of.get(key).unit);
  assert.deepEqual(units, ["N", "N/s", "mm", "mm", "mm/s", "N·s", "kPa"]);
  assert.deepEqual([...of.values()].filter(({ signed }) => signed).map(({ key }) => key.split(".")[0]), Array(4).fill("rate"));
});

test("what a region of an uncalibrated sensor carries is never called a pressure", () => {
  const raw = new Sensor("mat", { ...LAYOUT, unit: "raw" }, ["raw_sum", "raw_peak", "contact_cells"], ["heel"]);
  const titles = [...available([raw]).values()].map(({ title, unit }) => `${title}, ${unit}`);
  assert.ok(titles.includes("Heel: raw mean, counts"), titles.join("; "));
  assert.ok(titles.every((title) => !/pressure|force|kPa|, N/i.test(title)), titles.join("; "));
});

test("only a region's key has a region", () => {
  assert.deepEqual(["heel.peak", "mean.total", "peak", "heel", "nobody.peak"].map(regionOf), ["heel", null, null, null, null]);
});

test("a column of choice lies in a ring of its own, from when it is asked for until it is not", () => {
  const workout = new WorkoutFeed();
  workout.take({ type: "layout", stream: "left", layout: LAYOUT, columns: COLUMNS, regions: ["heel"] });
  const [line] = workout.lines;
  const times = Float64Array.of(10, 20);
  workout.takeBlock({ header: { type: "column", stream: "left", key: "heel.peak", e: 0, seq: 0 }, times, stats: Float32Array.of(1, 2), k: 1 });
  const { ring, name } = seriesOf(line, "heel.peak");
  assert.deepEqual(ring.since(name, 0), { times: [10, 20], values: [1, 2] });
  assert.equal(line.ring.size, 0);
  assert.equal(seriesOf(line, "mean.total").name, undefined);
  assert.equal(seriesOf(line, "total").name, "total_force_n");
  workout.keepColumns(["mean.total"]);
  assert.equal(seriesOf(line, "heel.peak").name, undefined);
});

test("an alarm stands after the samples of the past as it stood then", () => {
  const alarm = new Alarm({ key: "heel.peak", above: 100, hold: 0.02 });
  const times = [0, 10_000, 20_000, 30_000, 40_000];
  const values = [90, 110, 120, 130, 90];
  const live = times.map((time, i) => {
    alarm.take("left", [time], [values[i]]);
    return alarm.isAbove("left");
  });
  assert.deepEqual(live, [false, false, false, true, false]);
  const past = times.map((_, i) => alarm.after("left", times.slice(0, i + 1), values).isAbove("left"));
  assert.deepEqual(past, live);
});

test("the farthest value is found on either side of zero", () => {
  const ring = new Ring(["rate.total"], 8);
  ring.append({ header: { e: 0, seq: 0 }, times: Float64Array.of(1, 2, 3), stats: Float32Array.of(2, -5, 3), k: 1 });
  assert.equal(ring.farthest("rate.total", 0), 5);
  assert.equal(ring.farthest("rate.total", 2), 3);
  assert.ok(Number.isNaN(ring.farthest("nobody", 0)));
});

test("a curve of contact says which cells are in contact, of each kind of sensor once", () => {
  const of = (above, unit = "kPa") => new Sensor("s", { ...LAYOUT, unit, loaded_above: above }, COLUMNS);
  const notes = (...sensors) => ["area", "contact"].map((key) => available(sensors).get(key).note);
  assert.deepEqual(notes(of(10), of(10)), Array(2).fill("cells above 10 kPa"));
  assert.deepEqual(notes(of(10), of(0.667), of(0, "raw")), Array(2).fill("cells above 10 kPa or 0.667 kPa or 0 counts"));
});
