// Which curves are drawn: a chip a curve to remove or move it, `+` to add one, and the length of the window.
// A chip is moved by dragging it, by the arrow keys when it has the focus, or by pressing it; its new place is spoken.

import { NAMES } from "../feed/columns.mjs";
import { yields } from "../core/keys.mjs";
import { MOST_TRACES } from "../live/liveview.mjs";
import { available, options } from "./strips.mjs";
import { WINDOWS_S } from "../core/tables.mjs";

const ARROWS = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 };

/** The keys with one of them so many places on; before the first comes the end, and after the last the start. */
export function moved(keys, key, by) {
  const rest = keys.filter((one) => one !== key);
  const place = (keys.indexOf(key) + by + keys.length) % keys.length;
  return [...rest.slice(0, place), key, ...rest.slice(place)];
}

export class Chips {
  constructor(root, { onKeys, onSeconds }) {
    this.root = root;
    this.onKeys = onKeys;
    this.onSeconds = onSeconds;
    this.keys = [];
    this.known = new Map();
  }

  slot(name) {
    return this.root.querySelector(`[data-slot="${name}"]`);
  }

  listen(signal) {
    this.slot("add").addEventListener("change", (event) => this.insert(event.target.value), { signal });
    for (const button of this.slot("window").children) {
      button.addEventListener("click", () => this.onSeconds(Number(button.dataset.seconds)), { signal });
    }
  }

  setSensors(sensors, keys) {
    this.known = available(sensors);
    this.#set(keys.filter((key) => this.known.has(key)), false);
  }

  setSeconds(seconds) {
    for (const button of this.slot("window").children) {
      button.setAttribute("aria-pressed", String(Number(button.dataset.seconds) === seconds));
    }
  }

  /** To the next length of the window. */
  nextWindow(seconds) {
    this.onSeconds(WINDOWS_S[(WINDOWS_S.indexOf(seconds) + 1) % WINDOWS_S.length]);
  }

  #set(keys, tell = true) {
    this.keys = keys;
    this.slot("chips").replaceChildren(...keys.map((key) => this.#chip(key)));
    const add = this.slot("add");
    add.replaceChildren(new Option("+", ""), ...options(this.known, keys));
    add.disabled = add.length < 2 || keys.length >= MOST_TRACES;
    if (tell) this.onKeys(keys);
  }

  /** Another curve at the end, if there is room. */
  insert(key) {
    const fits = this.known.has(key) && !this.keys.includes(key) && this.keys.length < MOST_TRACES;
    if (fits) this.#set([...this.keys, key]);
  }

  #chip(key) {
    const { title, short = NAMES[key] ?? title } = this.known.get(key);
    const chip = document.createElement("span");
    chip.className = "chip trace-chip";
    chip.draggable = true;
    const name = document.createElement("button");
    name.type = "button";
    name.className = "chip-name";
    name.textContent = short;
    name.title = `${title}: drag it, press it, or use ← → to move its curve`;
    name.addEventListener("click", () => this.#moved(key, -1));
    name.addEventListener("keydown", (event) => this.#pressed(event, key));
    const remove = document.createElement("button");
    remove.type = "button";
    remove.setAttribute("aria-label", `Remove ${title}`);
    remove.title = `Remove ${title}`;
    remove.textContent = "×";
    remove.disabled = this.keys.length === 1;
    remove.addEventListener("click", () => this.#removed(key));
    chip.append(name, remove);
    chip.addEventListener("dragstart", (event) => event.dataTransfer?.setData("text/plain", key));
    chip.addEventListener("dragover", (event) => event.preventDefault());
    chip.addEventListener("drop", (event) => this.#dropped(event, key));
    return chip;
  }

  #removed(key) {
    this.#set(this.keys.filter((one) => one !== key));
    this.slot("add").focus();
  }

  // Arrow keys move the curve here, and not the moment that is shown.
  #pressed(event, key) {
    const by = ARROWS[event.key];
    if (!by || yields(event) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    this.#moved(key, by);
  }

  #moved(key, by) {
    const keys = moved(this.keys, key, by);
    const place = keys.indexOf(key);
    this.#set(keys);
    this.slot("chips").children[place].querySelector("button").focus();
    this.slot("moved").textContent = `${this.known.get(key).title}, curve ${place + 1} of ${keys.length}`;
  }

  #dropped(event, before) {
    event.preventDefault();
    const key = event.dataTransfer.getData("text/plain");
    if (!this.keys.includes(key) || key === before) return;
    const rest = this.keys.filter((other) => other !== key);
    rest.splice(this.keys.indexOf(before) > this.keys.indexOf(key) ? rest.indexOf(before) + 1 : rest.indexOf(before), 0, key);
    this.#set(rest);
  }
}
