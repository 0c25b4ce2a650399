// What is tested: protocols numbered in their order, how the chosen one is done, and what is read out.

import { button, h, icon } from "./dom.mjs";
import { picture } from "./pictures.mjs";
import { number } from "../core/words.mjs";

const plural = (n, word) => `${number(n)} ${word}${n === 1 ? "" : "s"}`;

const inSeconds = (value) => `${number(value, value % 1 ? 1 : 0)} s`;

/** "3.5 s": how long a trial lasts, or that it is stopped by hand. */
export const lasts = (held) => (held.duration_s ? inSeconds(held.duration_s) : "until stopped");

/** A protocol in a few words: "60 s · 2 trials of each side". */
export function inShort(held) {
  const each = [(held.sides?.length ?? 1) > 1 ? "side" : "", held.conditions?.length > 1 ? "condition" : ""].filter(Boolean);
  return `${lasts(held)} · ${plural(held.trials ?? 1, "trial")}${each.length ? ` of each ${each.join(" and ")}` : ""}`;
}

/** All protocols as cards; a number says the place of one that is chosen. */
export function cards(known, day, station, may) {
  const place = new Map(day.protocols.map(({ name }, i) => [name, i]));
  const gone = day.protocols.filter(({ name }) => !known.some((one) => one.name === name)); // chosen, and not there any more
  return [...known, ...gone].map(({ name, held }) => card(name, held, place.get(name), station, may));
}

function card(name, held, place, station, may) {
  const chosen = place !== undefined;
  const current = chosen && place === station.protocol;
  const inside = [
    chosen ? h("span", { class: "test-number" }, String(place + 1)) : null,
    picture(name),
    h("span", { class: "test-words" }, h("b", {}, held.title ?? name), h("span", { class: "muted" }, inShort(held))),
  ];
  return h(
    "div",
    { class: "test", data: { chosen: String(chosen), current: String(current) } },
    h("button", { type: "button", class: "test-choose", disabled: !may, "aria-pressed": String(chosen), "aria-current": current ? "true" : null, data: { do: chosen ? "what" : "take", protocol: name, here: `test ${name}` } }, ...inside),
    chosen && may ? button("", "drop", { protocol: name }, { picture: "close", kind: "square plain test-drop", label: `Leave out ${held.title ?? name}` }) : null,
  );
}

/** How each trial of the chosen protocol is done, and what is read out. */
export function how(day, station, may) {
  const chosen = day.protocols[station.protocol];
  if (!chosen) {
    return [h("div", { class: "record-empty" }, h("h3", {}, "No test is chosen"), h("p", {}, "Press a test above; its number says when it is done."))];
  }
  const { held } = chosen;
  const facts = [
    ["Accepted trials", number(held.trials ?? 1)],
    ["A trial lasts", lasts(held)],
    ["Countdown", inSeconds(held.countdown_s ?? 0)],
    ["Rest between", held.rest_s ? inSeconds(held.rest_s) : "none"],
  ];
  return [
    h("div", { class: "card-head" }, h("h2", {}, held.title ?? chosen.name), h("span", { class: "muted" }, "how each trial is done")),
    h("dl", { class: "test-facts" }, ...facts.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value)))),
    ...choices(held, station, may),
    h("p", { class: "read-out" }, icon("sound"), h("span", {}, h("b", {}, "Read out: "), `“${held.instructions ?? ""}”`)),
  ];
}

function choices(held, station, may) {
  const groups = [];
  if (held.sides?.length > 1) groups.push(["Side", "side", held.sides]);
  if (held.conditions?.length > 1) groups.push(["Condition", "condition", held.conditions]);
  return groups.map(([title, field, values]) =>
    h("div", { class: "choice" }, h("span", { class: "muted" }, title), h("div", { class: "segments", role: "group", "aria-label": title }, ...values.map((value) =>
      h("button", { type: "button", class: "part", disabled: !may, "aria-pressed": String(station[field] === value), data: { do: field, value, here: `${field} ${value}` } }, value)))),
  );
}

/** What this athlete did last time, as the server says it: {date, href, items: [{title, value, unit, note}], note}. */
export function lastTime(last) {
  if (!last) return [];
  const items = last.items.map(({ title, value, unit, note }) =>
    h("div", { class: "last-item" }, h("span", { class: "muted" }, `${title} ${unit}`.trim()), h("b", {}, value), note ? h("span", { class: "muted" }, note) : null),
  );
  return [
    h("div", { class: "card-head" }, h("h2", {}, "Last time"), h("span", { class: "muted" }, last.date), h("span", { class: "grow" }), last.href ? h("a", { href: last.href }, "open") : null),
    h("div", { class: "last-items" }, ...items, last.note ? h("p", { class: "muted" }, last.note) : null),
  ];
}
