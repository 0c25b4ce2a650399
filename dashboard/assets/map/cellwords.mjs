// What is said of one cell, from its measured value and its layout, never from the smoothed picture; which cell lies at
// a place of the picture; and which one is next in a direction.

import { nameOf, number } from "../core/words.mjs";

const STEEP = 1.7; // a step goes at most so much aside as it goes on

/** Name, number and value of a cell, and what is known of it, a line each: `{title, facts}`. A cell without a value is dead. */
export function cellWords(sensor, cell, value, shownAs) {
  const { factor, unit, digits } = shownAs(sensor.unit);
  const least = value >= sensor.saturation[cell] ? "≥ " : "";
  const said = Number.isNaN(value) ? "no value, left out of every number" : `${least}${number(value * factor, digits)} ${unit}`;
  const size = [areaOf(sensor, cell), rowOf(sensor, cell)].filter(Boolean).join(", ");
  const facts = [size, placeOf(sensor, cell)].filter(Boolean);
  return { title: `${nameOf(sensor)}, ${calledAs(sensor, cell)}: ${said}`, facts };
}

function calledAs({ picture, cols, layout }, cell) {
  if (!picture) return `row ${Math.floor(cell / cols)}, column ${cell % cols}`;
  const name = layout.geometry?.names?.[cell];
  return name && !/^cell \d+$/.test(name) ? `cell ${cell + 1}, ${name}` : `cell ${cell + 1}`;
}

function areaOf({ layout: { area_cm2: area } }, cell) {
  const own = Array.isArray(area) ? area[cell] : area;
  return own ? `${number(own, 2)} cm²` : null;
}

function rowOf({ picture }, cell) {
  const rows = picture?.rows ?? [];
  return rows.length ? `row ${rows[cell]} of ${rows.at(-1)}` : null;
}

function placeOf(sensor, cell) {
  const place = sensor.placeOf(cell);
  if (place) return `x ${number(place[0], 1)}, y ${number(place[1], 1)} mm`;
  if (!sensor.picture) return null; // a grid without a pitch: row and column are its place
  return sensor.layout.geometry?.places === "relative" ? "length and width not known" : "place not known";
}

/** The number of the cell at a place of the picture; -1 where there is none. */
export function cellAt(sensor, x, y) {
  if (x < 0 || y < 0 || x >= sensor.wide || y >= sensor.high) return -1;
  if (sensor.picture) return sensor.valid.findIndex((exists, cell) => exists && within(sensor.corners(cell), x, y));
  const cell = Math.floor(y) * sensor.cols + Math.floor(x);
  return sensor.valid[cell] ? cell : -1;
}

// How often a ray to the right crosses the outline.
function within(corners, x, y) {
  return corners.reduce((inside, [x0, y0], i) => {
    const [x1, y1] = corners[(i + 1) % corners.length];
    return y0 > y !== y1 > y && x < x0 + ((y - y0) * (x1 - x0)) / (y1 - y0) ? !inside : inside;
  }, false);
}

/** Of `places` [{x, y, …}] the nearest to `from` in a direction [dx, dy]; null where none lies there. */
export function nextPlace(places, from, [dx, dy]) {
  let best = null;
  let least = Infinity;
  for (const place of places) {
    const along = (place.x - from.x) * dx + (place.y - from.y) * dy;
    const aside = Math.abs((place.x - from.x) * dy) + Math.abs((place.y - from.y) * dx);
    if (along <= 1e-6 || aside > STEEP * along) continue;
    const far = along + 2 * aside;
    if (far < least) [best, least] = [place, far];
  }
  return best;
}
