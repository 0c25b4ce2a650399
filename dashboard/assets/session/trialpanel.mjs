// The panel of trials: a click on one selects its time, so that every tab shows it; buttons ask the server to make one of
// the selection, to move it, or to judge it. The server's answer draws the panel anew; the one chosen stays chosen, and a
// reason that is being typed stays until another is chosen or this one was judged.

import { taken } from "../core/redraw.mjs";

const LEAST_US = 1000; // ends in the address have milliseconds

export class TrialPanel {
  constructor(page, told) {
    this.page = page;
    this.told = told;
    this.place = page.root.querySelector("#trials");
    this.number = page.address.text("chosen");
    this.asked = Date.now();
    this.watch = new MutationObserver(() => this.show());
    this.watch.observe(this.place, { childList: true, subtree: true });
    this.place.addEventListener("drawn", () => this.show());
    this.place.addEventListener("click", (event) => this.#click(event.target));
    this.show();
  }

  close() {
    this.watch.disconnect();
  }

  get rows() {
    return [...this.place.querySelectorAll("tr[data-stored-trial]")];
  }

  /** Choose a trial by its row: its time is selected. */
  choose(row) {
    this.number = row.dataset.storedTrial;
    const [from, to] = [row.dataset.fromUs, row.dataset.toUs].map((us) => (Number(us) - this.page.first) / 1e6);
    this.page.address.set({ chosen: this.number });
    this.page.select(from, to);
    this.show();
  }

  /** The next trial or the one before; false where there are none. */
  go(way) {
    const { rows } = this;
    if (!rows.length) return false;
    const at = rows.findIndex((row) => row.dataset.storedTrial === this.number);
    this.choose(rows[at < 0 ? (way > 0 ? 0 : rows.length - 1) : Math.max(0, Math.min(rows.length - 1, at + way))]);
    return true;
  }

  /** The trial whose time is selected now. */
  get selected() {
    const ends = this.page.selection.map((s) => this.page.first + s * 1e6);
    return this.rows.find((row) => [row.dataset.fromUs, row.dataset.toUs].every((us, i) => Math.abs(this.#inside(us) - ends[i]) <= LEAST_US));
  }

  #inside(us) {
    return Math.min(this.page.last, Math.max(this.page.first, Number(us)));
  }

  /** Mark the row that is chosen, and say what may be done with it. */
  show() {
    const chosen = this.rows.find((row) => row.dataset.storedTrial === this.number);
    for (const row of this.rows) {
      if (row.classList.contains("chosen") !== (row === chosen)) row.classList.toggle("chosen", row === chosen);
    }
    const bar = this.place.querySelector(".trial-bar");
    if (bar) {
      bar.hidden = !chosen;
      const name = bar.querySelector('[data-slot="trial-chosen"]');
      const text = chosen ? `Trial ${this.number}` : "";
      if (name.textContent !== text) name.textContent = text;
      this.#reasonFor(bar, chosen);
    }
    this.told();
  }

  // A reason is for one trial as it is judged now.
  #reasonFor(bar, row) {
    const field = bar.querySelector('[data-trial-field="reason"]');
    const of = row ? `${this.number} ${row.dataset.judged}` : "";
    if (field.dataset.of === of) return;
    field.dataset.of = of;
    field.value = "";
  }

  /** Put the focus where a trial of the selection is made. */
  begin() {
    this.place.querySelector('[data-trial-field="step"]')?.focus();
  }

  act(name) {
    const field = (which) => this.place.querySelector(`[data-trial-field="${which}"]`);
    const [start_us, stop_us] = this.page.selection.map((s) => Math.round(this.page.first + s * 1e6));
    const number = Number(this.number);
    const judged = { accept: "accepted", repeat: "repeated", reject: "rejected" }[name];
    if (name !== "make" && !number) return;
    if (name === "make") {
      taken(field("step"));
      this.#ask({ do: "make", step: field("step").value, start_us, stop_us });
    }
    if (name === "move") this.#ask({ do: "move", number, start_us, stop_us });
    else if (judged) this.#ask({ do: "judge", number, state: judged, reason: name === "reject" ? field("reason").value : "" });
  }

  #ask(data) {
    this.asked += 1;
    window.dash_clientside.set_props("trial-ask", { data: { n: this.asked, ...data } });
  }

  #click(target) {
    const act = target.closest("[data-trial-act]");
    if (act) return this.act(act.dataset.trialAct);
    if (target.closest("button, input, select, a, summary") && !target.closest("[data-trial-choose]")) return;
    const row = target.closest("tr[data-stored-trial]");
    if (row) this.choose(row);
  }
}
