// The table of values at the cursor: cells with data-value and data-stream, in the viewer's units.

import { number } from "../core/words.mjs";

/** Write the values of a sensor's frame, whose `stats` are its columns; – without a frame. */
export function writeValues(root, sensor, stats, shownAs) {
  const value = (quantity) => stats?.[sensor.columns.indexOf(sensor.column(quantity))] ?? NaN;
  const load = (quantity, unit) => {
    const { factor, digits } = shownAs(sensor.unit === "counts" ? "counts" : unit);
    return number(value(quantity) * factor, digits);
  };
  const shown = {
    total: load("total", sensor.columns.includes("total_force_n") ? "N" : "kPa"),
    peak: load("peak", sensor.unit),
    area: number(value("area")),
    y: number(sensor.fromBack(value("y"))),
    x: number(sensor.fromInner(value("x"))),
  };
  for (const cell of root.querySelectorAll(`[data-value][data-stream="${CSS.escape(sensor.stream)}"]`)) {
    cell.textContent = shown[cell.dataset.value];
  }
}
