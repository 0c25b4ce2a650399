// Puts the markup of the server (dashboard/markup.py, dashboard/svg.py) into the document: drawings take the theme's
// colours, and a name with a dotted line opens its definition by hover, focus or tap. The server escapes every text.

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

  draw() {
    close();
    this.root.innerHTML = this.root.dataset.markup;
  }

  close() {
    close();
    this.#listeners.abort();
    this.watch.disconnect();
  }
}

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
