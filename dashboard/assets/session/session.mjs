// The session page: the overview with cursor and selection, the map and values of the cursor, playback. Tabs come from
// the server, which is told what the address says. The newest wish wins: while one moment is fetched, only the last one
// asked for meanwhile is remembered.

import { Address } from "../core/address.mjs";
import { CellProbe } from "../map/cellprobe.mjs";
import { Erased } from "../core/erased.mjs";
import { sessionControls } from "./controls.mjs";
import { Player } from "./player.mjs";
import { PressureMap } from "../map/pressuremap.mjs";
import { Progress } from "./progress.mjs";
import { Scale } from "../map/scale.mjs";
import { FRAME_GAP_US, SessionData, Unanswered } from "./sessiondata.mjs";
import { UnderMap } from "../map/soles.mjs";
import { stepped } from "./steps.mjs";
import { Timeline, clamp } from "./timeline.mjs";
import { TrialBoxes } from "./trials.mjs";
import { Traces } from "../curves/traces.mjs";
import { chosen, shownAs } from "../core/units.mjs";
import { writeValues } from "./values.mjs";
import { WorkoutFeed } from "../feed/workout.mjs";
import { moment } from "../core/words.mjs";

const MOST_WINDOW_S = 10;
const EDGE = 0.1;
const WINDOW_MS = 80;
const PART_MS = 250;
const LEAST_PART_S = 0.05;
const OVERVIEW = ["a", "b", "col", "piece"]; // what the overview is drawn of; `t` is the cursor, and everything else the tabs

export class SessionPage {
  /** @type {Timeline} */ timeline; /** @type {Player} */ player; /** @type {Progress} */ progress; /** @type {Erased} */ erased; /** @type {TrialBoxes} */ boxes;
  /** @type {MutationObserver} */ themes; /** @type {any} the drawing of a region, while one goes on */ drawing;
  #listeners = new AbortController();
  #busy = false;
  #timers = {};
  /** @type {?number} */
  shown = null; // the moment that is drawn, µs; the cursor is ahead of it while frames are fetched
  #redraw = () => this.#draw();

