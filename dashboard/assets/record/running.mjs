// A trial that counts down or runs: the clock that is read beside the athlete, and criteria with value and limit.

import { button, h } from "./dom.mjs";
import { clockOf } from "./machine.mjs";
import { checkRow } from "./ready.mjs";
import { elapsed, number } from "../core/words.mjs";

/** One word for what the athlete does now, which a phone shows large. */
export function wordOf(station, held) {
  if (station.phase === "setup") return station.paused ? "Paused" : "Ready";
  if (station.phase === "review") return "Done";
  if (held?.criteria?.flight_seen) return "Jump";
  if (held?.criteria?.steps_whole) return (held.title ?? "Walk").split(" ")[0];
  return (held?.title ?? "").startsWith("Squat") ? "Squat" : "Still";
}

/** {big, small, share, words} of the clock: what stands at 84 px, what it means, how much has passed. */
export function clock(station, held, nowUs) {
  const { kind, seconds } = clockOf(station, held, nowUs);
  if (kind === "to go") return { big: String(Math.max(1, Math.ceil(seconds))), small: "until go", share: null, words: `${Math.ceil(seconds)} s until go` };
  if (kind === "left") {
    const whole = Math.ceil(seconds - 1e-6);
    return { big: elapsed(whole), small: "time left", share: 1 - seconds / held.duration_s, words: `${whole} s left` };
  }
  return { big: elapsed(seconds), small: "so far", share: null, words: `${Math.floor(seconds)} s so far` };
}

/** Criteria of a trial as rows, and how many are met. */
export function criteria(list) {
  const counts = { met: list.filter(({ met }) => met === true).length, not: list.filter(({ met }) => met === false).length };
  const open = list.length - counts.met - counts.not;
  const parts = [`${counts.met} met`, counts.not ? `${counts.not} not met` : "", open ? `${open} not known yet` : ""].filter(Boolean);
  return { rows: list.map((one) => checkRow({ met: one.met, title: titleOf(one.criterion), words: one.found, limit: limitOf(one) })), said: parts.join(", ") };
}

/** The criteria of a protocol before anything is known of them. */
export function asked(held) {
  return Object.keys(held?.criteria ?? {}).map((criterion) => ({ criterion, met: null, found: "", limit: null, unit: "" }));
}

/** What failed, as it is spoken. */
export function failedWords(list) {
  return list.filter(({ met }) => met === false).map((one) => `${titleOf(one.criterion)}: ${one.found || "not met"}`).join(". ");
}

const CRITERIA = {
  weighing_stable: ["Still before", "≤"], flight_seen: ["Flight seen", "≥"], steps_whole: ["Whole steps", "≥"],
  duration_reached: ["Long enough", "≥"], device_healthy: ["Device healthy", "≤"],
};

const titleOf = (criterion) => CRITERIA[criterion]?.[0] ?? criterion;

function limitOf({ criterion, limit, unit }) {
  if (limit === null || limit === undefined) return "";
  return `${CRITERIA[criterion]?.[1] ?? ""} ${number(limit, limit % 1 ? 1 : 0)} ${unit ?? ""}`.trim();
}

/** What one can press while a trial counts down or runs. */
export function actions(station, held, next, may) {
  if (!may) return [h("p", { class: "muted" }, "You can watch, not record.")];
  if (station.phase === "countdown") {
    return [h("p", { class: "foot-words grow" }, "What comes before go is stored too: an early start is found."), button("Cancel", "start_over", {}, { press: "Esc", kind: "large" })];
  }
  const timed = Boolean(held?.duration_s);
  return [
    button("Marker", "marker", {}, { picture: "flag", press: "M", kind: "large" }),
    h("p", { class: "muted foot-hint" }, "a note with the time, does not stop"),
    h("span", { class: "grow" }),
    next ? h("p", { class: "foot-then" }, h("span", { class: "muted" }, "then"), h("b", {}, next)) : null,
    button("Start over", "start_over", {}, { picture: "reset", press: "R", kind: "large" }),
    button(timed ? "Stop early" : "Stop", "stop", {}, { picture: "stop", press: "Esc", kind: timed ? "large" : "large primary" }),
  ];
}
