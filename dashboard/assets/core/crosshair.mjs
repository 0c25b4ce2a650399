// Reads charts: a crosshair at the pointer, or where the arrow keys of a chart with the focus went, with the values that
// the server wrote (dashboard/drawing/crosshair.py). A chart is an SVG with `data-reads`; each of its plots has a group
// with `data-crosshair`: places across and up in units of the drawing, and words. Escape and leaving it take it away.

import { goalOf, nearest, wide, wordsAt } from "./chartplaces.mjs";

const SVG = "http://www.w3.org/2000/svg";
const MARGIN = 12;

/** @type {?{chart: SVGSVGElement, plot: Element, place: number, mark: SVGGElement}} */
let shown = null;
/** @type {?{chart: SVGSVGElement, plot: number, place: number}} */
let held = null; // where the keys of the chart that has the focus are
const label = Object.assign(document.createElement("div"), { className: "popover crosshair-label floating" });
label.setAttribute("role", "status");

const plotsOf = (chart) => [...chart.querySelectorAll("[data-crosshair]")];
const read = (plot) => wide(JSON.parse(plot.dataset.crosshair), plot.ownerSVGElement.clientWidth);
const chartOf = (target) => target.closest?.("svg[data-reads]");
// A layer over a chart, by which something else is moved, has its pointer and none of its keys.
const chartUnder = (target) => target.closest?.("[data-over]")?.parentElement.querySelector("svg[data-reads]");

/**
 * A pointer's place in units of the drawing.
 * @returns {[number, number]}
 */
function placeOf(chart, { clientX, clientY }) {
  const into = chart.getScreenCTM().inverse();
  const point = new DOMPoint(clientX, clientY).matrixTransform(into);
  return [point.x, point.y];
}

/** The plot that a point lies in; null beside all of them. */
function plotAt(chart, [x, y]) {
  return plotsOf(chart).find((plot) => {
    const [left, top, width, height] = read(plot).box;
    return x >= left - MARGIN && x <= left + width + MARGIN && y >= top - MARGIN && y <= top + height + MARGIN;
  });
}

function show(chart, plot, place) {
  const said = read(plot);
  const { head, lines } = wordsAt(said, place);
  hide();
  const [, top, , height] = said.box;
  const x = said.at[place];
  const mark = document.createElementNS(SVG, "g");
  const { a, d } = chart.getScreenCTM(); // a drawing that is drawn out to its place still has round marks
  mark.classList.add("crosshair");
  if (said.x.length) mark.append(shape("line", { x1: x, x2: x, y1: top, y2: top + height }));
  for (const line of said.lines) {
    if (line.at[place] !== null) mark.append(shape("ellipse", { cx: x, cy: line.at[place], rx: (4 * d) / a, ry: 4, fill: line.colour }));
  }
  chart.append(mark);
  label.replaceChildren(...(head ? [element("b", head)] : []), ...lines.map(row));
  document.body.append(label);
  shown = { chart, plot, place, mark };
  if (chart === document.activeElement) held = { chart, plot: plotsOf(chart).indexOf(plot), place };
  lay(chart, x, top);
}

function shape(name, attributes) {
  const one = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) one.setAttribute(key, value);
  return one;
}

function element(name, text) {
  return Object.assign(document.createElement(name), { textContent: text });
}

function row([colour, name, value]) {
  const one = document.createElement("span");
  const swatch = element("i", "");
  swatch.style.background = colour;
  one.append(swatch, ...(name ? [element("span", name)] : []), element("b", value));
  return one;
}

// Beside the place, on the side where there is room, in the upper part of the plot.
function lay(chart, x, top) {
  const at = new DOMPoint(x, top).matrixTransform(chart.getScreenCTM());
  const right = at.x + MARGIN + label.offsetWidth < document.documentElement.clientWidth;
  label.style.left = `${right ? at.x + MARGIN : Math.max(4, at.x - MARGIN - label.offsetWidth)}px`;
  label.style.top = `${Math.max(4, Math.min(at.y, window.innerHeight - label.offsetHeight - 4))}px`;
}

function hide() {
  shown?.mark.remove();
  label.remove();
  shown = null;
}

function leave() {
  hide();
  held = null;
}

function follow(event) {
  const chart = chartOf(event.target) ?? chartUnder(event.target);
  if (!chart) return shown && shown.chart !== document.activeElement ? hide() : undefined;
  const point = placeOf(chart, event);
  const plot = plotAt(chart, point);
  if (plot) show(chart, plot, nearest(read(plot), point));
}

function step(event) {
  const chart = chartOf(event.target);
  if (!chart || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape" && shown) return taken(event, leave);
  const plots = plotsOf(chart);
  const mine = shown?.chart === chart ? shown : null;
  const at = mine ? plots.indexOf(mine.plot) : 0;
  if (["ArrowUp", "ArrowDown"].includes(event.key)) {
    const next = plots[at + (event.key === "ArrowDown" ? 1 : -1)];
    return next && taken(event, () => show(chart, next, Math.min(mine?.place ?? 0, read(next).at.length - 1)));
  }
  const goal = goalOf(event, mine?.place ?? null, read(plots[at]).at.length - 1);
  if (goal !== null) taken(event, () => show(chart, plots[at], goal));
}

function taken(event, act) {
  event.preventDefault();
  act();
}

document.addEventListener("pointermove", follow);
document.addEventListener("pointerdown", follow);
document.addEventListener("keydown", step);
// A chart that is drawn anew and has the focus again is read where it was.
function again() {
  if (shown && !shown.mark.isConnected) hide();
  const chart = chartOf(document.activeElement ?? document.body);
  if (!held || !chart) return;
  const plot = plotsOf(chart)[held.plot];
  if (plot) show(chart, plot, Math.min(held.place, read(plot).at.length - 1));
}

// A chart that has the focus came into view by it, and is still read; a pointer is elsewhere after a scroll.
function scrolled() {
  if (!shown) return;
  if (shown.chart !== document.activeElement) return hide();
  const { box, at } = read(shown.plot);
  lay(shown.chart, at[shown.place], box[1]);
}

document.addEventListener("focusout", ({ target }) => shown?.chart === target && hide()); // also when it is taken out
document.addEventListener("focusin", ({ target }) => {
  if (held && held.chart !== target && (held.chart.isConnected || !chartOf(target))) held = null;
});
document.addEventListener("drawn", () => queueMicrotask(again));
document.addEventListener("scroll", scrolled, { capture: true, passive: true });
