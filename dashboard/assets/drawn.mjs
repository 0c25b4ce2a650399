// Puts the markup of the server (dashboard/markup.py, dashboard/svg.py) into the document: drawings take the theme's
// colours, and a name with a dotted line opens its definition by hover, focus or tap. The server escapes every text.

// With `data-kept` the document is patched, not made anew, so that focus and definition stay while numbers change.

import { patch } from "./patch.mjs";

const MARGIN = 8;

export class Drawn {
  #listeners = new AbortController();

  constructor(root) {
    this.root = root;
    this.draw();
    this.watch = new MutationObserver(() => this.draw());
    this.watch.observe(root, { attributeFilter: ["data-markup"] });
    const { signal } = this.#listeners;
    const term = (event) => event.target.closest?.(".term[data-about]");
    root.addEventListener("pointerover", (event) => term(event) && open(term(event)), { signal });
    root.addEventListener("pointerout", (event) => term(event) && close(), { signal });
    root.addEventListener("focusin", (event) => term(event) && open(term(event)), { signal });
    root.addEventListener("focusout", close, { signal });
    root.addEventListener("keydown", (event) => event.key === "Escape" && close(), { signal });
  }

  // What had the focus has it again, and what was open stays open, as far as it is in the new drawing.
  draw() {
    if ("kept" in this.root.dataset) {
      const next = document.createElement("template");
      next.innerHTML = this.root.dataset.markup;
      patch(this.root, next.content);
      return;
    }
    close();
    const held = this.root.contains(document.activeElement) ? wayTo(document.activeElement) : null;
    const open = [...this.root.querySelectorAll("details[open] > summary")].map(nameOf);
    this.root.innerHTML = this.root.dataset.markup;
    for (const summary of this.root.querySelectorAll("details > summary")) {
      if (open.includes(nameOf(summary))) summary.parentElement.open = true;
    }
    if (held) this.root.querySelector(held)?.focus({ preventScroll: true });
  }

  close() {
    close();
    this.#listeners.abort();
    this.watch.disconnect();
  }
}

const MARKS = ["data-set", "data-param", "data-act", "data-seek-us"];

/** A selector of what does the same in a new drawing, or null. */
function wayTo(element) {
  const mark = MARKS.find((name) => element.hasAttribute(name));
  if (!mark) return null;
  const which = element.dataset.which ? `[data-which="${CSS.escape(element.dataset.which)}"]` : "";
  return `[${mark}="${CSS.escape(element.getAttribute(mark))}"]${which}`;
}

const nameOf = (summary) => summary.getAttribute("aria-label") ?? summary.textContent;

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
