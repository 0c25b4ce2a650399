// The roster: its own search, the measure of its trend, and its keys. What it shows is the server's.

import { hidden, replaced } from "../core/hidden.mjs";
import { bind } from "../core/keys.mjs";

const WAIT_MS = 300;

const go = (search) => window.dash_clientside.set_props("address", { search });

export class RosterPage {
  #listeners = new AbortController();
  #timer = 0;

  constructor(root) {
    this.root = root;
    const { signal } = this.#listeners;
    root.addEventListener("input", ({ target }) => target.id === "roster-find" && this.#typed(target), { signal });
    root.addEventListener("change", ({ target }) => this.#chosen(target), { signal });
    root.addEventListener("click", ({ target }) => this.#press(target.closest("[data-go]")), { signal });
    root.addEventListener("keydown", (event) => this.#key(event), { signal });
    this.watch = new MutationObserver(() => this.#follow());
    this.watch.observe(root.querySelector("#roster-filters"), { childList: true });
    this.#follow();
    const press = (name) => () => document.getElementById(name)?.click();
    bind([
      ["n", "new athlete", press("roster-new")],
      ["r", "record the selected athletes: put them into a test day", press("roster-record")],
      ["m", "merge two selected athletes", press("roster-merge")],
      ["/", "filter this list", () => this.#find()],
    ], signal);
  }

  close() {
    this.#listeners.abort();
    clearTimeout(this.#timer);
    this.watch.disconnect();
  }

  // The address may change without its fields: by a way back, or by a link.
  #follow() {
    const here = /** @type {?HTMLElement} */ (this.root.querySelector("#roster-filters [data-address]"));
    replaced(here?.dataset.address);
    const given = new URLSearchParams(location.search);
    given.set("text", here?.dataset.text ?? "");
    const usual = { text: ["roster-find", ""], measure: ["roster-measure", "mass"], baseline: ["roster-baseline", "3"], load: ["roster-load", ""] };
    for (const [key, [name, otherwise]] of Object.entries(usual)) {
      const value = given.get(key) ?? otherwise;
      const field = /** @type {HTMLInputElement | HTMLSelectElement} */ (document.getElementById(name));
      if (field !== document.activeElement && field.value !== value) field.value = value;
    }
  }

  #press(button) {
    if (button) go(button.dataset.go || "?");
  }

  #set(name, value) {
    const fields = new URLSearchParams(location.search);
    fields.delete("cards");
    if (value) fields.set(name, value);
    else fields.delete(name);
    go(fields.size ? `?${fields}` : "");
  }

  #chosen({ id, value }) {
    const name = { "roster-measure": "measure", "roster-baseline": "baseline", "roster-load": "load" }[id];
    if (name) this.#set(name, value);
  }

  #typed(field) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(async () => {
      const text = await hidden(field.value);
      if (text !== null) this.#set("text", text);
    }, WAIT_MS);
  }

  #find() {
    const field = /** @type {?HTMLInputElement} */ (this.root.querySelector("#roster-find"));
    field?.focus();
    field?.select();
  }

  // From the search down into the list; in the list the arrows are AG Grid's, and Enter opens a row.
  #key(event) {
    const there = event.target instanceof Element ? event.target : null;
    if (event.key === "ArrowDown" && there?.id === "roster-find") {
      event.preventDefault();
      window.dash_ag_grid.getApi("roster")?.setFocusedCell(0, "name");
    }
    const row = there?.closest(".ag-row");
    if (event.key === "Enter" && row && !there?.closest("a, button, input")) row.querySelector("a")?.click();
  }
}
