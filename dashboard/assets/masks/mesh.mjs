// The cells of a sensor as a mesh: the corners of each cell, and the seam between each two that lie beside each other. A
// seam is where a border between two masks runs. Cells of a grid meet at their edges. Cells that are no grid meet at the
// sides that they share, or, where a gap is between them, halfway.
//
// @typedef {{cells: [number, number], ends: [number, number]}} Seam  cells beside it (−1: nothing), ends as points

import { voronoi } from "./voronoi.mjs";

const TOUCH = 0.05; // of the usual distance between cells: outlines that are no further apart share a side
const APART = 2.5; // more than that between outlines: the cells are not beside each other
const SAME = 0.2; // ends of seams that are no further apart are one point
const SHORT = 0.1; // a seam below that is a corner
const AHEAD = 0.5; // cosine: a cell lies in a direction when its centre is within 60° of it

export class Mesh {
  /**
   * @param {number[][][]} shapes corners [x, y] of each cell; of one that does not exist none
   * @param {number[][]} spots middle of each cell
   * @param {{cells: number[], ends: number[]}[]} seams
   * @param {number[][]} points
   * @param {number} step usual distance between the middles of cells that lie beside each other
   */
  constructor(shapes, spots, seams, points, step) {
    this.shapes = shapes;
    this.spots = spots;
    this.seams = seams;
    this.points = points;
    this.step = step;
    /** @type {number[][]} */
    this.beside = shapes.map(() => []);
    for (const { cells: [a, b] } of seams) {
      if (b < 0) continue;
      this.beside[a].push(b);
      this.beside[b].push(a);
    }
  }

  get cells() {
    return this.shapes.length;
  }

  exists(cell) {
    return this.shapes[cell]?.length > 0;
  }

  /** The cell beside another one in a direction [x, y]; −1 where there is none. */
  ahead(cell, [dx, dy]) {
    const [x, y] = this.spots[cell];
    let best = -1;
    let most = AHEAD;
    for (const other of this.beside[cell]) {
      const [ox, oy] = [this.spots[other][0] - x, this.spots[other][1] - y];
      const along = (ox * dx + oy * dy) / (Math.hypot(ox, oy) * Math.hypot(dx, dy));
      if (along > most) [best, most] = [other, along];
    }
    return best;
  }

  /** The cell that holds a place; −1 where there is none. */
  at([x, y]) {
    return this.shapes.findIndex((shape) => shape.length > 0 && holds(shape, [x, y]));
  }
}

/** Cells of a grid, row by row, `pitch` wide and high; `valid` says which exist. */
export function gridMesh(rows, cols, valid, [wide, high] = [1, 1]) {
  const has = (row, col) => row >= 0 && row < rows && col >= 0 && col < cols && Boolean(valid[row * cols + col]);
  const points = Array.from({ length: (rows + 1) * (cols + 1) }, (_, i) => [
    (i % (cols + 1)) * wide,
    Math.floor(i / (cols + 1)) * high,
  ]);
  const point = (row, col) => row * (cols + 1) + col;
  const shapes = [];
  const spots = [];
  const seams = [];
  const seam = (row, col, [otherRow, otherCol], ends) => {
    const other = has(otherRow, otherCol) ? otherRow * cols + otherCol : -1;
    seams.push({ cells: [row * cols + col, other], ends });
  };
  for (let row = 0; row < rows; row++) {
    for (let col = 0; col < cols; col++) {
      const corners = [point(row, col), point(row, col + 1), point(row + 1, col + 1), point(row + 1, col)];
      spots.push([(col + 0.5) * wide, (row + 0.5) * high]);
      shapes.push(has(row, col) ? corners.map((i) => points[i]) : []);
      if (!has(row, col)) continue;
      const [a, b, c, d] = corners;
      if (!has(row - 1, col)) seam(row, col, [row - 1, col], [a, b]);
      if (!has(row, col - 1)) seam(row, col, [row, col - 1], [d, a]);
      seam(row, col, [row, col + 1], [b, c]);
      seam(row, col, [row + 1, col], [c, d]);
    }
  }
  return new Mesh(shapes, spots, seams, points, Math.min(wide, high));
}

