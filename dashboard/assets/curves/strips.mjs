// The quantities that are drawn as curves, and round numbers for the ends of their ranges.

import { KEYS, columnsOf } from "../feed/columns.mjs";
import { COLUMNS, QUANTITIES } from "../core/tables.mjs";
import { chosen, shownAs, turned } from "../core/units.mjs";

const STEPS = [1, 1.5, 2, 3, 4, 5, 6, 8, 10];

/** Quantities that are drawn unless others are chosen, and all that can be. */
export const USUAL = ["total", "y", "x", "peak"];
export const KNOWN = [...USUAL, "area", "contact", "left", "right", "front", "back", ...KEYS];

/** The quantities that these sensors have, by key, in the order of KNOWN. */
export function available(sensors) {
  const limits = sensors.map(({ loadedAbove, unit }) => `${loadedAbove} ${unit}`);
  const note = turned(`cells above ${[...new Set(limits)].join(" or ")}`, (unit) => shownAs(unit, chosen()));
  const more = [
    { ...named("area", sensors), note },
    { ...named("contact", sensors), unit: "% of cells", note },
    ...["left", "right", "front", "back"].map((key) => named(key, sensors)),
  ];
  const has = (strip) => sensors.some((sensor) => sensor.column(strip.key));
  const known = new Map();
  for (const strip of [...quantities(sensors), ...more].filter(has)) known.set(strip.key, strip);
  for (const strip of columnsOf([...known], sensors)) known.set(strip.key, strip);
  return known;
}

/** The quantities drawn, for the sensors there are: column, title and how a value becomes what is shown. */
export function quantities(sensors) {
  const foot = sensors.some((sensor) => sensor.side);
  const length = sensors.some((sensor) => sensor.inMm) ? "mm" : "cells";
  return [
    named("total", sensors),
    { ...named("y", sensors), unit: `${length} from ${foot ? "heel" : "back"}`, read: (v, s) => s.fromBack(v) },
    { ...named("x", sensors), unit: `${length} from ${foot ? "inner" : "left"} edge`, read: (v, s) => s.fromInner(v) },
    named("peak", sensors),
  ];
}

// A quantity under the name of the best column that one of the sensors has.
function named(key, sensors) {
  const columns = QUANTITIES[key];
  const column = columns.find((name) => sensors.some((sensor) => sensor.columns.includes(name))) ?? columns.at(-1);
  return { key, ...COLUMNS[column], read: (v) => v };
}

/** The quantities as options of a menu, those of one kind together; `but` are left out. */
export function options(known, but = []) {
  const groups = new Map();
  for (const { key, title, group = "Each frame" } of known.values()) {
    if (but.includes(key)) continue;
    if (!groups.has(group)) groups.set(group, Object.assign(document.createElement("optgroup"), { label: group }));
    groups.get(group).append(new Option(title, key));
  }
  return [...groups.values()];
}

/** Two to `most` round values in a range. */
export function ticks(low, high, most = 3) {
  if (!(high > low)) return [low];
  const raw = (high - low) / Math.max(1, most - 1);
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].map((one) => one * power).find((one) => one >= raw * 0.999999) ?? raw;
  const [first, last] = [Math.ceil(low / step - 1e-9), Math.floor(high / step + 1e-9)];
  if (last <= first) return ticks(low, high, most + 1);
  return Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step);
}

/** Decimals that tell these values apart, four at most. */
export function digitsOf(values) {
  return Math.max(0, ...values.map((value) => Number(value.toFixed(4)).toString().split(".")[1]?.length ?? 0));
}

/** The next round number that holds a value. */
export function roundUp(value) {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return STEPS.map((step) => step * power).find((round) => round >= value * 0.999999) ?? value;
}
