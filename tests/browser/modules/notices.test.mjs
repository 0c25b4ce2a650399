import assert from "node:assert/strict";
import { test } from "node:test";
import { noticeOf } from "../../../dashboard/assets/notices.mjs";

const said = (state, { drawn, ...facts }) => {
  const workout = { lines: [{ frame: drawn ? {} : null }], state: facts };
  return noticeOf(state, { workout, ageS: 4, offlineUntil: null, failed: false }).join(" ");
};

test("the last frame is shown only where one has come", () => {
  for (const facts of [{ status: "live" }, { status: "ended" }, { status: "live", archive: "away" }]) {
    assert.match(said("stale", { ...facts, drawn: true }), /Shown: the last frame\.$/);
    assert.doesNotMatch(said("stale", { ...facts, drawn: false }), /Shown/);
  }
});

test("a session that ended before its first frame waits for none", () => {
  assert.equal(said("waiting", { status: "ended", stored: 0 }), "This session has ended. No frame of it was recorded.");
  assert.match(said("waiting", { status: "ended", stored: 9 }), /not here yet/);
  assert.match(said("waiting", { status: "unknown" }), /^No frames yet/);
  assert.match(said("waiting", { archive: "away" }), /archive does not answer/);
});

test("a picture that stands still because the live feed is away does not blame a device", () => {
  const facts = { feed: "away", drawn: true, streams: { left: { spool: true } } };
  assert.match(said("stale", facts), /^The live feed has been away for .* Recording goes on/);
  assert.doesNotMatch(said("stale", facts), /device/);
  assert.match(said("waiting", facts), /^The live feed is away\./);
  assert.match(said("stale", { ...facts, archive: "away" }), /^Nothing is stored/);
});

test("a device with a spool brings later what it records now", () => {
  assert.match(said("stale", { streams: { left: { spool: true } } }), /arrives later/);
  assert.doesNotMatch(said("stale", { streams: { left: { spool: false } } }), /arrives later/);
});
