import assert from "node:assert/strict";
import test from "node:test";

import { keepTemplate, templateFor, templates } from "../../../dashboard/assets/sessions/templates.mjs";

function store(text) {
  const kept = new Map(text === undefined ? [] : [["barograph.import-maps", text]]);
  return { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => kept.set(key, value) };
}

test("a map is found by the kind of its file, the last one that was kept", () => {
  const place = store();
  keepTemplate({ kind: "a", name: "one", toml: "x" }, place);
  keepTemplate({ kind: "b", name: "two", toml: "y" }, place);
  keepTemplate({ kind: "a", name: "three", toml: "z" }, place);
  assert.deepEqual(templateFor("a", place), { kind: "a", name: "three", toml: "z" });
  assert.deepEqual(templates(place).map(({ kind }) => kind), ["a", "b"]);
  assert.equal(templateFor("c", place), undefined);
});

test("only the newest twenty stay, and what is no map is passed over", () => {
  const place = store();
  for (let i = 0; i < 30; i++) keepTemplate({ kind: `k${i}`, name: "n", toml: "x" }, place);
  assert.equal(templates(place).length, 20);
  assert.equal(templates(place)[0].kind, "k29");
  for (const text of ["no json", '{"a":1}', '[null,{"kind":1}]']) assert.deepEqual(templates(store(text)), []);
});
