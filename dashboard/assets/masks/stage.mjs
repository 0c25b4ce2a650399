// The drawing of masks: cells in the colours of their masks, borders, numbers, the foot's axis, and the points of the
// chosen border, which are dragged. It shows a model and tells what the pointer does; it changes nothing by itself.

import { token } from "../map/colour.mjs";
import { colours, STEPS } from "../map/colourtable.mjs";
import { distance } from "./mesh.mjs";
import { bordersOf, cornersOf } from "./borders.mjs";
import { shaded, sizeOf } from "./facts.mjs";
import { NONE } from "./maskmap.mjs";

const SVG = "http://www.w3.org/2000/svg";
const ROOM = 0.06; // of the height around the cells
const LABEL_PX = 15;
const POINT_PX = 6;
const GRIP_PX = 14; // how far from a point a press still takes it
const NEAR_PX = 9; // the same of a border

export class Stage {
  shows = { pressure: false, cells: true, axis: true };

  constructor(root, facts, model) {
    this.root = root;
    this.facts = facts;
    this.model = model;
    const [wide, high] = sizeOf(facts.sensor);
    const room = ROOM * high;
    this.svg = document.createElementNS(SVG, "svg");
    this.svg.setAttribute("viewBox", `${-room} ${-room} ${wide + 2 * room} ${high + 2 * room}`);
    this.svg.setAttribute("aria-hidden", "true");
    this.highest = Math.max(1e-9, ...facts.peak.filter(Number.isFinite));
    this.groups = Object.fromEntries(["cells", "lines", "axis", "numbers", "points"].map((name) => [name, this.#group(name)]));
    this.cells = model.mesh.shapes.map((shape) => (shape.length ? this.#cell(shape) : null));
    root.replaceChildren(this.svg);
  }

  #group(name) {
    const made = document.createElementNS(SVG, "g");
    made.setAttribute("class", `mask-${name}`);
    return this.svg.appendChild(made);
  }

  #cell(shape) {
    const made = document.createElementNS(SVG, "path");
    made.setAttribute("d", pathOf(shape, true));
    return this.groups.cells.appendChild(made);
  }

  /** CSS pixels of one unit of the picture. */
  get scale() {
    return this.svg.getScreenCTM()?.a || 1;
  }

  /** Where a pointer is, in the picture. */
  place({ clientX, clientY }) {
    const matrix = this.svg.getScreenCTM();
    if (!matrix) return [NaN, NaN];
    return [(clientX - matrix.e) / matrix.a, (clientY - matrix.f) / matrix.d];
  }

  draw() {
    const { map } = this.model;
    const table = this.shows.pressure ? colours("viridis", this.highest, this.facts.unit) : null;
    this.cells.forEach((path, cell) => path?.setAttribute("fill", this.#fill(map, cell, table)));
    this.groups.cells.classList.toggle("bare", !this.shows.cells);
    this.groups.lines.innerHTML = this.#lines(map);
    this.groups.numbers.innerHTML = map.used.map((mask) => this.#number(mask)).join("");
    this.groups.axis.innerHTML = this.shows.axis || this.model.tool === "a" ? this.#axis() : "";
    this.groups.points.innerHTML = this.#points();
  }

  #fill(map, cell, table) {
    const [mask, value] = [map.of[cell], this.facts.peak[cell]];
    if (table) {
      const at = Math.round((Math.max(0, value || 0) / this.highest) * (STEPS - 1));
      return `rgb(${table[at].map(Math.round).join(" ")})`;
    }
    if (mask === NONE) return token(map.loaded[cell] ? "bed-line" : "bed");
    return shaded(token(`mask-${mask + 1}`), value / this.highest);
  }

  // Every seam between two masks, that of the chosen mask brighter, and the chosen border above all.
  #lines(map) {
    const { mesh, mask } = this.model;
    /** @type {number[][][]} */
    const [others, own] = [[], []];
    for (const { cells: [one, other], ends } of mesh.seams) {
      const [a, b] = [map.of[one], other < 0 ? NONE : map.of[other]];
      if (a !== b) (a === mask || b === mask ? own : others).push(ends);
    }
    const lines = (list) => list.map(([from, to]) => pathOf([mesh.points[from], mesh.points[to]])).join("");
    return `<path class="line" d="${lines(others)}"/><path class="line own" d="${lines(own)}"/>
      <path class="line chosen" d="${this.model.line?.lines.map((line) => pathOf(line)).join("") ?? ""}"/>`;
  }

  #number(mask) {
    const spot = nearestTo(this.model, mask);
    const size = LABEL_PX / this.scale;
    return `<text x="${spot[0]}" y="${spot[1] + size * 0.35}" font-size="${size}" stroke-width="${3 / this.scale}">${mask + 1}</text>`;
  }

  #axis() {
    const { axis } = this.model;
    if (!axis) return "";
    const size = 11 / this.scale;
    const across = axis.across.map(({ share, ends: [from, to] }) => `<path class="across" d="${pathOf([from, to])}"/>
      <text x="${Math.min(from[0], to[0])}" y="${(from[0] < to[0] ? from : to)[1] - size / 2}" font-size="${size}"
        stroke-width="${3 / this.scale}">${share} %</text>`);
    return `<path class="along" d="${pathOf([axis.heel, axis.toe])}"/>${across.join("")}`;
  }

  #points() {
    const { model } = this;
    const radius = POINT_PX / this.scale;
    const dot = ([x, y], kind = "") => `<circle class="${kind}" cx="${x}" cy="${y}" r="${radius}"/>`;
    if (model.tool === "p") return `<path class="cursor" d="${pathOf(model.mesh.shapes[model.cell], true)}"/>`;
    if (model.tool === "a" && model.axis) {
      return ["heel", "toe"].map((end) => dot(model.axis?.[end], end === model.end ? "chosen" : "")).join("");
    }
    if (model.tool !== "b" || !model.line) return "";
    return model.line.lines.map((line) => cornersOf(line, model.mesh.step).map((at) => dot(line[at])).join("")).join("");
  }

  /** The end of the axis at a place; null where there is none. */
  endAt(place) {
    const { axis } = this.model;
    return axis && ["heel", "toe"].find((end) => distance(axis[end], place) < GRIP_PX / this.scale);
  }

  /** The point of the chosen border at a place: {line, corner}; null where there is none. */
  pointAt(place) {
    /** @type {?{line: number, corner: number}} */
    let found = null;
    let least = GRIP_PX / this.scale;
    this.model.line?.lines.forEach((points, line) => {
      cornersOf(points, this.model.mesh.step).forEach((at, corner) => {
        const far = distance(points[at], place);
        if (far >= least) return;
        found = { line, corner };
        least = far;
      });
    });
    return found;
  }

  /** The border at a place; null where there is none. */
  borderAt(place) {
    /** @type {?import("./borders.mjs").Border} */
    let found = null;
    let least = NEAR_PX / this.scale;
    for (const border of bordersOf(this.model.mesh, this.model.map)) {
      for (const line of border.lines) {
        for (const point of line) {
          const far = distance(point, place);
          if (far >= least) continue;
          found = border;
          least = far;
        }
      }
    }
    return found;
  }
}

function pathOf(points, closed = false) {
  return points.length ? `M${points.map(([x, y]) => `${round(x)} ${round(y)}`).join("L")}${closed ? "Z" : ""}` : "";
}

function round(value) {
  return Math.round(value * 100) / 100;
}

// The middle of the cell of a mask that lies nearest to the middle of all of them: a number never stands beside its mask.
function nearestTo(model, mask) {
  const middle = model.middle(mask);
  const spots = model.map.cells(mask).map((cell) => model.mesh.spots[cell]);
  return spots.reduce((best, spot) => (distance(spot, middle) < distance(best, middle) ? spot : best));
}
