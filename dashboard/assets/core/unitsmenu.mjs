// The header's menu of units, and its words.

import { CHOICES, choose, chosen, lacking } from "./units.mjs";

export class UnitsMenu {
  #listeners = new AbortController();

  constructor(root) {
    this.root = root;
    const { signal } = this.#listeners;
    for (const button of root.querySelectorAll("button[data-unit]")) {
      button.addEventListener("click", () => this.#choose(button.dataset.kind, button.dataset.unit), { signal });
    }
    document.addEventListener("pointerdown", (event) => root.contains(event.target) || (root.open = false), { signal });
    root.addEventListener("toggle", () => root.open && this.#allow(), { signal });
    root.addEventListener("keydown", (event) => event.key === "Escape" && this.#leave(), { signal });
    this.#write();
  }

  close() {
    this.#listeners.abort();
  }

  #leave() {
    this.root.open = false;
    this.root.querySelector("summary").focus();
  }

  #choose(kind, unit) {
    if (!CHOICES[kind].includes(unit)) return;
    choose(kind, unit);
    this.#write();
    dispatchEvent(new Event("barograph-units"));
  }

  // What the page shown lacks is said, and cannot be chosen; pages without one athlete say themselves what they lack.
  #allow() {
    const page = document.querySelector('[data-baro="live"], [data-baro="session"]');
    const mass = page ? Number(page.getAttribute("data-mass")) : 1;
    const reasons = new Set();
    for (const button of this.root.querySelectorAll("button[data-unit]")) {
      const reason = lacking(button.dataset.unit, mass);
      button.disabled = reason !== null;
      if (reason) reasons.add(reason);
    }
    const said = this.root.querySelector('[data-slot="units-lacking"]');
    said.textContent = [...reasons].join(" ");
    said.hidden = !reasons.size;
  }

  #write() {
    const now = chosen();
    this.root.querySelector("summary span").textContent = `${now.force} · ${now.pressure}`;
    for (const button of this.root.querySelectorAll("button[data-unit]")) {
      button.setAttribute("aria-pressed", String(now[button.dataset.kind] === button.dataset.unit));
    }
  }
}
