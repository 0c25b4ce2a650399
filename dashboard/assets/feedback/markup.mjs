// What stands on the feedback page: one word, one number, one gauge, one strip of steps, two counts; the rest; the forms.

import { GOALS } from "../core/tables.mjs";
import { nameOf, unitOf } from "./goal.mjs";
import { MODES } from "./sounds.mjs";

const icon = (path) => `<svg viewBox="0 0 24 24" width="24" height="24" fill="none" stroke="currentColor" stroke-width="2.4"
  stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">${path}</svg>`;
const SPEAKER = '<path d="M4 9v6h4l5 4V5L8 9z"/>';
export const ICONS = {
  tick: icon('<path d="M4 12.5 10 18 20 6.5"/>'),
  bell: icon('<path d="M6 16V11a6 6 0 0 1 12 0v5l1.5 2h-15z"/><path d="M10 21h4"/>'),
  up: icon('<path d="M12 20V5M5 12l7-7 7 7"/>'),
  down: icon('<path d="M12 4v15M5 12l7 7 7-7"/>'),
  sound: icon(`${SPEAKER}<path d="M16.5 9a4 4 0 0 1 0 6M19 6.5a8 8 0 0 1 0 11"/>`),
  mute: icon(`${SPEAKER}<path d="m17 10 4 4m0-4-4 4"/>`),
  pause: icon('<path d="M8 5v14M16 5v14"/>'),
  play: icon('<path d="M7 4.5 19 12 7 19.5z" fill="currentColor"/>'),
  target: icon('<circle cx="12" cy="12" r="8"/><circle cx="12" cy="12" r="3"/>'),
};

const button = (act, shown, words, kind = "") =>
  `<button class="fb-button ${kind}" type="button" data-act="${act}">${ICONS[shown]}<span data-slot="${act}-words">${words}</span></button>`;
const count = (slot, words, unit = "") =>
  `<div><span class="fb-label" data-slot="${slot}-label">${words}</span><b data-slot="${slot}">–</b> <span class="fb-unit" data-slot="${slot}-unit">${unit}</span></div>`;

const TRAIN = `<p class="fb-word" data-slot="word" data-word="waiting" role="status"><span data-slot="mark" aria-hidden="true"></span>
    <span data-slot="word-text">Waiting</span></p>
  <canvas data-slot="map" role="img" aria-label="No frames yet."></canvas>
  <div class="fb-number"><p class="fb-label" data-slot="what"></p><p class="fb-usual" data-slot="usual" title="± the typical error of your last tests"></p><b data-slot="value">–</b><span class="fb-unit" data-slot="unit"></span></div>
  <div class="fb-gauge" data-slot="gauge" role="img" aria-label=""><div class="fb-track"><span class="fb-band"></span><span class="fb-ball" hidden></span></div>
    <div class="fb-ends"><span data-slot="from"></span><span data-slot="band"></span><span data-slot="to"></span></div></div>
  <div class="fb-strip"><div data-slot="strip"></div><div class="fb-ends"><span data-slot="ago"></span><span>now</span></div></div>
  <p class="fb-hint" data-slot="hint" hidden></p>
  <div class="fb-counts">${count("inside", "in target", "%")}${count("row", "in a row")}
    <div class="fb-load-now"><span class="fb-label">load so far</span><b data-slot="load-now">–</b> <span class="fb-unit">kN·s</span> <span class="fb-unit" data-slot="load-plan"></span></div></div>`;

const REST = `<p class="fb-label fb-next" data-slot="next">next set in</p><b class="fb-clock" data-slot="clock" role="timer">–</b>
  <div class="fb-load"><p class="fb-label">Load so far, <strong>kN·s</strong> <span data-slot="load-planned"></span></p><b data-slot="load">–</b>
    ${["left", "right"].map(loadBar).join("")}
    <p class="fb-ends"><span data-slot="carries"></span><span data-slot="steps"></span></p></div>
  <div class="fb-sets" data-slot="sets"></div><p class="fb-kept" data-slot="kept" role="status"></p>`;

function loadBar(side) {
  return `<div class="fb-bar"><span class="foot" data-side="${side}" title="${side}">${side[0].toUpperCase()}</span>
    <span class="fb-track"><span data-slot="load-${side}-bar" data-side="${side}"></span></span><b data-slot="load-${side}">–</b></div>`;
}

/** The page; what changes is in slots. */
export const PAGE = `<div class="fb-train">${TRAIN}</div><div class="fb-rest" hidden>${REST}</div>
  <div class="fb-buttons" role="group" aria-label="Feedback">${button("sound", "mute", "Sound off")}${button("goal", "target", "Goal")}
    ${button("rest", "pause", "Rest")}${button("finish", "tick", "Finish")}${button("go", "play", "Go on", "primary")}
    ${button("again", "play", "Train again", "primary")}</div>`;

const choice = (name, value, words, chosen) =>
  `<label class="fb-choice"><input type="radio" name="${name}" value="${value}"${chosen ? " checked" : ""}><span>${words}</span></label>`;

/** The form of sound and vibration. */
export function soundForm({ mode, volume, vibrates }, canVibrate) {
  const modes = Object.entries(MODES).map(([value, words]) => choice("mode", value, words, value === mode));
  const shakes = canVibrate ? `<label class="fb-choice"><input type="checkbox" name="vibrates"${vibrates ? " checked" : ""}><span>Vibrate</span></label>` : "";
  return `<h2>Sound</h2><fieldset><legend class="fb-label">What is heard</legend>${modes.join("")}</fieldset>
    <label class="fb-field">Volume <input type="range" name="volume" min="0.05" max="1" step="0.05" value="${volume}"></label>${shakes}`;
}

const options = (pairs, chosen) =>
  pairs.map(([value, words]) => `<option value="${value}"${value === chosen ? " selected" : ""}>${words}</option>`).join("");
const SIDES = [["left", "Left"], ["right", "Right"], ["both", "Both"]];
const NUMBERS = [["low", "From"], ["high", "to"], ["sets", "Sets"], ["steps", "Steps of a set"], ["rest_s", "Rest, s"]];

/** A goal in one line. */
export const titleOf = (goal) => `${nameOf(goal)}, ${goal.low}–${goal.high} ${unitOf(goal)}`;

/** The form of the goal: those that were set for the athlete, and one of one's own. */
export function goalForm(goals, chosen, own) {
  const set = goals.map((goal, i) => choice("goal", String(i), titleOf(goal), i === chosen));
  const bases = [...new Set(Object.values(GOALS.bases).flat())].map((name) => [name, GOALS.of[name] ?? "ms, N·s, steps/min"]);
  const fields = NUMBERS.map(([name, words]) => `<label class="fb-field">${words} <input class="field" type="number" step="any" min="0" name="${name}" value="${own[name] ?? ""}"></label>`);
  return `<h2>Goal</h2><fieldset><legend class="fb-label">What is trained</legend>${set.join("")}
      ${choice("goal", "own", "Another one", chosen < 0)}</fieldset>
    <fieldset data-slot="own"${chosen < 0 ? "" : " disabled"}><legend class="fb-label">Another one</legend>
      <label class="fb-field">Measure <select class="field" name="measure">${options(Object.entries(GOALS.titles), own.measure)}</select></label>
      <label class="fb-field">Side <select class="field" name="side">${options(SIDES, own.side)}</select></label>
      <label class="fb-field">In <select class="field" name="basis">${options(bases, own.basis)}</select></label>${fields.join("")}</fieldset>`;
}
