// The live page: feed → map, traces, numbers, status. Draws in requestAnimationFrame, and only what has changed.

import { Feed } from "./feed.mjs";
import { pageTime } from "./clock.mjs";
import { decodeBlocks } from "./codec.mjs";
import { Numbers } from "./numbers.mjs";
import { PressureMap } from "./pressuremap.mjs";
import { Scale } from "./scale.mjs";
import { roundUp } from "./strips.mjs";
import { Traces } from "./traces.mjs";
import { WorkoutFeed } from "./workout.mjs";
import { age, elapsed } from "./words.mjs";

const NUMBERS_MS = 250;
const TRACES_MS = 40;
const SENTENCE_MS = 5_000;
const STILL_MS = 100;
const REFILL_MS = 1_500;
const WINDOW_US = 30_000_000;
const LATE = new Set(["backfilled", "resync"]);

export class LivePage {
  #drawn = []; // page times of the last second's draws
  #drawnTime = -Infinity; // µs of the newest frame drawn
  #numbersAt = 0;
  #tracesAt = 0;
  #sentenceAt = -Infinity;
  #mapAt = 0;
  #offlineUntil = null;
  #refills = new Map();
  #frame = 0;
  #listeners = new AbortController();

  constructor(root) {
    this.root = root;
    this.workout = new WorkoutFeed();
    this.map = new PressureMap(this.slot("map"));
    this.traces = new Traces(this.slot("traces"));
    this.numbers = new Numbers(root);
    this.scale = new Scale(this.slot("scale"), () => (this.#redraw = true));
    this.#listen();
    this.feed = new Feed(`/feed/${encodeURIComponent(root.dataset.workout)}`, {
      onOpen: () => this.#opened(),
      onBlock: (block) => this.#block(block),
      onMessage: (message) => this.#message(message),
      onOffline: (retryAt) => (this.#offlineUntil = retryAt),
    });
    this.#frame = requestAnimationFrame((now) => this.#tick(now));
  }

  #redraw = true;

  slot(name) {
    return this.root.querySelector(`[data-slot="${name}"]`);
  }

  close() {
    cancelAnimationFrame(this.#frame);
    this.#listeners.abort();
    for (const timer of this.#refills.values()) clearTimeout(timer);
    this.feed.close();
  }

  #listen() {
    const { signal } = this.#listeners;
    const redraw = () => {
      this.#redraw = true;
      this.traces.invalidate();
    };
    addEventListener("resize", redraw, { signal });
    this.themes = new MutationObserver(redraw);
    this.themes.observe(document.documentElement, { attributeFilter: ["data-mantine-color-scheme"] });
    signal.addEventListener("abort", () => this.themes.disconnect());
    this.slot("retry").addEventListener("click", () => this.feed.retry(), { signal });
    this.slot("full").addEventListener("click", () => this.#fullScreen(), { signal });
    addEventListener("keydown", (event) => this.#key(event), { signal });
  }

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select")) return;
    const key = event.key.toLowerCase();
    if (key === "s") this.scale.toggle();
    if (key === "f") this.#fullScreen();
  }

  #fullScreen() {
    if (document.fullscreenElement) document.exitFullscreen();
    else this.root.requestFullscreen();
  }

  #opened() {
    this.#offlineUntil = null;
    this.workout.clear();
  }

  #block(block) {
    this.workout.takeBlock(block);
    if (block.header.type === "history") this.traces.invalidate();
  }

  // Frames came late, or some were missed: the archive has them in their place.
  #refillSoon(stream) {
    clearTimeout(this.#refills.get(stream));
    this.#refills.set(stream, setTimeout(() => this.#refill(stream), REFILL_MS));
  }

  async #refill(name) {
    const stream = this.workout.streams.get(name);
    if (!stream) return;
    const stop = Math.round(this.feed.clock.now() * 1000);
    const path = `${encodeURIComponent(this.root.dataset.workout)}/${encodeURIComponent(name)}`;
    const answer = await fetch(`/data/${path}/samples?start_us=${stop - WINDOW_US}&stop_us=${stop}`);
    if (!answer.ok) return; // the archive is away, which the status line says; it is announced again
    stream.ring.refill(decodeBlocks(await answer.arrayBuffer()));
    this.traces.invalidate();
    this.#redraw = true;
  }

  #message(message) {
    if (LATE.has(message.type)) this.#refillSoon(message.stream);
    if (!this.workout.take(message)) return;
    // The page was made before anything was known of its workout: its words are made anew, and so is this object.
    if ("early" in this.root.dataset) window.dash_clientside.set_props("again", { data: Date.now() });
    const { sensors, lines } = this.workout;
    this.map.setSensors(sensors);
    this.scale.setSensors(sensors);
    this.traces.setLines(lines, this.#ranges());
    this.numbers.setSensors(sensors);
    this.#redraw = true;
  }

  // Force up to 1.2 body weights walking and 3 running, where the mass is known; pressure as the map's scale.
  #ranges() {
    const { mass, kind } = this.root.dataset;
    const weights = /run/i.test(kind ?? "") ? 3 : 1.2;
    const pressure = this.scale.fixed ? { peak: this.scale.fixed } : {};
    return mass ? { total: roundUp(Number(mass) * 9.81 * weights), ...pressure } : pressure;
  }

