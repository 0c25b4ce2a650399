// The layer over the overview: cursor, selection with two edges, and the part of the session that is shown.
// Times are in seconds after the session's first frame. A click moves the cursor, a drag makes a selection or moves
// the one that somebody made, the edges resize it, the wheel zooms about the pointer.

import { yields } from "../core/keys.mjs";

const CLICK_PX = 4;
const LEAST_VIEW_S = 0.2;
const ROUNDED_S = 0.002; // an address has milliseconds
const WHEEL = 1.0015;
const KEYS = { ArrowLeft: -1, ArrowRight: 1, ArrowDown: -1, ArrowUp: 1, PageDown: -10, PageUp: 10 };

export class Timeline {
  #listeners = new AbortController();
  /** @type {[number, number]} */
  selection;
  /** @type {[number, number]} */
  view;

  /** `told` has onSeek(s), onClick(s) where a click is more than that, onSelect(start, stop, done), onView(start, stop). */
  constructor(root, length, told) {
    this.root = root;
    this.length = length;
    this.told = told;
    this.view = [0, length];
    this.selection = [0, length];
    this.chosen = false; // somebody selected: only then can the selection be taken and moved
    this.at = 0;
    this.parts = Object.fromEntries(
      ["timeline", "scrub", "selection-box", "edge-start", "edge-stop", "cursor"].map((name) => [
        name,
        root.querySelector(`[data-slot="${name}"]`),
      ]),
    );
    this.#listen();
  }

  close() {
    this.#listeners.abort();
  }

  /** Show what the page says: any of at, selection, chosen, view. */
  set(changes) {
    Object.assign(this, changes);
    const { cursor, scrub, "selection-box": selection } = this.parts;
    place(cursor, this.#part(this.at));
    const [from, to] = this.selection.map((s) => this.#part(s));
    selection.style.left = `${100 * clamp(from, 0, 1)}%`;
    selection.style.width = `${100 * (clamp(to, 0, 1) - clamp(from, 0, 1))}%`;
    selection.hidden = to <= 0 || from >= 1;
    for (const [name, i] of [["edge-start", 0], ["edge-stop", 1]]) {
      place(this.parts[name], i ? to : from);
      speak(this.parts[name], this.selection[i], this.length);
    }
    speak(scrub, this.at, this.length);
  }

  zoom(factor, about = this.at) {
    const [a, b] = this.view;
    const span = clamp((b - a) * factor, Math.min(LEAST_VIEW_S, this.length), this.length);
    const start = clamp(about - ((about - a) * span) / (b - a), 0, this.length - span);
    this.told.onView(start, start + span);
  }

  #part(s) {
    return (s - this.view[0]) / (this.view[1] - this.view[0] || 1);
  }

  #time(event) {
    const box = this.parts.scrub.getBoundingClientRect();
    return clamp(this.view[0] + ((event.clientX - box.left) / box.width) * (this.view[1] - this.view[0]), 0, this.length);
  }

  #listen() {
    const { signal } = this.#listeners;
    const on = (target, name, act, more = {}) => target.addEventListener(name, act, { signal, ...more });
    const { timeline } = this.parts;
    on(timeline, "pointerdown", (event) => this.#press(event, event.target));
    on(timeline, "wheel", (event) => this.#wheel(event), { passive: false });
    on(timeline, "keydown", (event) => (event.target === this.parts.scrub ? this.#key(event) : this.#keyEdge(event)));
  }

  #wheel(event) {
    event.preventDefault();
    const [a, b] = this.view;
    if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      const by = ((event.deltaX || event.deltaY) / this.parts.scrub.clientWidth) * (b - a);
      const start = clamp(a + by, 0, this.length - (b - a));
      this.told.onView(start, start + b - a);
    } else this.zoom(WHEEL ** event.deltaY, this.#time(event));
  }

  #press(event, target) {
    if (event.button !== 0) return;
    event.preventDefault(); // or a second drag would carry the text that the first one marked
    const { scrub, timeline } = this.parts;
    const began = this.#time(event);
    const [from, to] = this.selection;
    const name = target.closest("[data-slot]").dataset.slot;
    const holds = name === "selection-box" && this.chosen && !covers(this.selection, this.view);
    const move = {
      "edge-start": (s) => [s, to],
      "edge-stop": (s) => [from, s],
    }[name] ?? (holds ? (s) => shift(from, to, s - began, this.length) : (s) => [began, s]);
    const seeks = name === "cursor";
    let dragged = false;
    const go = (one) => {
      dragged ||= Math.abs(one.clientX - event.clientX) > CLICK_PX;
      if (seeks) this.told.onSeek(this.#time(one));
      else if (dragged) this.told.onSelect(...ordered(move(this.#time(one))), false);
    };
    const gestures = new AbortController();
    const done = (one) => {
      gestures.abort();
      if (!dragged && !name.startsWith("edge")) (this.told.onClick ?? this.told.onSeek)(this.#time(one));
      else if (!seeks) this.told.onSelect(...this.selection, true);
    };
    const signal = AbortSignal.any([gestures.signal, this.#listeners.signal]);
    timeline.setPointerCapture(event.pointerId);
    timeline.addEventListener("pointermove", go, { signal });
    timeline.addEventListener("pointerup", done, { signal });
    timeline.addEventListener("pointercancel", () => gestures.abort(), { signal });
    const held = name.startsWith("edge") ? this.parts[name] : scrub;
    held.focus({ preventScroll: true, focusVisible: false });
  }

  #key(event) {
    const { key, shiftKey } = event;
    if (key in KEYS) this.told.onSeek(this.at + KEYS[key] * (shiftKey ? 0.1 : 1));
    else if (key === "Home") this.told.onSeek(0);
    else if (key === "End") this.told.onSeek(this.length);
    else if (key === "+" || key === "-") this.zoom(key === "+" ? 0.5 : 2);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #keyEdge(event) {
    const edge = event.target.dataset.slot;
    if (!(event.key in KEYS) || !edge?.startsWith("edge") || yields(event)) return;
    const by = KEYS[event.key] * (event.shiftKey ? 0.1 : 1);
    const [from, to] = this.selection;
    const next = edge === "edge-start" ? [clamp(from + by, 0, to), to] : [from, clamp(to + by, from, this.length)];
    this.told.onSelect(...next, true);
    event.preventDefault();
    event.stopPropagation();
  }
}

export function clamp(value, low, high) {
  return Math.min(Math.max(value, low), Math.max(low, high));
}

function shift(from, to, by, length) {
  const start = clamp(from + by, 0, length - (to - from));
  return [start, start + to - from];
}

/** Whether all that is seen is selected: there is nothing beside it to drag over, and nowhere to move it. */
export function covers([from, to], [a, b]) {
  return from <= a + ROUNDED_S && to >= b - ROUNDED_S;
}

function ordered([a, b]) {
  return a <= b ? [a, b] : [b, a];
}

function place(element, part) {
  element.style.left = `${100 * part}%`;
  element.hidden = part < -1e-6 || part > 1 + 1e-6;
}

function speak(slider, s, length) {
  slider.setAttribute("aria-valuemin", "0");
  slider.setAttribute("aria-valuemax", length.toFixed(2));
  slider.setAttribute("aria-valuenow", s.toFixed(2));
  const [m, rest] = [Math.floor(s / 60), (s % 60).toFixed(2)];
  slider.setAttribute("aria-valuetext", `${m ? `${m} min ` : ""}${rest} s after the start`);
}
