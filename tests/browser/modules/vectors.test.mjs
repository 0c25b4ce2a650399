// The browser's code answers the test vectors as Python does (tests/vectors/make.py).

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { StepFinder } from "../../../dashboard/assets/feedback/stepfinder.mjs";
import { Alarm } from "../../../dashboard/assets/live/alarm.mjs";
import { colours } from "../../../dashboard/assets/map/colourtable.mjs";
import { barTicks } from "../../../dashboard/assets/map/scale.mjs";
import { withheld, withheldWords } from "../../../dashboard/assets/map/soles.mjs";
import { Sensor } from "../../../dashboard/assets/map/sensor.mjs";
import { across, fill, ringsOf, stretchDown, tapsOf } from "../../../dashboard/assets/map/smooth.mjs";
import { digitsOf, roundUp, ticks } from "../../../dashboard/assets/curves/strips.mjs";
import { shownAs } from "../../../dashboard/assets/core/units.mjs";
import { moment, number } from "../../../dashboard/assets/core/words.mjs";

const vectors = (name) => JSON.parse(readFileSync(new URL(`../../vectors/${name}.json`, import.meta.url), "utf-8"));
const known = (values) => values.map((value) => value ?? NaN);

function near(found, expected, said, far = 1e-9) {
  assert.equal(found.length, expected.length, said);
  found.forEach((value, i) => {
    const other = expected[i];
    const same = Number.isNaN(other) ? Number.isNaN(value) : Math.abs(value - other) <= far * Math.max(1, Math.abs(other));
    assert.ok(same, `${said}, ${i}: ${value} is ${other}`);
  });
}

test("numbers are written alike", () => {
  for (const { value, digits, text } of vectors("numbers")) assert.equal(number(value, digits), text, `${value}, ${digits}`);
});

test("moments are written alike", () => {
  for (const { seconds, text } of vectors("moments")) assert.equal(moment(seconds), text, String(seconds));
});

test("units are turned alike, with as many decimals", () => {
  for (const { unit, force, pressure, mass_kg: mass, ...said } of vectors("units")) {
    const found = shownAs(unit, { force, pressure }, mass ?? NaN);
    assert.deepEqual([found.unit, found.digits], [said.shown, said.digits], `${unit} in ${force}, ${pressure}, ${mass}`);
    near([found.factor], [said.factor], `${unit} in ${force}, ${pressure}, ${mass}`, 1e-12);
  }
});

test("ends and ticks of scales are alike", () => {
  for (const { high, most, digits, up, bar, over, ...said } of vectors("scales")) {
    near(ticks(0, high, most), said.ticks, `ticks to ${high}`);
    assert.equal(digitsOf(said.ticks), digits);
    near([roundUp(high)], [up], `above ${high}`);
    near(barTicks(high, false), bar, `bar to ${high}`);
    near(barTicks(high, true), over, `bar beyond ${high}`);
  }
});

test("a value has one colour", () => {
  for (const { map, high, unit, steps, colours: expected } of vectors("colours")) {
    const table = colours(map, high, unit);
    assert.equal(table.length, 1024);
    assert.deepEqual(steps.map((step) => table[step]), expected, `${map} to ${high} ${unit}`);
  }
});

test("a sensor has one outline", () => {
  for (const { name, layout, loops } of vectors("outlines")) {
    const { outline } = new Sensor("main", layout, []);
    assert.equal(outline.length, loops.length, name);
    outline.forEach((loop, i) => near(loop.flat(), loops[i].flat(), name));
  }
});

test("a stored value has one pressure", () => {
  for (const { name, layout, stored, values, most } of vectors("calibration")) {
    const sensor = new Sensor("main", layout, []);
    near([...sensor.read(stored, 0, new Float64Array(stored.length))], known(values), name);
    const there = [...(most ?? [])].map((value, i) => (value === null ? NaN : sensor.saturation[i]));
    near(there, known(most ?? []), `${name}, at most`, 1e-6);
  }
});

test("total force is given of the same soles, and where it is not the reason is said", () => {
  const found = vectors("soles");
  assert.ok(found.some(({ given }) => given) && found.some(({ given }) => !given));
  for (const { layout, values, given } of found) {
    const sensor = new Sensor("left", layout, []);
    assert.equal(withheld(sensor, known(values)), !given, JSON.stringify(layout));
    if (given) assert.equal(withheldWords(sensor, known(values)), null);
    else assert.match(withheldWords(sensor, known(values)), /^Left: cells without a value are [\d.]+ % of the sole, more than 5 %/);
  }
});

test("a smooth picture is the same picture", () => {
  for (const { name, layout, values, filled, fine, pixels } of vectors("smooth")) {
    const sensor = new Sensor("main", layout, []);
    const { rows, cols } = sensor;
    const whole = new Float64Array(rows * cols);
    fill(sensor, ringsOf(sensor), Float64Array.from(known(values)), whole);
    near([...whole], filled, `${name}, filled`);
    const tall = new Float64Array(rows * fine * cols);
    stretchDown(whole, cols, tapsOf(rows, fine), tall);
    const { index, weight } = tapsOf(cols, fine);
    const found = Array.from({ length: pixels.length }, (_, i) => {
      const [y, x] = [Math.floor(i / (cols * fine)), i % (cols * fine)];
      return across(tall, y * cols, index, weight, 4 * x);
    });
    near(found, pixels, name);
    assert.ok(Math.max(...found) <= Math.max(...values.map((value) => value ?? 0)), `${name} shows no higher peak`);
  }
});

test("steps are the stances that no edge cuts", () => {
  for (const { name, on, off, times_us: times, force_n: force, ...said } of vectors("steps")) {
    const finder = new StepFinder([on, off]);
    const found = times.flatMap((time, i) => finder.take(time, force[i] ?? NaN));
    assert.ok(found.length >= 3, name);
    near(found.map(({ start }) => start), said.start_us, `${name}, starts`);
    near(found.map(({ stop }) => stop), said.stop_us, `${name}, ends`);
    near(found.map(({ force_n: most }) => most), said.most_n, `${name}, largest forces`);
    near(found.map(({ impulse_ns: impulse }) => impulse), said.impulse_ns, `${name}, impulses`);
  }
});

test("an alarm is raised at the same moments", () => {
  for (const { name, above, hold_s: hold, times_us: times, values, raised_us: raised } of vectors("alarms")) {
    const alarm = new Alarm({ key: "peak", above, hold });
    const found = times.filter((time, i) => {
      const rang = alarm.take("left", [time], [values[i] ?? NaN]);
      alarm.acknowledge();
      return rang;
    });
    assert.deepEqual(found, raised, name);
  }
});
