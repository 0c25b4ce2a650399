import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";

import { Awake } from "../../../dashboard/assets/core/awake.mjs";

// A browser as far as this page asks it: it counts locks, and takes them back when the page is hidden.
let locks;
let refusal;

function root() {
  return Object.assign(new EventTarget(), { dataset: {} });
}

function see(hidden) {
  document.hidden = hidden;
  if (hidden) for (const lock of locks) lock.released = true;
  document.dispatchEvent(new Event("visibilitychange"));
  return settled();
}

function settled() {
  return new Promise((resolve) => setTimeout(resolve));
}

beforeEach(() => {
  locks = [];
  refusal = null;
  globalThis.document = Object.assign(new EventTarget(), { hidden: false });
  const request = async () => {
    if (refusal) throw refusal;
    locks.push({ released: false });
    return locks.at(-1);
  };
  Object.defineProperty(globalThis, "navigator", { value: { wakeLock: { request } }, configurable: true });
});

afterEach(() => {
  delete globalThis.document;
});

test("the lock is held once, and asked for again when the page is back", async () => {
  const page = root();
  new Awake(page);
  page.dispatchEvent(new Event("pointerdown")); // while the first is asked for
  await settled();
  page.dispatchEvent(new Event("pointerdown"));
  await see(false);
  assert.equal(locks.length, 1);
  assert.equal(page.dataset.awake, "true");
  await see(true);
  assert.equal(locks.length, 1, "a hidden page asks for none");
  await see(false);
  assert.equal(locks.length, 2);
  assert.equal(locks[1].released, false);
});

test("a refusal is said, and a tap asks again", async () => {
  const page = root();
  refusal = new DOMException("tap first", "NotAllowedError");
  new Awake(page);
  await settled();
  assert.equal(page.dataset.awake, "false");
  refusal = null;
  page.dispatchEvent(new Event("pointerdown"));
  await settled();
  assert.equal(page.dataset.awake, "true");
});

test("a browser without locks is left alone", async () => {
  Object.defineProperty(globalThis, "navigator", { value: {}, configurable: true });
  const page = root();
  new Awake(page);
  await settled();
  assert.deepEqual(page.dataset, {});
});