/** Cells that are no grid, by their corners and middles. */
export function shapesMesh(shapes, spots) {
  const near = voronoi(spots);
  const pairs = near.flatMap((sides, a) => sides.filter(({ other }) => other > a).map(({ other, ends }) => ({ a, b: other, ends })));
  const nearest = near.map((sides, a) => Math.min(...sides.map(({ other }) => distance(spots[a], spots[other]))));
  const step = spots.length > 1 ? nearest.sort((x, y) => x - y)[Math.floor(nearest.length / 2)] : 1;
  const points = [];
  const seams = [];
  for (const { a, b, ends } of pairs) {
    const gap = gapOf(shapes[a], shapes[b]);
    if (gap > APART * step) continue;
    const both = [...shapes[a], ...shapes[b]];
    const line = gap <= TOUCH * step ? shared(shapes[a], shapes[b], spots, [a, b], TOUCH * step) : clipped(ends, both, step / 4);
    if (line && distance(line[0], line[1]) > SHORT * step) {
      seams.push({ cells: [a, b], ends: line.map((end) => pointOf(points, end, SAME * step)) });
    }
  }
  return new Mesh(shapes, spots, seams.filter(({ ends: [from, to] }) => from !== to), points, step);
}

// The number of a point, which is entered where none lies near.
function pointOf(points, end, within) {
  const known = points.findIndex((point) => distance(point, end) <= within);
  return known >= 0 ? known : points.push(end) - 1;
}

// The side that two outlines share: from the first to the last of the corners of each that lie on the other.
function shared(one, other, spots, [a, b], within) {
  const on = [...one.filter((corner) => toOutline(corner, other) <= within), ...other.filter((corner) => toOutline(corner, one) <= within)];
  if (on.length < 2) return null;
  const [dx, dy] = [spots[a][1] - spots[b][1], spots[b][0] - spots[a][0]];
  on.sort((p, q) => p[0] * dx + p[1] * dy - q[0] * dx - q[1] * dy);
  return [on[0], on[on.length - 1]];
}

// A line, as far as corners lie beside it and a little beyond: that of two cells at the edge goes on without an end.
function clipped([from, to], corners, more) {
  const length = distance(from, to) || 1;
  const way = [(to[0] - from[0]) / length, (to[1] - from[1]) / length];
  const along = corners.map(([x, y]) => (x - from[0]) * way[0] + (y - from[1]) * way[1]);
  const [low, high] = [Math.max(0, Math.min(...along) - more), Math.min(length, Math.max(...along) + more)];
  if (high <= low) return null; // they meet beyond both: other cells, or nothing, lie between them
  return [low, high].map((at) => [from[0] + at * way[0], from[1] + at * way[1]]);
}

function gapOf(one, other) {
  return Math.min(...one.map((corner) => toOutline(corner, other)), ...other.map((corner) => toOutline(corner, one)));
}

function toOutline(point, shape) {
  return Math.min(...shape.map((corner, i) => toSegment(point, corner, shape[(i + 1) % shape.length])));
}

/** How far a point lies from a line between two. */
export function toSegment([x, y], [ax, ay], [bx, by]) {
  const [dx, dy] = [bx - ax, by - ay];
  const length = dx * dx + dy * dy;
  const at = length ? Math.max(0, Math.min(1, ((x - ax) * dx + (y - ay) * dy) / length)) : 0;
  return Math.hypot(x - ax - at * dx, y - ay - at * dy);
}

/** @param {number[]} a @param {number[]} b */
export function distance(a, b) {
  return Math.hypot(a[0] - b[0], a[1] - b[1]);
}

/** Whether a place lies within corners: a ray to the right crosses the sides an odd number of times. */
export function holds(corners, [x, y]) {
  let inside = false;
  for (let i = 0, j = corners.length - 1; i < corners.length; j = i++) {
    const [[ax, ay], [bx, by]] = [corners[i], corners[j]];
    if (ay > y !== by > y && x < ax + ((y - ay) * (bx - ax)) / (by - ay)) inside = !inside;
  }
  return inside;
}
