// What somebody does to masks, without a page: the tool, what is chosen, edits with undo and redo, and what is said of the
// last one. A drag is tried on the map as it was when it began, so that going back on the way takes nothing along; it is
// one step when it ends.
//
// V choose, B move a border, P give cells to the chosen mask, J merge the chosen mask with another, A the foot's axis.

import { borderOf, bordersOf, dragged, moved } from "./borders.mjs";
import { Steps } from "./history.mjs";
import { many, NONE } from "./maskmap.mjs";

export const TOOLS = { v: "Choose", b: "Move border", p: "Give cells to", j: "Merge two", a: "Foot axis" };
export const FAR = 3; // cells that an arrow with Shift goes
const WAYS = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };
const WORDS = { ArrowUp: "forwards", ArrowDown: "backwards", ArrowLeft: "to the left", ArrowRight: "to the right" };

export class Model {
  tool = "v";
  mask = 0; // the chosen one
  other = NONE; // what it will be merged with
  /** @type {?[number, number]} the masks of the chosen border */
  border = null;
  cell = 0; // where the keyboard gives cells
  said = "";
  refused = false;
  /** @type {?{heel: number[], toe: number[], across: object[]}} the foot's axis as it is drawn */
  axis = null;
  /** @type {"heel"|"toe"} the end of the axis that keys move */
  end = "toe";
  /** @type {?import("./maskmap.mjs").MaskMap} the map that a drag makes */
  #tried = null;

  /** @param {import("./maskmap.mjs").MaskMap} map what there is at the beginning */
  constructor(mesh, map) {
    this.mesh = mesh;
    this.begun = map;
    this.steps = new Steps(map);
    this.mask = map.used[0] ?? 0;
    this.cell = [...map.of.keys()].find((cell) => map.loaded[cell]) ?? 0;
  }

  /** What is shown: what a drag makes, or what was done. */
  get map() {
    return this.#tried ?? this.steps.now;
  }

  get changed() {
    return !this.steps.now.same(this.begun);
  }

  /** The border that is chosen, as it runs now; null without one. */
  get line() {
    return (this.border && borderOf(this.mesh, this.map, ...this.border)) ?? null;
  }

  // --- choosing

  use(tool) {
    this.tool = tool;
    this.other = NONE;
    if (tool === "b" && !this.line) this.nextBorder(1);
    this.#tell(this.hint);
  }

  /** How the tool is used, in a sentence. */
  get hint() {
    const mine = this.map.title(this.mask);
    return {
      v: "Press a mask, or go from one to the next by arrow keys.",
      b: this.line ? `Border ${this.#named()}. Arrow keys move it by one cell, with Shift by three; drag its points.`
        : `${mine} meets no other mask.`,
      p: `Drag over cells, or go to one by arrow keys and press Space: it is given to ${mine}.`,
      j: `Press the mask that ${mine} takes in, or press its number and Enter.`,
      a: "Drag the heel’s centre or the second toe, or move it by arrow keys; ] takes the other one. The masks are divided anew along the axis.",
    }[this.tool];
  }

  choose(mask) {
    if (mask < 0 || mask >= this.map.names.length) return;
    if (this.tool === "j" && mask !== this.mask && this.map.used.includes(mask)) {
      this.other = mask;
      this.#tell(`${this.map.title(mask)} becomes part of ${this.map.title(this.mask)} by Enter.`);
      return;
    }
    this.mask = mask;
    this.other = NONE;
    if (!this.border?.includes(mask)) this.border = null;
    if (this.tool === "b") this.nextBorder(1);
    else this.#tell(`${this.map.title(mask)}, ${many(this.map.cells(mask).length, "cell")}.`);
  }

  chooseBorder(a, b) {
    this.border = [a, b];
    if (!this.border.includes(this.mask)) this.mask = a;
    this.#tell(this.hint);
  }

  /** The next border of the chosen mask, or the one before. */
  nextBorder(way) {
    const mine = bordersOf(this.mesh, this.map).filter(({ a, b }) => a === this.mask || b === this.mask);
    const at = mine.findIndex(({ a, b }) => this.border?.[0] === a && this.border?.[1] === b);
    const longest = mine.toSorted((a, b) => b.length - a.length)[0] ?? null;
    const next = at < 0 ? longest : mine[(at + way + mine.length) % mine.length];
    this.border = next && [next.a, next.b];
    this.#tell(this.hint);
  }

  // --- keys

  /** An arrow key; false where it does nothing with this tool. */
  arrow(key, far) {
    const way = WAYS[key];
    if (!way) return false;
    const times = far ? FAR : 1;
    if (this.tool === "b") this.#push(way, times, WORDS[key]);
    else if (this.tool === "p") this.#go(way, times);
    else if (this.tool === "a") this.#turn(way, times);
    else this.#toMask(way);
    return true;
  }

  /** Space or Enter: gives the cell, or merges. */
  enter() {
    if (this.tool === "p") this.paint([this.cell]);
    else if (this.tool === "j") this.merge(this.other);
    else return false;
    return true;
  }