  constructor(root) {
    this.root = root;
    this.path = `/data/${encodeURIComponent(root.dataset.workout)}`;
    this.first = Number(root.dataset.firstUs);
    this.last = Number(root.dataset.lastUs);
    this.length = (this.last - this.first) / 1e6;
    this.workout = new WorkoutFeed();
    this.data = new SessionData(this.path, this.workout);
    this.map = new PressureMap(this.slot("map"));
    this.under = new UnderMap(this.slot("places"), this.map);
    this.probe = new CellProbe(this.map, this.#listeners.signal);
    this.window = Math.min(MOST_WINDOW_S, Math.max(1, this.length)) * 1e6;
    this.traces = new Traces(this.slot("traces"), this.window / 1e6);
    this.scale = new Scale(this.slot("scale"), this.#redraw);
    this.windowStart = this.first;
    this.address = new Address((names) => this.#changed(names));
    this.selection = [Number(root.dataset.fromS), Number(root.dataset.toS)];
    this.at = this.first + clamp(this.address.number("t", this.selection[0]), 0, this.length) * 1e6;
    this.#build();
    this.#units();
    this.#open();
  }

  slot(name) {
    return this.root.querySelector(`[data-slot="${name}"]`);
  }

  close() {
    this.#listeners.abort();
    this.themes.disconnect();
    this.timeline.close();
    this.player.close();
    this.progress.close();
    this.boxes.close();
    this.erased.close();
    this.drawing?.end();
    Object.values(this.#timers).forEach(clearTimeout);
  }

  #build() {
    this.timeline = new Timeline(this.slot("overview"), this.length, {
      onSeek: (s) => this.seek(this.first + s * 1e6),
      onClick: (s) => this.boxes.press(s) || this.seek(this.first + s * 1e6),
      onSelect: (from, to, done) => this.select(from, to, done),
      onView: (a, b) => this.show(a, b),
    });
    this.player = new Player(this.path, {
      range: () => this.selection.map((s) => this.first + s * 1e6),
      at: () => this.at,
      lines: () => this.workout.lines,
      onMoment: (time, stretches) => this.#present(time, stretches),
      onState: (playing, waiting) => this.#writePlaying(playing, waiting),
      onFailure: () => this.#say("Playback stopped: frames could not be fetched. Play again to retry."),
    });
    sessionControls(this, this.#listeners.signal);
    this.progress = new Progress(this);
    this.erased = new Erased(this.root, () => location.reload());
    const { signal } = this.#listeners;
    const curves = this.slot("traces");
    curves.addEventListener("pointerdown", (event) => this.#pressCurves(event, curves), { signal });
    window.addEventListener("resize", this.#redraw, { signal });
    window.addEventListener("barograph-units", () => this.#units(true), { signal });
    this.themes = new MutationObserver(this.#redraw);
    this.themes.observe(document.documentElement, { attributeFilter: ["data-mantine-color-scheme"] });
    const [a, b] = [this.address.number("a", 0), this.address.number("b", this.length)];
    const view = a >= 0 && b <= this.length && b > a ? [a, b] : [0, this.length];
    const selected = this.address.text("from") !== "" && this.address.text("to") !== "";
    this.timeline.set({ at: this.seconds, selection: this.selection, chosen: selected, view });
    this.boxes = new TrialBoxes(this);
    this.#link();
  }

  get seconds() {
    return (this.at - this.first) / 1e6;
  }

  async #open() {
    const answer = await fetch(this.path);
    if (!answer.ok) return this.#say("The archive does not answer. Open the page again in a moment.");
    for (const one of (await answer.json()).streams) {
      if (one.layout) this.workout.take({ type: "layout", ...one });
    }
    this.map.setSensors(this.workout.sensors);
    this.scale.setSensors(this.workout.sensors);
    this.root.dataset.sided = String(this.workout.sensors.some((sensor) => sensor.side));
    this.traces.setLines(this.workout.lines, this.scale.fixed ? { peak: this.scale.fixed } : {});
    if (Number.isFinite(this.address.number("t"))) this.seek(this.at);
    else this.#look();
  }

  // Dragging over the curves moves the cursor.
  #pressCurves(event, target) {
    const go = (one) => this.seek(this.traces.timeAt(one.clientX - target.getBoundingClientRect().left), false);
    const { signal } = this.#listeners;
    target.setPointerCapture(event.pointerId);
    target.addEventListener("pointermove", go, { signal });
    target.addEventListener("pointerup", () => target.removeEventListener("pointermove", go), { once: true, signal });
    go(event);
  }

  /** Select a part, in seconds after the start; tabs follow when the gesture is done. */
  select(from, to, done = true) {
    const start = clamp(from, 0, this.length);
    this.selection = [start, clamp(Math.max(to, start + LEAST_PART_S), 0, this.length)];
    this.timeline.set({ selection: this.selection, ...(done && { chosen: true }) });
    this.#write("selection", `${moment(this.selection[0])} – ${moment(this.selection[1])}`);
    if (!done) return;
    this.address.set({ from: this.selection[0].toFixed(3), to: this.selection[1].toFixed(3) });
    this.#follow();
  }

  /** Show a part of the session in the overview. */
  show(a, b) {
    this.timeline.set({ view: [a, b] });
    this.boxes?.show();
    const whole = a <= 0 && b >= this.length;
    this.address.set({ a: whole ? null : a.toFixed(3), b: whole ? null : b.toFixed(3) });
  }

  /** All of it, in view and selected. */
  whole() {
    this.show(0, this.length);
    this.select(0, this.length);
  }

  #changed(names) {
    this.#link();
    if (names.some((name) => OVERVIEW.includes(name))) this.#tellWindow();
    if (names.some((name) => name !== "t" && !OVERVIEW.includes(name))) this.#tellPart();
  }

  #tellWindow() {
    const named = () => OVERVIEW.map((name) => [name, this.address.text(name)]);
    this.#tell("window", WINDOW_MS, () => ({ ...Object.fromEntries(named()), ...chosen(), seen: this.#seen }));
  }

  #tellPart() {
    this.#tell("part", PART_MS, () => `${this.#search()}&seen=${this.#seen}`);
  }

  /** Ask for the tab anew: what is kept with the session has changed. */
  askAgain() {
    this.#tell("part", 0, () => `${this.#search()}&seen=${this.#seen}&again=${Date.now()}`);
  }

  // The session as this page knows it: a running one has become longer since.
  get #seen() {
    return `${this.first}-${this.last}`;
  }

  // What the address says, and the units, which only this browser knows.
  #search() {
    const fields = new URLSearchParams(this.address.search);
    for (const [kind, unit] of Object.entries(chosen())) fields.set(kind, unit);
    return `?${fields}`;
  }

  // Everything on the page is in the units that the viewer likes; what the server drew is drawn anew.
  #units(changed = false) {
    const shown = (unit) => shownAs(unit, chosen(), Number(this.root.dataset.mass) || NaN);
    this.shownAs = this.traces.shownAs = shown;
    this.map.shownAs = shown;
    this.scale.setShown(shown);
    for (const unit of this.root.querySelectorAll(".values-table [data-unit]")) unit.textContent = shown(unit.dataset.unit).unit;
    this.traces.invalidate();
    this.#link();
    if (changed) this.#draw();
    const { force, pressure } = chosen();
    if (!changed && force === "N" && pressure === "kPa") return; // as the server drew it already
    this.#tellWindow();
    this.#tellPart();
  }

