// The live page: feed → map, curves, numbers, status; and, behind live, the same of a moment of the last minutes.
// Draws in requestAnimationFrame, and only what has changed. New data never moves what someone looks back at.

import { Alarms } from "./alarms.mjs";
import { Chips } from "./chips.mjs";
import { decodeBlocks } from "./codec.mjs";
import { Feed } from "./feed.mjs";
import { Glance } from "./glance.mjs";
import { bind } from "./keys.mjs";
import { Layers } from "./layers.mjs";
import { read, write } from "./liveview.mjs";
import { Lookback } from "./lookback.mjs";
import { MarkerTool } from "./markers.mjs";
import { noticeOf } from "./notices.mjs";
import { Numbers } from "./numbers.mjs";
import { Playhead, REACH_US } from "./playhead.mjs";
import { PressureMap } from "./pressuremap.mjs";
import { Rewound } from "./rewound.mjs";
import { Scale } from "./scale.mjs";
import { Share } from "./share.mjs";
import { KNOWN, USUAL, available, roundUp } from "./strips.mjs";
import { put } from "./text.mjs";
import { Traces } from "./traces.mjs";
import { Turning } from "./turning.mjs";
import { chosen, shownAs } from "./units.mjs";
import { elapsed } from "./words.mjs";
import { WorkoutFeed } from "./workout.mjs";

const NUMBERS_MS = 250;
const TRACES_MS = 40;
const TIMELINE_MS = 500;
const SENTENCE_MS = 5_000;
const STILL_MS = 100;
const REFILL_MS = 1_500;
const GLANCE_MS = 60_000;
const KEPT_MS = 10_000;
const NOT_KEPT_MS = 60_000;
const WINDOW_US = 60_000_000;
const LATE = new Set(["backfilled", "resync"]);

export class LivePage {
  #drawn = []; // page times of the last second's draws
  #drawnTime = -Infinity; // µs of the newest frame drawn
  #at = { numbers: 0, traces: 0, timeline: 0, map: 0, sentence: -Infinity, tick: 0 };
  #offlineUntil = null;
  #refills = new Map();
  #taken = new Map(); // stream → µs of the newest sample that alarms and glance have seen
  #frame = 0;
  #redraw = true;
  #listeners = new AbortController();

