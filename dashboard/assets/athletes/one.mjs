// The page of one athlete: the address says what is shown, the server draws it. A drag on the timeline sets the time of
// all that is below; forms are sent to the server, which says which field is wrong.

import { AskedPage } from "../core/askedpage.mjs";
import { taken } from "../core/redraw.mjs";
import { dayOf, momentAt, nextDot, sent, spanOf } from "./onedata.mjs";

const LEAST_DRAG_PX = 6;

export class OnePage extends AskedPage {
  /** @type {?{strip: HTMLElement, from: number, pointer: number, moved: boolean}} */
  #drag = null;

  constructor(root) {
    super(root, "one-asked");
    const on = (name, act, more = {}) => root.addEventListener(name, act, { signal: this.signal, ...more });
    on("submit", (event) => this.#submit(event));
    on("pointerdown", (event) => this.#begin(event));
    on("pointermove", (event) => this.#move(event));
    on("pointerup", (event) => this.#end(event));
    on("pointercancel", () => this.#forget());
    on("click", (event) => this.#swallow(event), { capture: true });
    on("dragstart", (event) => event.target.closest?.(".one-strip") && event.preventDefault());
    on("keydown", (event) => this.#key(event));
  }

  changes(name, value) {
    if (name !== "measure") return super.changes(name, value);
    return value ? { measure: [...this.#measures(), value] } : {};
  }

  clicked(target) {
    const drop = target.closest?.('[data-act="drop-measure"]');
    if (drop) this.address.set({ measure: this.#measures().filter((name) => name !== drop.dataset.measure) });
    else super.clicked(target);
  }

  #measures() {
    return this.root.querySelector("[data-measures]")?.dataset.measures.split(" ") ?? [];
  }

  // --- the timeline

  #begin(event) {
    const strip = event.target.closest?.('[data-slot="strip"]');
    if (!strip || event.button !== 0) return;
    this.#drag = { strip, from: event.clientX, pointer: event.pointerId, moved: false };
  }

  #move(event) {
    const drag = this.#drag;
    if (!drag || event.pointerId !== drag.pointer) return;
    if (!drag.moved && Math.abs(event.clientX - drag.from) < LEAST_DRAG_PX) return;
    if (!drag.moved) drag.strip.setPointerCapture(drag.pointer);
    drag.moved = true;
    const place = drag.strip.getBoundingClientRect();
    const [left, right] = spanOf(drag.from - place.left, event.clientX - place.left, place.width);
    const box = /** @type {HTMLElement} */ (drag.strip.querySelector('[data-slot="drag"]'));
    box.hidden = false;
    Object.assign(box.style, { left: `${left}px`, width: `${right - left}px` });
  }

  #end(event) {
    const drag = this.#drag;
    if (!drag || event.pointerId !== drag.pointer) return;
    this.#forget();
    if (!drag.moved) return;
    this.ended = event.timeStamp;
    const place = drag.strip.getBoundingClientRect();
    /** @type {[number, number]} */
    const shown = [Number(drag.strip.dataset.firstUs), Number(drag.strip.dataset.stopUs)];
    const at = spanOf(drag.from - place.left, event.clientX - place.left, place.width);
    const [since, until] = at.map((x) => dayOf(momentAt(x / place.width, shown)));
    this.address.set({ since, until });
  }

  #forget() {
    const box = /** @type {?HTMLElement} */ (this.#drag?.strip.querySelector('[data-slot="drag"]') ?? null);
    if (box) box.hidden = true;
    this.#drag = null;
  }

  // A drag that ends on a dot does not open its session.
  #swallow(event) {
    if (this.ended !== undefined && event.timeStamp - this.ended < 50) {
      event.preventDefault();
      event.stopPropagation();
    }
  }

  #key(event) {
    const dot = event.target.closest?.(".one-strip a");
    const dots = dot && [...dot.closest(".one-strip").querySelectorAll("a")];
    const next = dot && nextDot(dots.map((one) => Number(one.dataset.t)), dots.indexOf(dot), event.key);
    if (next === null || next === undefined) return;
    event.preventDefault();
    dot.setAttribute("tabindex", "-1");
    dots[next].setAttribute("tabindex", "0");
    dots[next].focus();
  }

  // --- forms

  async #submit(event) {
    const form = event.target.closest("form[data-act-of]");
    if (!form) return;
    event.preventDefault();
    this.#say(form, "", null);
    const remove = event.submitter?.name === "remove";
    const buttons = [...form.querySelectorAll("button")];
    for (const button of buttons) button.disabled = true;
    const answer = await this.#send(sent(form.dataset, new FormData(form), remove));
    for (const button of buttons) button.disabled = false;
    if (answer.message) {
      this.#say(form, answer.message, answer.field);
      return;
    }
    taken(...form.querySelectorAll("input, select, textarea"));
    form.closest("details").open = false;
    form.closest("details").querySelector("summary").focus();
    this.root.querySelector('[data-slot="saved"]').textContent = remove ? "Removed." : "Saved.";
    this.addressed([]);
  }

  /** What the server answered: what was wrong as `message` and `field`, or neither. */
  async #send(change) {
    try {
      const body = JSON.stringify(change);
      const headers = { "Content-Type": "application/json" };
      const answer = await fetch(`/data/athletes/${encodeURIComponent(this.root.dataset.uid)}`, { method: "POST", headers, body });
      const said = await answer.json();
      return answer.ok ? {} : { message: said.message || "This was not taken.", field: said.field };
    } catch {
      return { message: "The dashboard does not answer. Nothing was changed; try again in a moment." };
    }
  }

  #say(form, message, field) {
    for (const one of form.querySelectorAll("[aria-invalid]")) one.removeAttribute("aria-invalid");
    form.querySelector(".one-said").textContent = message;
    const wrong = field && form.querySelector(`[name="${CSS.escape(field)}"]`);
    if (!wrong) return;
    wrong.setAttribute("aria-invalid", "true");
    wrong.focus();
  }
}
