// The wall of a team: asks every two seconds what is live, and has a tile of each, with its picture at 30 Hz and a few
// numbers. Nothing can be pressed; the screen is kept awake. When the link is over the page is loaded anew, and says so.

import { Feed } from "../feed/feed.mjs";
import { silent } from "../feed/notices.mjs";
import { PressureMap } from "../map/pressuremap.mjs";
import { fixedScale } from "../map/sensor.mjs";
import { WorkoutFeed } from "../feed/workout.mjs";
import { roundUp } from "../curves/strips.mjs";
import { put } from "../core/text.mjs";
import { age } from "../core/words.mjs";
import { columns, fewNumbers } from "./few.mjs";

const ASK_MS = 2_000;
const DRAW_MS = 32;
const STILL_MS = 100; // where motion is to be reduced
const WRITE_MS = 250;
const SENTENCE_MS = 5_000;
const OVER = new Set([403, 404, 410]);

export class Wall {
  /** @type {Map<string, Tile>} by the uid of the session */
  #tiles = new Map();
  #away = false;
  #more = 0;
  /** @type {?WakeLockSentinel} */
  #wake = null;

  constructor(root) {
    this.root = root;
    document.addEventListener("visibilitychange", () => this.#keepAwake());
    void this.#keepAwake();
    void this.#ask();
    setInterval(() => this.#write(), WRITE_MS);
    requestAnimationFrame((now) => this.#tick(now));
  }

  slot(name) {
    return this.root.querySelector(`[data-slot="${name}"]`);
  }

  // Browsers let the lock go when the page is hidden; some have none.
  async #keepAwake() {
    if (document.hidden || !navigator.wakeLock || (this.#wake && !this.#wake.released)) return;
    try {
      this.#wake = await navigator.wakeLock.request("screen");
    } catch (error) {
      if (!(error instanceof DOMException)) throw error; // low battery, or the browser wants a tap first
    }
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
      const tile = this.#tiles.get(one.uid) ?? this.#hang(one);
      tile.name(one);
    }
    this.#more = more;
    const place = this.slot("tiles");
    place.style.setProperty("--columns", String(columns(sessions.length)));
    place.style.setProperty("--rows", String(Math.ceil(sessions.length / columns(sessions.length))));
    this.slot("empty").hidden = sessions.length > 0;
  }

  #hang(one) {
    const tile = new Tile(`${this.root.dataset.path}/feed/${encodeURIComponent(one.workout)}`);
    this.#tiles.set(one.uid, tile);
    this.slot("tiles").append(tile.root);
    return tile;
  }

  #remove(uid, tile) {
    tile.close();
    this.#tiles.delete(uid);
  }

  #tick(now) {
    requestAnimationFrame((next) => this.#tick(next));
    for (const tile of this.#tiles.values()) tile.draw(now);
  }

  #write() {
    const states = [...this.#tiles.values()].map((tile) => tile.write());
    const live = states.filter((state) => state === "live").length;
    this.root.dataset.state = this.#away ? "offline" : live ? "live" : "waiting";
    const said = this.#away ? "The dashboard does not answer. Trying again." : this.#more ? `and ${this.#more} more` : "";
    put(this.slot("said"), said);
    put(this.slot("clock"), new Date().toTimeString().slice(0, 5));
  }
}

const TILE = `<header><h2 data-slot="name"></h2><span data-slot="kind"></span>
  <span class="pill" data-slot="pill" data-state="waiting"><span class="dot"></span><span data-slot="pill-text">Waiting</span></span></header>
  <canvas data-slot="map" role="img" aria-label="No frames yet."></canvas>
  <dl data-slot="numbers"></dl>`;

class Tile {
  #at = { draw: 0, sentence: -Infinity };
  #drawn = -Infinity;
  #offline = false;
  #high = 10;
  over = false; // the server let it go: the list says whether it comes again
  frames = 0; // pictures that were drawn

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

  name({ athlete, kind }) {
    put(this.slot("name"), athlete || "Somebody");
    put(this.slot("kind"), kind);
  }

  #message(message) {
    if (this.workout.take(message)) this.map.setSensors(this.workout.sensors);
  }

  draw(now) {
    const { newest } = this.workout;
    const pace = this.map.still.matches ? STILL_MS : DRAW_MS;
    if (!(newest > this.#drawn) || now - this.#at.draw < pace) return;
    this.#at.draw = now;
    this.#drawn = newest;
    this.map.take(this.workout);
    this.#high = Math.max(this.#high, roundUp(this.map.highest));
    this.map.max = fixedScale(this.workout.sensors) ?? this.#high;
    this.map.draw();
    this.frames += 1;
    this.root.dataset.frames = String(this.frames);
  }

  /** Write state and numbers; returns the state. */
  write() {
    const ageUs = this.feed.clock.now() * 1000 - this.workout.newest;
    const fresh = this.workout.freshness(ageUs);
    const state = this.#offline ? "offline" : fresh === "gone" ? "stale" : fresh;
    this.root.dataset.state = state;
    this.slot("pill").dataset.state = state;
    put(this.slot("pill-text"), this.#word(state, ageUs));
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
    this.#describe();
    return state;
  }

  #word(state, ageUs) {
    if (state === "offline") return "Offline";
    if (state === "live") return "Live";
    if (silent(this.workout.state)) return "No recorder";
    return state === "waiting" ? "Waiting" : `Stale ${age(ageUs / 1e6)}`;
  }

  #describe() {
    const now = performance.now();
    if (now - this.#at.sentence < SENTENCE_MS || !Number.isFinite(this.#drawn)) return;
    this.#at.sentence = now;
    this.slot("map").setAttribute("aria-label", this.map.describe());
  }
}

function entry() {
  const made = document.createElement("div");
  made.innerHTML = "<dt></dt><dd><b></b> <span></span></dd>";
  return made;
}
