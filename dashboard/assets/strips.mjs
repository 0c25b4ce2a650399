// The quantities that are drawn as curves, and round numbers for the ends of their ranges.

import { KEYS, columnsOf } from "./columns.mjs";
import { chosen, shownAs, turned } from "./units.mjs";

const STEPS = [1, 1.5, 2, 3, 4, 5, 6, 8, 10];

/** Quantities that are drawn unless others are chosen, and all that can be. */
export const USUAL = ["total", "y", "x", "peak"];
export const KNOWN = [...USUAL, "area", "contact", "left", "right", "front", "back", ...KEYS];

/** The quantities that these sensors have, by key, in the order of KNOWN. */
export function available(sensors) {
  const area = sensors.some((sensor) => sensor.columns.includes("contact_area_cm2")) ? "cm²" : "cells";
  const limits = sensors.map(({ loadedAbove, unit }) => `${loadedAbove} ${unit}`);
  const loaded = turned(`cells above ${[...new Set(limits)].join(" or ")}`, (unit) => shownAs(unit, chosen()));
  const plain = (key, title, unit) => ({ key, title, unit, read: (v) => v });
  const more = [
    { ...plain("area", "Contact area", area), note: loaded },
    { ...plain("contact", "Contact", "% of cells"), note: loaded },
    plain("left", "Load left", "%"),
    plain("right", "Load right", "%"),
    plain("front", "Load front", "%"),
    plain("back", "Load back", "%"),
  ];
  const has = (strip) => sensors.some((sensor) => sensor.column(strip.key));
  const known = new Map();
  for (const strip of [...quantities(sensors), ...more].filter(has)) known.set(strip.key, strip);
  for (const strip of columnsOf([...known], sensors)) known.set(strip.key, strip);
  return known;
}

/** The quantities drawn, for the sensors there are: column, title and how a value becomes what is shown. */
export function quantities(sensors) {
  const calibrated = sensors.some((sensor) => sensor.calibrated);
  const foot = sensors.some((sensor) => sensor.side);
  const length = sensors.some((sensor) => sensor.layout.pitch_mm) ? "mm" : "cells";
  const forceless = calibrated && !sensors.some((sensor) => sensor.columns.includes("total_force_n"));
  return [
    calibrated
      ? { key: "total", title: forceless ? "Pressure sum" : "Total force", unit: forceless ? "kPa" : "N", read: (v) => v }
      : { key: "total", title: "Raw sum", unit: "counts", read: (v) => v },
    { key: "y", title: "CoP front–back", unit: `${length} from ${foot ? "heel" : "back"}`, read: (v, s) => s.fromBack(v) },
    { key: "x", title: "CoP side", unit: `${length} from ${foot ? "inner" : "left"} edge`, read: (v, s) => s.fromInner(v) },
    { key: "peak", title: calibrated ? "Peak pressure" : "Raw peak", unit: calibrated ? "kPa" : "counts", read: (v) => v },
  ];
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
