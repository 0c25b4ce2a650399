// On a phone the curves are shown one at a time: a swipe turns to the next, and so do two buttons for whoever does not
// swipe.

import { put } from "../core/text.mjs";

const NARROW = "(max-width: 699px)";
const SWIPE_PX = 40;

/** Which way a finger went, from and to [x, y]: 1 to the next, −1 to the one before, 0 anywhere else. */
export function swiped(from, to) {
  const [x, y] = [to[0] - from[0], to[1] - from[1]];
  if (Math.abs(x) < SWIPE_PX || Math.abs(x) < 2 * Math.abs(y)) return 0;
  return x < 0 ? 1 : -1;
}

export class Turning {
  #at = 0;
  /** @type {?[number, number]} */
  #from = null;

  /** `changed()`: another curve is to be drawn. */
  constructor(canvas, traces, changed) {
    this.canvas = canvas;
    this.traces = traces;
    this.changed = changed;
    this.narrow = matchMedia(NARROW);
    this.root = document.createElement("div");
    this.root.className = "turning";
    this.root.innerHTML = `<button class="button" type="button" aria-label="Curve before">‹</button>
      <span aria-live="polite"></span><button class="button" type="button" aria-label="Next curve">›</button>`;
    canvas.after(this.root);
  }

  listen(signal) {
    const on = (target, kind, act) => target.addEventListener(kind, act, { signal });
    const [before, next] = this.root.querySelectorAll("button");
    on(before, "click", () => this.#turn(-1));
    on(next, "click", () => this.#turn(1));
    on(this.canvas, "pointerdown", (event) => (this.#from = [event.clientX, event.clientY]));
    on(this.canvas, "pointercancel", () => (this.#from = null));
    on(this.canvas, "pointerup", (event) => this.#lifted(event));
    on(this.narrow, "change", () => this.#turn(0));
  }

  #lifted({ clientX, clientY }) {
    const way = this.#from && this.narrow.matches ? swiped(this.#from, [clientX, clientY]) : 0;
    this.#from = null;
    if (way) this.#turn(way);
  }

  #turn(by) {
    const count = this.traces.all.length;
    this.#at = count ? (this.#at + by + count) % count : 0;
    this.show();
    this.changed();
  }

  /** Draw all curves or one of them, as the screen has room; called whenever there are others. */
  show() {
    const { all } = this.traces;
    this.#at = Math.max(0, Math.min(this.#at, all.length - 1));
    this.traces.setOne(this.narrow.matches ? this.#at : null);
    put(this.root.querySelector("span"), all.length ? `${all[this.#at].title}, ${this.#at + 1} of ${all.length}` : "");
  }
}
