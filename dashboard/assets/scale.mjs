// The pressure scale: fixed by layout, or automatic. Automatic moves only up, by round steps.

import { roundUp } from "./strips.mjs";
import { number } from "./words.mjs";

const FIXED_KPA = { insole: 400, plate: 600, mat: 100, seat: 40, saddle: 100 };
const FIRST_AUTO = { kPa: 50, counts: 10 };

export class Scale {
  constructor(root, changed) {
    this.root = root;
    this.changed = changed;
    this.fixed = null;
    this.automatic = false;
    this.unit = "kPa";
    this.high = 0;
    this.over = false;
    for (const button of root.querySelectorAll("button")) {
      button.addEventListener("click", () => this.#choose(button.dataset.scale === "auto"));
    }
  }

  /** The fixed scale is the widest of the layouts'; counts have none, so they begin automatic. */
  setSensors(sensors) {
    const calibrated = sensors.filter((sensor) => sensor.calibrated);
    this.unit = calibrated.length || !sensors.length ? "kPa" : "counts";
    this.fixed = calibrated.length ? Math.max(...calibrated.map((sensor) => FIXED_KPA[sensor.kind])) : null;
    this.automatic = this.fixed === null;
    this.high = FIRST_AUTO[this.unit];
    this.#write();
  }

  toggle() {
    this.#choose(!this.automatic);
  }

  /** The upper end for a picture whose highest value is this. */
  top(highest) {
    const grows = highest > this.high;
    const over = !this.automatic && highest > this.fixed;
    if (grows) this.high = roundUp(highest);
    if (over !== this.over || (grows && this.automatic)) {
      this.over = over;
      this.#write();
    }
    return this.automatic ? this.high : this.fixed;
  }

  #choose(automatic) {
    this.automatic = automatic || this.fixed === null;
    this.#write();
    this.changed();
  }

  #write() {
    const shown = this.automatic ? this.high : this.fixed;
    for (const button of this.root.querySelectorAll("button")) {
      const mine = (button.dataset.scale === "auto") === this.automatic;
      button.setAttribute("aria-pressed", String(mine));
      if (button.dataset.scale === "fixed") {
        button.hidden = this.fixed === null;
        button.textContent = `0–${number(this.fixed)} ${this.unit}`;
      }
    }
    const bar = this.root.closest("[data-baro]").querySelector('[data-slot="bar"]');
    bar.querySelector('[data-slot="bar-unit"]').textContent = this.unit;
    bar.dataset.map = this.unit === "kPa" ? "viridis" : "cividis";
    bar.querySelectorAll("[data-part]").forEach((tick) => {
      const part = Number(tick.dataset.part);
      tick.textContent = `${part === 1 && this.over ? "≥ " : ""}${number(shown * part)}`;
    });
  }
}
