// The session page: a cursor over the whole session, the map and the values of that moment, the seconds around it.
// The newest wish wins: while one moment is fetched, only the last one asked for meanwhile is remembered.

import { decodeBlocks } from "./codec.mjs";
import { PressureMap } from "./pressuremap.mjs";
import { Scale } from "./scale.mjs";
import { Traces } from "./traces.mjs";
import { WorkoutFeed } from "./workout.mjs";
import { moment, number } from "./words.mjs";

const MOST_WINDOW_S = 10;
const MARGIN_S = 15;
const EDGE = 0.1;
const FRAME_GAP_US = 1_000_000;
const KEYS = { ArrowLeft: -1, ArrowRight: 1, ArrowDown: -1, ArrowUp: 1, PageDown: -10, PageUp: 10 };

export class SessionPage {
  #listeners = new AbortController();
  #busy = false;
  #loaded = [Infinity, -Infinity]; // µs for which samples are here
  #redraw = () => this.#draw();

  constructor(root) {
    this.root = root;
    this.path = `/data/${encodeURIComponent(root.dataset.workout)}`;
    this.first = Number(root.dataset.firstUs);
    this.last = Number(root.dataset.lastUs);
    this.workout = new WorkoutFeed();
    this.map = new PressureMap(this.slot("map"));
    this.window = Math.min(MOST_WINDOW_S, Math.max(1, (this.last - this.first) / 1e6)) * 1e6;
    this.traces = new Traces(this.slot("traces"), this.window / 1e6);
    this.scale = new Scale(this.slot("scale"), this.#redraw);
    this.scrub = this.slot("scrub");
    this.windowStart = this.first;
    this.at = this.first + (Number(new URLSearchParams(location.search).get("t")) || 0) * 1e6;
    this.#listen();
    this.#open();
  }

  slot(name) {
    return this.root.querySelector(`[data-slot="${name}"]`);
  }

  close() {
    this.#listeners.abort();
    this.themes.disconnect();
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

  #listen() {
    const { signal } = this.#listeners;
    const on = (target, name, act) => target.addEventListener(name, act, { signal });
    on(this.scrub, "pointerdown", (event) => this.#press(event, this.scrub, (x) => this.#scrubbed(x)));
    const curves = this.slot("traces");
    on(curves, "pointerdown", (event) => this.#press(event, curves, (x) => this.seek(this.traces.timeAt(x), false)));
    on(this.scrub, "keydown", (event) => this.#key(event));
    on(window, "resize", this.#redraw);
    this.themes = new MutationObserver(this.#redraw);
    this.themes.observe(document.documentElement, { attributeFilter: ["data-mantine-color-scheme"] });
  }

  // A press moves the cursor, and so does dragging on.
  #press(event, target, move) {
    const go = (one) => move(one.clientX - target.getBoundingClientRect().left);
    const { signal } = this.#listeners;
    target.setPointerCapture(event.pointerId);
    target.addEventListener("pointermove", go, { signal });
    target.addEventListener("pointerup", () => target.removeEventListener("pointermove", go), { once: true, signal });
    if (target !== this.scrub) this.scrub.focus({ preventScroll: true, focusVisible: false });
    go(event);
  }

  #scrubbed(x) {
    this.seek(this.first + (x / this.scrub.clientWidth) * (this.last - this.first));
  }

  #key(event) {
    const { key, shiftKey } = event;
    if (key in KEYS) this.seek(this.at + KEYS[key] * (shiftKey ? 0.1 : 1) * 1e6);
    else if (key === "Home") this.seek(this.first);
    else if (key === "End") this.seek(this.last);
    else if (key === "," || key === ".") this.#step(key === "." ? 1 : -1);
    else if (key.toLowerCase() === "s") this.scale.toggle();
    else return;
    event.preventDefault();
  }

  // To the next or the last frame of any stream, as far as the samples around the cursor are here.
  #step(way) {
    const times = this.workout.lines.map(({ ring }) => {
      const i = ring.countBefore(way > 0 ? this.at + 0.5 : this.at) - (way > 0 ? 0 : 1);
      return i >= 0 && i < ring.size ? ring.times[ring.slot(i)] : way * Infinity;
    });
    const next = way > 0 ? Math.min(...times) : Math.max(...times);
    if (Number.isFinite(next)) this.seek(next);
  }

  /** Move the cursor to a moment, µs; the window of the curves follows when it comes near its edge. */
  seek(time, follow = true) {
    this.at = Math.min(Math.max(time, this.first), this.last);
    const { window } = this;
    const place = (this.at - this.windowStart) / window;
    if (place < 0 || place > 1 || (follow && (place < EDGE || place > 1 - EDGE))) this.windowStart = this.at - window / 2;
    const most = Math.max(this.first, this.last - window);
    this.windowStart = Math.min(Math.max(this.windowStart, this.first), most);
    this.#writeCursor();
    this.#fetch();
  }

  #writeCursor() {
    const seconds = (this.at - this.first) / 1e6;
    const part = this.last > this.first ? (this.at - this.first) / (this.last - this.first) : 0;
    this.slot("cursor").style.left = `${100 * part}%`;
    this.slot("moment").textContent = moment(seconds);
    this.scrub.setAttribute("aria-valuenow", seconds.toFixed(2));
    this.scrub.setAttribute("aria-valuetext", `${moment(seconds)} after the start`);
  }

  async #fetch() {
    if (this.#busy) return;
    this.#busy = true;
    let shown = null;
    try {
      while (shown !== this.at) {
        shown = this.at;
        await Promise.all([this.#fetchSamples(shown), ...this.workout.lines.map((line) => this.#fetchFrame(line, shown))]);
        this.#say("");
        this.#draw();
      }
      this.#keepAddress();
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

  async #fetchSamples(time) {
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
  }

  #keepAddress() {
    const seconds = ((this.at - this.first) / 1e6).toFixed(2);
    history.replaceState(history.state, "", `${location.pathname}?t=${seconds}`);
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
    this.slot("map").setAttribute("aria-label", this.map.describe() || "No frame at this moment.");
    this.traces.invalidate();
    this.traces.cursor = { at: this.at, zero: this.first };
    this.traces.draw(this.windowStart + this.window);
    this.root.dataset.shown = ((this.at - this.first) / 1e6).toFixed(3);
  }

  #writeValues(sensor, stats) {
    const value = (quantity) => stats?.[sensor.columns.indexOf(sensor.column(quantity))] ?? NaN;
    const shown = {
      total: number(value("total")),
      peak: number(value("peak")),
      area: number(value("area")),
      y: number(sensor.fromBack(value("y"))),
      x: number(sensor.fromInner(value("x"))),
    };
    for (const cell of this.root.querySelectorAll(`[data-value][data-stream="${CSS.escape(sensor.stream)}"]`)) {
      cell.textContent = shown[cell.dataset.value];
    }
  }

  #say(text) {
    this.slot("notice").hidden = !text;
    this.slot("notice-title").textContent = text;
  }
}

class Unanswered extends Error {}
