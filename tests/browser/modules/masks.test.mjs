import assert from "node:assert/strict";
import { test } from "node:test";
import { borderOf, bordersOf, cornersOf, dragged, moved } from "../../../dashboard/assets/masks/borders.mjs";
import { Steps } from "../../../dashboard/assets/masks/history.mjs";
import { MaskMap, NONE } from "../../../dashboard/assets/masks/maskmap.mjs";
import { gridMesh, shapesMesh } from "../../../dashboard/assets/masks/mesh.mjs";

const NAMES = ["Heel, inner", "Heel, outer", "Midfoot", "Metatarsal 1"];

// Maps are written as they are seen: a letter a mask, a dot no mask; all cells that have one are loaded.
function seen(rows) {
  const of = [...rows.join("")].map((letter) => (letter === "." ? NONE : letter.charCodeAt(0) - 97));
  return new MaskMap(NAMES, of, of.map((mask) => mask !== NONE));
}

function drawn(map, cols) {
  const letters = [...map.of].map((mask) => (mask === NONE ? "." : String.fromCharCode(97 + mask))).join("");
  return letters.match(new RegExp(`.{${cols}}`, "g"));
}

function grid(rows, pitch) {
  return gridMesh(rows.length, rows[0].length, new Array(rows.join("").length).fill(1), pitch);
}

const HALVES = ["aaabbb", "aaabbb", "aaabbb", "aaabbb", "aaabbb", "aaabbb"];

test("cells of a grid lie beside each other by their edges, never by a corner", () => {
  const mesh = gridMesh(2, 3, [1, 1, 0, 1, 1, 1], [5, 8]);
  assert.deepEqual(mesh.beside.map((all) => [...all].sort()), [[1, 3], [0, 4], [], [0, 4], [1, 3, 5], [4]]);
  assert.equal(mesh.seams.length - mesh.seams.filter(({ cells }) => cells[1] < 0).length, 5);
  assert.equal(mesh.ahead(4, [0, -1]), 1);
  assert.equal(mesh.ahead(4, [1, 0]), 5);
  assert.equal(mesh.ahead(5, [0, -1]), -1);
  assert.equal(mesh.at([7, 3]), 1);
  assert.equal(mesh.at([12, 3]), -1);
});

test("cells with outlines meet where they touch, or halfway where a gap is between them", () => {
  const box = (x, y, half = 9) => [[x - half, y - half], [x + half, y - half], [x + half, y + half], [x - half, y + half]];
  const spots = [[10, 10], [30, 10], [10, 30], [30, 30]];
  const apart = shapesMesh(spots.map(([x, y]) => box(x, y)), spots);
  const touching = shapesMesh(spots.map(([x, y]) => box(x, y, 10)), spots);
  for (const mesh of [apart, touching]) {
    assert.deepEqual(mesh.beside.map((all) => [...all].sort()), [[1, 2], [0, 3], [0, 3], [1, 2]]);
    const { ends } = mesh.seams.find(({ cells }) => cells.join() === "0,1");
    assert.ok(ends.every((point) => Math.abs(mesh.points[point][0] - 20) < 1e-9));
    assert.equal(mesh.ahead(0, [1, 0]), 1);
  }
  const alone = [[10, 10], [30, 10], [200, 10]];
  assert.deepEqual(shapesMesh(alone.map(([x, y]) => box(x, y)), alone).beside[2], []);
});

test("a border runs between the cells of two masks, in one line where it can", () => {
  const [mesh, map] = [grid(HALVES, [5, 5]), seen(HALVES)];
  const [border, ...others] = bordersOf(mesh, map);
  assert.equal(others.length, 0);
  assert.equal(border.length, 6);
  assert.deepEqual(border.lines[0].map(([x]) => x), new Array(7).fill(15));
  assert.deepEqual(cornersOf(border.lines[0], mesh.step), [0, 3, 6]);
  assert.equal(borderOf(mesh, map, 1, 0).length, 6);
  assert.equal(borderOf(mesh, map, 0, 2), undefined);
});

