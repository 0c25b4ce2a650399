// Columns of choice (dashboard/feed/columns.py): rolling statistics and what a region carries. The server makes them when
// a page asks; here they have their names, and a place beside the columns that come with every frame.

import { FOOT, METRICS, QUANTITIES, REGIONS, STATISTICS } from "../core/tables.mjs";

const OVER = {
  mean: "mean of 1 s",
  ewma: "EWMA, τ 1 s",
  sd: "SD of 1 s",
  min: "lowest of 1 s",
  max: "highest of 1 s",
  rms: "RMS of 1 s",
  rate: "rate of change",
};
const SHORT = { mean: "mean", ewma: "EWMA", sd: "SD", min: "lowest", max: "highest", rms: "RMS", rate: "rate" };
export const NAMES = { total: "Total", peak: "Peak", area: "Area", contact: "Contact" }; // where there is little room
const OF_PLACES = ["mean", "ewma", "sd"]; // of a place the others say nothing, or hang on where its axis begins
const WAYS = { path: "CoP path in 1 s", velocity: "CoP mean velocity of 1 s", impulse: "Impulse of 1 s" };
const statisticsOf = (quantity) => (quantity === "x" || quantity === "y" ? OF_PLACES : STATISTICS);

/** Every key that there can be, whatever the sensors are. */
export const KEYS = [
  ...Object.keys(QUANTITIES).flatMap((quantity) => statisticsOf(quantity).map((statistic) => `${statistic}.${quantity}`)),
  ...Object.keys(WAYS),
  ...Object.keys(REGIONS).flatMap((region) => METRICS.map((metric) => `${region}.${metric}`)),
];
const KNOWN = new Set(KEYS);

export const isColumn = (key) => KNOWN.has(key);

/** The region that a key is of, or null. */
export function regionOf(key) {
  const [first] = key.split(".");
  return isColumn(key) && first in REGIONS ? first : null;
}

/** Where a stream has a quantity: the ring, and the name of the column in it. */
export function seriesOf({ sensor, ring, extra }, key) {
  const own = extra?.get(key);
  return own ? { ring: own, name: key } : { ring, name: isColumn(key) ? undefined : sensor.column(key) };
}

/** Strips of the columns of choice: `plain` are those of every frame, by key. */
export function columnsOf(plain, sensors) {
  const found = [];
  for (const [quantity, strip] of plain) {
    for (const statistic of statisticsOf(quantity)) found.push(rolled(statistic, strip));
  }
  const { total, x, area, peak } = Object.fromEntries(plain);
  const length = x?.unit.split(" ")[0];
  const way = (key, unit) => ({ key, title: WAYS[key], unit, group: "Rolling", read: (v) => v });
  if (x) found.push(way("path", length), way("velocity", `${length}/s`));
  if (total) found.push(way("impulse", total.unit === "N" ? "N·s" : `${total.unit}·s`));
  const metrics = { peak, total, mean: peak && { ...peak, title: peak.title.replace("Peak pressure", "Mean pressure").replace("Raw peak", "Raw mean") }, area };
  for (const region of Object.keys(REGIONS).filter((name) => sensors.some((sensor) => sensor.regions.includes(name)))) {
    for (const metric of METRICS) if (metrics[metric]) found.push(regional(region, metric, metrics[metric]));
  }
  return found;
}

function rolled(statistic, { key, title, unit, read }) {
  const [place, rate] = [key === "x" || key === "y", statistic === "rate"];
  return {
    key: `${statistic}.${key}`,
    title: `${title}, ${OVER[statistic]}`,
    short: `${NAMES[key] ?? title} ${SHORT[statistic]}`,
    unit: rate ? `${unit}/s` : place && statistic === "sd" ? unit.split(" ")[0] : unit,
    group: "Rolling",
    signed: rate,
    read: place && statistic === "sd" ? (v) => v : read,
  };
}

function regional(region, metric, { title, unit }) {
  return {
    key: `${region}.${metric}`,
    title: `${REGIONS[region]}: ${title.toLowerCase()}`,
    short: `${REGIONS[region]} ${metric}`,
    unit,
    // Where a foot's parts are is found in what it pressed, which is not known while it is recorded.
    group: FOOT.includes(region) ? "Regions by proportion" : "Regions",
    read: (v) => v,
  };
}
