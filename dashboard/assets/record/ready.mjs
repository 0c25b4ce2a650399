// Whether a trial can start: checks with value and limit, what repairs each, and whether all of them let it start.

import { button, h, icon } from "./dom.mjs";
import { number } from "../core/words.mjs";

const TITLES = {
  linked: "Linked", unloaded: "Unloaded", zeroed: "Zeroed", body_weight: "Body weight", sampling: "Sampling",
  battery: "Battery", consent: "Consent", storage: "Storage", permission: "Permission",
};
const REPAIRS = {
  unloaded: ["Again", "U", "check unloaded"], zeroed: ["Zero", "Z", "check zeroed"], body_weight: ["Again", "B", "check body_weight"],
};

/** {blocked, flagged}: why a trial cannot start, and with which flag it would; both "" where neither is. */
export function verdict(checks) {
  const words = (one) => [TITLES[one.name] ?? one.name, one.value || one.words].filter(Boolean).join(": ");
  const failed = checks.filter(({ met }) => met === false);
  const blocking = failed.filter(({ blocks }) => blocks);
  return {
    blocked: blocking.map((one) => one.words || words(one)).join(" "),
    flagged: failed.filter(({ flags }) => flags).map(words).join("; "),
  };
}

const MARK = { true: ["check", "met"], false: ["warning", "not met"], null: ["circle", "not known"] };

/** One check or criterion as a row: mark, title, words, limit, and what repairs it. */
export function checkRow({ title, words, limit, met, blocks = false }, more = null) {
  const [picture, said] = MARK[String(met ?? null)];
  return h(
    "li",
    { class: "check", data: { met: String(met ?? null), blocks: String(blocks && met === false) } },
    icon(picture),
    h("span", { class: "check-words" }, h("b", {}, title), h("span", { class: "unseen" }, ` ${said}. `), h("span", { class: "check-value" }, words || "")),
    h("span", { class: "check-limit" }, limit || ""),
    more,
  );
}

export function checkList(checks, may) {
  return checks.map((one) => {
    const [words, press, act] = REPAIRS[one.name] ?? [];
    const [name, which] = (act ?? "").split(" ");
    const repair = act && may ? button(words, name, { which }, { press, kind: "small", label: `${words}: ${TITLES[one.name]}` }) : null;
    return checkRow({ ...one, title: one.title ?? TITLES[one.name] ?? one.name, words: [one.value, one.words].filter(Boolean).join(". ") }, repair);
  });
}

/** Devices that send now and can be linked, as a menu. */
export function deviceMenu(devices, station) {
  const free = devices.map((one) => h("li", {}, h("button", { type: "button", class: "found-one", data: { do: "link", workout: one.workout_id, devices: one.streams.join(","), here: `link ${one.workout_id}` }, "aria-current": one.workout_id === station.workout_id ? "true" : null },
    h("b", {}, one.workout_id), h("span", { class: "muted" }, deviceWords(one)))));
  const none = h("p", { class: "record-note" }, "No device sends now. Switch one on; it is listed here within two seconds.");
  return [free.length ? h("ul", { class: "found" }, ...free) : none];
}

export function deviceWords({ streams, shape, rate_hz: rate, athlete, station }) {
  const parts = [streams.join(" and "), shape, rate ? `${number(rate)} Hz` : "", athlete, station ? `at ${station}` : ""];
  return parts.filter(Boolean).join(" · ");
}
