// The gauge and the strip of steps: places in, elements and SVG out.

import { at, digitsOf, ends, isLimit, place } from "./goal.mjs";
import { number } from "../core/words.mjs";
import { put } from "../core/text.mjs";
import { ICONS } from "./markup.mjs";

const PAD = 8;
const FAINTEST = 0.35;
const INSIDE = 0.05; // the ball stays on its track
export const SHOWN = { phone: 20, wall: 40, limit: 10 };

/** The ball in the band; `upright` is a balance, whose scale rises. */
export function drawGauge(root, goal, value) {
  const upright = isLimit(goal);
  if (root.dataset.upright !== String(upright)) forget(root, upright); // of another goal
  const track = root.querySelector(".fb-track");
  const [from, to] = [goal.low, goal.high].map((edge) => at(goal, edge));
  set(track.querySelector(".fb-band"), upright ? { bottom: from, height: to - from } : { left: from, width: to - from });
  const ball = track.querySelector(".fb-ball");
  ball.hidden = !Number.isFinite(value);
  if (ball.hidden) return;
  const part = Math.min(1 - INSIDE, Math.max(INSIDE, at(goal, value)));
  set(ball, upright ? { bottom: part } : { left: part });
  const where = place(goal, value);
  if (ball.dataset.place === where) return;
  ball.dataset.place = where;
  ball.innerHTML = upright && where !== "in" ? ICONS[where === "high" ? "down" : "up"] : "";
}

function forget(root, upright) {
  root.dataset.upright = String(upright);
  for (const one of root.querySelectorAll(".fb-band, .fb-ball")) one.style.cssText = "";
}

function set(element, parts) {
  for (const [name, part] of Object.entries(parts)) element.style[name] = `${(100 * part).toFixed(2)}%`;
}

/** The words of the gauge's ends. */
export function nameEnds(root, goal) {
  const digits = digitsOf(goal);
  const [from, to] = ends(goal).map((value) => number(value, digits));
  const limit = isLimit(goal);
  put(root.querySelector('[data-slot="from"]'), from);
  put(root.querySelector('[data-slot="to"]'), to);
  put(root.querySelector('[data-slot="band"]'), limit ? "" : `target ${number(goal.low, digits)}–${number(goal.high, digits)}`);
}

/** Steps against the band as SVG, the newest at the right: dots, or bars below a limit. */
export function strip(goal, values, side, [width, height], most) {
  if (width < 2 || height < 2) return "";
  const y = (value) => PAD + (1 - at(goal, value)) * (height - 2 * PAD);
  const step = (width - 4 * PAD) / Math.max(1, most - 1);
  const shown = values.slice(-most);
  const x = (i) => width - 2 * PAD - (shown.length - 1 - i) * step;
  const faint = (i) => FAINTEST + (1 - FAINTEST) * ((i + 1 + most - shown.length) / most);
  const marks = isLimit(goal) ? bars({ goal, shown, x, y, step, faint, side, floor: height - PAD / 2 }) : dots({ goal, shown, x, y, faint, side });
  const [top, bottom] = [y(goal.high), y(goal.low)];
  const band = `<rect class="fb-strip-band" x="1" y="${top.toFixed(1)}" width="${width - 2}" height="${(bottom - top).toFixed(1)}" rx="6"/>`;
  const limit = isLimit(goal)
    ? `<line class="fb-limit" x1="0" x2="${width}" y1="${top.toFixed(1)}" y2="${top.toFixed(1)}"/><text class="fb-limit-text" x="2" y="${(top - 8).toFixed(1)}">limit ${number(goal.high, digitsOf(goal))}</text>`
    : "";
  return `<svg viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${said(goal, shown)}">${band}${marks}${limit}</svg>`;
}

function dots({ goal, shown, x, y, faint, side }) {
  return shown
    .map((value, i) => {
      const newest = i === shown.length - 1;
      const kind = place(goal, value) === "in" ? "in" : side || "out";
      return `<circle class="fb-dot${newest ? " newest" : ""}" data-kind="${kind}" cx="${x(i).toFixed(1)}" cy="${y(value).toFixed(1)}" r="${newest ? 10 : 6}" opacity="${newest ? 1 : faint(i).toFixed(2)}"/>`;
    })
    .join("");
}

function bars({ goal, shown, x, y, step, faint, side, floor }) {
  const wide = Math.max(4, 0.65 * step);
  return shown
    .map((value, i) => {
      const [top, kind] = [y(value), place(goal, value) === "high" ? "over" : side || "in"];
      return `<rect class="fb-step" data-kind="${kind}" x="${(x(i) - wide / 2).toFixed(1)}" y="${top.toFixed(1)}" width="${wide.toFixed(1)}" height="${Math.max(1, floor - top).toFixed(1)}" rx="2" opacity="${faint(i).toFixed(2)}"/>`;
    })
    .join("");
}

function said(goal, shown) {
  const inside = shown.filter((value) => place(goal, value) === "in").length;
  return shown.length ? `${inside} of the last ${shown.length} steps in target` : "No steps yet";
}
