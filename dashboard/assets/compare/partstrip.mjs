// The part of a session that is compared, chosen on the strip of its card: dragging makes it, edges resize it, a press
// elsewhere moves it there; arrows do the same on an edge, or on the strip for the part as a whole. Every change that is
// done goes into the address (a0, a1, b0, b1), in seconds after the session's first frame.

import { Timeline, clamp } from "../session/timeline.mjs";
import { moment } from "../core/words.mjs";

const LEAST_S = 0.05;

/**
 * A part of the same length that begins at `start`, within the session.
 * @returns {[number, number]}
 */
export function moved([from, to], start, length) {
  const begin = clamp(start, 0, length - (to - from));
  return [begin, begin + to - from];
}

/**
 * A part pressed at `s`: it stays when that lies in it, else its middle goes there.
 * @returns {[number, number]}
 */
export function pressed([from, to], s, length) {
  return s >= from && s <= to ? [from, to] : moved([from, to], s - (to - from) / 2, length);
}

/**
 * What the address says of a part, or what the server says where the address says nothing that can be.
 * @returns {[number, number]}
 */
export function partOf(address, which, [from, to], length) {
  const [start, stop] = [0, 1].map((i) => clamp(address.number(`${which}${i}`), 0, length));
  return start < stop ? [start, stop] : [from, to];
}

export class PartStrip {
  #listeners = new AbortController();
  #byKey = false;
  /** @type {[number, number]} */
  part;

  /** `address` is the page's; the strip's own data say whose it is and how long the session is. */
  constructor(root, address) {
    const { which, length, from, to } = root.dataset;
    this.root = root;
    this.address = address;
    this.which = which;
    this.length = Number(length);
    this.part = partOf(address, which, [Number(from), Number(to)], this.length);
    this.timeline = new Timeline(root, this.length, {
      onSeek: (s) => this.#seek(s),
      onSelect: (start, stop, done) => this.#select([start, stop], done),
      onView: () => {}, // the whole session is always shown
    });
    const { signal } = this.#listeners;
    const how = (byKey) => () => (this.#byKey = byKey);
    root.addEventListener("keydown", how(true), { signal, capture: true });
    root.addEventListener("pointerdown", how(false), { signal, capture: true });
    root.addEventListener("wheel", (event) => event.stopPropagation(), { signal, capture: true }); // the page scrolls
    this.#show();
  }

  close() {
    this.timeline.close();
    this.#listeners.abort();
  }

  #show() {
    const [start, stop] = this.part;
    const chosen = this.changed || this.address.text(`${this.which}0`) !== "";
    this.timeline.set({ at: start, selection: this.part, chosen });
    const said = this.root.closest(".compare-card")?.querySelector('[data-slot="part-text"]');
    if (said && this.changed) said.textContent = `${moment(start).slice(0, -4)} – ${moment(stop).slice(0, -4)}`;
  }

  #seek(s) {
    const next = this.#byKey ? moved(this.part, s, this.length) : pressed(this.part, s, this.length);
    this.#select(next, true);
  }

  #select(part, done) {
    const [start, stop] = part;
    if (stop - start < LEAST_S) return this.#show(); // an edge pushed against the other
    this.changed = true;
    this.part = part;
    this.#show();
    if (done) this.address.set({ [`${this.which}0`]: start.toFixed(3), [`${this.which}1`]: stop.toFixed(3) });
  }
}
