// The two forms of the feedback: sound and vibration, and the goal. Both are dialogs that Esc closes.

import { goalOf, wrong } from "./goal.mjs";
import { goalForm, soundForm } from "./markup.mjs";
import { Sounds } from "./sounds.mjs";

const FIELDS = ["measure", "side", "basis", "low", "high", "sets", "steps", "rest_s"];
const USUAL = { measure: "force", side: "left", basis: "body_weight", low: 100, high: 115, sets: 3, steps: 40, rest_s: 60 };
const EXPECTED = {
  measure: "Choose a measure.", basis: "This measure is not set against that.", side: "Choose the other side or, for cadence, both.",
  low: "From: a number from 0 on.", high: "To: more than where the band begins.", sets: "Sets: 0 to 50.", steps: "Steps of a set: 0 to 10,000.",
  rest_s: "Rest: 0 to 3,600 s.",
}; // prettier-ignore

export class Dialogs {
  constructor(page) {
    this.page = page;
  }

  sound() {
    const { sounds } = this.page;
    const form = this.#open("Sound", soundForm(sounds, Sounds.canVibrate), "Done", () => true);
    form.addEventListener("change", () => {
      const given = new FormData(form);
      sounds.volume = Number(given.get("volume"));
      sounds.vibrates = given.has("vibrates");
      const mode = String(given.get("mode"));
      if (mode !== sounds.mode) void sounds.ask(mode).then(() => (this.page.root.dataset.audio = sounds.audio?.state ?? ""));
    });
  }

  goal() {
    const { goals, goal } = this.page;
    const chosen = goals.findIndex((one) => FIELDS.every((name) => goal && goalOf(one)?.[name] === goal[name]));
    const own = chosen < 0 && goal ? goal : USUAL;
    const form = this.#open("Goal", goalForm(goals, goal ? chosen : goals.length ? 0 : -1, own), "Train", (given) => this.#chosen(given, goals));
    form.addEventListener("change", () => {
      form.querySelector('[data-slot="own"]').disabled = new FormData(form).get("goal") !== "own";
    });
  }

  // True where there is a goal to train towards; else what is wrong was said.
  #chosen(given, goals) {
    const set = given.get("goal") === "own" ? null : Number(given.get("goal"));
    const fields = Object.fromEntries(FIELDS.map((name) => [name, given.get(name)]));
    const goal = goalOf(set === null ? fields : goals[set]);
    if (!goal) return EXPECTED[wrong({ ...fields, low: asked(fields.low), high: asked(fields.high), ...counts(fields) })] ?? "This is no goal.";
    this.page.choose(goal, set === null ? new URLSearchParams(fields).toString() : `goal=${set}`);
    return true;
  }

  /** A dialog with a form; `done` is given what stands in it, and says true, or what is wrong. */
  #open(name, markup, words, done) {
    const dialog = document.createElement("dialog");
    dialog.className = "sheet fb-sheet";
    dialog.setAttribute("aria-label", name);
    dialog.innerHTML = `<form method="dialog">${markup}<p class="fb-wrong" role="alert"></p>
      <div class="fb-buttons"><button class="fb-button" value="cancel" formnovalidate>Close</button>
      <button class="fb-button primary" value="done">${words}</button></div></form>`;
    /** @type {any} */
    const form = dialog.querySelector("form");
    form.addEventListener("submit", (event) => {
      if (event.submitter?.value !== "done") return;
      const said = done(new FormData(form));
      if (said === true) return;
      event.preventDefault();
      form.querySelector(".fb-wrong").textContent = said;
    });
    dialog.addEventListener("close", () => dialog.remove());
    this.page.root.append(dialog);
    dialog.showModal();
    return form;
  }
}

const asked = (text) => (text === "" || text === null ? NaN : Number(text));

function counts(fields) {
  return { sets: Number(fields.sets || 0), steps: Number(fields.steps || 0), rest_s: Number(fields.rest_s || 0) };
}
