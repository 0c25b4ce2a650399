// Words of one cell over a map: under the pointer, or, when the map has the focus, chosen with the arrow keys. They follow
// the frames; only a step by keyboard is announced. Nothing of it is printed.

import { cellAt, cellWords, nextPlace } from "./cellwords.mjs";
import { pathThrough } from "./cells.mjs";
import { token } from "./colour.mjs";
import { byPointer } from "../core/keys.mjs";
import { put } from "../core/text.mjs";

const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const WORDS_MS = 250;
const GAP_PX = 10;

export class CellProbe {
  /** @type {?{stream: string, cell: number}} */
  at = null;
  #stepped = false; // the cell was chosen by keyboard
  #saidAt = 0;

  /** Of a PressureMap whose card has places for what is seen and what is spoken; until the signal is aborted. */
  constructor(map, signal) {
    this.map = map;
    const place = (name) => map.canvas.parentElement.querySelector(`[data-slot="${name}"]`);
    this.words = place("cell-words");
    this.said = place("cell-said");
    map.over = () => this.#draw();
    const on = (name, act) => map.canvas.addEventListener(name, act, { signal });
    for (const name of ["pointermove", "pointerdown"]) on(name, (event) => this.#point(event));
    on("pointerleave", () => this.#stepped || this.#move(null));
    on("focusin", () => byPointer(map.canvas) || this.#begin());
    on("focusout", () => this.#move(null));
    on("keydown", (event) => this.#key(event));
    window.addEventListener("beforeprint", () => this.#move(null), { signal });
  }

  #point({ offsetX, offsetY }) {
    for (const { sensor, x, y, width, height } of this.map.boxes) {
      const cell = cellAt(sensor, ((offsetX - x) * sensor.wide) / width, ((offsetY - y) * sensor.high) / height);
      if (cell >= 0) return this.#move({ stream: sensor.stream, cell });
    }
    this.#move(null);
  }

  // The largest cell on the map, else the one nearest to its middle.
  #begin() {
    const places = this.#places();
    if (!places.length) return;
    const { clientWidth, clientHeight } = this.map.canvas;
    const off = ({ x, y }) => Math.hypot(x - clientWidth / 2, y - clientHeight / 2);
    const first = places.reduce((a, b) => ((b.value || 0) - (a.value || 0) || off(a) - off(b)) > 0 ? b : a);
    this.#move(first, true);
  }

  #key(event) {
    if (byPointer(this.map.canvas)) return; // the page has the keys
    if (event.key === "Escape") return this.#move(null);
    const way = WAYS[event.key];
    if (!way || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    if (!this.at) return this.#begin();
    const places = this.#places();
    const from = places.find(({ stream, cell }) => stream === this.at?.stream && cell === this.at?.cell);
    const next = from && nextPlace(places, from, way);
    if (next) this.#move(next, true);
  }

  // Every cell with its middle in the canvas and its value.
  #places() {
    return this.map.boxes.flatMap(({ sensor, ...box }) => {
      const values = this.map.values(sensor.stream);
      const [sx, sy] = [box.width / sensor.wide, box.height / sensor.high];
      return [...sensor.valid.keys()].filter((cell) => sensor.valid[cell]).map((cell) => {
        const [x, y] = sensor.middle(cell);
        return { stream: sensor.stream, cell, x: box.x + x * sx, y: box.y + y * sy, value: values?.[cell] };
      });
    });
  }

  /** @param {?{stream: string, cell: number}} to */
  #move(to, stepped = false) {
    if (to?.stream === this.at?.stream && to?.cell === this.at?.cell) return;
    this.at = to ? { stream: to.stream, cell: to.cell } : null;
    this.#stepped = stepped;
    this.#saidAt = 0;
    this.map.draw();
    put(this.said, stepped ? [this.words.firstChild, this.words.lastChild].map((one) => one?.textContent).join(", ") : "");
  }

  // Over each picture of the map: the ring stays on its cell, and the words on what is measured there now.
  #draw() {
    const { at, map, words } = this;
    const box = at && map.boxes.find(({ sensor }) => sensor.stream === at.stream);
    words.hidden = !box;
    if (!at || !box) return;
    const { sensor } = box;
    const [sx, sy] = [box.width / sensor.wide, box.height / sensor.high];
    this.#ring(map.context, box, pathThrough([sensor.corners(at.cell)], sx, sy));
    const now = performance.now();
    if (now - this.#saidAt < WORDS_MS) return;
    this.#saidAt = now;
    const { title, facts } = cellWords(sensor, at.cell, map.values(at.stream)?.[at.cell] ?? NaN, map.shownAs);
    put(words.firstChild, title);
    put(words.lastChild, facts.join("\n"));
    const ys = sensor.corners(at.cell).map(([, y]) => box.y + y * sy);
    this.#place(box.x + sensor.middle(at.cell)[0] * sx, Math.min(...ys), Math.max(...ys));
  }

  #ring(context, { x, y }, path) {
    context.save();
    context.translate(x, y);
    for (const [width, colour] of [[4.5, "under-bed"], [2.5, "on-bed"]]) {
      context.lineWidth = width;
      context.strokeStyle = token(colour);
      context.stroke(path);
    }
    context.restore();
  }

  // Below the cell, above it where there is no room, and within the map.
  #place(x, top, bottom) {
    const { canvas } = this.map;
    const { offsetWidth: wide, offsetHeight: high } = this.words;
    const most = /** @type {HTMLElement} */ (this.words.offsetParent)?.clientWidth ?? canvas.clientWidth;
    const left = Math.min(Math.max(canvas.offsetLeft + x - wide / 2, 4), most - wide - 4);
    const fits = bottom + GAP_PX + high <= canvas.clientHeight;
    this.words.style.left = `${left}px`;
    this.words.style.top = `${canvas.offsetTop + (fits ? bottom + GAP_PX : Math.max(top - GAP_PX - high, 0))}px`;
  }
}
