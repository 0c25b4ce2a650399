// The compare page: two sessions are chosen from a list, swapped, and cut to parts. The server draws everything; nothing
// is computed here. On a phone A, B and the difference are three pages, pressed or swiped; that is all done here too.

import { AskedPage } from "../core/askedpage.mjs";
import { bind } from "../core/keys.mjs";
import { PartStrip } from "./partstrip.mjs";

/** Changes of the address that set B in A's place and A in B's. */
export function swapped(address) {
  const names = [["a", "b"], ["a0", "b0"], ["a1", "b1"]];
  return Object.fromEntries(names.flatMap(([a, b]) => [[a, address.all(b)], [b, address.all(a)]]));
}

/** Changes of the address that choose another session: its part begins anew. */
export function chose(which, workout) {
  return { [which]: workout, [`${which}0`]: null, [`${which}1`]: null };
}

/** Changes of the address that add a session to a group, or take it out. */
export function toggled(address, which, workout) {
  const had = address.all(which);
  return { [which]: had.includes(workout) ? had.filter((one) => one !== workout) : [...had, workout] };
}

const PAGES = ["a", "b", "d"];
const SWIPE_PX = 60;

/** The page that a swipe by `dx`, `dy` px leads to, or null where it is none. */
export function swiped(page, dx, dy) {
  if (Math.abs(dx) < SWIPE_PX || Math.abs(dy) > Math.abs(dx) / 2) return null;
  return PAGES[PAGES.indexOf(page) + (dx < 0 ? 1 : -1)] ?? null;
}

export class ComparePage extends AskedPage {
  #strips = [];
  #many = "";

  constructor(root) {
    super(root, "compare-asked");
    this.drawn = new MutationObserver(() => this.#takeStrips());
    this.drawn.observe(root.querySelector("#compare-body"), { childList: true });
    this.found = new MutationObserver(() => this.#mark());
    this.found.observe(root.querySelector("#compare-found"), { childList: true });
    this.#takeStrips();
    this.#takeSwipes();
    const exported = () => root.querySelector('[data-ask="export"]')?.click();
    bind([["x", "swap A and B", () => this.#swap()], ["e", "export both", exported]], this.signal);
  }

  close() {
    super.close();
    this.drawn.disconnect();
    this.found.disconnect();
    for (const strip of this.#strips) strip.close();
  }

  get #page() {
    const wished = this.address.text("page");
    return PAGES.includes(wished) ? wished : "d";
  }

  addressed(names) {
    if (names.some((name) => name !== "page")) super.addressed(names);
    this.#turn();
  }

  #turn() {
    this.root.dataset.shown = this.#page;
    for (const button of this.root.querySelectorAll(".compare-pages [data-set]")) {
      button.setAttribute("aria-pressed", String(button.dataset.set === `page=${this.#page}`));
    }
  }

  // A finger that moves sideways over the maps turns the page; upwards it scrolls, as everywhere.
  #takeSwipes() {
    /** @type {?PointerEvent} */
    let began = null;
    const over = (event) => event.pointerType === "touch" && event.target.closest?.(".compare-maps");
    const on = (name, act) => this.root.addEventListener(name, act, { signal: this.signal });
    on("pointerdown", (event) => (began = over(event) ? event : null));
    on("pointercancel", () => (began = null));
    on("pointerup", (event) => {
      const next = began && swiped(this.#page, event.clientX - began.clientX, event.clientY - began.clientY);
      began = null;
      if (next) this.address.set({ page: next });
    });
  }

  // A new drawing has new strips, and buttons of pages that may have turned since it was asked for.
  #takeStrips() {
    for (const strip of this.#strips) strip.close();
    const found = this.root.querySelectorAll(".compare-strip");
    this.#strips = [...found].map((strip) => new PartStrip(strip, this.address));
    this.#turn();
  }

  #swap() {
    this.address.set(swapped(this.address));
  }

  clicked(target) {
    super.clicked(target);
    const choice = target.closest?.("[data-choose]");
    if (choice) this.#choose(choice.dataset);
    const act = target.closest?.("[data-act]")?.dataset;
    if (act?.act === "swap") this.#swap();
    if (act?.act === "pick") this.#pick(act.which, "many" in act);
    if (act?.act === "unpick") this.#picker.close();
  }

  get #picker() {
    return this.root.querySelector('[data-slot="picker"]');
  }

  // The list begins with the sessions of the athlete who is on the other side.
  #pick(which, many) {
    this.#many = many ? which : "";
    const other = this.root.querySelector(`.compare-card [data-act="pick"]:not([data-which="${which}"])`);
    const title = many ? `Sessions of ${which.toUpperCase()}` : `Choose ${which.toUpperCase()}`;
    this.root.querySelector('[data-slot="pick-title"]').textContent = title;
    this.tell("compare-which", { which, athlete: other?.dataset.athlete ?? "" });
    this.#mark();
    this.#picker.showModal();
    this.#picker.querySelector("input").focus();
  }

  // Of a group the list stays open: what is in it is pressed.
  #choose({ choose: workout, which }) {
    if (this.#many === which) {
      this.address.set(toggled(this.address, which, workout));
      this.#mark();
      return;
    }
    this.#picker.close();
    this.address.set(chose(which, workout));
  }

  #mark() {
    for (const button of /** @type {NodeListOf<HTMLElement>} */ (this.root.querySelectorAll("[data-choose]"))) {
      const { which = "", choose = "" } = button.dataset;
      if (this.#many === which) button.setAttribute("aria-pressed", String(this.address.all(which).includes(choose)));
      else button.removeAttribute("aria-pressed");
    }
  }

  // A part needs both ends in the address; the one that was not touched stands in its field.
  changes(name, value) {
    if (!/^[ab][01]$/.test(name)) return { [name]: value };
    const other = `${name[0]}${1 - Number(name[1])}`;
    const field = this.root.querySelector(`[data-param="${other}"]`);
    return { [name]: value, [other]: field?.value ?? this.address.text(other) };
  }
}