  #push(way, times, words) {
    const line = this.line;
    if (!line) return this.#tell(this.hint);
    let made = this.steps.now;
    let changed = 0;
    for (let i = 0; i < times; i++) {
      const border = borderOf(this.mesh, made, line.a, line.b);
      const edit = border ? made.changed(moved(this.mesh, made, border, way)) : { map: made, changed: 0 };
      if ("refused" in edit) return this.refuse(edit.refused);
      made = edit.map;
      changed += edit.changed;
    }
    if (!changed) return this.refuse(`Border ${this.#named()} cannot go ${words}: it lies that way already, or there is no cell.`);
    this.steps.add(made);
    if (!this.line) this.nextBorder(1);
    return this.#tell(`Border ${line.a + 1} | ${line.b + 1}: ${many(times, "cell")} ${words}, ${many(changed, "cell")} changed.`);
  }

  #turn([dx, dy], times) {
    if (!this.axis) return;
    const [x, y] = this.axis[this.end];
    this.turn(this.end, [x + dx * times * this.mesh.step, y + dy * times * this.mesh.step]);
  }

  /** Put an end of the axis at a place; what lies across it is not known until the masks are divided anew. */
  turn(end, place) {
    if (!this.axis) return;
    this.end = end;
    this.axis = { ...this.axis, [end]: place, across: [] };
    this.#tell(`${end === "heel" ? "Heel’s centre" : "Second toe"} moved; the masks are divided along the new axis.`);
  }

  /** The other end of the axis is moved by keys. */
  otherEnd() {
    this.end = this.end === "heel" ? "toe" : "heel";
    this.#tell(`Arrow keys move the ${this.end === "heel" ? "heel’s centre" : "second toe"}.`);
  }

  #go(way, times) {
    for (let i = 0; i < times; i++) {
      const next = this.mesh.ahead(this.cell, way);
      if (next < 0) break;
      this.cell = next;
    }
    const mask = this.map.of[this.cell];
    this.#tell(`Cell of ${mask === NONE ? "no mask" : this.map.title(mask)}.`);
  }

  // The mask whose middle lies nearest in a direction.
  #toMask([dx, dy]) {
    const from = this.middle(this.mask);
    let [best, least] = [NONE, Infinity];
    for (const mask of this.map.used) {
      const to = this.middle(mask);
      if (!from || !to || mask === this.mask) continue;
      const [x, y] = [to[0] - from[0], to[1] - from[1]];
      const along = x * dx + y * dy;
      const far = Math.hypot(x, y) + Math.abs(x * dy - y * dx);
      if (along > 0 && far < least) [best, least] = [mask, far];
    }
    if (best !== NONE) this.choose(best);
  }

  /** The middle of a mask's cells; null without any. */
  middle(mask) {
    const cells = this.map.cells(mask);
    if (!cells.length) return null;
    return [0, 1].map((axis) => cells.reduce((sum, cell) => sum + this.mesh.spots[cell][axis], 0) / cells.length);
  }

  // --- edits

  /** Give cells to the chosen mask. */
  paint(cells) {
    return this.#do(this.steps.now.given(cells.filter((cell) => this.mesh.exists(cell)), this.mask), (n) =>
      n ? `${many(n, "cell")} given to ${this.map.title(this.mask)}.` : "These cells are its own already.");
  }

  merge(from) {
    if (from === NONE) return this.refuse("Choose the mask that is taken in first: press it, or its number.");
    const title = this.map.title(from);
    this.other = NONE;
    return this.#do(this.steps.now.merged(this.mask, from), () => `${title} is part of ${this.map.title(this.mask)}.`);
  }

  /** Take another map as one step: the automatic masks, or those of another version. */
  take(map, words) {
    this.steps.add(map);
    if (!map.used.includes(this.mask)) this.mask = map.used[0] ?? 0;
    this.border = null;
    this.#tell(words);
  }

  undo() {
    return this.#stepped(this.steps.undo(), "Taken back.", "Nothing to take back.");
  }

  redo() {
    return this.#stepped(this.steps.redo(), "Done again.", "Nothing to do again.");
  }

  #stepped(done, words, none) {
    if (done && this.border && !this.line) this.border = null;
    this.#tell(done ? words : none);
    return done;
  }

  // --- drags

  /** Try a corner of the chosen border at a place. */
  drag(which, to, border) {
    const now = this.steps.now;
    this.#try(now.changed(dragged(this.mesh, now, border, which, to)));
  }

  /** Try a stroke of cells. */
  stroke(cells) {
    this.#try(this.steps.now.given(cells.filter((cell) => this.mesh.exists(cell)), this.mask));
  }

  #try(edit) {
    if ("refused" in edit) return this.refuse(edit.refused);
    this.#tried = edit.map;
    return this.#tell(`${many(edit.changed, "cell")} ${edit.changed === 1 ? "changes" : "change"}.`);
  }

  /** The drag ends, and stays or is given up. */
  drop(stays = true) {
    const tried = this.#tried;
    this.#tried = null;
    if (!stays || !tried || tried.same(this.steps.now)) return;
    this.steps.add(tried);
    if (this.border && !this.line) this.border = null;
  }

  // --- words

  #do(edit, words) {
    if ("refused" in edit) return this.refuse(edit.refused);
    if (edit.changed) this.steps.add(edit.map);
    if (this.border && !this.line) this.border = null;
    this.#tell(words(edit.changed));
    return true;
  }

  #named() {
    return this.border ? `${this.border[0] + 1} | ${this.border[1] + 1}` : "";
  }

  #tell(words) {
    this.said = words;
    this.refused = false;
  }

  /** Say what could not be done. */
  refuse(words) {
    this.said = words;
    this.refused = true;
    return false;
  }
}
