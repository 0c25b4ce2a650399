// The home page: files are imported by dropping them, `C` compares what is selected, and the page says when the
// dashboard does not answer; the list itself is the server's.

import { follow } from "../core/find.mjs";
import { Imports } from "./importing.mjs";
import { bind } from "../core/keys.mjs";
import { timeOfDay } from "../core/words.mjs";

const ASK_MS = 4_000;

export class HomePage {
  #listeners = new AbortController();
  #over = 0;

  constructor(root) {
    this.root = root;
    this.imports = new Imports(root.querySelector('[data-slot="imports"]'));
    const { signal } = this.#listeners;
    root.addEventListener("click", (event) => event.target.closest('[data-act="import"]') && this.#choose(), { signal });
    root.addEventListener("change", (event) => void this.#pick(event.target), { signal });
    root.addEventListener("click", (event) => event.target.closest("#home-clear") && this.#unpick(), { signal });
    this.#drop(signal);
    bind([
      ["c", "compare two selected sessions", () => root.querySelector("#compare-selected")?.click()],
      ["e", "export the selected sessions", () => root.querySelector('[data-ask="export"]')?.click()],
    ], signal);
    this.timer = setInterval(() => document.hidden || globalThis.barographReach.ask(), ASK_MS);
    addEventListener("barograph-reach", () => this.#offline(globalThis.barographReach), { signal });
    this.watch = new MutationObserver(follow);
    this.watch.observe(root.querySelector("#home-filters"), { childList: true });
    follow();
  }

  close() {
    this.#listeners.abort();
    this.imports.close();
    this.watch.disconnect();
    clearInterval(this.timer);
  }

  // A card on a phone is picked: its row in the grid, which a phone does not show, is selected. The cards are there before
  // the grid is, which is waited for.
  async #pick({ checked, dataset }) {
    if (!("pick" in dataset)) return;
    const grid = await window.dash_ag_grid.getApiAsync("sessions");
    grid.getRowNode(dataset.pick)?.setSelected(checked);
  }

  #unpick() {
    for (const box of this.root.querySelectorAll("[data-pick]")) box.checked = false;
  }

  #choose() {
    const field = Object.assign(document.createElement("input"), { type: "file", multiple: true });
    field.addEventListener("change", () => this.imports.add(field.files));
    field.click();
  }

  #drop(signal) {
    const files = (event) => event.dataTransfer?.types.includes("Files");
    const over = (by) => {
      this.#over = Math.max(0, this.#over + by);
      this.root.classList.toggle("dropping", this.#over > 0);
    };
    const on = (kind, act) =>
      document.addEventListener(kind, (event) => files(event) && (event.preventDefault(), act(event)), { signal });
    on("dragenter", () => over(1));
    on("dragleave", () => over(-1));
    on("dragover", () => {});
    on("drop", (event) => {
      over(-Infinity);
      this.imports.add(event.dataTransfer.files);
    });
  }

  // What the list shows is as old as the last answer; more is not known here.
  #offline({ away, heardAt }) {
    const line = this.root.querySelector('[data-slot="offline"]');
    line.hidden = !away;
    const since = timeOfDay(heardAt * 1000);
    line.textContent = away ? `Page offline. This list is as it was at ${since}, and comes back by itself.` : "";
    this.root.classList.toggle("offline", away);
  }
}