  // The report is of what the address says.
  #link() {
    const link = this.slot("report");
    link.href = `/report/${encodeURIComponent(this.root.dataset.workout)}${this.#search()}`;
  }

  #tell(id, wait, value) {
    clearTimeout(this.#timers[id]);
    this.#timers[id] = setTimeout(() => window.dash_clientside.set_props(id, { data: value() }), wait);
  }

  // To the next or the last frame, as far as the samples around the cursor are here.
  step(way) {
    this.player.pause();
    const next = stepped(this.workout.lines, this.at, way);
    if (Number.isFinite(next)) this.seek(next);
  }

  // The cursor goes where the selection has something to see: to the moment of its highest load.
  async #look() {
    const [start, stop] = this.selection.map((s) => Math.round(this.first + s * 1e6));
    const was = this.at;
    const found = await this.data.highest(start, stop);
    if (this.at === was) this.seek(found ?? start); // unless somebody moved it meanwhile
  }

  // A cursor outside of a new selection follows it.
  #follow() {
    const [start, stop] = this.selection.map((s) => this.first + s * 1e6);
    if (this.at >= start && this.at <= stop) return;
    if (this.player.playing) this.player.time = start;
    else this.#look();
  }

  /** Move the cursor to a moment, µs; the window of the curves follows when it comes near its edge. */
  seek(time, follow = true) {
    this.#moveTo(time, follow);
    if (this.player.playing) this.player.time = this.at;
    else this.#fetch();
  }

  #moveTo(time, follow) {
    this.at = clamp(time, this.first, this.last);
    const { window } = this;
    const place = (this.at - this.windowStart) / window;
    if (place < 0 || place > 1 || (follow && (place < EDGE || place > 1 - EDGE))) this.windowStart = this.at - window / 2;
    const most = Math.max(this.first, this.last - window);
    this.windowStart = Math.min(Math.max(this.windowStart, this.first), most);
    this.timeline.set({ at: this.seconds });
  }

  // A moment of playback, its frames already here.
  #present(time, stretches) {
    this.#moveTo(time, true);
    this.#take(time, this.workout.lines.map(({ sensor }) => stretches.get(sensor.stream)?.at(time, FRAME_GAP_US) ?? null));
    if (!this.#busy) this.#fetchCurves();
    this.#draw();
  }

  async #fetchCurves() {
    this.#busy = true;
    try {
      await this.#fetchSamples();
    } catch (error) {
      if (!(error instanceof TypeError || error instanceof Unanswered)) throw error;
    } finally {
      this.#busy = false;
    }
  }

  async #fetch() {
    if (this.#busy) return;
    this.#busy = true;
    /** @type {?number} */
    let shown = null;
    try {
      while (shown !== this.at && !this.player.playing) {
        shown = this.at;
        const [found] = await Promise.all([this.data.frames(shown), this.#fetchSamples()]);
        this.#say("");
        if (this.player.playing) return; // it shows moments of its own by now
        this.#take(shown, found);
        this.#draw();
      }
      this.address.set({ t: inAddress(this.seconds) });
    } catch (error) {
      if (!(error instanceof TypeError || error instanceof Unanswered)) throw error;
      this.#say("This moment could not be fetched. Move the cursor to try again.");
    } finally {
      this.#busy = false;
    }
  }

  // What is shown is all of one moment, µs, and changes at once: map, numbers, curves, and the time over them.
  #take(time, frames) {
    this.shown = time;
    this.workout.lines.forEach((line, i) => (line.frame = line.shown = frames[i]));
    const seconds = (time - this.first) / 1e6;
    const [start, stop] = this.selection;
    this.#write("moment", moment(seconds));
    this.slot("outside").hidden = seconds > start - LEAST_PART_S && seconds < stop + LEAST_PART_S;
  }

  async #fetchSamples() {
    if (await this.data.samples(this.windowStart, this.windowStart + this.window)) this.traces.invalidate();
  }

  #draw() {
    for (const line of this.workout.lines) {
      const { sensor, frame } = line;
      const trail = this.workout.trail(line);
      if (frame) this.map.show(sensor.stream, frame.frames, frame.index, trail.at(-1) ?? null, trail);
      else this.map.forget(sensor.stream);
      writeValues(this.root, sensor, frame?.stats, this.shownAs);
    }
    this.map.max = this.scale.top(this.map.highest);
    this.map.draw();
    this.under.write();
    this.#label();
    if (!this.slot("curves").hidden) this.#drawCurves();
    this.#tint();
    if (this.shown !== null) this.root.dataset.shown = ((this.shown - this.first) / 1e6).toFixed(3);
  }

  #label() {
    if (this.player.playing) return;
    this.slot("map").setAttribute("aria-label", this.map.describe() || "No frame at this moment.");
  }

  #drawCurves() {
    this.traces.invalidate();
    this.traces.cursor = { at: this.shown ?? this.at, zero: this.first };
    this.traces.draw(this.windowStart + this.window);
  }

  /** The curves came into sight or went. */
  redraw() {
    this.#draw();
  }

  // Rows of stances that hold the cursor.
  #tint() {
    for (const row of this.root.querySelectorAll("[data-start-us]")) {
      const under = this.shown !== null && Number(row.dataset.startUs) <= this.shown && this.shown < Number(row.dataset.stopUs);
      if (under !== row.classList.contains("under")) row.classList.toggle("under", under);
    }
  }

  #writePlaying(playing, waiting) {
    const button = this.slot("play");
    const word = !playing ? "Play" : waiting ? "Loading" : "Pause";
    if (button.dataset.state === word) return;
    button.dataset.state = word;
    this.#write("play-word", word);
    button.setAttribute("aria-pressed", String(playing));
    if (!playing) this.#fetch();
  }

  #write(name, text) {
    const slot = this.slot(name);
    if (slot && slot.textContent !== text) slot.textContent = text;
  }

  #say(text) {
    this.slot("notice").hidden = !text;
    this.slot("notice-title").textContent = text;
  }
}

// Milliseconds, rounded up: rounded down it would be before the frame that it names.
function inAddress(seconds) {
  return (Math.ceil(seconds * 1000 - 1e-6) / 1000).toFixed(3).replace(/0$/, "");
}
