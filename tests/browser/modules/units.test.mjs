import assert from "node:assert/strict";
import { test } from "node:test";
import { CHOICES, choose, chosen, lacking, shownAs, turned } from "../../../dashboard/assets/core/units.mjs";

class Kept {
  #values = new Map();
  getItem = (key) => this.#values.get(key) ?? null;
  setItem = (key, value) => this.#values.set(key, value);
}

test("a browser keeps each choice", () => {
  const kept = new Kept();
  assert.deepEqual(chosen(kept), { force: "N", pressure: "kPa" });
  choose("force", "kgf", kept);
  choose("pressure", "mmHg", kept);
  assert.deepEqual(chosen(kept), { force: "kgf", pressure: "mmHg" });
});

test("every unit can be chosen beside every other, in either order", () => {
  for (const force of CHOICES.force) {
    for (const pressure of CHOICES.pressure) {
      const kept = new Kept();
      choose("pressure", pressure, kept);
      choose("force", force, kept);
      assert.deepEqual(chosen(kept), { force, pressure });
      choose("pressure", "kPa", kept);
      assert.deepEqual(chosen(kept), { force, pressure: "kPa" });
    }
  }
});

test("what nobody knows becomes N and kPa", () => {
  for (const text of ["", "nonsense", "null", "[]", '{"force":"stone","pressure":7}']) {
    const kept = new Kept();
    kept.setItem("barograph.units", text);
    assert.deepEqual(chosen(kept), { force: "N", pressure: "kPa" });
  }
});

test("units are what physics says", () => {
  const near = (a, b) => assert.ok(Math.abs(a - b) < 1e-9 * Math.abs(b), `${a} is ${b}`);
  near(980.665 * shownAs("N", { force: "kgf" }).factor, 100);
  near(735.49875 * shownAs("N", { force: "% BW" }, 75).factor, 100);
  near(100 * shownAs("kPa", { pressure: "N/cm²" }).factor, 10);
  near(13.3322387 * shownAs("kPa", { pressure: "mmHg" }).factor, 100);
});

test("without a mass there is no body weight, and other units stay what they are", () => {
  assert.deepEqual(shownAs("N", { force: "% BW" }), { factor: 1, unit: "N", digits: 0 });
  assert.deepEqual(shownAs("counts", { force: "kgf", pressure: "mmHg" }), { factor: 1, unit: "counts", digits: 0 });
});

test("body weight says what it lacks; nothing else lacks anything", () => {
  for (const mass of [undefined, NaN, 0]) assert.match(lacking("% BW", mass), /mass/);
  assert.equal(lacking("% BW", 75), null);
  for (const unit of ["N", "kgf", ...CHOICES.pressure]) assert.equal(lacking(unit), null);
});

test("units made of a force or a pressure are turned with it", () => {
  assert.deepEqual(shownAs("kPa·s", { pressure: "mmHg" }).unit, "mmHg·s");
  assert.deepEqual(shownAs("N·s", { force: "kgf" }).unit, "kgf·s");
  assert.equal(shownAs("kN/s", { force: "kgf" }).unit, "kgf/s");
  assert.ok(Math.abs(shownAs("kN/s", { force: "kgf" }).factor * 9.80665 - 1000) < 1e-9);
  assert.deepEqual(shownAs("kN/s", { force: "N" }), { factor: 1, unit: "kN/s", digits: 0 });
  assert.deepEqual(shownAs("N/cm²", { force: "kgf" }), { factor: 1, unit: "N/cm²", digits: 0 });
});

test("a sentence has its pressures in the unit shown, and nothing else of it changes", () => {
  const shown = (unit) => shownAs(unit, { force: "kgf", pressure: "mmHg" });
  assert.equal(turned("largest in 5 s, cells above 10 kPa or 0.667 kPa", shown), "largest in 5 s, cells above 75 mmHg or 5 mmHg");
  assert.equal(turned("cells above 0 counts, 20 N", shown), "cells above 0 counts, 20 N");
});
