// Markup of the Record page, made from plain values. A part is made anew only where what it shows has changed, and what
// had the focus in it has it again afterwards: `data-here` says which element is the same one.

import { byPointer } from "../core/keys.mjs";

/** An element: attributes by name, `data` as an object, children as texts or elements. */
export function h(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key === "data") Object.assign(made.dataset, value);
    else made.setAttribute(key, value === true ? "" : String(value));
  }
  made.append(...children.flat().filter((one) => one !== null && one !== undefined && one !== false));
  return made;
}

export const icon = (name) => h("span", { class: `icon icon-${name}`, "aria-hidden": "true" });

export const key = (name) => h("kbd", { "aria-hidden": "true" }, name);

/**
 * A button that does something: `data-do` is its name, `more` is what it is done to.
 * @param {{picture?: string, press?: string, kind?: string, disabled?: boolean, label?: string, pressed?: ?string, title?: string}} looks
 */
export function button(words, act, more = {}, looks = {}) {
  const { picture = "", press = "", kind = "", disabled = false, label = "", pressed = null, title = "" } = looks;
  const here = [act, ...Object.values(more)].join(" ");
  return h(
    "button",
    { type: "button", class: `button ${kind}`.trim(), disabled, title: title || null, "aria-label": label || null, "aria-pressed": pressed, data: { do: act, here, ...more } },
    picture ? icon(picture) : null,
    words ? h("span", {}, words) : null,
    press ? key(press) : null,
  );
}

const shown = new WeakMap(); // place → what it was made from

/**
 * Fill a place with what `make` returns, if what it is made from is something else than before; not while a field in it
 * has the focus, with or without text: what is typed next would go to the page, and decide.
 */
export function fill(place, from, make) {
  const text = JSON.stringify(from);
  const focused = place.contains(document.activeElement) ? document.activeElement : null;
  if (shown.get(place) === text || focused instanceof HTMLInputElement) return false;
  shown.set(place, text);
  const here = focused instanceof HTMLElement && !byPointer(focused) ? focused.dataset.here : null;
  const open = [...place.querySelectorAll("details[open]")].map((one) => one.dataset.here);
  place.replaceChildren(...[make()].flat().filter(Boolean));
  for (const one of place.querySelectorAll("details")) one.open = open.includes(one.dataset.here);
  if (focused) ((here && place.querySelector(`[data-here="${CSS.escape(here)}"]`)) || document.getElementById("page"))?.focus();
  return true;
}
