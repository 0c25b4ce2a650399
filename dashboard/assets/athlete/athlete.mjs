// The athlete's page: one instruction, two numbers, one gauge, one picture, one second number. No menu: a tap shows
// name and time, a long press leaves. It keeps the screen awake, and comes back by itself when the phone wakes.

import { athleteView } from "./athleteview.mjs";
import { Awake } from "../core/awake.mjs";
import { pageTime } from "../core/clock.mjs";
import { Feed } from "../feed/feed.mjs";
import { silent } from "../feed/notices.mjs";
import { PressureMap } from "../map/pressuremap.mjs";
import { fixedScale } from "../map/sensor.mjs";
import { Steady, band, place } from "./steady.mjs";
import { put } from "../core/text.mjs";
import { WorkoutFeed } from "../feed/workout.mjs";
import { age, elapsed, number } from "../core/words.mjs";

const DRAW_MS = 33;
const STILL_MS = 100;
const WRITE_MS = 250;
const LEAVE_MS = 1_200;
const NAMED_MS = 4_000;
const SENTENCE_MS = 5_000;
const SENSOR = { insole: "insoles", plate: "plate", mat: "mat", seat: "seat", saddle: "saddle" };

// What each quantity is called, where it is in the hub's numbers, and what to do about it.
const QUANTITIES = {
  balance: { words: "", unit: "%", of: ({ balance }) => balance?.right, low: ["More right", "→"], high: ["More left", "←"], inside: "In balance" },
  cadence: { words: "Cadence", unit: "steps/min", of: ({ cadence }) => cadence?.value, low: ["Quicker steps", "↑"], high: ["Slower steps", "↓"], inside: "Good rhythm" },
  contact: { words: "Contact time", unit: "ms", of: ({ contact }) => mean(contact), low: ["Longer contact", "↑"], high: ["Shorter contact", "↓"], inside: "On target" },
  force: { words: "Peak force", unit: "N", of: ({ force }) => mean(force), low: ["Push harder", "↑"], high: ["Land softer", "↓"], inside: "On target" },
  sway: { words: "Sway", unit: "mm/s", of: ({ velocity }) => mean(velocity), low: ["On target", "✓"], high: ["Stand quieter", "↓"], inside: "Steady" },
};

export class AthletePage {
  #at = { draw: 0, write: 0, sentence: -Infinity };
  #drawn = -Infinity;
  /** @type {?number} */
  #offlineUntil = null; // when the page tries again, in page time
  /** @type {?string} */
  #counted = null;

