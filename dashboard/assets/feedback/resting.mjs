// The rest between sets and the summary after the last one: what was borne so far, and the sets.

import { put } from "../core/text.mjs";
import { number } from "../core/words.mjs";
import { isLimit } from "./goal.mjs";
import { share } from "./sets.mjs";

const SIDES = ["left", "right"];
const SHOWN_BUTTONS = { none: ["sound", "goal"], set: ["sound", "goal", "rest"], rest: ["sound", "finish", "go"], done: ["goal", "again"] };

export class Resting {
  constructor(page) {
    this.page = page;
  }

  /** Show the part of the page that fits, with its buttons; what is done is kept. */
  show() {
    const { root, training } = this.page;
    const phase = training ? training.exercise.state : "none";
    const before = root.dataset.phase;
    root.dataset.phase = phase;
    const resting = phase === "rest" || phase === "done";
    root.querySelector(".fb-train").hidden = resting;
    root.querySelector(".fb-rest").hidden = !resting;
    for (const button of root.querySelectorAll("[data-act]")) button.hidden = !SHOWN_BUTTONS[phase].includes(button.dataset.act);
    if (resting && phase !== before) this.#began(phase);
  }

  #began(phase) {
    const { page } = this;
    put(page.slot("next"), phase === "done" ? "all sets, in target" : page.training.goal.rest_s ? "next set in" : "Rest");
    page.slot("sets").innerHTML = this.#sets();
    this.#load();
    this.write(Date.now());
    if (phase === "done") void page.keeping.keep(page.training.exercise.summary(page.training.goal, page.ahead));
    page.root.querySelector(`[data-act="${phase === "done" ? "again" : "go"}"]`).focus({ preventScroll: true });
  }

  /** The clock of the rest. */
  write(now) {
    const { page } = this;
    const { exercise } = page.training ?? {};
    if (exercise?.state === "done") put(page.slot("clock"), `${number(share(exercise.total))} %`);
    if (exercise?.state !== "rest") return;
    const left = exercise.left(now);
    const seconds = Number.isFinite(left) ? Math.ceil(left) : Math.floor((now - exercise.set.stop_ms) / 1000);
    put(page.slot("clock"), `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`);
  }

  #load() {
    const { page } = this;
    const { load, steps, planned } = page.training.exercise;
    const all = load.left + load.right;
    put(page.slot("load"), number(all / 1000, 1));
    for (const side of SIDES) {
      put(page.slot(`load-${side}`), number(load[side] / 1000, 1));
      page.slot(`load-${side}-bar`).style.width = `${all > 0 ? (100 * load[side]) / Math.max(load.left, load.right) : 0}%`;
    }
    put(page.slot("carries"), all > 0 ? `Left carries ${number((100 * load.left) / all)} %` : "");
    put(page.slot("steps"), [`${number(steps)} steps`, planned].filter(Boolean).join(", "));
  }

  // The newest set first, large; those before it smaller.
  #sets() {
    const { exercise, goal } = this.page.training;
    const limit = isLimit(goal);
    const sets = exercise.sets.filter((set) => set.count || exercise.sets.length === 1).toReversed();
    return sets.map((set) => row(`Set ${set.n}`, set, limit)).join("");
  }
}

function row(name, set, limit) {
  const second = limit ? ["too heavy", `${set.over} <small>of ${set.count}</small>`] : ["best row", String(set.best)];
  return `<section class="fb-set"><h2>${name}</h2><p><span class="fb-label">in target</span><b>${number(share(set))} <small>%</small></b></p>
    <p><span class="fb-label">${second[0]}</span><b>${second[1]}</b></p></section>`;
}
