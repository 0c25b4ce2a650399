// The live picture of one station: its feed, the map that is moved to where it is largest, and the curves of a trial.

import { Feed } from "../feed/feed.mjs";
import { WorkoutFeed } from "../feed/workout.mjs";
import { Picture } from "../live/picture.mjs";
import { Together } from "../live/together.mjs";
import { Scale } from "../map/scale.mjs";
import { chosen, shownAs } from "../core/units.mjs";
import { put } from "../core/text.mjs";
import { RunTraces, axisS } from "./runtraces.mjs";

const NUMBERS_MS = 250;

export class StationPicture {
  #listeners = new AbortController();
  #frame = 0;
  #numbersAt = 0;
  #trial = "";
  #offline = false;
  onSensors = () => {};
  massKg = NaN;
  /** @type {?{held: any, startUs: number, stopUs: number, running: boolean}} */
  trial = null; // what the curves are of

  constructor(root, workoutId, nowUs) {
    this.root = root;
    this.id = workoutId;
    this.nowUs = nowUs;
    this.workout = new WorkoutFeed();
    this.together = new Together(this.workout);
    this.picture = new Picture(this.slot("map"), this.slot("places"), this.#listeners.signal);
    this.picture.map.layers = new Set(["cop", "trail"]);
    this.scale = new Scale(this.slot("scale"), () => this.#redraw());
    this.traces = new RunTraces(this.slot("traces"));
    this.#listen();
    this.feed = new Feed(`/feed/${encodeURIComponent(workoutId)}`, {
      workout: this.workout,
      onOpen: () => ((this.#offline = false), this.workout.clear()),
      onMessage: (message) => this.#message(message),
      onOffline: () => (this.#offline = true),
      onOver: () => (this.#offline = true),
    });
    this.#frame = requestAnimationFrame((now) => this.#tick(now));
  }

  slot(name) {
    return this.root.querySelector(`[data-slot="${name}"]`);
  }

  close() {
    cancelAnimationFrame(this.#frame);
    this.#listeners.abort();
    this.feed.close();
  }

  #listen() {
    const { signal } = this.#listeners;
    const again = () => this.#redraw();
    addEventListener("resize", again, { signal });
    addEventListener("barograph-units", () => this.#units(), { signal });
    const themes = new MutationObserver(again);
    themes.observe(document.documentElement, { attributeFilter: ["data-mantine-color-scheme"] });
    signal.addEventListener("abort", () => themes.disconnect());
    this.#units();
  }

  #units() {
    const shown = (unit) => shownAs(unit, chosen(), this.massKg);
    this.picture.map.shownAs = this.traces.shownAs = shown;
    this.scale.setShown(shown);
    this.#redraw();
  }

  #redraw() {
    this.picture.forget();
  }

  #message(message) {
    if (!this.workout.take(message)) return;
    this.picture.map.setSensors(this.workout.sensors);
    this.scale.setSensors(this.workout.sensors);
    this.#trial = "";
    this.onSensors();
  }

  get state() {
    const ageUs = this.feed.clock.now() * 1000 - this.workout.newest;
    return { state: this.#offline ? "offline" : this.workout.freshness(ageUs), ageS: ageUs / 1e6 };
  }

  #tick(now) {
    this.#frame = requestAnimationFrame((next) => this.#tick(next));
    const shown = this.together.advance(now);
    this.workout.show(shown);
    if ((shown > this.picture.time || this.picture.differs(this.workout)) && this.picture.moves(now)) this.#draw(now, shown);
    if (now - this.#numbersAt < NUMBERS_MS) return;
    this.#numbersAt = now;
    if (Number.isFinite(this.workout.newest)) this.picture.describe(now);
    this.#shares();
  }

  #draw(now, time) {
    this.picture.draw(this.workout, { empty: false, layers: this.picture.map.layers, ringed: () => ({ peak: false, regions: [], whole: false }), top: (highest) => this.scale.top(highest) });
    this.picture.count(now, time);
    this.root.dataset.frames = String(Number(this.root.dataset.frames ?? 0) + 1);
    this.#curves();
  }

  #curves() {
    const { trial } = this;
    if (!trial || !this.slot("traces").clientWidth) return;
    if (!trial.startUs) return this.traces.clear();
    const mark = `${trial.startUs} ${this.workout.sensors.length}`;
    if (mark !== this.#trial) this.traces.begin(this.workout.lines, trial.held, this.massKg);
    this.#trial = mark;
    const stopUs = trial.stopUs || Math.min(this.workout.newest, this.nowUs());
    this.traces.draw(trial.startUs, stopUs, axisS(trial.held?.duration_s, (stopUs - trial.startUs) / 1e6));
  }

  // What each side carries now, in % of both.
  #shares() {
    const totals = this.workout.lines.filter(({ sensor, ring }) => sensor.side && ring.size).map(({ sensor, ring }) => [sensor.side, ring.values[0][ring.slot(ring.size - 1)]]);
    const of = Object.fromEntries(totals);
    const sum = (of.left ?? NaN) + (of.right ?? NaN);
    const said = sum > 0 ? `Left ${((100 * of.left) / sum).toFixed(1)} % · right ${((100 * of.right) / sum).toFixed(1)} %` : "";
    put(this.slot("shares"), said);
  }

  /** {n, unit} of total force now; NaN where it is not known. */
  get total() {
    const values = this.workout.lines.filter(({ ring }) => ring.size).map(({ ring }) => ring.values[0][ring.slot(ring.size - 1)]);
    return values.length ? values.reduce((a, b) => a + b, 0) : NaN;
  }
}
