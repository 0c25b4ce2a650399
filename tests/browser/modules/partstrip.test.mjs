import assert from "node:assert/strict";
import { test } from "node:test";

globalThis.location = { search: "?a0=2&a1=9&b0=7&b1=3", pathname: "/compare" };
globalThis.document = { addEventListener() {} };

const { Address } = await import("../../../dashboard/assets/core/address.mjs");
const { moved, partOf, pressed } = await import("../../../dashboard/assets/compare/partstrip.mjs");

test("a part that is moved keeps its length and stays within the session", () => {
  assert.deepEqual(moved([2, 5], 4, 20), [4, 7]);
  assert.deepEqual(moved([2, 5], -3, 20), [0, 3]);
  assert.deepEqual(moved([2, 5], 19, 20), [17, 20]);
  assert.deepEqual(moved([0, 20], 3, 20), [0, 20]);
});

test("a press within the part leaves it, a press elsewhere brings its middle there", () => {
  assert.deepEqual(pressed([2, 6], 3, 20), [2, 6]);
  assert.deepEqual(pressed([2, 6], 12, 20), [10, 14]);
  assert.deepEqual(pressed([2, 6], 20, 20), [16, 20]);
});

test("the address says which part it is, unless what it says is none", () => {
  const address = new Address();
  assert.deepEqual(partOf(address, "a", [0, 20], 20), [2, 9]);
  assert.deepEqual(partOf(address, "a", [0, 5], 5), [2, 5]);
  assert.deepEqual(partOf(address, "b", [0, 20], 20), [0, 20]);
  location.search = "?a0=2";
  assert.deepEqual(partOf(new Address(), "a", [1, 4], 20), [1, 4]);
});
