// What is said under a map: what its picture does not know, and where so much of a sole has no value that its total force
// and centre of pressure are not given (analytics/frames/sole.py).

import { SOLE } from "../core/tables.mjs";
import { put } from "../core/text.mjs";
import { nameOf, number } from "../core/words.mjs";

/** The area of cells without a value, cm². */
function deadArea({ valid, layout: { area_cm2: area } }, values) {
  let sum = 0;
  for (let i = 0; i < valid.length; i++) if (valid[i] && Number.isNaN(values[i])) sum += Array.isArray(area) ? area[i] : area;
  return sum;
}

/** Whether total force and centre of a sensor are not given of these values; never where its sole's area is not known. */
export function withheld(sensor, values) {
  const { sole_cm2: sole } = sensor.layout;
  return Boolean(sole) && deadArea(sensor, values) > SOLE.dead * sole;
}

/** Why, in words; null where they are given. */
export function withheldWords(sensor, values) {
  if (!withheld(sensor, values)) return null;
  const share = number((100 * deadArea(sensor, values)) / sensor.layout.sole_cm2, 1);
  const most = number(100 * SOLE.dead);
  return `${nameOf(sensor)}: cells without a value are ${share} % of the sole, more than ${most} %: total force and centre of pressure are not given.`;
}

export class UnderMap {
  constructor(line, map) {
    this.line = line;
    this.map = map;
  }

  /** Say it of what the map shows now. */
  write() {
    const { sensors } = this.map;
    const notes = new Set(sensors.map(({ picture }) => picture?.note).filter(Boolean));
    const lost = sensors.map((sensor) => withheldWords(sensor, this.map.values(sensor.stream) ?? [])).filter(Boolean);
    put(this.line, [...lost, ...notes].join(" "));
    this.line.hidden = !this.line.textContent;
  }
}
