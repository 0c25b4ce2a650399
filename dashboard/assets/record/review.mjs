// A trial that has ended: the trials of this step, what failed, and one decision. Nothing is decided by itself.

import { button, h, icon, key } from "./dom.mjs";
import { OTHER, reasonsOf, titleOf, trialsOf } from "./progress.mjs";
import { criteria } from "./running.mjs";
import { elapsed, number, timeOfDay } from "../core/words.mjs";

const MARKS = { accepted: "check", repeated: "check", rejected: "close", recorded: "record" };
const SAID = { accepted: "accepted", repeated: "accepted, one more asked for" };

/** The trials of this athlete in this step; `numbers` are the main numbers by number of the trial. */
export function trialList(trials, station, step, numbers, may) {
  const mine = trialsOf(trials, station.athlete, step);
  const rows = mine.map((one, i) => {
    const value = numbers[one.part];
    const said = one.state === "rejected" ? one.reason : one.state === "recorded" ? "decide now" : `${SAID[one.state]}, ${timeOfDay(one.stop_us).slice(0, 5)}`;
    return h("li", { class: "trial", data: { state: one.state }, "aria-current": one.part === station.part ? "true" : null },
      h("b", {}, String(i + 1)), icon(MARKS[one.state]), h("span", { class: "trial-said" }, said),
      value ? h(one.state === "rejected" ? "s" : "b", { class: "trial-value" }, value) : null,
      may && one.state !== "recorded" ? later(one, `trial ${i + 1}`, step.held) : null);
  });
  const accepted = mine.filter(({ state }) => state === "accepted" || state === "repeated").length;
  return [h("ol", { class: "trials" }, ...rows), h("p", { class: "record-note" }, `${accepted} of ${step.held.trials ?? 1} accepted. Rejected trials are kept and never counted.`)];
}

// What was decided is changed by a menu: to accept what was rejected, or to reject it with a reason.
function later(trial, called, held) {
  const { part, state, workout_id: workout } = trial;
  const change = (words, more) => button(words, "rejudge", { part: String(part), ...more }, { kind: "plain" });
  const items = state === "rejected"
    ? [change("Accept it", { decision: "accept" })]
    : reasonsOf(held).filter(({ words }) => words !== OTHER).map(({ words }) => change(`Reject: ${words.toLowerCase()}`, { decision: "reject", reason: words }));
  return h("details", { class: "menu trial-menu", data: { here: `later ${part}` } },
    h("summary", { class: "trial-later", "aria-label": `Change what was decided of ${called}`, title: "Change what was decided", data: { here: `change ${part}` } }, icon("edit")),
    h("div", { class: "drop" }, ...items, h("a", { class: "button plain", href: `/session/${encodeURIComponent(workout)}` }, "Open its session")));
}

/** All trials of the chosen athlete on this day, the newest first, each with what was decided. */
export function today(day, station, may) {
  const mine = day.parts.filter(({ athlete, state }) => athlete === station.athlete && state !== "recorded").sort((a, b) => b.start_us - a.start_us);
  if (!mine.length) return [];
  const rows = mine.map((one) => {
    const { held } = day.protocols.find(({ name }) => name === one.protocol) ?? { held: {} };
    const called = `${titleOf({ ...one, name: one.protocol, held })}, ${timeOfDay(one.stop_us).slice(0, 5)}`;
    const said = one.state === "rejected" ? `rejected: ${one.reason}` : SAID[one.state];
    return h("li", { class: "trial", data: { state: one.state } }, icon(MARKS[one.state]), h("span", { class: "trial-said" }, h("b", {}, called), ` ${said}`), may ? later(one, called, held) : null);
  });
  return [h("div", { class: "card-head" }, h("h2", {}, "Trials today"), h("span", { class: "muted" }, "a decision can be changed; every change is kept")), h("ol", { class: "trials" }, ...rows)];
}

/** Checks of the trial and the decision; `asks` says that a reason of one's own is being asked for. */
export function decision(found, held, may, asks = false) {
  const { rows, said } = criteria(found);
  const failed = found.filter(({ met }) => met === false).map(({ criterion }) => criterion);
  const head = h("div", { class: "card-head" }, h("h2", {}, "Is this trial good?"), h("span", { class: "grow" }), h("span", { class: `verdict${failed.length ? " warn" : ""}` }, failed.length ? icon("warning") : null, `${found.filter(({ met }) => met === true).length} of ${rows.length}`));
  const list = [head, h("ul", { class: "checks", "aria-label": said }, ...rows)];
  if (!may) return [...list, h("p", { class: "record-note" }, "You can watch, not decide.")];
  const reasons = reasonsOf(held, failed);
  const fits = reasons.filter(({ fits: is }) => is);
  return [
    ...list,
    h("div", { class: "decide" },
      button("Accept", "judge", { decision: "accept" }, { picture: "check", press: "Enter", kind: "large primary" }),
      button("Accept and add one more", "judge", { decision: "repeat" }, { picture: "reset", press: "R", kind: "large" }),
      h("p", { class: "decide-because" }, h("span", {}, "Reject because"), fits.length ? h("span", { class: "muted" }, `${fits.map((one) => one.key).join(", ")} fits what failed`) : null),
      h("div", { class: "reasons" }, ...reasons.map(reason)),
      h("form", { class: "other-reason", data: { slot: "other" }, hidden: !asks },
        h("input", { class: "field", type: "text", maxlength: "200", "aria-label": "Why it is rejected", autocomplete: "off", data: { here: "other" } }), h("button", { class: "button" }, "Reject"))),
  ];
}

function reason({ key: press, words, fits }) {
  return h("button", { type: "button", class: "button reason", data: { do: words === OTHER ? "other" : "judge", decision: "reject", reason: words, fits: String(fits), here: `reason ${press}` } },
    key(press), h("span", {}, words), fits ? h("span", { class: "reason-fits" }, icon("warning"), h("span", { class: "unseen" }, "fits what failed")) : null);
}

/** The numbers of the trial, as the server says them: [{title, value, unit, note}, …]. */
export function tiles(items) {
  return items.map(({ title, value, unit, note }) => h("div", { class: "card result" }, h("span", { class: "muted" }, title), h("p", {}, h("b", {}, value), h("span", { class: "muted" }, ` ${unit}`)), note ? h("p", { class: "muted" }, note) : null));
}

export const restWords = ({ left, of }) => `Rest ${elapsed(Math.ceil(left))} of ${number(of)} s`;
