// What stands around curves: titles, ranges, grid, time, gaps, markers, thresholds. Plain drawing: a context, a plot
// {x, width, start, end} in CSS pixels and µs, and what to draw.

import { token } from "../map/colour.mjs";
import { digitsOf, ticks } from "./strips.mjs";
import { behind as far, elapsed, number } from "../core/words.mjs";

const TITLE_TOP = 15;
const END_PX = 60; // of the label at the right end
export const TITLE = 24;

export const toX = (plot, time) => plot.x + ((time - plot.start) / (plot.end - plot.start)) * plot.width;

const font = (context, weight, size) => (context.font = `${weight} ${size}px ${token("font")}`);

/** Title, unit, ticks and grid of one strip; `shown` {unit, factor, digits} is what values are turned into. */
export function frame(context, plot, { title, shown }, { top, bottom }, most, low = 0) {
  context.textAlign = "left";
  font(context, 600, 12);
  context.fillStyle = token("text-2");
  context.fillText(title, plot.x, top - 9);
  const after = plot.x + context.measureText(title).width + 6;
  font(context, 400, 12);
  context.fillStyle = token("text-3");
  context.fillText(shown.unit, after, top - 9);
  const end = after + context.measureText(shown.unit).width + 14;
  context.textAlign = "right";
  context.strokeStyle = token("line");
  context.lineWidth = 1;
  const values = ticks(low * shown.factor, most * shown.factor, bottom - top > 60 ? 3 : 2);
  font(context, 400, 11);
  for (const value of values) {
    const y = Math.round(bottom - ((value / shown.factor - low) / (most - low || 1)) * (bottom - top)) + 0.5;
    line(context, plot.x, y, plot.x + plot.width, y);
    context.fillText(number(value, digitsOf(values)), plot.x - 8, y + 4);
  }
  return end;
}

function line(context, x0, y0, x1, y1) {
  context.beginPath();
  context.moveTo(x0, y0);
  context.lineTo(x1, y1);
  context.stroke();
}

/** A dashed line at a threshold, named beside the title (at `x`). */
export function threshold(context, plot, { top, bottom }, most, { above, words }, x, low = 0) {
  const y = bottom - ((above - low) / (most - low)) * (bottom - top);
  context.save();
  context.strokeStyle = context.fillStyle = token("alarm");
  context.lineWidth = 1.25;
  context.setLineDash([5, 4]);
  if (y >= top) line(context, plot.x, y, plot.x + plot.width, y);
  line(context, x, top - 13, x + 16, top - 13);
  context.restore();
  font(context, 400, 11);
  context.fillStyle = token("alarm");
  context.textAlign = "left";
  context.fillText(words, x + 22, top - 9);
}

/** Slanted lines in a rectangle, so many px apart. */
export function stripes(context, { left, right, top, bottom }, apart, colour) {
  context.save();
  context.beginPath();
  context.rect(left, top, right - left, bottom - top);
  context.clip();
  context.strokeStyle = colour;
  context.lineWidth = 1;
  context.beginPath();
  for (let x = left - bottom; x < right; x += apart) {
    context.moveTo(x, bottom);
    context.lineTo(x + bottom, 0);
  }
  context.stroke();
  context.restore();
}

/** A span without data, hatched in each strip, whose titles stay legible, with a word above it. */
export function hatch(context, plot, start, stop, areas, label) {
  const left = Math.max(plot.x, toX(plot, start));
  const right = Math.min(plot.x + plot.width, toX(plot, stop));
  if (right - left < 1) return;
  for (const { top, bottom } of areas) stripes(context, { left, right, top, bottom }, 6, token("line-2"));
  // At the right end, or right of the middle, the word ends where the span does: titles stand at the left.
  const late = left > plot.x + plot.width / 2 || right >= plot.x + plot.width - 1;
  font(context, 400, 11);
  context.fillStyle = token("text-3");
  context.textAlign = late ? "right" : "left";
  context.fillText(label, late ? right : left, TITLE_TOP);
}

/** A dotted line through all strips, and its flag at the top. */
export function marker(context, plot, { t_us: time, label }, bottom) {
  const x = toX(plot, time);
  if (x < plot.x || x > plot.x + plot.width) return;
  context.strokeStyle = token("text-2");
  context.lineWidth = 1;
  context.setLineDash([2, 3]);
  line(context, x, 4, x, bottom);
  context.setLineDash([]);
  font(context, 600, 11);
  const width = context.measureText(label).width + 12;
  const left = Math.min(x, plot.x + plot.width - width);
  context.textAlign = "left";
  context.fillStyle = token("surface-3");
  context.fillRect(left, 2, width, 16);
  context.fillStyle = token("text");
  context.fillText(label, left + 6, 14);
}

const axisFont = (context) => {
  font(context, 400, 11);
  context.fillStyle = token("text-3");
  context.textAlign = "center";
};

/** Seconds back from the right end, or from live when that is `behind` seconds later. */
export function backAxis(context, plot, y, seconds, behind) {
  axisFont(context);
  const all = behind === null ? nowTicks(seconds, plot.width) : behindTicks(seconds, plot.width, behind);
  for (const [back, words] of all) {
    context.fillText(words, plot.x + plot.width * (1 - back / seconds), y + 18);
  }
}

/** @returns {[number, string][]} */
function nowTicks(seconds, width) {
  const step = stepOf(seconds, width);
  return Array.from({ length: Math.floor(seconds / step) + 1 }, (_, i) => [i * step, nowLabel(i * step, seconds)]);
}

/**
 * [seconds back from the right end, words]: the right end as the heading says it, before it whole steps of distance.
 * @returns {[number, string][]}
 */
export function behindTicks(seconds, width, behind) {
  const step = stepOf(seconds, width);
  const room = (END_PX * seconds) / width;
  /** @type {[number, string][]} */
  const found = [[0, far(behind)]];
  for (let at = Math.ceil(behind / step) * step; at - behind <= seconds; at += step) {
    if (at - behind >= room) found.push([at - behind, `−${elapsed(at)}`]);
  }
  return found;
}

function stepOf(seconds, width) {
  const step = { 10: 1, 30: 5, 60: 10 }[seconds] ?? seconds / 6;
  return width < 420 ? step * 2 : step;
}

function nowLabel(s, seconds) {
  if (s === 0) return "now";
  return s === seconds ? `−${s} s` : `−${s}`;
}

/** Time since the start of a session, and the playhead in it. */
export function pastAxis(context, plot, y, { at, zero }) {
  axisFont(context);
  const first = Math.ceil((plot.start - zero) / 1e6);
  const step = plot.width < 420 ? 2 : 1;
  for (let s = first + (first % step); zero + s * 1e6 <= plot.end; s += step) {
    context.fillText(s < 0 ? "" : elapsed(s), toX(plot, zero + s * 1e6), y + 18);
  }
  context.fillStyle = token("accent");
  context.fillRect(toX(plot, at) - 1, 6, 2, y - 6);
}
