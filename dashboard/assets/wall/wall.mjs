// The wall of a team: asks every two seconds what is live, and has a tile of each, with its picture at 30 Hz and a few
// numbers, or its athlete's goal. Who needs attention comes first. The screen is kept awake. When the link is over the page
// is loaded anew, and says so.

import { Awake } from "../core/awake.mjs";
import { Feed } from "../feed/feed.mjs";
import { silent } from "../feed/notices.mjs";
import { PressureMap } from "../map/pressuremap.mjs";
import { fixedScale } from "../map/sensor.mjs";
import { WorkoutFeed } from "../feed/workout.mjs";
import { roundUp } from "../curves/strips.mjs";
import { put } from "../core/text.mjs";
import { age, number } from "../core/words.mjs";
import { deviceWords, goalNumber, ordered, urgency } from "./attention.mjs";
import { columns, fewNumbers } from "./few.mjs";
import { at, digitsOf } from "../feedback/goal.mjs";

const ASK_MS = 2_000;
const DRAW_MS = 32;
const MANY = 12; // with more tiles than that their pictures are small, and drawn less often
const MANY_MS = 64;
const MANY_HZ = 15; // what is drawn less often is sent less often
const ORDER_MS = 3_000;
const STILL_MS = 100; // where motion is to be reduced
const WRITE_MS = 250;
const SENTENCE_MS = 5_000;
const OVER = new Set([403, 404, 410]);

export class Wall {
  /** @type {Map<string, Tile>} by the uid of the session */
  #tiles = new Map();
  #away = false;
  #more = 0;
  #ordered = 0;
  #drawn = 0;
  #still = matchMedia("(prefers-reduced-motion: reduce)");

  constructor(root) {
    this.root = root;
    this.awake = new Awake(this.root);
    void this.#ask();
    setInterval(() => this.#write(), WRITE_MS);
    requestAnimationFrame((now) => this.#tick(now));
  }

  slot(name) {
    return this.root.querySelector(`[data-slot="${name}"]`);
  }

  async #ask() {
    try {
      const answer = await fetch(`${this.root.dataset.path}/live`);
      if (OVER.has(answer.status)) return location.reload();
      this.#away = !answer.ok;
      if (answer.ok) this.#show(await answer.json());
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      this.#away = true;
    }
    setTimeout(() => this.#ask(), ASK_MS);
  }

  #show({ sessions, more }) {
    const there = new Set(sessions.map(({ uid }) => uid));
    for (const [uid, tile] of this.#tiles) if (!there.has(uid) || tile.over) this.#remove(uid, tile);
    for (const one of sessions) {
      const tile = this.#tiles.get(one.uid) ?? this.#hang(one, sessions.length > MANY);
      tile.name(one);
    }
    this.#more = more;
    const place = this.slot("tiles");
    place.classList.toggle("many", sessions.length > MANY);
    place.style.setProperty("--columns", String(columns(sessions.length)));
    place.style.setProperty("--rows", String(Math.ceil(sessions.length / columns(sessions.length))));
    this.slot("empty").hidden = sessions.length > 0;
  }

  #hang(one, many) {
    const tile = new Tile(`${this.root.dataset.path}/feed/${encodeURIComponent(one.workout)}${many ? `?rate_hz=${MANY_HZ}` : ""}`);
    this.#tiles.set(one.uid, tile);
    this.slot("tiles").append(tile.root);
    return tile;
  }

  // Not at every change: a tile that jumps is not found again.
  #order(now) {
    if (now - this.#ordered < ORDER_MS) return;
    this.#ordered = now;
    const place = this.slot("tiles");
    ordered([...this.#tiles.values()]).forEach((tile, i) => {
      if (place.children[i] !== tile.root && !place.contains(document.activeElement)) place.insertBefore(tile.root, place.children[i]);
    });
  }

  #remove(uid, tile) {
    tile.close();
    this.#tiles.delete(uid);
  }

