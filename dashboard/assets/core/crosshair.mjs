// Reads charts: a crosshair at the pointer, or where the arrow keys of a chart with the focus went, with the values that
// the server wrote (dashboard/drawing/crosshair.py). A chart is an SVG with `data-reads`; each of its plots has a group
// with `data-crosshair`: places across and up in units of the drawing, and words. Escape and leaving it take it away.

import { goalOf, nearest, wordsAt } from "./chartplaces.mjs";

const SVG = "http://www.w3.org/2000/svg";
const MARGIN = 12;

/** @type {?{chart: SVGSVGElement, plot: Element, place: number, mark: SVGGElement}} */
let shown = null;
const label = Object.assign(document.createElement("div"), { className: "popover crosshair-label floating" });
label.setAttribute("role", "status");

const read = (plot) => JSON.parse(plot.dataset.crosshair);
const chartOf = (target) => target.closest?.("svg[data-reads]");

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
  return [...chart.querySelectorAll("[data-crosshair]")].find((plot) => {
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
  mark.classList.add("crosshair");
  if (said.x.length) mark.append(shape("line", { x1: x, x2: x, y1: top, y2: top + height }));
  for (const line of said.lines) {
    if (line.at[place] !== null) mark.append(shape("circle", { cx: x, cy: line.at[place], r: 4, fill: line.colour }));
  }
  chart.append(mark);
  label.replaceChildren(...(head ? [element("b", head)] : []), ...lines.map(row));
  document.body.append(label);
  shown = { chart, plot, place, mark };
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

function follow(event) {
  const chart = chartOf(event.target);
  if (!chart) return shown && shown.chart !== document.activeElement ? hide() : undefined;
  const point = placeOf(chart, event);
  const plot = plotAt(chart, point);
  if (plot) show(chart, plot, nearest(read(plot), point));
}

function step(event) {
  const chart = chartOf(event.target);
  if (!chart || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape" && shown) return taken(event, hide);
  const plots = [...chart.querySelectorAll("[data-crosshair]")];
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
document.addEventListener("focusout", (event) => shown?.chart === event.target && hide());
document.addEventListener("scroll", () => shown && hide(), { capture: true, passive: true });
