import assert from "node:assert/strict";
import { test } from "node:test";
import { digitsOf, ticks } from "../../../dashboard/assets/curves/strips.mjs";

const round = (value) => Number(value.toPrecision(2)) === Number(value.toPrecision(12)) || value === 0 || /25$/.test(value);

test("ticks are round in whatever unit the range is shown", () => {
  for (const high of [1, 1.5, 3, 8, 40, 400, 3000.25, 101.97, 1125.1, 0.6]) {
    for (const most of [2, 3, 5]) {
      const values = ticks(0, high, most);
      assert.ok(values.length >= 2 && values.length <= most + 2, `${high}: ${values}`);
      assert.ok(values.every(round), `${high}: ${values}`);
      assert.ok(values.at(-1) <= high * 1.000001);
    }
  }
});

test("a range about zero has zero among its ticks", () => {
  assert.ok(ticks(-40, 40, 3).includes(0));
});

test("digits tell ticks apart, and no more", () => {
  assert.equal(digitsOf([0, 200, 400]), 0);
  assert.equal(digitsOf([0, 0.5, 1]), 1);
  assert.equal(digitsOf([0, 0.25, 0.5]), 2);
});
