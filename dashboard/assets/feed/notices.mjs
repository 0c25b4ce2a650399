// What a live page says when its picture is not live: what happened, what is safe, what to do.

import { pageTime } from "../core/clock.mjs";
import { put } from "../core/text.mjs";
import { age, timeOfDay } from "../core/words.mjs";

export class Notice {
  constructor(root) {
    this.root = root;
  }

  slot(name) {
    return this.root.querySelector(`[data-slot="${name}"]`);
  }

  /** `past` is the workout as it was at the moment shown, or null when live is shown. */
  write(state, { workout, past, ageS, offlineUntil, heardUs }) {
    const failed = past?.failed ?? false;
    const behind = failed || past?.workout.lines.every(({ frame }) => !frame);
    const shown = !past || state === "offline" ? state : behind ? "behind" : "live";
    const ended = workout.state?.status === "ended" && state !== "offline";
    this.root.dataset.ended = String(ended);
    this.slot("notice").hidden = shown === "live";
    this.slot("retry").hidden = state !== "offline";
    this.slot("open").hidden = !ended || shown === "behind";
    if (shown === "live") return;
    const said = noticeOf(shown, { workout, ageS, offlineUntil, heardUs, failed });
    ["notice-title", "notice-text"].forEach((name, i) => put(this.slot(name), said[i]));
  }
}

/** [title, text] for a state; `offlineUntil` is when the page tries again, in page time, `heardUs` when it last heard. */
export function noticeOf(state, { workout, ageS, offlineUntil, heardUs, failed }) {
  if (state === "offline") return offline(offlineUntil, heardUs);
  if (state === "behind") return failed ? unread() : empty();
  const shown = workout.lines.some(({ frame }) => frame) ? "Shown: the last frame." : "";
  const said = state === "waiting" ? waiting(workout.state) : stale(workout.state, ageS, shown);
  return said.map((words) => words.trim());
}

// What the page itself does not hear, it does not know: it says until when it heard, and of what.
function offline(until, heardUs) {
  const wait = Math.ceil((until - pageTime()) / 1000);
  const again = wait > 0 ? `Trying again in ${wait} s` : "Trying again now";
  const heard = heardUs ? `Last heard of at ${timeOfDay(heardUs)}: what is recorded since is not known here. ` : "";
  return ["Page offline.", `${heard}${again}; the last 30 s come back with it.`];
}

function waiting(state) {
  if (state?.status === "ended" && state.stored) return ["This session has ended.", "Its last frame is not here yet."];
  if (state?.status === "ended") return ["This session has ended.", "No frame of it was recorded."];
  if (state?.archive === "away") return ["The archive does not answer.", "The picture begins when it does."];
  if (silent(state)) return ["No frames yet.", `${silent(state)} The picture begins by itself with the first one.`];
  if (state?.feed === "away") return ["The live feed is away.", `${stored(state)}The picture begins when it is back.`];
  return ["No frames yet.", "The picture begins by itself with the first one."];
}

function stale(state, ageS, shown) {
  if (state?.status === "ended") return ["This session has ended.", shown];
  if (state?.archive === "away") {
    return [`Nothing is stored, and no new frames for ${age(ageS)}.`, `The archive does not answer: ${kept(state)}. ${shown}`];
  }
  if (state?.feed === "away") {
    return [`The live feed has been away for ${age(ageS)}.`, `${stored(state)}The picture comes back with it. ${shown}`];
  }
  if (silent(state)) return [`No new frames for ${age(ageS)}.`, `${silent(state)} ${later(state)}${shown}`];
  return [`No new frames for ${age(ageS)}.`, `${later(state)}${shown}`];
}

/** What becomes of new frames while the archive is away, as far as each stream's device said that it has a spool. */
export function kept(state) {
  const { spooled, others } = spools(state);
  if (!spooled.length) return "no device said that it has a spool, so what is recorded now may be lost";
  if (!others.length) return "devices spool what they record and send it later";
  return `what ${spooled.join(", ")} records is spooled and sent later, what ${others.join(", ")} records may be lost`;
}

function later(state) {
  const { spooled, others } = spools(state);
  if (!spooled.length) return "";
  const whose = others.length ? `The device of ${spooled.join(", ")}` : "This device";
  return `${whose} has a spool: what it records now arrives later. `;
}

/** The streams whose devices said that they have a spool, and the others. */
function spools(state) {
  const streams = Object.entries(state?.streams ?? {});
  const names = (wanted) => streams.filter(([, { spool }]) => Boolean(spool) === wanted).map(([name]) => name);
  return { spooled: names(true), others: names(false) };
}

const stored = ({ last_us: last }) => (last ? `Stored up to ${timeOfDay(last)}. ` : "");

/** That the ingest, which frames come through, does not answer; "" while it does, or where nobody knows. */
export function silent(state) {
  const { ingest, ingest_us: heard } = state ?? {}; // nothing is known before the first message
  if (ingest === "gone") return "The ingest does not answer.";
  return ingest === "stale" ? `The ingest has not answered since ${timeOfDay(heard)}.` : "";
}

function unread() {
  return ["This moment could not be read.", "The archive does not answer. Go live shows what comes in."];
}

function empty() {
  return ["No frame at this moment.", "It lies in a gap, or before the first frame. Drag the handle on, or go live."];
}
