// The few numbers of a tile of the wall: those of the live page's tiles, by what the session is.

import { oneNumber } from "../live/tiles.mjs";
import { number } from "../core/words.mjs";

/** [[name, text, unit], …] of a workout as the hub counted it: the one number of its card first; "–" where none is. */
export function fewNumbers(workout, calibrated, live) {
  const { tiles, numbers } = workout;
  const [value, words] = oneNumber(workout, calibrated);
  const first = tiles === "gait" ? ["Cadence", value, "steps/min"] : tiles === "stand" ? ["Path", value, "mm"] : ["Peak", value, unitOf(words)];
  const pair = tiles === "gait" || tiles === "stand" ? numbers?.balance : numbers?.split;
  const said = [first, ["Total, 5 s", sum(numbers?.total), calibrated ? "N" : "counts"]];
  if (tiles === "gait") said.splice(1, 1, ["Peak", numbers?.pressure?.value, "kPa"]);
  const shown = said.map(([name, of, unit]) => [name, live ? number(of ?? NaN) : "–", unit]);
  return [...shown, ["Left · right", live ? shares(pair) : "–", "%"]];
}

const unitOf = (words) => words.split(" ")[0];

function sum(parts) {
  const known = Object.values(parts ?? {}).filter(Number.isFinite);
  return known.length ? Math.max(...known) : NaN;
}

// Together they are 100, whatever was rounded.
function shares(pair) {
  if (!Number.isFinite(pair?.left) || !Number.isFinite(pair?.right)) return "–";
  const left = Math.round(pair.left);
  return `${left} · ${100 - left}`;
}

/** How many columns so many tiles stand in, on a screen that is wider than high. */
export function columns(count) {
  return count <= 1 ? 1 : count <= 4 ? 2 : count <= 9 ? 3 : count <= 12 ? 4 : count <= 20 ? 5 : 6;
}
