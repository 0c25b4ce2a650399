import assert from "node:assert/strict";
import { test } from "node:test";
import { noticeOf } from "../../../dashboard/assets/feed/notices.mjs";

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
  assert.match(said("stale", { ...facts, last_us: 1_795_000_000_000_000 }), /^The live feed has been away for .* Stored up to \d\d:/);
  assert.doesNotMatch(said("stale", facts), /device/);
  assert.match(said("waiting", facts), /^The live feed is away\./);
  assert.match(said("stale", { ...facts, archive: "away" }), /^Nothing is stored/);
});

test("a device with a spool brings later what it records now", () => {
  assert.match(said("stale", { streams: { left: { spool: true } } }), /arrives later/);
  assert.doesNotMatch(said("stale", { streams: { left: { spool: false } } }), /arrives later/);
});

test("before the first message nothing is known, and nothing is wrong", () => {
  const workout = { lines: [], state: null };
  for (const state of ["waiting", "stale", "gone"]) {
    const [title] = noticeOf(state, { workout, ageS: NaN, offlineUntil: null, failed: false });
    assert.match(title, /^No (new )?frames/);
  }
});

test("no state claims that recording goes on", () => {
  const states = ["waiting", "stale", "gone", "offline", "behind"];
  const facts = [{}, { feed: "away" }, { archive: "away" }, { ingest: "gone" }, { ingest: "stale", ingest_us: 1 }];
  for (const state of states) for (const fact of facts) assert.doesNotMatch(said(state, fact), /goes on/i);
});

test("a page that is offline says until when it heard, and of nothing more", () => {
  const workout = { lines: [], state: { ingest: "live" } };
  const heardUs = 1_795_000_000_000_000;
  const [, text] = noticeOf("offline", { workout, ageS: 4, offlineUntil: 0, heardUs, failed: false });
  assert.match(text, /^Last heard of at \d\d:\d\d:\d\d: what is recorded since is not known here\. Trying again/);
});

test("an ingest that does not answer is named, with its last answer, before any device is", () => {
  const facts = { ingest: "stale", ingest_us: 1_795_000_000_000_000, drawn: true };
  assert.match(said("stale", facts), /The ingest has not answered since \d\d:\d\d:\d\d\./);
  assert.match(said("waiting", { ingest: "gone" }), /The ingest does not answer\./);
  assert.doesNotMatch(said("stale", { ingest: "live", drawn: true }), /ingest/);
});

test("only a device that said so has a spool", () => {
  const away = (streams) => said("stale", { archive: "away", streams });
  assert.match(away({ left: { spool: true } }), /devices spool what they record/);
  for (const streams of [undefined, {}, { left: { spool: false } }]) {
    assert.match(away(streams), /no device said that it has a spool, so what is recorded now may be lost/);
  }
});

test("a spool of one device keeps nothing of another", () => {
  const streams = { left: { spool: true }, right: { spool: false }, mat: { spool: false } };
  const text = said("stale", { archive: "away", streams });
  assert.match(text, /what left records is spooled and sent later, what right, mat records may be lost/);
  assert.doesNotMatch(text, /devices spool/);
  assert.match(said("stale", { streams }), /The device of left has a spool: what it records now arrives later\./);
});
