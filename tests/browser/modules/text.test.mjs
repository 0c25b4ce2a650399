import assert from "node:assert/strict";
import { test } from "node:test";
import { put } from "../../../dashboard/assets/core/text.mjs";

// A place with one text node, as a document has it; what is written to it is counted.
function place(text) {
  const node = { nodeType: 3, nextSibling: null, written: 0, get data() { return text; }, set data(next) { text = next; this.written++; } };
  return { firstChild: node, get textContent() { return text; } };
}

test("text that stays is not written again", () => {
  const one = place("41 ms");
  put(one, "41 ms");
  assert.equal(one.firstChild.written, 0);
});

test("text that changes goes into the node that is there", () => {
  const one = place("41 ms");
  const node = one.firstChild;
  put(one, "42 ms");
  assert.equal(one.firstChild, node);
  assert.equal(one.textContent, "42 ms");
});

test("a place that holds nothing or more than text takes the text instead", () => {
  const empty = { firstChild: null, textContent: "" };
  put(empty, "–");
  assert.equal(empty.textContent, "–");
  const mixed = { firstChild: { nodeType: 3, nextSibling: {}, data: "a" }, textContent: "a b" };
  put(mixed, "c");
  assert.equal(mixed.textContent, "c");
});
