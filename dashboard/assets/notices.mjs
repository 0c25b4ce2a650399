// What a live page says when its picture is not live: what happened, what is safe, what to do.

import { pageTime } from "./clock.mjs";
import { age } from "./words.mjs";

/** [title, text] for a state; `offlineUntil` is when the page tries again, in page time. */
export function noticeOf(state, { workout, ageS, offlineUntil, failed }) {
  if (state === "offline") return offline(offlineUntil);
  if (state === "behind") return failed ? unread() : empty();
  if (state === "waiting") return waiting(workout.state);
  return stale(workout.state, ageS);
}

function offline(until) {
  const wait = Math.ceil((until - pageTime()) / 1000);
  const again = wait > 0 ? `Trying again in ${wait} s` : "Trying again now";
  return ["Page offline.", `Recording goes on. ${again}; the last 30 s come back with it.`];
}

function waiting(state) {
  if (state?.archive === "away") return ["The archive does not answer.", "The picture begins when it does."];
  return ["No frames yet.", "The picture begins by itself with the first one."];
}

function stale(state, ageS) {
  if (state?.status === "ended") return ["This session has ended.", "Shown: the last frame."];
  if (state?.archive === "away") {
    return [
      `Nothing is stored, and no new frames for ${age(ageS)}.`,
      "The archive does not answer: devices spool what they record and send it later. Shown: the last frame.",
    ];
  }
  const spool = Object.values(state?.streams ?? {}).some((stream) => stream.spool);
  const later = spool ? "This device has a spool: what it records now arrives later. " : "";
  return [`No new frames for ${age(ageS)}.`, `${later}Shown: the last frame.`];
}

function unread() {
  return ["This moment could not be read.", "The archive does not answer. Recording goes on; Go live shows it."];
}

function empty() {
  return ["No frame at this moment.", "It lies in a gap, or before the first frame. Drag the handle on, or go live."];
}
