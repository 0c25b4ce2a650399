// Boxes over the overview: of the trials that are stored, with number and test, dashed for one that was rejected, and of
// the jumps of a tab, dashed for one that is left out. A click in one chooses it, as a click on its row does.

import { TrialPanel } from "./trialpanel.mjs";

const STORED = "#trials tr[data-from-us]";
const OF_TAB = "#tab-body tr[data-from-us]";

/** What rows of tables say of parts of the session, in seconds after its first frame. */
function partsOf(root, rows, first) {
  const seconds = (text) => (Number(text) - first) / 1e6;
  return [...root.querySelectorAll(rows)].map((row) => ({
    row,
    from: seconds(row.dataset.fromUs),
    to: seconds(row.dataset.toUs),
  }));
}

export class TrialBoxes {
  constructor(page) {
    this.page = page;
    this.trials = [];
    this.jumps = [];
    this.place = document.createElement("div");
    this.place.className = "trial-boxes";
    this.place.setAttribute("aria-hidden", "true"); // the tables say all of it
    page.slot("timeline").prepend(this.place);
    this.panel = new TrialPanel(page, () => this.#read());
    this.watch = new MutationObserver(() => this.#read());
    this.watch.observe(page.root.querySelector("#tab-body"), { childList: true, subtree: true });
    this.#read();
  }

  close() {
    this.watch.disconnect();
    this.panel.close();
  }

  /** Choose the trial at a moment, in seconds, or within the one that is selected the jump; false where there is none. */
  press(s) {
    const there = ({ from, to }) => s >= from && s <= to;
    const trial = this.trials.find(there);
    if (trial && trial.row !== this.panel.selected) {
      this.panel.choose(trial.row);
      return true;
    }
    const jump = this.jumps.find(there);
    if (!jump) return false;
    jump.row.click();
    this.page.slot("scrub").blur(); // the arrows go from jump to jump now
    return true;
  }

  /** Place the boxes by the part of the session that is seen. */
  show([a, b] = this.page.timeline.view) {
    const part = (s) => Math.min(1, Math.max(0, (s - a) / (b - a || 1)));
    [...this.trials, ...this.jumps].forEach(({ from, to }, i) => {
      const box = /** @type {HTMLElement} */ (this.place.children[i]);
      box.hidden = to < a || from > b;
      box.style.left = `${100 * part(from)}%`;
      box.style.width = `${100 * (part(to) - part(from))}%`;
    });
  }

  #read() {
    if (!this.panel) return; // it tells of its rows while it is made
    const [trials, jumps] = [STORED, OF_TAB].map((rows) => partsOf(this.page.root, rows, this.page.first));
    this.trials = trials;
    this.jumps = jumps;
    const boxes = [...trials.map(({ row }) => storedBox(row)), ...jumps.map(({ row }) => boxOf(row))];
    this.place.classList.toggle("both", trials.length > 0 && jumps.length > 0);
    this.place.replaceChildren(...boxes);
    this.show();
  }
}

function storedBox(row) {
  const box = document.createElement("span");
  box.className = `trial-box stored ${row.dataset.state}`;
  box.classList.toggle("out", row.dataset.state === "rejected");
  box.classList.toggle("chosen", row.classList.contains("chosen"));
  box.textContent = row.dataset.label;
  return box;
}

function boxOf(row) {
  const box = document.createElement("span");
  box.className = "trial-box jump";
  box.classList.toggle("out", row.classList.contains("cut"));
  box.classList.toggle("chosen", row.classList.contains("jump-shown"));
  box.textContent = row.dataset.trial;
  return box;
}
