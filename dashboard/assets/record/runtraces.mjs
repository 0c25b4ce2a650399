// Curves of the trial that runs, from its start on: the axis of time is as long as the trial, or grows by doubling where
// a trial is stopped by hand; ranges are fixed by the sensor and the athlete's mass, and never change by themselves.

import { TITLE, frame, toX } from "../curves/axes.mjs";
import { available, roundUp } from "../curves/strips.mjs";
import { seriesOf } from "../feed/columns.mjs";
import { token } from "../map/colour.mjs";

const [LEFT, RIGHT, AXIS] = [52, 16, 26];
const FIRST_S = 30;
const G = 9.81;
const MOST_RATIO = 2;

/** How long the axis of time is, s: as long as the trial, or doubled until what has passed fits. */
export function axisS(durationS, passedS) {
  if (durationS) return durationS;
  let length = FIRST_S;
  while (length < passedS) length *= 2;
  return length;
}

/** Which quantities are shown: of a jump the force, of standing where the centre of pressure goes. */
export function keysOf(held) {
  return held?.criteria?.flight_seen || held?.criteria?.steps_whole ? ["total", "peak"] : ["y", "x", "total"];
}

/** Upper ends of ranges: three body weights where one jumps, else 1.2 of them. */
export function topsOf(held, massKg, lines) {
  const extent = (axis) => roundUp(Math.max(1, ...lines.map(({ sensor }) => (axis ? sensor.high : sensor.wide) * sensor.pitch[axis])));
  const weights = held?.criteria?.flight_seen || held?.criteria?.steps_whole ? 3 : 1.2;
  return { x: extent(0), y: extent(1), ...(massKg ? { total: roundUp(weights * massKg * G) } : {}) };
}

export class RunTraces {
  #tops = new Map();

  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    this.shownAs = (unit) => ({ unit, factor: 1, digits: 0 });
  }

  /** Another trial, or another sensor: ranges begin anew. */
  begin(lines, held, massKg) {
    const known = available(lines.map(({ sensor }) => sensor));
    this.lines = lines;
    this.strips = keysOf(held).filter((key) => known.has(key)).map((key) => known.get(key));
    this.#tops = new Map(Object.entries(topsOf(held, massKg, lines)));
  }

  /** There is no trial yet, and what was drawn is of another one. */
  clear() {
    const { width, height } = this.canvas;
    this.context.setTransform(1, 0, 0, 1, 0, 0);
    this.context.clearRect(0, 0, width, height);
  }

  /** Draw from the start, µs, until `stopUs`, over an axis of so many seconds. */
  draw(startUs, stopUs, seconds) {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    if (!width || !height || !this.strips?.length) return;
    const ratio = Math.min(devicePixelRatio || 1, MOST_RATIO);
    const size = [Math.round(width * ratio), Math.round(height * ratio)];
    if (this.canvas.width !== size[0] || this.canvas.height !== size[1]) [this.canvas.width, this.canvas.height] = size;
    const { context } = this;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    const plot = { x: LEFT, width: width - LEFT - RIGHT, start: startUs, end: startUs + seconds * 1e6 };
    const share = (height - AXIS) / this.strips.length;
    this.strips.forEach((strip, i) => this.#strip(plot, strip, { top: i * share + TITLE, bottom: (i + 1) * share - 8 }, stopUs));
    this.#now(plot, stopUs, height);
  }

  #strip(plot, strip, area, stopUs) {
    const most = this.#most(strip, plot.start, stopUs);
    const low = strip.signed ? -most : 0;
    frame(this.context, plot, { title: strip.title, shown: this.shownAs(strip.unit) }, area, most, low);
    for (const line of this.lines) this.#line(plot, line, strip, area, { most, low, stopUs });
  }

  // A range that is not known beforehand grows by round steps, and only then.
  #most(strip, startUs, stopUs) {
    let most = this.#tops.get(strip.key) ?? 1;
    for (const line of this.lines) {
      for (const { value } of samples(line, strip, startUs, stopUs)) if (Math.abs(value) > most) most = roundUp(Math.abs(value));
    }
    this.#tops.set(strip.key, most);
    return most;
  }

  #line(plot, line, strip, { top, bottom }, { most, low, stopUs }) {
    const { context } = this;
    const longest = 5 * (line.ring.interval() || 1e6);
    context.strokeStyle = token(line.sensor.side ?? "text");
    context.lineWidth = 1.5;
    context.lineJoin = "bevel";
    context.beginPath();
    let before = -Infinity;
    for (const { time, value } of samples(line, strip, plot.start, stopUs)) {
      const [x, y] = [toX(plot, time), bottom - ((value - low) / (most - low)) * (bottom - top)];
      if (time - before > longest) context.moveTo(x, y);
      else context.lineTo(x, y);
      before = time;
    }
    context.stroke();
  }

  #now(plot, stopUs, height) {
    const { context } = this;
    context.font = `400 11px ${token("font")}`;
    context.fillStyle = token("text-3");
    const seconds = (plot.end - plot.start) / 1e6;
    const step = [1, 2, 5, 10, 20, 60, 120, 300, 600].find((one) => seconds / one <= 8) ?? 1200;
    for (let at = 0; at <= seconds + 1e-6; at += step) {
      context.textAlign = at + step > seconds ? "right" : at ? "center" : "left";
      context.fillText(at + step > seconds ? `${at} s` : String(at), toX(plot, plot.start + at * 1e6), height - 8);
    }
    context.fillStyle = token("accent");
    context.fillRect(Math.min(toX(plot, stopUs), plot.x + plot.width) - 1, 6, 2, height - AXIS - 6);
  }
}

function* samples(line, strip, startUs, stopUs) {
  const { ring, name } = seriesOf(line, strip.key);
  const column = ring.values[ring.index.get(name)];
  for (let i = column ? ring.countBefore(startUs) : ring.size; i < ring.size; i++) {
    const at = ring.slot(i);
    if (ring.times[at] > stopUs) return;
    const value = strip.read(column[at], line.sensor);
    if (!Number.isNaN(value)) yield { time: ring.times[at], value };
  }
}