test("a mask within another one has a border that comes round, and where three meet each border ends", () => {
  const island = ["aaaaa", "abbaa", "abbaa", "aaaaa"];
  const round = bordersOf(grid(island), seen(island))[0];
  assert.deepEqual(round.lines.map((line) => line.length), [9]);
  assert.deepEqual(round.lines[0][0], round.lines[0].at(-1));
  const three = ["aabb", "aabb", "cccc"];
  assert.deepEqual(bordersOf(grid(three), seen(three)).map(({ a, b, length }) => [a, b, length]), [[0, 1, 2], [0, 2, 2], [1, 2, 2]]);
});

test("a border that is moved by a key goes on by one cell, and nothing else changes", () => {
  const [mesh, map] = [grid(HALVES), seen(HALVES)];
  const border = borderOf(mesh, map, 0, 1);
  const right = map.changed(moved(mesh, map, border, [1, 0]));
  assert.deepEqual(drawn(right.map, 6), new Array(6).fill("aaaabb"));
  assert.equal(right.changed, 6);
  const back = right.map.changed(moved(mesh, right.map, borderOf(mesh, right.map, 0, 1), [-1, 0]));
  assert.ok(back.map.same(map));
  assert.equal(moved(mesh, map, border, [0, 1]).size, 0);
});

test("a border moves as it is shaped, and other masks keep their cells", () => {
  const rows = ["aab.", "aabb", "aaab", "cccc"];
  const [mesh, map] = [grid(rows), seen(rows)];
  const up = map.changed(moved(mesh, map, borderOf(mesh, map, 0, 2), [0, -1]));
  assert.deepEqual(drawn(up.map, 4), ["aab.", "aabb", "cccb", "cccc"]);
  const right = map.changed(moved(mesh, map, borderOf(mesh, map, 0, 1), [1, 0]));
  assert.deepEqual(drawn(right.map, 4), ["aaa.", "aaab", "aaaa", "cccc"]);
  assert.match(right.map.changed(moved(mesh, right.map, borderOf(mesh, right.map, 0, 1), [1, 0])).refused, /no cell left/);
});

test("a corner that is dragged gives the cells between the old line and the new one to the mask that grows", () => {
  const [mesh, map] = [grid(HALVES, [5, 5]), seen(HALVES)];
  const border = borderOf(mesh, map, 0, 1);
  assert.equal(dragged(mesh, map, border, { line: 0, corner: 1 }, [16, 15]).size, 0);
  const bent = map.changed(dragged(mesh, map, border, { line: 0, corner: 1 }, [30, 15]));
  assert.deepEqual(drawn(bent.map, 6), ["aaabbb", "aaaabb", "aaaaab", "aaaaab", "aaaabb", "aaabbb"]);
  const end = map.changed(dragged(mesh, map, border, { line: 0, corner: 0 }, [29, 0]));
  assert.deepEqual(drawn(end.map, 6)[0], "aaaaab");
  assert.deepEqual(drawn(end.map, 6)[5], "aaabbb");
  const inward = map.changed(dragged(mesh, map, border, { line: 0, corner: 0 }, [0, -3]));
  assert.deepEqual(drawn(inward.map, 6)[0], "abbbbb");
});

test("whatever is dragged where, each loaded cell keeps exactly one mask", () => {
  const rows = [".ab.", "aabb", "aabb", "ccdd", "ccdd", ".cd."];
  const [mesh, map] = [grid(rows), seen(rows)];
  let [edits, refusals, state] = [0, 0, 7];
  const random = (most) => (state = (state * 16807) % 2147483647) % most;
  let now = map;
  for (let i = 0; i < 400; i++) {
    const borders = bordersOf(mesh, now);
    const border = borders[random(borders.length)];
    const line = random(border.lines.length);
    const corner = random(cornersOf(border.lines[line], mesh.step).length);
    const masks = random(2) ? dragged(mesh, now, border, { line, corner }, [random(5), random(7)])
      : moved(mesh, now, border, [[1, 0], [-1, 0], [0, 1], [0, -1]][random(4)]);
    const made = now.changed(masks);
    if ("refused" in made) refusals += 1;
    else [now, edits] = [made.map, edits + (made.changed > 0)];
    assert.ok(now.whole && now.used.length === 4);
    assert.ok([...now.of].every((mask, cell) => (mask === NONE) === !map.loaded[cell]));
  }
  assert.ok(edits > 50 && refusals > 5, `${edits} edits, ${refusals} refusals`);
});

