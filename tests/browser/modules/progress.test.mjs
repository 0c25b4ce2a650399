import assert from "node:assert/strict";
import { test } from "node:test";

import { wording } from "../../../dashboard/assets/session/progress.mjs";

test("progress is said in whole per cent that never run ahead", () => {
  assert.equal(wording({ done: 199, of: 200 }), "Reading the selection, 99 %");
  assert.equal(wording({ done: 200, of: 200 }), "Reading the selection, 100 %");
});

test("when nothing is read any more, something is computed", () => {
  assert.equal(wording({ done: 0, of: 0 }), "Computing");
});
