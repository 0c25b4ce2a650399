import assert from "node:assert/strict";
import { test } from "node:test";

globalThis.location = { search: "?a=one&b=two&a0=1&a1=5&map=pti", pathname: "/compare" };
globalThis.history = { state: null, replaceState: (_state, _title, path) => (globalThis.history.path = path) };
globalThis.document = { addEventListener() {} };

const { Address } = await import("../../../dashboard/assets/core/address.mjs");
const { chose, swapped, swiped, toggled } = await import("../../../dashboard/assets/compare/compare.mjs");

test("a swap takes sessions and parts along and leaves the rest", () => {
  const address = new Address();
  address.set(swapped(address));
  assert.equal(address.text("a"), "two");
  assert.equal(address.text("b"), "one");
  assert.equal(address.text("b1"), "5");
  assert.equal(address.text("a0"), "");
  assert.equal(address.text("map"), "pti");
});

test("a swap of a swap changes nothing", () => {
  const address = new Address();
  const before = [..."ab"].map((name) => address.text(name));
  address.set(swapped(address));
  address.set(swapped(address));
  assert.deepEqual([..."ab"].map((name) => address.text(name)), before);
});

test("a swap takes all sessions of a group along, in their order", () => {
  const address = new Address();
  address.set({ a: ["one", "three"], b: ["two"] });
  address.set(swapped(address));
  assert.deepEqual([address.all("a"), address.all("b")], [["two"], ["one", "three"]]);
});

test("a session is added to a group, and taken out by the same press", () => {
  const address = new Address();
  address.set(toggled(address, "a", "three"));
  assert.deepEqual(address.all("a"), ["one", "three"]);
  address.set(toggled(address, "a", "one"));
  address.set(toggled(address, "a", "three"));
  assert.deepEqual(address.all("a"), []);
});

test("another session begins with its own part", () => {
  const address = new Address();
  address.set(chose("a", "three"));
  assert.equal(address.text("a"), "three");
  assert.equal(address.text("a0"), "");
  assert.equal(address.text("b"), "two");
});

test("a swipe turns one page, and only sideways, and not beyond the last", () => {
  assert.equal(swiped("a", -80, 5), "b");
  assert.equal(swiped("b", 80, -5), "a");
  assert.equal(swiped("d", -80, 0), null);
  assert.equal(swiped("a", 80, 0), null);
  assert.equal(swiped("b", -40, 0), null);
  assert.equal(swiped("b", -80, 70), null);
});
