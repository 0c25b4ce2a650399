// Tiles of steps and of standing: what the hub counted, in the units that the viewer likes, with the age it has.

import { put } from "./text.mjs";
import { age, number } from "./words.mjs";

const DIGITS = { symmetry: 1, balance: 0, velocity: 1 };
const RANGE_PCT = 20;

/** `values` {force: {left, right}, symmetry: {value}, …} as the hub says them, or null before it has. */
export function writeTiles(root, values, state, ageS, shownAs) {
  const blank = state === "gone" || state === "waiting" || !values;
  const old = state === "stale" || (state === "offline" && ageS > 1);
  for (const tile of root.querySelectorAll("[data-tile]")) {
    const said = blank ? null : values[tile.dataset.tile];
    const unit = tile.querySelector("[data-unit]");
    const { factor, unit: name, digits } = shownAs(unit.dataset.unit);
    put(unit, name);
    const single = said && Object.keys(said).length === 1 ? Object.values(said)[0] : null;
    for (const place of tile.querySelectorAll("[data-part]")) {
      const value = said?.[place.dataset.part] ?? (place.dataset.part === "left" ? single : null);
      put(place, number(value === null ? NaN : value * factor, Math.max(digits, DIGITS[tile.dataset.tile] ?? 0)));
      const pair = place.closest(".pair");
      if (pair && values) pair.hidden = single !== null && place.dataset.part === "right";
    }
    const hint = tile.querySelector(".hint");
    put(hint, old ? `${age(ageS)} old` : hintOf(tile.dataset.tile, blank ? null : values) ?? hint.dataset.hint);
  }
  symmetry(root, blank ? null : values.symmetry?.value);
}

/** What stands under a number, where it says more than how it was made. */
export function hintOf(tile, values) {
  if (!values) return null;
  const few = values.steps && Math.min(values.steps.left, values.steps.right) < 3;
  if (few && tile !== "cadence") return "walk a few steps";
  if (tile === "pressure" && values.pressure?.value) return `${values.pressure.side === "left" ? "Left" : "Right"}, last 5`;
  if (tile === "contact" && values.duty?.left) {
    return `duty factor ${(values.duty.left / 100).toFixed(2)} · ${((values.duty.right ?? NaN) / 100).toFixed(2)}`;
  }
  if (tile !== "symmetry" || !Number.isFinite(values.symmetry?.value)) return null;
  if (Math.abs(values.symmetry.value) < 0.05) return "alike";
  return values.symmetry.value < 0 ? "more on left" : "more on right";
}

function symmetry(root, value) {
  const ball = root.querySelector(".tile-symmetry .ball");
  if (!ball) return;
  ball.hidden = !Number.isFinite(value);
  if (ball.hidden) return;
  ball.style.left = `${50 + (50 * Math.min(RANGE_PCT, Math.max(-RANGE_PCT, value))) / RANGE_PCT}%`;
  ball.dataset.side = value < 0 ? "left" : "right";
}