test("what would leave a loaded cell without a mask is refused with words", () => {
  const map = seen(["aab", "aab"]);
  assert.match(map.given([0, 1], NONE).refused, /2 loaded cells would have none/);
  assert.match(map.given([2, 5], 0).refused, /2 Heel, outer would have no cell left/);
  const free = new MaskMap(NAMES, [0, 0, 1], [1, 1, 0]);
  assert.match(free.given([2], NONE).refused, /no cell left/);
  assert.equal(new MaskMap(NAMES, [0, 0, 1, 1], [1, 1, 1, 0]).given([3], NONE).changed, 1);
});

test("masks are merged, and drawn from nothing until every loaded cell has one", () => {
  const map = seen(["aab", "cab"]);
  const { map: merged } = map.merged(0, 1);
  assert.deepEqual(drawn(merged, 3), ["aaa", "caa"]);
  assert.match(merged.merged(0, 1).refused, /has no cell/);
  assert.match(map.merged(0, 0).refused, /another/);
  const nothing = new MaskMap(NAMES, new Array(6).fill(NONE), new Array(6).fill(true));
  assert.deepEqual([nothing.whole, nothing.counts], [false, { all: 6, masked: 0 }]);
  const begun = nothing.given([0, 1], 2).map;
  assert.deepEqual([begun.whole, begun.counts], [false, { all: 6, masked: 2 }]);
  assert.equal(begun.given([2, 3, 4, 5], 3).map.whole, true);
});

test("what was done is taken back, done again, and forgotten once something else is done", () => {
  const steps = new Steps("a");
  steps.add("b");
  steps.add("c");
  assert.ok(steps.undo() && steps.now === "b" && steps.canRedo);
  assert.ok(steps.redo() && steps.now === "c" && !steps.redo());
  assert.ok(steps.undo() && steps.undo() && !steps.undo() && steps.now === "a");
  steps.add("d");
  assert.deepEqual([steps.now, steps.canRedo, steps.canUndo], ["d", false, true]);
  for (let i = 0; i < 300; i++) steps.add(String(i));
  let taken = 0;
  while (steps.undo()) taken += 1;
  assert.equal(taken, 200);
});

test("on cells that are no grid a border is moved and dragged alike", () => {
  const spots = Array.from({ length: 30 }, (_, i) => [(i % 5) * 20 + (Math.floor(i / 5) % 2) * 10, Math.floor(i / 5) * 18]);
  const shapes = spots.map(([x, y]) => Array.from({ length: 12 }, (_, k) => [x + 8 * Math.cos(k / 1.91), y + 8 * Math.sin(k / 1.91)]));
  const mesh = shapesMesh(shapes, spots);
  const of = spots.map(([x]) => (x < 45 ? 0 : 1));
  const map = new MaskMap(NAMES, of, of.map(() => 1));
  const border = borderOf(mesh, map, 0, 1);
  assert.equal(border.lines.length, 1);
  const right = map.changed(moved(mesh, map, border, [1, 0])).map;
  assert.deepEqual(right.cells(0).length, map.cells(0).length + 6);
  const corner = Math.floor(cornersOf(border.lines[0], mesh.step).length / 2);
  const bent = map.changed(dragged(mesh, map, border, { line: 0, corner }, [95, 45])).map;
  assert.ok(bent.cells(0).length > map.cells(0).length && bent.whole);
  assert.ok(bent.cells(0).every((cell) => of[cell] === 0 || spots[cell][0] < 95));
});
