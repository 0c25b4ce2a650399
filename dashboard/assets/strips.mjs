// The quantities that are drawn as curves, and round numbers for the ends of their ranges.

const STEPS = [1, 1.5, 2, 3, 4, 5, 6, 8, 10];

/** The quantities drawn, for the sensors there are: column, title and how a value becomes what is shown. */
export function quantities(sensors) {
  const calibrated = sensors.some((sensor) => sensor.calibrated);
  const foot = sensors.some((sensor) => sensor.side);
  const length = sensors.some((sensor) => sensor.layout.pitch_mm) ? "mm" : "cells";
  const forceless = calibrated && !sensors.some((sensor) => sensor.columns.includes("total_force_n"));
  return [
    calibrated
      ? { key: "total", title: forceless ? "Pressure sum" : "Total force", unit: forceless ? "kPa" : "N", read: (v) => v }
      : { key: "total", title: "Raw sum", unit: "counts", read: (v) => v },
    { key: "y", title: "CoP front–back", unit: `${length} from ${foot ? "heel" : "back"}`, read: (v, s) => s.fromBack(v) },
    { key: "x", title: "CoP side", unit: `${length} from ${foot ? "inner" : "left"} edge`, read: (v, s) => s.fromInner(v) },
    { key: "peak", title: calibrated ? "Peak pressure" : "Raw peak", unit: calibrated ? "kPa" : "counts", read: (v) => v },
  ];
}

/** The next round number that holds a value. */
export function roundUp(value) {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return STEPS.map((step) => step * power).find((round) => round >= value * 0.999999);
}
