// The session page: the overview with cursor and selection, the map and values of the cursor, playback. Tabs come from
// the server, which is told what the address says. The newest wish wins: while one moment is fetched, only the last one
// asked for meanwhile is remembered.

import { Address } from "./address.mjs";
import { decodeBlocks } from "./codec.mjs";
import { sessionControls } from "./controls.mjs";
import { Player } from "./player.mjs";
import { PressureMap } from "./pressuremap.mjs";
import { Progress } from "./progress.mjs";
import { Scale } from "./scale.mjs";
import { Timeline, clamp } from "./timeline.mjs";
import { Traces } from "./traces.mjs";
import { chosen, shownAs } from "./units.mjs";
import { WorkoutFeed } from "./workout.mjs";
import { moment, number } from "./words.mjs";

const MOST_WINDOW_S = 10;
const MARGIN_S = 15;
const EDGE = 0.1;
const FRAME_GAP_US = 1_000_000;
const WINDOW_MS = 80;
const PART_MS = 250;
const LEAST_PART_S = 0.05;
const OVERVIEW = ["a", "b", "col", "piece"]; // what the overview is drawn of; `t` is the cursor, and everything else the tabs

export class SessionPage {
  #listeners = new AbortController();
  #busy = false;
  #loaded = [Infinity, -Infinity]; // µs for which samples are here
  #timers = {};
  #redraw = () => this.#draw();

