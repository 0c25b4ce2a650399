// What is drawn over the pressure: a menu with a box for each layer.

const LAYERS = [
  ["cop", "CoP", "Centre of pressure"],
  ["trail", "trail", "Trail of this stance"],
  ["peak", "peak", "Peak cell"],
  ["contact", "contact", "Contact outline"],
  ["cells", "cells", "Plain cells, not smoothed"],
];
const OTHERWISE = { cells: "smoothed" };

export class Layers {
  plain = false; // cells that are no grid are never smoothed

  constructor(root, on, changed) {
    this.root = root;
    root.innerHTML = `<summary title="Layers"><span class="icon icon-layers" aria-hidden="true"></span>
      <span data-slot="layers-text"></span></summary><div class="drop">${LAYERS.map(choice).join("")}
      <label class="scale-edit">Scale up to <input class="field" type="number" min="0" step="any"
      data-slot="scale-top"> <span data-slot="scale-unit"></span></label></div>`;
    this.changed = changed;
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
    return this.#boxes.filter((box) => box.checked).map((box) => box.value);
  }

  /** Say how these sensors are drawn: of cells that are no grid there is no choice. */
  setSensors(sensors) {
    this.plain = sensors.length > 0 && sensors.every((sensor) => sensor.picture);
    for (const box of this.#boxes) if (box.value === "cells") box.disabled = this.plain;
    this.#write();
  }

  listen(signal) {
    this.root.addEventListener(
      "change",
      (event) => {
        if (event.target.type !== "checkbox") return;
        this.#write();
        this.changed(this.#names);
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
    const said = (box) => (box.checked || (this.plain && box.value === "cells") ? box.dataset.short : OTHERWISE[box.value]);
    const words = this.#boxes.map(said).filter(Boolean);
    this.root.querySelector('[data-slot="layers-text"]').textContent = words.join(", ");
  }
}

/** @param {string[]} layer */
function choice([value, short, words]) {
  return `<label><input type="checkbox" value="${value}" data-short="${short}"> ${words}</label>`;
}
