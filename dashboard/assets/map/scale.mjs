// The pressure scale: fixed by layout or by hand, or automatic. Automatic moves only up, by round steps.

import { fixedScale } from "./sensor.mjs";
import { digitsOf, roundUp, ticks } from "../curves/strips.mjs";
import { BAR } from "../core/tables.mjs";
import { number } from "../core/words.mjs";

const FIRST_AUTO = { kPa: 50, N: 100, counts: 10 };
const plain = (unit) => ({ factor: 1, unit, digits: 0 });

export class Scale {
  constructor(root, changed) {
    this.root = root;
    this.changed = changed;
    this.page = root.closest("[data-baro]");
    /** @type {?number} */
    this.fixed = null;
    /** @type {?number} */
    this.usual = null;
    this.automatic = false;
    this.unit = "kPa";
    this.shownAs = plain;
    this.high = 0;
    this.over = false;
    this.alarms = []; // thresholds that have a tick of their own
    for (const button of root.querySelectorAll("button")) {
      button.addEventListener("click", () => this.#choose(button.dataset.scale === "auto"));
    }
    this.input = this.page.querySelector('[data-slot="scale-top"]');
    this.input?.addEventListener("change", () => this.#edited());
  }

  /** The fixed scale is the widest of the layouts'; counts have none, so they begin automatic. `wanted` may say more. */
  setSensors(sensors, wanted = null) {
    this.usual = fixedScale(sensors);
    const units = ["kPa", "N", "counts"].filter((unit) => sensors.some((sensor) => sensor.unit === unit));
    this.unit = units[0] ?? "kPa";
    this.fixed = typeof wanted === "number" ? wanted : this.usual;
    this.automatic = wanted === "auto" || this.fixed === null;
    this.high = FIRST_AUTO[this.unit];
    this.#write();
  }

  /** What a value of a unit is shown as. */
  setShown(shownAs) {
    this.shownAs = shownAs;
    this.#write();
  }

  /** "auto", a number that is not the layout's own, or null for the usual. */
  get described() {
    if (this.automatic) return this.usual === null && this.fixed === null ? null : "auto";
    return this.fixed === null || this.fixed === this.usual ? null : Number(this.fixed.toPrecision(6));
  }

  /** Thresholds of alarms, in kPa or counts: each has a tick of its own. */
  setAlarms(values) {
    this.alarms = values;
    this.#write();
  }

  toggle() {
    this.#choose(!this.automatic);
  }

  /** The upper end for a picture whose highest value is this. */
  top(highest) {
    const grows = highest > this.high;
    const over = !this.automatic && this.fixed !== null && highest > this.fixed;
    if (grows) this.high = roundUp(highest);
    if (over !== this.over || (grows && this.automatic)) {
      this.over = over;
      this.#write();
    }
    return this.automatic || this.fixed === null ? this.high : this.fixed;
  }

  #edited() {
    const value = Number(this.input.value) / this.#as.factor;
    if (value >= 1 && value <= 1e6) {
      this.fixed = value;
      this.#choose(false);
    } else this.#write();
  }

  #choose(automatic) {
    this.automatic = automatic || this.fixed === null;
    this.#write();
    this.changed();
  }

  get #as() {
    return this.shownAs(this.unit);
  }

  #write() {
    const shown = this.automatic ? this.high : this.fixed;
    const { factor, unit, digits } = this.#as;
    for (const button of this.root.querySelectorAll("button")) {
      const mine = (button.dataset.scale === "auto") === this.automatic;
      button.setAttribute("aria-pressed", String(mine));
      if (button.dataset.scale === "fixed") {
        button.hidden = this.fixed === null;
        button.textContent = `0–${number((this.fixed ?? this.high) * factor, digits)} ${unit}`;
      }
    }
    if (this.input) {
      this.input.value = Number(((this.fixed ?? this.high) * factor).toPrecision(4));
      this.page.querySelector('[data-slot="scale-unit"]').textContent = unit;
    }
    const bar = this.page.querySelector('[data-slot="bar"]');
    bar.querySelector('[data-slot="bar-unit"]').textContent = unit;
    this.#ticks(bar.querySelector(".bar-body"), shown, factor);
    bar.dataset.map = this.unit === "counts" ? "cividis" : "viridis";
  }

  // Round values in the unit that is shown, and a tick for each alarm; one beyond the scale is at its end.
  #ticks(body, top, factor) {
    const values = barTicks(top * factor, this.over);
    const digits = digitsOf(values);
    const marks = values.map((value) => {
      const over = this.over && value === values.at(-1) ? "≥ " : "";
      return mark("bar-tick", value / (top * factor), `${over}${number(value, digits)}`);
    });
    body.replaceChildren(...marks, ...this.alarms.map((above) => mark("bar-alarm", above / top)));
  }
}

/** Round values from 0 to `high`; of a scale that values go beyond, the last is its end. */
export function barTicks(high, over) {
  const values = ticks(0, high, 5);
  if (!over || values.at(-1) > BAR.nearly * high) return values;
  return [...values.filter((value) => value < BAR.room * high), Number(high.toPrecision(3))];
}

function mark(className, part, text = "") {
  const made = document.createElement("span");
  made.className = className;
  made.style.top = `${100 * (1 - Math.min(1, Math.max(0, part)))}%`;
  made.textContent = text;
  return made;
}
