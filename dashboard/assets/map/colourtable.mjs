// Colour maps as look-up tables: arithmetic alone, as dashboard/drawing/map_image.py has it; the two share test vectors. Up to
// zero the bed shows; the map fades in over the next 10 kPa (or 2.5 % of a scale in counts), so that the edge of contact
// is visible.

import { BED, FADE, MAPS } from "../core/tables.mjs";

export const STEPS = 1024;

/** `STEPS` colours [r, g, b] of a map from 0 to `max`. */
export function colours(map, max, unit) {
  const stops = MAPS[map].map(rgb);
  const bed = rgb(BED);
  const fade = unit === "kPa" ? FADE.kpa / max : FADE.part;
  return Array.from({ length: STEPS }, (_, i) => {
    const part = i / (STEPS - 1);
    const at = part * (stops.length - 1);
    const low = Math.min(Math.floor(at), stops.length - 2);
    const shown = Math.min(1, part / fade);
    return bed.map((ground, c) => {
      const colour = stops[low][c] + (stops[low + 1][c] - stops[low][c]) * (at - low);
      return Math.round(ground + (colour - ground) * shown);
    });
  });
}

/** [r, g, b] of "#rrggbb". */
function rgb(hex) {
  const value = Number.parseInt(hex.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}
