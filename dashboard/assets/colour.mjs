// Colour maps as look-up tables, made from the stops in tokens.css. Up to zero the bed shows; the map fades in over
// the next 10 kPa (or 2.5 % of a scale in counts), so that the edge of contact is visible.

const STEPS = 1024;
const FADE_KPA = 10;
const FADE_PART = 0.025;

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

/** [r, g, b] of "#rrggbb". */
export function rgb(hex) {
  const value = Number.parseInt(hex.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

/** `STEPS` opaque pixels from 0 to `max`: index = value · (STEPS − 1) / max. */
export function pixels(map, max, unit) {
  const id = `${map} ${max} ${unit}`;
  if (!tables.has(id)) tables.set(id, makePixels(map, max, unit));
  return tables.get(id);
}

function makePixels(map, max, unit) {
  const stops = token(`map-${map}`).split(",").map((stop) => rgb(stop.trim()));
  const bed = rgb(token("bed"));
  const fade = unit === "kPa" ? FADE_KPA / max : FADE_PART;
  return Uint32Array.from({ length: STEPS }, (_, i) => {
    const part = i / (STEPS - 1);
    const at = part * (stops.length - 1);
    const low = Math.min(Math.floor(at), stops.length - 2);
    const shown = Math.min(1, part / fade);
    const mix = (c) => {
      const colour = stops[low][c] + (stops[low + 1][c] - stops[low][c]) * (at - low);
      return Math.round(bed[c] + (colour - bed[c]) * shown);
    };
    return 0xff000000 | (mix(2) << 16) | (mix(1) << 8) | mix(0);
  });
}

export const LAST = STEPS - 1;
