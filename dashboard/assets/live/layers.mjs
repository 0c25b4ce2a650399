// What is drawn over the pressure: a menu with a box for each layer.

import { isSmooth } from "../map/nearest.mjs";

const LAYERS = [
  ["cop", "CoP", "Centre of pressure"],
  ["trail", "trail", "Trail of this stance"],
  ["peak", "peak", "Peak cell"],
  ["contact", "contact", "Contact outline"],
  ["cells", "cells", "Plain cells, not smoothed"],
];
const OTHERWISE = { cells: "smoothed" };

export class Layers {
  #unsaid = false; // whether cells are plain where nobody chose, as cells that are no grid and few are

  constructor(root, on, changed) {
    this.root = root;
    root.innerHTML = `<summary title="Layers"><span class="icon icon-layers" aria-hidden="true"></span>
      <span data-slot="layers-text"></span></summary><div class="drop">${LAYERS.map(choice).join("")}
      <label class="scale-edit">Scale up to <input class="field" type="number" min="0" step="any"
      data-slot="scale-top"> <span data-slot="scale-unit"></span></label></div>`;
    this.changed = changed;
    this.chosen = on;
    for (const box of this.#boxes) box.checked = on.includes(box.value);
    this.#write();
  }

  get #boxes() {
    return [...this.root.querySelectorAll("input[type=checkbox]")];
  }

  get on() {
    return new Set(this.#names);
  }

  get #names() {
    const names = this.#boxes.filter((box) => box.checked).map((box) => box.value);
    const plain = names.includes("cells");
    if (plain === this.#unsaid) return names.filter((name) => name !== "cells");
    return plain ? names : [...names, "smooth"];
  }

  /** Cells that are no grid are plain where they are few, unless somebody chose; without places always. */
  setSensors(sensors) {
    const chosen = new Set(this.chosen);
    this.#unsaid = sensors.length > 0 && sensors.every((sensor) => sensor.picture && !isSmooth(sensor, new Set()));
    const plain = sensors.length > 0 && sensors.every((sensor) => sensor.picture ? !isSmooth(sensor, chosen) : chosen.has("cells"));
    const fixed = sensors.length > 0 && sensors.every((sensor) => sensor.picture && !isSmooth(sensor, new Set(["smooth"])));
    for (const box of this.#boxes) if (box.value === "cells") [box.checked, box.disabled] = [plain, fixed];
    this.#write();
  }

  listen(signal) {
    this.root.addEventListener(
      "change",
      (event) => {
        if (event.target.type !== "checkbox") return;
        this.#write();
        this.chosen = this.#names;
        this.changed(this.chosen);
      },
      { signal },
    );
    document.addEventListener("pointerdown", (event) => this.root.contains(event.target) || (this.root.open = false), { signal });
    this.root.addEventListener("keydown", (event) => this.#left(event), { signal });
  }

  #left(event) {
    if (event.key !== "Escape") return;
    this.root.open = false;
    this.root.querySelector("summary").focus();
  }

  #write() {
    const words = this.#boxes.map((box) => (box.checked ? box.dataset.short : OTHERWISE[box.value])).filter(Boolean);
    this.root.querySelector('[data-slot="layers-text"]').textContent = words.join(", ");
  }
}

/** @param {string[]} layer */
function choice([value, short, words]) {
  return `<label><input type="checkbox" value="${value}" data-short="${short}"> ${words}</label>`;
}
