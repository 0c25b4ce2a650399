// What a tile of the wall says of its athlete's goal and device, and who needs attention first.

import { goalOf, isLimit, nameOf, place, unitOf } from "../feedback/goal.mjs";
import { GRAVITY } from "../core/tables.mjs";

const LOW_BATTERY_PCT = 25; // as the live page has it
const FIELDS = { weight: "force", force: "force", impulse: "impulse", contact: "contact" };

/** {name, unit, low, high, value, place} of a goal in the hub's numbers, the mean of the last steps; null without one. */
export function goalNumber(given, numbers, mass) {
  const goal = given && goalOf(given);
  if (!goal) return null;
  const value = turned(goal, raw(goal, numbers), raw({ ...goal, side: goal.side === "left" ? "right" : "left" }, numbers), mass);
  const where = Number.isFinite(value) ? (place(goal, value) === "high" && isLimit(goal) ? "over" : place(goal, value)) : null;
  return { goal, name: nameOf(goal), unit: unitOf(goal), value, place: where };
}

function raw({ measure, side }, numbers) {
  if (measure === "cadence") return numbers?.cadence?.value ?? NaN;
  const feet = numbers?.[FIELDS[measure]] ?? {};
  const known = (side === "both" ? ["left", "right"] : [side]).map((foot) => feet[foot]).filter(Number.isFinite);
  return known.length ? known.reduce((a, b) => a + b, 0) / known.length : NaN;
}

function turned({ basis }, value, other, mass) {
  if (basis === "kg") return value / GRAVITY;
  if (basis === "body_weight") return (100 * value) / (mass * GRAVITY);
  return basis === "other" ? (100 * value) / other : basis === "unit" ? value : NaN;
}

/** What is wrong with the devices, in words: the lowest battery where it is low. */
export function deviceWords(lines) {
  const known = lines.flatMap(({ sensor, device }) => (Number.isFinite(device?.battery_pct) ? [[device.battery_pct, sensor.side || sensor.stream]] : []));
  const [pct, where] = known.sort(([a], [b]) => a - b)[0] ?? [];
  if (pct === undefined) return { text: "", low: false };
  const low = pct < LOW_BATTERY_PCT;
  return { text: `${where[0].toUpperCase()} ${Math.round(pct)} %${low ? " low" : ""}`, low };
}

/** The smaller, the sooner somebody has to look: over a limit, no data, a low battery, beyond the band, not begun, well. */
export function urgency({ state, low, where }) {
  if (state === "live" && where === "over") return 0;
  if (state === "stale" || state === "offline") return 1;
  if (low) return 2;
  if (where === "low" || where === "high") return 3;
  return state === "live" ? 5 : 4;
}

/** Tiles in the order of attention; those that need the same stay in theirs. */
export const ordered = (tiles) => tiles.toSorted((a, b) => a.urgency - b.urgency);
