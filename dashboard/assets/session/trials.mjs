// Boxes of trials over the overview, where a tab has a table of them: dashed for one that is left out, and a click
// in one chooses it, as a click on its row does.

/** The trials of the tab, in seconds after the session's first frame. */
function trialsOf(root, first) {
  const seconds = (text) => (Number(text) - first) / 1e6;
  return [...root.querySelectorAll("#tab-body tr[data-from-us]")].map((row) => ({
    row,
    from: seconds(row.dataset.fromUs),
    to: seconds(row.dataset.toUs),
  }));
}

export class TrialBoxes {
  constructor(page) {
    this.page = page;
    this.trials = [];
    this.place = document.createElement("div");
    this.place.className = "trial-boxes";
    this.place.setAttribute("aria-hidden", "true"); // the table says all of it
    page.slot("timeline").prepend(this.place);
    this.watch = new MutationObserver(() => this.#read());
    this.watch.observe(page.root.querySelector("#tab-body"), { childList: true, subtree: true });
    this.#read();
  }

  close() {
    this.watch.disconnect();
  }

  /** Choose the trial at a moment, in seconds; false where there is none. */
  press(s) {
    const found = this.trials.find(({ from, to }) => s >= from && s <= to);
    if (!found) return false;
    found.row.click();
    this.page.slot("scrub").blur(); // the arrows go from trial to trial now
    return true;
  }

  /** Place the boxes by the part of the session that is seen. */
  show([a, b] = this.page.timeline.view) {
    const part = (s) => Math.min(1, Math.max(0, (s - a) / (b - a || 1)));
    this.trials.forEach(({ from, to }, i) => {
      const box = /** @type {HTMLElement} */ (this.place.children[i]);
      box.hidden = to < a || from > b;
      box.style.left = `${100 * part(from)}%`;
      box.style.width = `${100 * (part(to) - part(from))}%`;
    });
  }

  #read() {
    const trials = trialsOf(this.page.root, this.page.first);
    if (trials.length === this.trials.length && trials.every(({ row }, i) => row === this.trials[i].row)) return;
    this.trials = trials;
    this.place.replaceChildren(...trials.map(({ row }) => boxOf(row)));
    this.show();
  }
}

function boxOf(row) {
  const box = document.createElement("span");
  box.className = "trial-box";
  box.classList.toggle("out", row.classList.contains("cut"));
  box.classList.toggle("chosen", row.classList.contains("jump-shown"));
  box.textContent = row.dataset.trial;
  return box;
}