  // All tiles in one picture of the screen: to put it together costs more than to draw any of them.
  #tick(now) {
    requestAnimationFrame((next) => this.#tick(next));
    const pace = this.#still.matches ? STILL_MS : this.#tiles.size > MANY ? MANY_MS : DRAW_MS;
    if (now - this.#drawn < pace) return;
    this.#drawn = now;
    for (const tile of this.#tiles.values()) tile.draw();
  }

  #write() {
    const states = [...this.#tiles.values()].map((tile) => tile.write(this.#tiles.size > MANY));
    this.#order(performance.now());
    const live = states.filter((state) => state === "live").length;
    this.root.dataset.state = this.#away ? "offline" : live ? "live" : "waiting";
    const said = this.#away ? "The dashboard does not answer. Trying again." : this.#more ? `and ${this.#more} more` : "";
    put(this.slot("said"), said);
    put(this.slot("clock"), new Date().toTimeString().slice(0, 5));
  }
}

const GOAL = `<span data-slot="goal-name"></span><span class="wall-value"><b data-slot="goal-value"></b> <span data-slot="goal-unit"></span></span>
  <span class="wall-gauge" aria-hidden="true"><i data-slot="goal-band"></i><i data-slot="goal-ball"></i></span><span><span data-slot="goal-range"></span><span data-slot="goal-said"></span></span>`;
const SAID = { in: "on target", low: "below target", high: "above target", over: "above the limit" };

const TILE = `<header><h2 data-slot="name"></h2><span data-slot="kind"></span><span data-slot="device"></span>
  <span class="pill" data-slot="pill" data-state="waiting"><span class="dot"></span><span data-slot="pill-text">Waiting</span></span></header>
  <canvas data-slot="map" role="img" aria-label="No frames yet."></canvas>
  <div class="wall-goal" data-slot="goal" hidden>${GOAL}</div><dl data-slot="numbers"></dl>`;

class Tile {
  #sentence = -Infinity;
  #drawn = -Infinity;
  #offline = false;
  #high = 10;
  urgency = 4;
  goal = null;
  mass = NaN;
  over = false; // the server let it go: the list says whether it comes again
  #frames = 0; // pictures that were drawn
  #ms = NaN; // how old the last was

  constructor(path) {
    this.root = document.createElement("article");
    this.root.className = "wall-tile";
    this.root.innerHTML = TILE;
    this.workout = new WorkoutFeed();
    this.map = new PressureMap(this.slot("map"), { labels: false });
    this.map.layers = new Set(["cop"]);
    this.feed = new Feed(path, {
      workout: this.workout,
      onOpen: () => ((this.#offline = false), this.workout.clear()),
      onMessage: (message) => this.#message(message),
      onOffline: () => (this.#offline = true),
      onOver: () => (this.over = true),
    });
  }

  /** @returns {any} the element with this slot */
  slot(name) {
    return this.root.querySelector(`[data-slot="${name}"]`);
  }

  close() {
    this.feed.close();
    this.root.remove();
  }

  name({ athlete, kind, workout, goal, mass_kg: mass, opens }) {
    this.goal = goal;
    this.mass = mass ?? NaN;
    const named = athlete || "Somebody";
    if (opens && !this.slot("open")) {
      this.slot("name").innerHTML = '<a data-slot="open"></a>';
      this.slot("open").href = `/live/${encodeURIComponent(workout)}`;
    }
    put(this.slot(opens ? "open" : "name"), named);
    put(this.slot("kind"), kind);
  }

  #message(message) {
    if (this.workout.take(message)) this.map.setSensors(this.workout.sensors);
  }

  draw() {
    const { newest } = this.workout;
    if (!(newest > this.#drawn)) return;
    this.#drawn = newest;
    this.map.take(this.workout);
    this.#high = Math.max(this.#high, roundUp(this.map.highest));
    this.map.max = fixedScale(this.workout.sensors) ?? this.#high;
    this.map.draw();
    this.#frames += 1;
    this.#ms = (this.feed.clock.now() * 1000 - newest) / 1000;
  }

  /** Write state and numbers, in fewer words where it is brief; returns the state. */
  write(brief = false) {
    const ageUs = this.feed.clock.now() * 1000 - this.workout.newest;
    const fresh = this.workout.freshness(ageUs);
    const state = this.#offline ? "offline" : fresh === "gone" ? "stale" : fresh;
    this.root.dataset.state = state;
    this.slot("pill").dataset.state = state;
    put(this.slot("pill-text"), this.#word(state, ageUs, brief));
    const calibrated = this.workout.sensors.some((sensor) => sensor.calibrated);
    const numbers = fewNumbers(this.workout, calibrated, state === "live");
    const place = this.slot("numbers");
    if (place.children.length !== numbers.length) place.replaceChildren(...numbers.map(entry));
    numbers.forEach(([name, text, unit], i) => {
      const [term, value, words] = place.children[i].querySelectorAll("dt, b, span");
      put(term, name);
      put(value, text);
      put(words, unit);
    });
    const device = deviceWords(this.workout.lines);
    put(this.slot("device"), device.text);
    this.slot("device").classList.toggle("low", device.low);
    this.urgency = urgency({ state, low: device.low, where: this.#goal(state) });
    Object.assign(this.root.dataset, { urgency: this.urgency, frames: this.#frames, ms: this.#ms.toFixed(1) });
    this.#describe();
    return state;
  }

  // The one number of its goal in place of a few; returns where it is.
  #goal(state) {
    const found = goalNumber(this.goal, this.workout.numbers, this.mass);
    this.slot("goal").hidden = !found;
    this.slot("numbers").hidden = Boolean(found);
    if (!found) return null;
    const { goal, name, unit, value, place } = found;
    const known = state === "live" ? place : null;
    put(this.slot("goal-name"), name);
    put(this.slot("goal-value"), number(known ? value : NaN, digitsOf(goal)));
    put(this.slot("goal-unit"), unit);
    put(this.slot("goal-range"), `target ${number(goal.low, digitsOf(goal))}–${number(goal.high, digitsOf(goal))}${known ? ", " : ""}`);
    put(this.slot("goal-said"), known ? SAID[known] : "");
    this.slot("goal").dataset.place = known ?? "";
    const [from, to] = [at(goal, goal.low), at(goal, goal.high)];
    Object.assign(this.slot("goal-band").style, { left: `${100 * from}%`, width: `${100 * (to - from)}%` });
    this.slot("goal-ball").hidden = !known;
    if (known) this.slot("goal-ball").style.left = `${100 * at(goal, value)}%`;
    return known;
  }

  #word(state, ageUs, brief) {
    if (state === "offline") return "Offline";
    if (state === "live") return "Live";
    if (silent(this.workout.state)) return "No recorder";
    if (state === "waiting") return "Waiting";
    return brief ? "Stale" : `Stale ${age(ageUs / 1e6)}`;
  }

  #describe() {
    const now = performance.now();
    if (now - this.#sentence < SENTENCE_MS || !Number.isFinite(this.#drawn)) return;
    this.#sentence = now;
    this.slot("map").setAttribute("aria-label", this.map.describe());
  }
}

function entry() {
  const made = document.createElement("div");
  made.innerHTML = "<dt></dt><dd><b></b> <span></span></dd>";
  return made;
}
