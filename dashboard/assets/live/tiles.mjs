// Tiles of steps, of standing and of any load: what the hub counted, in the units that the viewer likes, with the age it has.

import { put } from "../core/text.mjs";
import { turned } from "../core/units.mjs";
import { age, number } from "../core/words.mjs";

const DIGITS = { symmetry: 1, balance: 0, velocity: 1, split: 1 };
const RANGE_PCT = { symmetry: 20, split: 10 };
const FEW = new Set(["force", "symmetry", "pressure", "contact", "balance"]); // are of steps
const NAMED = { left: "Left", right: "Right" };

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
    const spare = { left: single, value: highest(said) };
    for (const place of tile.querySelectorAll("[data-part]")) {
      const value = said?.[place.dataset.part] ?? spare[place.dataset.part] ?? null;
      put(place, number(value === null ? NaN : value * factor, Math.max(digits, DIGITS[tile.dataset.tile] ?? 0)));
      const pair = place.closest(".pair");
      if (!pair || !values) continue;
      pair.hidden = single !== null && place.dataset.part === "right";
      pair.querySelector(".foot").hidden = single !== null; // of no foot
    }
    const hint = tile.querySelector(".hint");
    put(hint, old ? `${age(ageS)} old` : hintOf(tile.dataset.tile, blank ? null : values) ?? turned(hint.dataset.hint, shownAs));
  }
  ball(root, "symmetry", blank ? null : values.symmetry?.value);
  ball(root, "split", blank || !Number.isFinite(values.split?.left) ? null : 50 - values.split.left);
}

// The one number of a page that was made before its second foot was known.
function highest(said) {
  const known = Object.values(said ?? {}).filter(Number.isFinite);
  return known.length ? Math.max(...known) : null;
}

/** What stands under a number, where it says more than how it was made. */
export function hintOf(tile, values) {
  if (!values) return null;
  const few = values.steps && Math.min(values.steps.left, values.steps.right) < 3;
  if (few && FEW.has(tile)) return "walk a few steps";
  if (tile === "pressure" && values.pressure?.value) return `${values.pressure.side === "left" ? "Left" : "Right"}, last 5`;
  if (tile === "peak" && Number.isFinite(values.peak?.value)) return `${NAMED[values.peak.side] ?? values.peak.side}, highest in 5 s`;
  if (tile === "contact" && values.duty?.left) {
    return `stance phase ${values.duty.left.toFixed(0)} · ${(values.duty.right ?? NaN).toFixed(0)} %`;
  }
  if (tile !== "symmetry" || !Number.isFinite(values.symmetry?.value)) return null;
  if (Math.abs(values.symmetry.value) < 0.05) return "alike";
  return values.symmetry.value < 0 ? "more on left" : "more on right";
}

/**
 * The one number of a card, by what the session is: steps have a cadence, standing a path, the rest a peak of 5 s.
 * Nothing has a unit before anything was heard.
 */
export function oneNumber({ tiles, numbers }, calibrated) {
  if (!tiles && !numbers) return [undefined, ""];
  if (tiles === "gait") return [numbers?.cadence?.value, "steps/min"];
  const paths = Object.values(numbers?.path ?? {});
  if (tiles === "stand" && paths.length === 1) return [paths[0], "mm path"];
  return [numbers?.peak?.value, calibrated ? "kPa peak" : "counts peak"];
}

// The ball of a tile's bar is on the side that has more: minus is left.
function ball(root, tile, value) {
  const shown = root.querySelector(`.tile-${tile} .ball`);
  if (!shown) return;
  shown.hidden = !Number.isFinite(value);
  if (shown.hidden) return;
  const range = RANGE_PCT[tile];
  shown.style.left = `${50 + (50 * Math.min(range, Math.max(-range, value))) / range}%`;
  shown.dataset.side = value < 0 ? "left" : "right";
}
