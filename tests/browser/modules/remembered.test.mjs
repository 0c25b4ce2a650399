import assert from "node:assert/strict";
import { test } from "node:test";

await import("../../../dashboard/assets/core/remembered.js");
const { Remembered } = globalThis.barographRemembered;

// As localStorage is: its names are its own properties.
class Store {
  getItem(name) {
    return Object.hasOwn(this, name) ? this[name] : null;
  }
  setItem(name, text) {
    this[name] = String(text);
  }
  removeItem(name) {
    delete this[name];
  }
}

const at = (url) => new URL(url, "http://barograph/");

function kept() {
  let time = 1;
  return new Remembered(new Store(), () => time++);
}

test("an address that says nothing gets what was set there last, and no other does", () => {
  const store = kept();
  store.keep(at("/live/walk?traces=total&alarms=peak:300:0&at=1795000000000000"));
  assert.equal(store.complete(at("/live/walk")), "/live/walk?traces=total&alarms=peak%3A300%3A0");
  assert.equal(store.complete(at("/live/other")), "/live/other");
  assert.equal(store.complete(at("/session/walk")), "/session/walk");
  assert.equal(store.complete(at("/?text=a")), "/?text=a");
});

test("an address that says anything wins as a whole, be it only a moment", () => {
  const store = kept();
  store.keep(at("/session/walk?tab=gait&on=35"));
  for (const said of ["/session/walk?tab=maps", "/session/walk?t=5.20"]) assert.equal(store.complete(at(said)), said);
  store.keep(at("/session/walk?tab=gait&on=35&t=7"));
  assert.equal(store.complete(at("/session/walk")), "/session/walk?tab=gait&on=35");
});

test("a comparison goes by its two sessions", () => {
  const store = kept();
  store.keep(at("/compare?a=one&b=two&align=cop&a0=1.000&a1=4.000"));
  assert.equal(store.complete(at("/compare?a=one&b=two")), "/compare?a=one&b=two&align=cop&a0=1.000&a1=4.000");
  assert.equal(store.complete(at("/compare?a=one&b=three")), "/compare?a=one&b=three");
  assert.equal(store.bare(at("/compare?a=one&b=two&align=cop")), "/compare?a=one&b=two");
});

test("what is set back to the usual, or given up, is forgotten", () => {
  const store = kept();
  store.keep(at("/athlete/A%20B/history?metric=contact_s"));
  assert.equal(store.complete(at("/athlete/A%20B/history")), "/athlete/A%20B/history?metric=contact_s");
  store.keep(at("/athlete/A%20B/history"));
  assert.equal(store.complete(at("/athlete/A%20B/history")), "/athlete/A%20B/history");
  store.keep(at("/live/walk?window=10"));
  assert.ok(store.isSet(at("/live/walk?window=10")) && !store.isSet(at("/live/walk?at=1")));
  store.forget(at("/live/walk"));
  assert.equal(store.complete(at("/live/walk")), "/live/walk");
});

test("only so many addresses are kept, the last ones, and none that is too long", () => {
  const store = kept();
  for (let i = 0; i < 100; i++) store.keep(at(`/live/walk-${i}?window=10`));
  assert.equal(Object.keys(store.store).length, 60);
  assert.equal(store.complete(at("/live/walk-99")), "/live/walk-99?window=10");
  assert.equal(store.complete(at("/live/walk-39")), "/live/walk-39");
  store.keep(at(`/session/long?draw=${"x".repeat(20_000)}`));
  assert.equal(store.complete(at("/session/long")), "/session/long");
});

test("a browser that keeps nothing, or has no room, still has its pages", () => {
  assert.equal(new Remembered(null).complete(at("/live/walk?window=10")), "/live/walk?window=10");
  new Remembered(null).keep(at("/live/walk?window=10"));
  const full = kept();
  full.store.setItem = () => {
    throw new DOMException("full", "QuotaExceededError");
  };
  full.keep(at("/live/walk?window=10"));
  assert.equal(full.complete(at("/live/walk")), "/live/walk");
});
