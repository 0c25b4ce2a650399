// Units as the viewer likes them: N, kgf or % of body weight; kPa, N/cm² or mmHg. Kept by this browser.
// Whatever is stored, sent and computed stays in N and kPa; only what is shown is turned.

import { FORCES, GRAVITY, MORE_DECIMALS, PRESSURES } from "./tables.mjs";

const KEY = "barograph.units";
export const CHOICES = { force: FORCES, pressure: Object.keys(PRESSURES) };
const NONE = { getItem: () => null }; // outside a browser
const UNIT = /^(k?)(N|kPa)($|·.*|\/s.*)$/; // "kN/s": thousand, force, "/s"

/** What one newton is in a unit; body weight needs a mass. */
const forceIn = (unit, mass) => (unit === "% BW" ? 100 / (mass * GRAVITY) : unit === "kgf" ? 1 / GRAVITY : 1);

/** Both choices, from whatever was kept; what nobody knows becomes N and kPa. */
export function chosen(storage = globalThis.localStorage ?? NONE) {
  const kept = parsed(storage.getItem(KEY));
  return {
    force: CHOICES.force.includes(kept.force) ? kept.force : "N",
    pressure: CHOICES.pressure.includes(kept.pressure) ? kept.pressure : "kPa",
  };
}

export function choose(kind, unit, storage = localStorage) {
  storage.setItem(KEY, JSON.stringify({ ...chosen(storage), [kind]: unit }));
}

/** How values in `unit` are shown: a factor, the name, and how many more digits are worth showing. */
export function shownAs(unit, { force, pressure }, mass = NaN) {
  const [, thousand, base, rest] = UNIT.exec(unit) ?? [];
  const wanted = { N: force, kPa: pressure }[base];
  const one = base === "N" ? forceIn(wanted, mass) : PRESSURES[wanted];
  if (!wanted || wanted === base || !Number.isFinite(one)) return { factor: 1, unit, digits: 0 };
  return { factor: thousand ? 1000 * one : one, unit: wanted + rest, digits: thousand ? 0 : MORE_DECIMALS[wanted] };
}

/** A sentence with its pressures as they are shown; `shown(unit)` says how. */
export function turned(text, shown) {
  const { factor, unit } = shown("kPa");
  return text.replace(/(\d+(?:\.\d+)?) kPa\b/g, (_, value) => `${Number((value * factor).toPrecision(3))} ${unit}`);
}

/** Why values cannot be shown in `unit`, in words; null where they can. */
export function lacking(unit, mass = NaN) {
  return unit === "% BW" && !(mass > 0) ? "% BW needs the athlete’s mass, which this workout does not say." : null;
}

function parsed(text) {
  try {
    const value = JSON.parse(text ?? "{}");
    return value && typeof value === "object" ? value : {};
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}