  constructor(root) {
    this.root = root;
    this.view = athleteView(location.search);
    this.workout = new WorkoutFeed();
    this.steady = new Steady(this.view.target);
    this.map = new PressureMap(this.slot("map"), { labels: false });
    this.map.layers = new Set(["cop"]);
    this.#build();
    this.#listen();
    this.feed = new Feed(`/feed/${encodeURIComponent(root.dataset.workout)}`, {
      onOpen: () => this.#opened(),
      workout: this.workout,
      onMessage: (message) => this.#message(message),
      onOffline: (retryAt) => (this.#offlineUntil = retryAt),
    });
    requestAnimationFrame((now) => this.#tick(now));
  }

  slot(name) {
    return this.root.querySelector(`[data-slot="${name}"]`);
  }

  #build() {
    const { main, target, second, secondTarget } = this.view;
    const both = main === "balance";
    this.slot("big").innerHTML = both ? side("left", "Left %") + side("right", "Right %") : single(QUANTITIES[main]);
    this.root.dataset.main = main;
    this.slot("gauge").hidden = false;
    this.slot("gauge").innerHTML = gauge(both ? ["Left", "Right"] : ["Less", "More"], target);
    setBand(this.slot("gauge"), target);
    this.slot("second").hidden = second === "none";
    if (second === "none") return;
    const { words, unit } = QUANTITIES[second];
    this.slot("second").innerHTML = `<span class="athlete-label">${words || "Right share"}<br>${unit}</span>
      <b data-slot="second-value">–</b><div class="athlete-gauge small-gauge">${gauge(secondTarget.map(String), null)}</div>`;
    setBand(this.slot("second"), secondTarget);
  }

  #listen() {
    addEventListener("resize", () => (this.#drawn = -Infinity));
    this.awake = new Awake(this.root);
    let timer = 0;
    this.root.addEventListener("pointerdown", () => {
      this.root.dataset.named = "true";
      this.feed.retry(); // does nothing while the feed is there
      clearTimeout(this.named);
      this.named = setTimeout(() => (this.root.dataset.named = "false"), NAMED_MS);
      timer = setTimeout(() => location.assign(`/live/${encodeURIComponent(this.root.dataset.workout)}`), LEAVE_MS);
    });
    for (const end of ["pointerup", "pointercancel", "pointerleave"]) this.root.addEventListener(end, () => clearTimeout(timer));
    this.root.addEventListener("contextmenu", (event) => event.preventDefault());
  }

  #opened() {
    this.#offlineUntil = null;
    this.workout.clear();
  }

  #message(message) {
    if (this.workout.take(message)) {
      this.map.setSensors(this.workout.sensors);
      this.map.max = fixedScale(this.workout.sensors) ?? 10;
      this.#drawn = -Infinity;
    }
    if (message.type !== "numbers") return;
    const value = QUANTITIES[this.view.main].of(message.values);
    const steps = JSON.stringify([message.values.steps ?? null, value]);
    if (steps !== this.#counted) this.steady.take(value ?? NaN);
    this.#counted = steps;
  }

  #tick(now) {
    requestAnimationFrame((next) => this.#tick(next));
    const { newest } = this.workout;
    const pace = this.map.still.matches ? STILL_MS : DRAW_MS;
    if (newest > this.#drawn && now - this.#at.draw >= pace) this.#draw(now, newest);
    if (now - this.#at.write >= WRITE_MS) this.#write(now, newest);
  }

  #draw(now, newest) {
    this.#at.draw = now;
    this.#drawn = newest;
    for (const stream of this.workout.lines) {
      if (!stream.frame) continue;
      const cop = this.workout.trail(stream).at(-1) ?? null;
      this.map.show(stream.sensor.stream, stream.frame.frames, stream.frame.index, cop);
    }
    if (!this.workout.sensors.some((sensor) => sensor.calibrated)) this.map.max = Math.max(this.map.max, this.map.highest);
    this.map.draw();
  }

  #write(now, newest) {
    this.#at.write = now;
    const ageUs = this.feed.clock.now() * 1000 - newest;
    const state = this.#offlineUntil === null ? this.workout.freshness(ageUs) : "offline";
    this.root.dataset.state = state;
    this.#top(state, ageUs, newest);
    const values = state === "live" ? this.workout.numbers : null;
    this.#word(state, values);
    this.#numbers(values);
    if (now - this.#at.sentence < SENTENCE_MS || !Number.isFinite(newest)) return;
    this.#at.sentence = now;
    this.slot("map").setAttribute("aria-label", this.map.describe());
  }

  #top(state, ageUs, newest) {
    const words = { live: "Live", waiting: "Waiting", offline: this.#again() };
    put(this.slot("pill-text"), words[state] ?? `Stale ${age(ageUs / 1e6)}`);
    this.slot("pill").dataset.state = state;
    const started = this.workout.state?.first_us;
    put(this.slot("name"), this.workout.state?.athlete ?? this.root.dataset.workout);
    this.slot("name").title = this.slot("name").textContent;
    if (started && Number.isFinite(newest)) put(this.slot("elapsed"), elapsed((newest - started) / 1e6));
  }

  #again() {
    const wait = Math.ceil(((this.#offlineUntil ?? 0) - pageTime()) / 1000);
    return wait > 0 ? `Offline, again in ${wait} s` : "Offline, trying now";
  }

  #word(state, values) {
    const { inside, low, high } = QUANTITIES[this.view.main];
    const kind = SENSOR[this.workout.sensors[0]?.kind] ?? "sensor";
    let word = "waiting";
    let mark = "";
    let text;
    if (state === "offline") text = "Page offline, tap to try now";
    else if (state !== "live") text = silent(this.workout.state) ? "The recorder does not answer" : `Waiting for the ${kind}`;
    else if (!values || this.steady.word === null) text = this.view.main === "sway" ? "Stand still" : "Walk a few steps";
    else if (this.steady.word === "in") [word, text, mark] = ["in", inside, "✓"];
    else [word, [text, mark]] = ["out", this.steady.word === "low" ? low : high];
    this.slot("word").dataset.word = word;
    put(this.slot("word-text"), text);
    put(this.slot("mark"), mark);
  }

  #numbers(values) {
    const { main, target, second, secondTarget } = this.view;
    const value = values ? QUANTITIES[main].of(values) ?? NaN : NaN;
    if (main === "balance") {
      const right = Math.round(value);
      put(this.slot("big-left"), number(100 - right));
      put(this.slot("big-right"), number(right));
    } else put(this.slot("big-value"), number(value, main === "sway" ? 1 : 0));
    ball(this.slot("gauge"), value, target, main === "balance");
    if (second === "none") return;
    const other = values ? QUANTITIES[second].of(values) ?? NaN : NaN;
    put(this.slot("second-value"), number(other, second === "sway" ? 1 : 0));
    ball(this.slot("second"), other, secondTarget, second === "balance");
  }
}

function mean(sides) {
  const known = Object.values(sides ?? {}).filter((value) => value !== null);
  return known.length ? known.reduce((a, b) => a + b, 0) / known.length : NaN;
}

const side = (name, words) =>
  `<div data-side="${name}"><b data-slot="big-${name}">–</b><span class="athlete-label">${words}</span></div>`;

const single = ({ words, unit }) =>
  `<div><b data-slot="big-value">–</b><span class="athlete-label">${words}, ${unit}</span></div>`;

function gauge([left, right], target) {
  const middle = target ? `<span>target ${target[0]}–${target[1]}</span>` : "";
  return `<div class="gauge-track"><span class="gauge-band"></span><span class="gauge-ball" hidden></span></div>
    <div class="gauge-words"><span>${left}</span>${middle}<span>${right}</span></div>`;
}

function setBand(root, target) {
  const [from, to] = band(target);
  const shown = root.querySelector(".gauge-band");
  Object.assign(shown.style, { left: `${100 * from}%`, width: `${100 * (to - from)}%` });
}

// Outside the band the ball takes the colour of the heavier side and points home.
function ball(root, value, [low, high], sides) {
  const shown = root.querySelector(".gauge-ball");
  shown.hidden = !Number.isFinite(value);
  if (shown.hidden) return;
  shown.style.left = `${100 * place(value, [low, high])}%`;
  const way = value < low ? "→" : value > high ? "←" : "";
  put(shown, way);
  shown.dataset.side = way && sides ? (value < low ? "left" : "right") : "";
}
