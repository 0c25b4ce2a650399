// Borders between two masks. A border is the seams between cells of the one and of the other, joined to lines. A line has
// a few corners that are dragged: its ends, and where it bends. Dragging one gives the cells between the old line and the
// new one to the mask that grows. A border that is moved by keys goes on by whole cells.

import { distance, holds, toSegment } from "./mesh.mjs";
import { NONE } from "./maskmap.mjs";

const BEND = 0.9; // of a cell: a line that leaves the straight way by more has a corner there
const BEYOND = 2; // cells: so far a line goes on beyond an end, so that the cells beside the end go with it

/** @typedef {{a: number, b: number, lines: number[][][], length: number}} Border  masks a < b, lines of [x, y] */

/** All borders of a map. @returns {Border[]} */
export function bordersOf(mesh, map) {
  const seams = new Map();
  for (const { cells: [one, other], ends } of mesh.seams) {
    if (other < 0) continue;
    const [a, b] = [map.of[one], map.of[other]].sort((x, y) => x - y);
    if (a === b || a === NONE) continue;
    const key = `${a} ${b}`;
    seams.set(key, [...(seams.get(key) ?? []), ends]);
  }
  return [...seams]
    .map(([key, ends]) => {
      const [a, b] = key.split(" ").map(Number);
      const lines = linesOf(ends).map((line) => line.map((point) => mesh.points[point]));
      return { a, b, lines, length: ends.length };
    })
    .sort((x, y) => x.a - y.a || x.b - y.b);
}

/** The border of two masks; undefined where they do not meet. */
export function borderOf(mesh, map, one, other) {
  const [a, b] = one < other ? [one, other] : [other, one];
  return bordersOf(mesh, map).find((border) => border.a === a && border.b === b);
}

// Seams [from, to] joined to lines of points. A line ends where more than two seams meet, or one alone; one that comes
// round begins and ends with the same point.
function linesOf(ends) {
  const at = new Map();
  ends.forEach(([from, to], i) => [from, to].forEach((point) => at.set(point, [...(at.get(point) ?? []), i])));
  const left = new Set(ends.keys());
  const follow = (point) => {
    const line = [point];
    for (let next = at.get(point).find((i) => left.has(i)); next !== undefined; ) {
      left.delete(next);
      const [from, to] = ends[next];
      const reached = from === line.at(-1) ? to : from;
      line.push(reached);
      next = at.get(reached).length === 2 ? at.get(reached).find((i) => left.has(i)) : undefined;
    }
    return line;
  };
  const lines = [];
  for (const [point, here] of at) {
    while (here.length !== 2 && here.some((i) => left.has(i))) lines.push(follow(point));
  }
  for (const [point, here] of at) if (here.some((i) => left.has(i))) lines.push(follow(point));
  return lines.sort((x, y) => y.length - x.length);
}

/** Places in a line, by their numbers, that can be dragged: its ends, its bends, and its middle where it has no bend. */
export function cornersOf(line, step) {
  const closed = line.length > 2 && line[0] === line.at(-1);
  const last = line.length - 1;
  const half = Math.floor(last / 2);
  if (closed) return [0, Math.floor(last / 4), half, Math.floor((3 * last) / 4)].filter((at, i, all) => all.indexOf(at) === i);
  const found = bends(line, 0, last, BEND * step);
  return found.length || last < 2 ? [0, ...found, last] : [0, half, last];
}

function bends(line, from, to, least) {
  let [far, most] = [-1, least];
  for (let i = from + 1; i < to; i++) {
    const off = toSegment(line[i], line[from], line[to]);
    if (off > most) [far, most] = [i, off];
  }
  return far < 0 ? [] : [...bends(line, from, far, least), far, ...bends(line, far, to, least)];
}

/**
 * The masks of cells that change when a corner of a border's line is dragged to a place: Map of cell to mask.
 * @param {Border} border
 * @param {{line: number, corner: number}} which line of the border, and which of its corners
 */
export function dragged(mesh, map, border, which, to) {
  const { a, b, lines } = border;
  const { line, corner } = which;
  const path = lines[line];
  const corners = cornersOf(path, mesh.step);
  const masks = new Map();
  if (distance(path[corners[corner]], to) < mesh.step / 2) return masks;
  const swept = sweep(path, corners, corner, to, mesh.step);
  const inside = [...map.of.keys()].filter((cell) => (map.of[cell] === a || map.of[cell] === b) && holds(swept, mesh.spots[cell]));
  const of = (mask) => inside.filter((cell) => map.of[cell] === mask);
  const [fromA, fromB] = [of(a), of(b)];
  const [losing, growing] = fromA.length > fromB.length ? [fromA, b] : [fromB, a];
  for (const cell of losing) masks.set(cell, growing);
  return masks;
}

// What lies between the old line, from the corner before to the one after, and the new one through `to`.
function sweep(path, corners, corner, to, step) {
  const closed = path[0] === path.at(-1);
  if (closed) {
    const [before, after] = [corners.at(corner - 1), corners[(corner + 1) % corners.length]];
    const there = before < after ? path.slice(before, after + 1) : [...path.slice(before, -1), ...path.slice(0, after + 1)];
    return [...there, to];
  }
  const [before, after] = [corners[corner - 1] ?? corners[corner], corners[corner + 1] ?? corners[corner]];
  const old = path.slice(before, after + 1);
  if (corner > 0 && corner < corners.length - 1) return [...old, to];
  const [end, other] = corner === 0 ? [path[before], path[after]] : [path[after], path[before]];
  const length = distance(end, other) || 1;
  const on = ([x, y]) => [x + ((end[0] - other[0]) / length) * BEYOND * step, y + ((end[1] - other[1]) / length) * BEYOND * step];
  return corner === 0 ? [on(end), ...old, to, on(to)] : [...old, on(end), on(to), to];
}

/** The masks of cells that change when a border is moved one cell in a direction [x, y]: Map of cell to mask. */
export function moved(mesh, map, { a, b }, [dx, dy]) {
  const mine = (cell) => cell >= 0 && (map.of[cell] === a || map.of[cell] === b);
  const masks = new Map();
  for (const cell of map.of.keys()) {
    if (!mine(cell)) continue;
    const behind = mesh.ahead(cell, [-dx, -dy]);
    if (mine(behind) && map.of[behind] !== map.of[cell]) masks.set(cell, map.of[behind]);
  }
  return masks;
}