  constructor(root) {
    this.root = root;
    this.path = `/data/${encodeURIComponent(root.dataset.workout)}`;
    this.first = Number(root.dataset.firstUs);
    this.last = Number(root.dataset.lastUs);
    this.length = (this.last - this.first) / 1e6;
    this.workout = new WorkoutFeed();
    this.map = new PressureMap(this.slot("map"));
    this.window = Math.min(MOST_WINDOW_S, Math.max(1, this.length)) * 1e6;
    this.traces = new Traces(this.slot("traces"), this.window / 1e6);
    this.scale = new Scale(this.slot("scale"), this.#redraw);
    this.windowStart = this.first;
    this.address = new Address((names) => this.#changed(names));
    this.selection = [Number(root.dataset.fromS), Number(root.dataset.toS)];
    const cursor = this.address.number("t", this.address.number("from", this.selection[0]));
    this.at = this.first + clamp(cursor, 0, this.length) * 1e6;
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
    Object.values(this.#timers).forEach(clearTimeout);
  }

  #build() {
    this.timeline = new Timeline(this.slot("overview"), this.length, {
      onSeek: (s) => this.seek(this.first + s * 1e6),
      onSelect: (from, to, done) => this.select(from, to, done),
      onView: (a, b) => this.show(a, b),
    });
    this.player = new Player(this.path, {
      range: () => this.selection.map((s) => this.first + s * 1e6),
      at: () => this.at,
      lines: () => this.workout.lines,
      onMoment: (time, stretches) => this.#present(time, stretches),
      onState: (playing, waiting) => this.#writePlaying(playing, waiting),
      onFailure: () => this.#say("Playback stopped: frames could not be fetched. Nothing is lost; play again to retry."),
    });
    sessionControls(this, this.#listeners.signal);
    this.progress = new Progress(this);
    const { signal } = this.#listeners;
    const curves = this.slot("traces");
    curves.addEventListener("pointerdown", (event) => this.#pressCurves(event, curves), { signal });
    window.addEventListener("resize", this.#redraw, { signal });
    window.addEventListener("barograph-units", () => this.#units(true), { signal });
    this.themes = new MutationObserver(this.#redraw);
    this.themes.observe(document.documentElement, { attributeFilter: ["data-mantine-color-scheme"] });
    const [a, b] = [this.address.number("a", 0), this.address.number("b", this.length)];
    const view = a >= 0 && b <= this.length && b > a ? [a, b] : [0, this.length];
    const chosen = this.address.text("from") !== "" && this.address.text("to") !== "";
    this.timeline.set({ at: this.seconds, selection: this.selection, chosen, view });
    this.#link();
  }

  get seconds() {
    return (this.at - this.first) / 1e6;
  }

  async #open() {
    const answer = await fetch(this.path);
    if (!answer.ok) return this.#say("The archive does not answer. Nothing is lost; try again in a moment.");
    for (const one of (await answer.json()).streams) {
      if (one.layout) this.workout.take({ type: "layout", ...one });
    }
    this.map.setSensors(this.workout.sensors);
    this.scale.setSensors(this.workout.sensors);
    this.root.dataset.sided = String(this.workout.sensors.some((sensor) => sensor.side));
    this.traces.setLines(this.workout.lines, this.scale.fixed ? { peak: this.scale.fixed } : {});
    this.seek(this.at);
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
    if (done) this.address.set({ from: this.selection[0].toFixed(3), to: this.selection[1].toFixed(3) });
  }

  /** Show a part of the session in the overview. */
  show(a, b) {
    this.timeline.set({ view: [a, b] });
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
    this.#tell("window", WINDOW_MS, () => ({ ...Object.fromEntries(named()), ...chosen() }));
  }

  #tellPart() {
    this.#tell("part", PART_MS, () => this.#search());
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
    this.map.shown = shown("kPa");
    this.scale.setShown(this.map.shown);
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

  // To the next or the last frame of any stream, as far as the samples around the cursor are here.
  step(way) {
    this.player.pause();
    const times = this.workout.lines.map(({ ring }) => {
      const i = ring.countBefore(way > 0 ? this.at + 0.5 : this.at) - (way > 0 ? 0 : 1);
      return i >= 0 && i < ring.size ? ring.times[ring.slot(i)] : way * Infinity;
    });
    const next = way > 0 ? Math.min(...times) : Math.max(...times);
    if (Number.isFinite(next)) this.seek(next);
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
    this.#write("moment", moment(this.seconds));
  }

  // A moment of playback, its frames already here.
  #present(time, stretches) {
    this.#moveTo(time, true);
    for (const line of this.workout.lines) line.frame = stretches.get(line.sensor.stream)?.at(time, FRAME_GAP_US) ?? null;
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
    let shown = null;
    try {
      while (shown !== this.at && !this.player.playing) {
        shown = this.at;
        await Promise.all([this.#fetchSamples(), ...this.workout.lines.map((line) => this.#fetchFrame(line, shown))]);
        this.#say("");
        this.#draw();
      }
      this.address.set({ t: this.seconds.toFixed(2) });
    } catch (error) {
      if (!(error instanceof TypeError || error instanceof Unanswered)) throw error;
      this.#say("This moment could not be fetched. Nothing is lost; move the cursor to try again.");
    } finally {
      this.#busy = false;
    }
  }

  async #get(path) {
    const answer = await fetch(`${this.path}${path}`);
    if (!answer.ok) throw new Unanswered(`${answer.status}`);
    return answer.status === 204 ? [] : decodeBlocks(await answer.arrayBuffer());
  }

  async #fetchFrame(line, time) {
    const [block] = await this.#get(`/${encodeURIComponent(line.sensor.stream)}/frame?t_us=${Math.round(time)}`);
    const here = block && time - block.times[0] <= FRAME_GAP_US;
    line.frame = here ? { frames: block.frames, index: 0, time: block.times[0], stats: block.stats } : null;
  }

  async #fetchSamples() {
    const [from, to] = [this.windowStart, this.windowStart + this.window];
    if (from >= this.#loaded[0] && to <= this.#loaded[1]) return;
    const wanted = [Math.round(from - MARGIN_S * 1e6), Math.round(to + MARGIN_S * 1e6)];
    await Promise.all(
      this.workout.lines.map(async ({ sensor, ring }) => {
        const query = `start_us=${wanted[0]}&stop_us=${wanted[1]}`;
        const blocks = await this.#get(`/${encodeURIComponent(sensor.stream)}/samples?${query}`);
        ring.clear();
        for (const block of blocks) ring.append(block);
      }),
    );
    this.#loaded = wanted;
    this.traces.invalidate();
  }

  #draw() {
    for (const line of this.workout.lines) {
      const { sensor, frame } = line;
      const trail = this.workout.trail(line);
      if (frame) this.map.show(sensor.stream, frame.frames, frame.index, trail.at(-1) ?? null, trail);
      else this.map.forget(sensor.stream);
      this.#writeValues(sensor, frame?.stats);
    }
    this.map.max = this.scale.top(this.map.highest);
    this.map.draw();
    this.#label();
    if (!this.slot("curves").hidden) this.#drawCurves();
    this.#tint();
    this.root.dataset.shown = this.seconds.toFixed(3);
  }

  #label() {
    if (this.player.playing) return;
    this.slot("map").setAttribute("aria-label", this.map.describe() || "No frame at this moment.");
  }

  #drawCurves() {
    this.traces.invalidate();
    this.traces.cursor = { at: this.at, zero: this.first };
    this.traces.draw(this.windowStart + this.window);
  }

  /** The curves came into sight or went. */
  redraw() {
    this.#draw();
  }

  // Rows of stances that hold the cursor.
  #tint() {
    for (const row of this.root.querySelectorAll("[data-start-us]")) {
      const under = Number(row.dataset.startUs) <= this.at && this.at < Number(row.dataset.stopUs);
      if (under !== row.classList.contains("under")) row.classList.toggle("under", under);
    }
  }

  #writeValues(sensor, stats) {
    const value = (quantity) => stats?.[sensor.columns.indexOf(sensor.column(quantity))] ?? NaN;
    const load = (quantity, unit) => {
      const { factor, digits } = this.shownAs(sensor.calibrated ? unit : "counts");
      return number(value(quantity) * factor, digits);
    };
    const shown = {
      total: load("total", sensor.columns.includes("total_force_n") ? "N" : "kPa"),
      peak: load("peak", "kPa"),
      area: number(value("area")),
      y: number(sensor.fromBack(value("y"))),
      x: number(sensor.fromInner(value("x"))),
    };
    for (const cell of this.root.querySelectorAll(`[data-value][data-stream="${CSS.escape(sensor.stream)}"]`)) {
      cell.textContent = shown[cell.dataset.value];
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

class Unanswered extends Error {}
