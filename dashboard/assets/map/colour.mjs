// Colours of a page as they are drawn: tokens of the theme, and colour maps as opaque pixels.

import { STEPS, colours } from "./colourtable.mjs";

const tables = new Map();
const tokens = new Map();

new MutationObserver(() => tokens.clear()).observe(document.documentElement, {
  attributeFilter: ["data-mantine-color-scheme"],
});

/** A token of tokens.css, as it stands for the theme shown. Asked for in every frame, so the answers are kept. */
export function token(name) {
  if (!tokens.has(name)) {
    tokens.set(name, getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim());
  }
  return tokens.get(name);
}

/** `STEPS` opaque pixels from 0 to `max`: index = value · (STEPS − 1) / max. */
export function pixels(map, max, unit) {
  const id = `${map} ${max} ${unit}`;
  if (!tables.has(id)) {
    const opaque = (/** @type {number[]} */ rgb) => 0xff000000 | (rgb[2] << 16) | (rgb[1] << 8) | rgb[0];
    tables.set(id, Uint32Array.from(colours(map, max, unit), opaque));
  }
  return tables.get(id);
}

export const LAST = STEPS - 1;