  constructor(root) {
    this.root = root;
    this.id = root.dataset.workout;
    this.view = read(location.search, KNOWN);
    this.workout = new WorkoutFeed();
    this.playhead = new Playhead();
    this.glance = new Glance();
    this.past = new Rewound(this.id, this.workout, () => this.#changed());
    this.map = new PressureMap(this.slot("map"));
    this.traces = new Traces(this.slot("traces"), this.view.seconds);
    this.numbers = new Numbers(root);
    this.#parts();
    this.#listen();
    this.#units();
    this.feed = new Feed(`/feed/${encodeURIComponent(this.id)}`, {
      onOpen: () => this.#opened(),
      onBlock: (block) => this.#block(block),
      onMessage: (message) => this.#message(message),
      onOffline: (retryAt) => (this.#offlineUntil = retryAt),
    });
    this.#frame = requestAnimationFrame((now) => this.#tick(now));
  }

  #parts() {
    const shown = (unit) => this.#shownAs(unit);
    this.scale = new Scale(this.slot("scale"), () => this.#changed({ scale: this.scale.described }));
    this.layers = new Layers(this.slot("layers"), this.view.layers, (layers) => this.#changed({ layers }));
    this.chips = new Chips(this.slot("traces-head"), {
      onKeys: (traces) => this.#changed({ traces: traces.join() === USUAL.join() ? null : traces }),
      onSeconds: (seconds) => this.#changed({ seconds }),
    });
    this.alarms = new Alarms(this.slot("alarms"), { onChange: (alarms) => this.#changed({ alarms }), shownAs: shown });
    this.lookback = new Lookback(this.slot("lookback"), { onSeek: (time) => this.#seek(time) });
    this.marker = new MarkerTool(this.slot("marker-form"), this.id, {
      onKept: (marker) => this.#kept(marker),
      onFailed: (marker, status) => this.#notKept(marker, status),
    });
    this.share = new Share(this.root, this.id, () => write({ ...this.view, at: null }));
    this.traces.shownAs = shown;
    this.turning = new Turning(this.slot("traces"), this.traces, () => this.#changed());
  }

  slot(name) {
    return this.root.querySelector(`[data-slot="${name}"]`);
  }

  close() {
    cancelAnimationFrame(this.#frame);
    this.#listeners.abort();
    for (const timer of this.#refills.values()) clearTimeout(timer);
    clearInterval(this.glances);
    clearTimeout(this.saying);
    this.past.close();
    this.feed.close();
  }

  #listen() {
    const { signal } = this.#listeners;
    const changed = () => this.#changed();
    addEventListener("resize", changed, { signal });
    addEventListener("barograph-units", () => this.#units(), { signal });
    this.themes = new MutationObserver(changed);
    this.themes.observe(document.documentElement, { attributeFilter: ["data-mantine-color-scheme"] });
    signal.addEventListener("abort", () => this.themes.disconnect());
    const parts = [this.layers, this.chips, this.alarms, this.lookback, this.marker, this.share, this.turning];
    for (const part of parts) part.listen(signal);
    const act = this.#actions();
    for (const [name, does] of Object.entries(act)) this.slot(name).addEventListener("click", does, { signal });
    const curves = this.slot("traces");
    curves.addEventListener("pointermove", (event) => this.#hover(event.offsetX), { signal });
    curves.addEventListener("pointerleave", () => this.#hover(null), { signal });
    bind(this.#keys(act), signal);
    this.glances = setInterval(() => this.#fetchGlance(), GLANCE_MS);
  }

  #actions() {
    return {
      retry: () => this.feed.retry(),
      full: () => this.#fullScreen(),
      pause: () => this.#pause(),
      play: () => this.#pause(),
      back: () => this.#step(-10),
      forward: () => this.#step(10),
      golive: () => this.#goLive(),
      mark: () => this.marker.stamp(this.#moment),
      share: () => this.share.open(),
      more: () => this.numbers.more(),
    };
  }

  #keys(act) {
    return [
      [" ", "pause, or let the picture run on", act.pause],
      ["m", "set a marker at the time shown", act.mark],
      ["ArrowLeft", "10 s back, with Shift 1 s", (event) => this.#step(event.shiftKey ? -1 : -10)],
      ["ArrowRight", "10 s on, with Shift 1 s", (event) => this.#step(event.shiftKey ? 1 : 10)],
      ["End", "go live", act.golive],
      ["a", "acknowledge the alarm", () => this.alarms.acknowledge()],
      ["s", "scale: automatic or fixed", () => this.scale.toggle()],
      ["f", "full screen: map, numbers and time", act.full],
    ];
  }

  // Something about the view changed: it is drawn anew, and the address follows.
  #changed(part = {}) {
    Object.assign(this.view, part);
    if ("traces" in part) {
      this.traces.setKeys(this.chips.keys);
      this.turning.show();
    }
    if ("seconds" in part) this.#showSeconds();
    if ("alarms" in part) this.traces.thresholds = this.alarms.thresholds;
    this.#redraw = true;
    this.traces.invalidate();
    const search = write({ ...this.view, at: this.playhead.at });
    if (search !== location.search) history.replaceState(history.state, "", location.pathname + search);
  }

  #showSeconds() {
    this.traces.seconds = this.view.seconds;
    this.chips.setSeconds(this.view.seconds);
    if (!this.playhead.live) this.past.seek(this.playhead.at, this.view.seconds);
  }

  #shownAs(unit) {
    return shownAs(unit, chosen(), Number(this.root.dataset.mass) || NaN);
  }

  #units() {
    const pressure = this.#shownAs("kPa");
    this.map.shown = pressure;
    this.scale.setShown(pressure);
    this.numbers.shownAs = (unit) => this.#shownAs(unit);
    this.traces.thresholds = this.alarms.thresholds;
    this.#at.numbers = 0;
    this.#changed();
  }

  #fullScreen() {
    if (document.fullscreenElement) document.exitFullscreen();
    else this.root.requestFullscreen();
  }

  #hover(x) {
    this.traces.hover = x;
    this.#redraw = true;
  }

  // --- looking back

  /** The workout that is drawn: as it is, or as it was. */
  get #shown() {
    return this.playhead.live ? this.workout : this.past.workout;
  }

  /** The moment shown, µs. */
  get #moment() {
    const newest = this.workout.newest;
    return this.playhead.at ?? (Number.isFinite(newest) ? newest : this.feed.clock.now() * 1000);
  }

  #move(act) {
    if (!Number.isFinite(this.workout.newest)) return;
    const was = this.playhead.live;
    act();
    if (was && !this.playhead.live) this.past.adopt();
    if (was !== this.playhead.live) {
      this.traces.setLines(this.#shown.lines, this.#ranges());
      if (this.playhead.live) this.#drawnTime = -Infinity;
    }
    if (!this.playhead.live) this.past.seek(this.playhead.at, this.view.seconds);
    this.#at.timeline = this.#at.numbers = 0;
    this.#changed();
  }

  #seek(time) {
    this.#move(() => this.playhead.seek(time, this.workout.newest));
  }

  #step(seconds) {
    this.#move(() => this.playhead.step(seconds, this.workout.newest));
  }

  #pause() {
    this.#move(() => this.playhead.toggle(this.workout.newest));
  }

  #goLive() {
    this.#move(() => this.playhead.goLive());
  }

  async #fetchGlance() {
    const now = Math.round((Number.isFinite(this.workout.newest) ? this.workout.newest : this.feed.clock.now() * 1000));
    const answer = await get(`/data/${encodeURIComponent(this.id)}/glance?start_us=${now - REACH_US}&stop_us=${now}`);
    if (!answer) return; // nothing is stored yet, or the archive is away: it is asked again
    this.glance.fill(answer);
    for (const marker of answer.markers) this.workout.take({ type: "marker", ...marker });
    this.#at.timeline = 0;
  }

  // --- markers

  // Words beside the title, for as long as it takes to read them.
  #say(text, ms) {
    clearTimeout(this.saying);
    this.slot("said").textContent = text;
    this.saying = setTimeout(() => (this.slot("said").textContent = ""), ms);
  }

  #kept(marker) {
    this.workout.take({ type: "marker", ...marker });
    this.#say(`Marker kept: ${marker.label}`, KEPT_MS);
    this.#changed();
  }

