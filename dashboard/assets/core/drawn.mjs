// Puts the markup of the server (dashboard/drawing/markup.py, dashboard/drawing/svg.py) into the document: drawings take the theme's
// colours, and a name with a dotted line opens its definition by hover, focus or tap. The server escapes every text.

// With `data-kept` the document is patched, not made anew, so that focus and definition stay while numbers change.

import { patch } from "./patch.mjs";
import { focusAgain, redraw, taken } from "./redraw.mjs";

const MARGIN = 8;

export class Drawn {
  #listeners = new AbortController();

  constructor(root) {
    this.root = root;
    this.draw();
    this.watch = new MutationObserver(() => this.draw());
    this.watch.observe(root, { attributeFilter: ["data-markup"] });
    const { signal } = this.#listeners;
    const on = (name, act, more = {}) => root.addEventListener(name, act, { signal, ...more });
    const term = (event) => event.target.closest?.(".term[data-about]");
    on("pointerover", (event) => term(event) && open(term(event)));
    on("pointerout", (event) => term(event) && close());
    on("focusin", (event) => term(event) && open(term(event)));
    on("focusin", ({ target }) => (held = { element: target, name: this.#name() }));
    on("focusout", close);
    on("keydown", (event) => event.key === "Escape" && close());
    on("change", ({ target }) => "param" in target.dataset && taken(target));
    on("toggle", ({ target }) => this.#toggled(target), { capture: true });
  }

  // What had the focus has it again, what was typed stays, and what was open is open, as far as it is in the new drawing.
  draw() {
    if ("kept" in this.root.dataset) {
      const next = document.createElement("template");
      next.innerHTML = this.root.dataset.markup;
      patch(this.root, next.content);
      return;
    }
    close();
    redraw(this.root, () => {
      this.root.innerHTML = this.root.dataset.markup;
      for (const panel of this.root.querySelectorAll("details")) if (opened.has(this.#name(panel))) panel.open = true;
    });
    const lost = held?.name === this.#name() && !held.element.isConnected && document.activeElement === document.body;
    if (held && lost) focusAgain(this.root, held.element); // of a drawing that was taken out as a whole
  }

  // A panel was opened or closed: it stays so whenever it is drawn anew.
  #toggled(panel) {
    if (panel.open) opened.add(this.#name(panel));
    else opened.delete(this.#name(panel));
  }

  // A drawing goes by its page and what it is, a panel by its own name or its place: its words tell what is set in it.
  /** @param {?HTMLDetailsElement} panel */
  #name(panel = null) {
    const place = panel && (panel.dataset.panel ?? [...this.root.querySelectorAll("details")].indexOf(panel));
    return [location.pathname, this.root.id || this.root.className, place].join(" ");
  }

  close() {
    close();
    this.#listeners.abort();
    this.watch.disconnect();
  }
}

const opened = new Set(); // panels that are open, by name
/** @type {?{element: HTMLElement, name: string}} */
let held = null; // what had the focus last: {element, name of its drawing}

/** @type {?{term: HTMLElement, box: HTMLElement}} */
let shown = null;

function open(term) {
  if (shown?.term === term) return;
  close();
  const box = document.createElement("div");
  Object.assign(box, { className: "popover definition floating", id: "definition", innerHTML: term.dataset.about });
  box.setAttribute("role", "tooltip");
  document.body.append(box);
  const at = term.getBoundingClientRect();
  const left = Math.min(at.left, document.documentElement.clientWidth - box.offsetWidth - MARGIN);
  const below = at.bottom + MARGIN;
  const fits = below + box.offsetHeight < window.innerHeight;
  box.style.left = `${Math.max(MARGIN, left)}px`;
  box.style.top = `${fits ? below : Math.max(MARGIN, at.top - MARGIN - box.offsetHeight)}px`;
  term.setAttribute("aria-describedby", "definition");
  shown = { term, box };
}

function close() {
  if (!shown) return;
  shown.box.remove();
  shown.term.removeAttribute("aria-describedby");
  shown = null;
}