  #tick(now) {
    this.#frame = requestAnimationFrame((next) => this.#tick(next));
    const fresh = this.workout.newest > this.#drawnTime;
    const moving = !this.map.still.matches || now - this.#mapAt >= STILL_MS;
    if ((fresh && moving) || this.#redraw) this.#drawMap(now, fresh);
    const { state, ageUs } = this.#judge();
    if (now - this.#tracesAt >= TRACES_MS && (fresh || this.#redraw || state !== "live")) this.#drawTraces(now, state);
    if (now - this.#numbersAt >= NUMBERS_MS) this.#writeNumbers(now, state, ageUs);
    this.#redraw = false;
  }

  // In server time, as the feed's own exchanges give it.
  #judge() {
    const ageUs = this.feed.clock.now() * 1000 - this.#drawnTime;
    return { ageUs, state: this.#offlineUntil === null ? this.workout.freshness(ageUs) : "offline" };
  }

  #drawMap(now, fresh) {
    for (const stream of this.workout.lines) {
      const { sensor, frame } = stream;
      if (!frame) continue;
      const trail = this.workout.trail(stream);
      this.map.show(sensor.stream, frame.frames, frame.index, trail.at(-1) ?? null, trail);
    }
    this.map.max = this.scale.top(this.map.highest);
    this.map.draw();
    if (!fresh) return;
    this.#mapAt = now;
    this.#drawnTime = this.workout.newest;
    this.#drawn.push(now);
  }

  #drawTraces(now, state) {
    this.#tracesAt = now;
    const newest = this.workout.newest;
    if (!Number.isFinite(newest)) return;
    this.traces.markers = this.workout.markers;
    const waiting = state === "stale" || state === "gone" || state === "offline";
    if (waiting) this.traces.draw(Math.max(newest, this.feed.clock.now() * 1000), newest);
    else this.traces.draw(newest);
  }

  #writeNumbers(now, state, ageUs) {
    this.#numbersAt = now;
    this.#drawn = this.#drawn.filter((at) => at > now - 1000);
    this.root.dataset.state = state;
    const ageS = ageUs / 1e6;
    this.numbers.write({ workout: this.workout, state, ageS, fps: this.#drawn.length, highest: this.map.highest });
    this.#writeElapsed();
    this.#writeNotice(state, ageS);
    if (now - this.#sentenceAt < SENTENCE_MS || !Number.isFinite(this.#drawnTime)) return;
    this.#sentenceAt = now;
    this.slot("map").setAttribute("aria-label", this.map.describe());
  }

  #writeElapsed() {
    const started = this.workout.state?.first_us;
    if (started && Number.isFinite(this.workout.newest)) {
      this.slot("elapsed").textContent = elapsed((this.workout.newest - started) / 1e6);
    }
  }

  #writeNotice(state, ageS) {
    const notice = this.slot("notice");
    notice.hidden = state === "live";
    this.slot("retry").hidden = state !== "offline";
    const ended = this.workout.state?.status === "ended" && state !== "offline";
    this.slot("open").hidden = !ended;
    this.root.dataset.ended = String(ended);
    if (notice.hidden) return;
    const words = { offline: () => this.#offlineWords(), waiting: () => this.#waitingWords() };
    const [bold, rest] = (words[state] ?? (() => this.#staleWords(ageS)))();
    this.slot("notice-title").textContent = bold;
    this.slot("notice-text").textContent = rest;
  }

  #offlineWords() {
    const wait = Math.ceil((this.#offlineUntil - pageTime()) / 1000);
    const again = wait > 0 ? `Trying again in ${wait} s` : "Trying again now";
    return ["Page offline.", `Recording goes on. ${again}; the last 30 s come back with it.`];
  }

  #waitingWords() {
    if (this.workout.state?.archive === "away") return ["The archive does not answer.", "The picture begins when it does."];
    return ["No frames yet.", "The picture begins by itself with the first one."];
  }

  #staleWords(ageS) {
    if (this.workout.state?.status === "ended") return ["This session has ended.", "Shown: the last frame."];
    const spool = Object.values(this.workout.state?.streams ?? {}).some((stream) => stream.spool);
    const later = spool ? "This device has a spool: what it records now arrives later. " : "";
    return [`No new frames for ${age(ageS)}.`, `${later}Shown: the last frame.`];
  }
}