  #notKept(marker, status) {
    const why = status === 403 ? "This link is for looking only." : "The archive does not answer; set it again later.";
    this.#say(`Marker “${marker.label}” was not kept. ${why}`, NOT_KEPT_MS);
  }

  // --- the feed

  #opened() {
    this.#offlineUntil = null;
    this.workout.clear();
    this.#fetchGlance();
  }

  #block(block) {
    this.workout.takeBlock(block);
    if (block.header.type === "history") this.traces.invalidate();
    this.#follow(block.header.stream);
  }

  // What is new of a stream goes into the glance, and past the alarms.
  #follow(name) {
    const stream = this.workout.streams.get(name);
    if (!stream?.ring.size) return;
    const from = Math.max(this.#taken.get(name) ?? -Infinity, stream.ring.last - WINDOW_US);
    const column = stream.ring.values[stream.ring.index.get(stream.sensor.column("total"))];
    const [times, values] = [[], []];
    for (let i = stream.ring.countBefore(from + 0.5); i < stream.ring.size; i++) {
      times.push(stream.ring.times[stream.ring.slot(i)]);
      values.push(column ? column[stream.ring.slot(i)] : NaN);
    }
    this.glance.take(name, times, values);
    this.alarms.take(stream, from);
    this.#taken.set(name, stream.ring.last);
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
    const path = `${encodeURIComponent(this.id)}/${encodeURIComponent(name)}`;
    const answer = await fetch(`/data/${path}/samples?start_us=${stop - WINDOW_US}&stop_us=${stop}`);
    if (!answer.ok) return; // the archive is away, which the status line says; it is announced again
    stream.ring.refill(decodeBlocks(await answer.arrayBuffer()));
    this.#fetchGlance();
    this.#changed();
  }

  #message(message) {
    if (LATE.has(message.type)) this.#refillSoon(message.stream);
    if (!this.workout.take(message)) return;
    // The page was made before anything was known of its workout: its words are made anew, and so is this object.
    if ("early" in this.root.dataset) window.dash_clientside.set_props("again", { data: Date.now() });
    const { sensors, lines } = this.workout;
    this.map.setSensors(sensors);
    this.scale.setSensors(sensors, this.view.scale);
    this.chips.setSensors(sensors, this.view.traces ?? USUAL);
    this.chips.setSeconds(this.view.seconds);
    this.traces.keys = this.chips.keys;
    this.traces.setLines(lines, this.#ranges());
    this.turning.show();
    this.alarms.setSensors(available(sensors), this.view.alarms);
    this.traces.thresholds = this.alarms.thresholds;
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

  // --- drawing

  #tick(now) {
    this.#frame = requestAnimationFrame((next) => this.#tick(next));
    const { newest } = this.workout;
    if (this.view.at !== null && Number.isFinite(newest)) this.#openAt();
    this.#play(now, newest);
    const fresh = this.playhead.live && newest > this.#drawnTime;
    const moving = !this.map.still.matches || now - this.#at.map >= STILL_MS;
    const redraw = this.#redraw || this.playhead.playing;
    if ((fresh && moving) || redraw) this.#drawMap(now, fresh);
    const { state, ageUs } = this.#judge();
    if (now - this.#at.traces >= TRACES_MS && (fresh || redraw || state !== "live")) this.#drawTraces(now, state);
    if (now - this.#at.numbers >= NUMBERS_MS) this.#writeNumbers(now, state, ageUs);
    if (now - this.#at.timeline >= TIMELINE_MS) this.#drawTimeline(now, newest);
    this.#redraw = false;
  }

  // An address that was sent shows the moment that was shown.
  #openAt() {
    const { at } = this.view;
    this.view.at = null;
    this.#move(() => this.playhead.seek(at, this.workout.newest, 0));
  }

  #play(now, newest) {
    const passedUs = Math.min(1000, now - this.#at.tick) * 1000;
    this.#at.tick = now;
    if (!this.playhead.playing) return;
    this.playhead.advance(passedUs, newest);
    if (this.playhead.live) this.#move(() => {});
    else this.past.play(this.playhead.at, this.view.seconds);
  }

  // In server time, as the feed's own exchanges give it.
  #judge() {
    const newest = this.playhead.live ? this.#drawnTime : this.workout.newest;
    const ageUs = this.feed.clock.now() * 1000 - newest;
    return { ageUs, state: this.#offlineUntil === null ? this.workout.freshness(ageUs) : "offline" };
  }

  #drawMap(now, fresh) {
    const workout = this.#shown;
    for (const stream of workout.lines) {
      const { sensor, frame } = stream;
      const trail = frame ? workout.trail(stream) : [];
      if (frame) this.map.show(sensor.stream, frame.frames, frame.index, trail.at(-1) ?? null, trail);
      else if (!this.playhead.live) this.map.forget(sensor.stream);
    }
    this.map.layers = this.layers.on;
    this.map.above = (stream) => this.playhead.live && this.alarms.above(stream);
    this.map.max = this.scale.top(this.map.highest);
    this.map.draw();
    if (!fresh) return;
    this.#at.map = now;
    this.#drawnTime = this.workout.newest;
    this.#drawn.push(now);
  }

  #drawTraces(now, state) {
    this.#at.traces = now;
    const { newest } = this.workout;
    if (!Number.isFinite(newest)) return;
    this.traces.markers = [...this.workout.markers, ...this.marker.pending];
    this.traces.behind = this.playhead.live ? null : this.playhead.behind(newest) / 1e6;
    const waiting = this.playhead.live && (state === "stale" || state === "gone" || state === "offline");
    if (!this.playhead.live) this.traces.draw(this.playhead.at);
    else if (waiting) this.traces.draw(Math.max(newest, this.feed.clock.now() * 1000), newest);
    else this.traces.draw(newest);
  }

  #drawTimeline(now, newest) {
    this.#at.timeline = now;
    if (!Number.isFinite(newest)) return;
    this.glance.trim(newest);
    if (!this.playhead.live && !this.playhead.playing) this.playhead.advance(0, newest); // out of reach: at its end
    this.lookback.draw(this.glance, [...this.workout.markers, ...this.marker.pending], newest, this.playhead.at);
  }

  #writeNumbers(now, state, ageUs) {
    this.#at.numbers = now;
    this.#drawn = this.#drawn.filter((at) => at > now - 1000);
    const { live, playing } = this.playhead;
    const ageS = ageUs / 1e6;
    const behindS = this.playhead.behind(this.workout.newest) / 1e6;
    Object.assign(this.root.dataset, { state, view: live ? "live" : playing ? "playing" : "paused" });
    const counted = this.#shown.numbers;
    this.numbers.write({ workout: this.workout, shown: this.#shown, counted, state, ageS, fps: this.#drawn.length, live });
    this.#writeView(live, playing, behindS);
    this.alarms.write(this.workout, state);
    this.#writeNotice(state, ageS);
    if (now - this.#at.sentence < SENTENCE_MS || !Number.isFinite(this.workout.newest)) return;
    this.#at.sentence = now;
    this.slot("map").setAttribute("aria-label", this.map.describe());
  }

  #writeView(live, playing, behindS) {
    const started = this.workout.state?.first_us;
    if (started && Number.isFinite(this.workout.newest)) {
      put(this.slot("elapsed"), elapsed((this.#moment - started) / 1e6));
    }
    const far = `−${elapsed(behindS)}.${Math.floor((behindS * 10) % 10)}`;
    const words = {
      behind: live ? "0:00.0" : far,
      "pause-text": live || playing ? "Pause" : "Resume",
      "traces-title": live ? `Last ${this.view.seconds} s` : `${this.view.seconds} s up to ${far}`,
    };
    for (const [name, text] of Object.entries(words)) put(this.slot(name), text);
    this.slot("golive").disabled = live;
    const running = String(live || playing);
    this.slot("play").setAttribute("aria-label", running === "true" ? "Pause" : "Resume");
    for (const name of ["pause", "play"]) this.slot(name).dataset.running = running;
  }

  #writeNotice(state, ageS) {
    const empty = !this.playhead.live && this.past.workout.lines.every(({ frame }) => !frame);
    const behind = !this.playhead.live && (empty || this.past.failed);
    const shown = this.playhead.live || state === "offline" ? state : behind ? "behind" : "live";
    const notice = this.slot("notice");
    notice.hidden = shown === "live";
    this.slot("retry").hidden = state !== "offline";
    const ended = this.workout.state?.status === "ended" && state !== "offline";
    this.slot("open").hidden = !ended || shown === "behind";
    this.root.dataset.ended = String(ended);
    if (notice.hidden) return;
    const { workout } = this;
    const said = noticeOf(shown, { workout, ageS, offlineUntil: this.#offlineUntil, failed: this.past.failed });
    const slots = [this.slot("notice-title"), this.slot("notice-text")];
    slots.forEach((slot, i) => put(slot, said[i]));
  }
}

/** JSON of an address, or null when it cannot be had now. */
async function get(path) {
  try {
    const answer = await fetch(path);
    return answer.ok ? await answer.json() : null;
  } catch (error) {
    if (error instanceof TypeError) return null;
    throw error;
  }
}
