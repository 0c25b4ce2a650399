// What the numbers of a file would mean: a card for each unit with the peak in kPa, and a foot's picture both ways round.

import { KPA_PER_UNIT } from "../core/tables.mjs";
import { number } from "../core/words.mjs";

/** Units of pressure that are asked for, as the server takes them; "raw" is counts. */
export const UNITS = [["N/cm2", "N/cm²"], ["kPa", "kPa"], ["psi", "psi"], ["mmHg", "mmHg"], ["raw", "counts"]];
export const WALKING = "a walking forefoot peaks at 150 to 600 kPa";
const VERDICTS = [[10, "far too low"], [50, "very low"], [150, "possible"], [600, "fits"], [1500, "possible"], [Infinity, "far too high"]];

/** How a peak in kPa suits a walking foot. */
export function verdict(kpa) {
  return String(VERDICTS.find(([below]) => kpa <= Number(below))?.[1]);
}

/** What a unit makes of the largest number of a file: its kPa and how they suit, or that counts have none. */
export function meant(unit, peak) {
  if (unit === "raw") return ["no N, no kPa", ""];
  const kpa = peak * KPA_PER_UNIT[unit];
  const digits = kpa < 10 ? 2 : kpa < 100 ? 1 : 0;
  return [`peak would be ${number(kpa, digits)} kPa`, verdict(kpa)];
}

/** A card for each unit; `chosen` is what was answered before. */
export function unitCards(peak, chosen = "") {
  const known = Number.isFinite(peak);
  const cards = UNITS.map(([unit, name]) => {
    const [value, suits] = known ? meant(unit, peak) : ["", ""];
    const words = suits ? `<span class="${suits === "fits" ? "import-fits" : ""}">${suits}</span>` : "";
    return `<label class="import-card"><input type="radio" name="unit" value="${unit}" required ${unit === chosen ? "checked" : ""}>
      <b>${name}</b><span>${value}</span>${words}</label>`;
  });
  const note = known ? `largest ${number(peak, peak < 100 ? 1 : 0)}; ${WALKING}` : "";
  return `<fieldset class="import-cards"><legend>What unit are the numbers in? <small>${note}</small></legend>${cards.join("")}</fieldset>`;
}

const SIDES = [["left", "L", "big toe on the right of the picture"], ["right", "R", "big toe on the left of the picture"]];

/** Left or right, each with the picture of the file's largest values if there is one. */
export function sideCards(picture, chosen = "") {
  const cards = SIDES.map(([side, letter, toe]) => `<label class="import-card">
    <input type="radio" name="side" value="${side}" required ${side === chosen ? "checked" : ""}>
    <b class="import-${side}">${letter} ${side}</b>${picture ? `<canvas data-picture></canvas><span>${toe}</span>` : ""}</label>`);
  const note = picture ? "its largest values, as the file has them" : "";
  return `<fieldset class="import-cards"><legend>Which foot is this? <small>${note}</small></legend>${cards.join("")}</fieldset>`;
}
