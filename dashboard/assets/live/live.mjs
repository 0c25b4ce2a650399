// The live page: feed → map, curves, numbers, status; and, behind live, the same of a moment of the last minutes.
// Draws in requestAnimationFrame, and only what has changed. New data never moves what someone looks back at.

import { Alarms } from "./alarms.mjs";
import { isColumn } from "../feed/columns.mjs";
import { Curves } from "../curves/curves.mjs";
import { Feed } from "../feed/feed.mjs";
import { bind } from "../core/keys.mjs";
import { LateFrames, WINDOW_US } from "./lateframes.mjs";
import { Layers } from "./layers.mjs";
import { read, write } from "./liveview.mjs";
import { MarkerTool } from "./markers.mjs";
import { Minutes } from "./minutes.mjs";
import { Moment } from "./moment.mjs";
import { Notice } from "../feed/notices.mjs";
import { Numbers } from "./numbers.mjs";
import { Picture } from "./picture.mjs";
import { Said } from "./said.mjs";
import { RegionShapes } from "../map/regionshapes.mjs";
import { Scale } from "../map/scale.mjs";
import { KNOWN, available } from "../curves/strips.mjs";
import { Together } from "./together.mjs";
import { chosen, shownAs } from "../core/units.mjs";
import { Viewpoint } from "./viewpoint.mjs";
import { WorkoutFeed } from "../feed/workout.mjs";

const NUMBERS_MS = 250;
const PAST_US = 300_000;

export class LivePage {
  /** @type {Viewpoint} */ viewpoint; /** @type {Curves} */ curves; /** @type {Minutes} */ minutes;
  /** @type {LateFrames} */ late; /** @type {Scale} */ scale; /** @type {Layers} */ layers; /** @type {Alarms} */ alarms;
  /** @type {MarkerTool} */ marker; /** @type {MutationObserver} */ themes;
  #numbersAt = 0;
  #offlineUntil = null;
  /** @type {?number} */
  #heardUs = null; // when the dashboard was heard last, while it is not, µs
  #taken = new Map(); // stream → µs of the newest sample that alarms and the last minutes have seen
  #frame = 0;
  #behindS = 0; // how far behind live, as it is written
  #farther = false; // it is written, and not drawn yet
  #redraw = true;
  #listeners = new AbortController();

  constructor(root) {
    this.root = root;
    this.id = root.dataset.workout;
    this.view = read(location.search, KNOWN);
    this.workout = new WorkoutFeed();
    this.together = new Together(this.workout);
    this.picture = new Picture(this.slot("map"), this.slot("places"), this.#listeners.signal);
    this.numbers = new Numbers(root);
    this.moment = new Moment(root);
    this.notice = new Notice(root);
    this.said = new Said(this.slot("said"));
    this.#parts();
    this.#tools();
    this.#listen();
    this.#units();
    this.feed = new Feed(`/feed/${encodeURIComponent(this.id)}`, {
      onOpen: () => this.#opened(),
      workout: this.workout,
      onBlock: (header, from) => this.#arrived(header, from),
      onMessage: (message) => this.#message(message),
      onOffline: (retryAt) => this.#lost(retryAt),
    });
    this.#frame = requestAnimationFrame((now) => this.#tick(now));
  }

  // What shows the workout.
  #parts() {
    this.viewpoint = new Viewpoint(this.id, this.workout, {
      seconds: () => Math.max(this.view.seconds, this.alarms.reach),
      onLoaded: () => this.#changed(),
      onMoved: (turned) => this.#moved(turned),
    });
    this.curves = new Curves(this.root, this.view, {
      onChange: (part) => this.#changed(part),
      onDraw: () => (this.#redraw = true),
    });
    this.minutes = new Minutes(this.slot("lookback"), this.id, {
      onSeek: (time) => this.viewpoint.seek(time),
      onMarkers: (markers) => this.#mark(markers),
      now: () => this.#now,
    });
    const shapes = new RegionShapes(this.id, () => (this.#redraw = true));
    this.picture.map.shapes = (sensor, region) => shapes.of(sensor, region);
    this.late = new LateFrames(this.id, this.workout, { now: () => this.#serverUs, onFilled: () => this.#filled() });
  }

  // What one sets.
  #tools() {
    const shown = (unit) => this.#shownAs(unit);
    this.curves.traces.shownAs = this.numbers.shownAs = shown;
    this.scale = new Scale(this.slot("scale"), () => this.#changed({ scale: this.scale.described }));
    this.layers = new Layers(this.slot("layers"), this.view.layers, (layers) => this.#changed({ layers }));
    this.alarms = new Alarms(this.slot("alarms"), { onChange: (alarms) => this.#alarmed(alarms), shownAs: shown });
    this.marker = new MarkerTool(this.slot("marker-form"), this.id, {
      onKept: (marker) => this.#kept(marker),
      onFailed: (marker, status) => this.said.notKept(marker, status),
    });
  }

  slot(name) {
    return this.root.querySelector(`[data-slot="${name}"]`);
  }

  close() {
    cancelAnimationFrame(this.#frame);
    this.#listeners.abort();
    this.viewpoint.close();
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
    const tools = [this.layers, this.alarms, this.marker];
    for (const part of [this.curves, this.minutes, this.late, this.said, ...tools]) part.listen(signal);
    const act = this.#actions();
    for (const [name, does] of Object.entries(act)) this.slot(name).addEventListener("click", does, { signal });
    bind(this.#keys(act), signal);
  }

  #actions() {
    return {
      retry: () => this.feed.retry(),
      full: () => this.#fullScreen(),
      pause: () => this.#pause(),
      play: () => this.#pause(),
      back: () => this.viewpoint.step(-10),
      forward: () => this.viewpoint.step(10),
      golive: () => this.viewpoint.goLive(),
      mark: () => this.marker.stamp(this.#moment),
      more: () => this.numbers.more(),
    };
  }

  #keys(act) {
    return [
      [" ", "pause, or let the picture run on", act.pause],
      ...(this.slot("mark").hidden ? [] : [["m", "set a marker at the time shown", act.mark]]),
      ["ArrowLeft", "10 s back, with Shift 1 s", (event) => this.viewpoint.step(event.shiftKey ? -1 : -10)],
      ["ArrowRight", "10 s on, with Shift 1 s", (event) => this.viewpoint.step(event.shiftKey ? 1 : 10)],
      ["End", "go live", act.golive],
      ["a", "acknowledge the alarm", () => this.alarms.acknowledge()],
      ["s", "scale: automatic or fixed", () => this.scale.toggle()],
      ["f", "full screen: map, numbers and time", act.full],
    ];
  }

  // Something about the view changed: it is drawn anew, and the address follows.
  #changed(part = {}) {
    Object.assign(this.view, part);
    if ("traces" in part || "seconds" in part) this.curves.show();
    if ("seconds" in part || "alarms" in part) this.viewpoint.load();
    if ("alarms" in part) this.#thresholds();
    if ("alarms" in part || "traces" in part) this.#want();
    this.#redraw = true;
    this.curves.traces.invalidate();
    const search = write({ ...this.view, at: this.viewpoint.at });
    if (search !== location.search) history.replaceState(history.state, "", location.pathname + search);
  }

  #shownAs(unit) {
    return shownAs(unit, chosen(), Number(this.root.dataset.mass) || NaN);
  }

  #units() {
    const shown = (unit) => this.#shownAs(unit);
    this.picture.map.shownAs = shown;
    this.scale.setShown(shown);
    this.#thresholds();
    this.#numbersAt = 0;
    this.#changed();
  }

  #thresholds() {
    this.curves.traces.thresholds = this.alarms.thresholds;
    this.scale.setAlarms(this.alarms.pressures);
  }

  // An alarm on a region shows that region's curve, so that the line and the curve speak of the same thing.
  #alarmed(alarms) {
    this.#changed({ alarms });
    for (const key of this.alarms.columns) this.curves.chips.insert(key);
  }

  // Columns of choice: those that are drawn, and those that alarms watch.
  #want() {
    const keys = [...new Set([...this.curves.chips.keys.filter(isColumn), ...this.alarms.columns])].sort();
    this.workout.keepColumns(keys);
    this.viewpoint.want(keys);
    this.feed.want(keys);
  }

  #fullScreen() {
    if (document.fullscreenElement) document.exitFullscreen();
    else this.root.requestFullscreen();
  }

  // --- the moment shown

  get #serverUs() {
    return this.feed.clock.now() * 1000;
  }

  /** The newest frame's time, µs; the server's before the first. */
  get #now() {
    return Number.isFinite(this.workout.newest) ? this.workout.newest : this.#serverUs;
  }

  /** The moment shown, µs. */
  get #moment() {
    return this.viewpoint.at ?? this.#now;
  }

  #pause() {
    const { time } = this.picture;
    this.viewpoint.pause(Number.isFinite(time) ? time : this.workout.newest);
  }

  // From live to the past or back, or to another moment of the past.
  #moved(turned) {
    if (turned) {
      this.curves.setLines(this.viewpoint.shown.lines, this.scale.fixed);
      if (this.viewpoint.live) this.picture.forget();
    }
    this.minutes.soon();
    this.#numbersAt = 0;
    this.#changed();
  }

  // --- markers

  #mark(markers) {
    for (const marker of markers) this.workout.take({ type: "marker", ...marker });
  }

  #kept(marker) {
    this.#mark([marker]);
    this.said.kept(marker);
    this.#changed();
  }

  get #markers() {
    return [...this.workout.markers, ...this.marker.pending];
  }

  // --- the feed

  #lost(retryAt) {
    if (this.#offlineUntil === null) this.#heardUs = this.#serverUs;
    this.#offlineUntil = retryAt;
  }

  #opened() {
    this.#offlineUntil = null;
    this.workout.clear();
    this.minutes.fetch();
  }

  #arrived({ type, stream, key }, from) {
    const past = type === "history" || (type === "column" && from < this.workout.newest - PAST_US);
    if (past) this.curves.traces.invalidate();
    if (type === "column") this.#watch(stream, key, from);
    else this.#follow(stream);
  }

  // A column of choice goes past its alarms, which look at nothing twice.
  #watch(name, key, from) {
    const stream = this.workout.streams.get(name);
    if (stream) this.alarms.take(stream, Math.max(from - 1, stream.extra.get(key).last - WINDOW_US), key);
  }

  // What is new of a stream goes into the last minutes, and past the alarms.
  #follow(name) {
    const stream = this.workout.streams.get(name);
    if (!stream?.ring.size) return;
    const taken = this.#taken.get(name) ?? -Infinity;
    const from = Math.max(taken > stream.ring.last ? -Infinity : taken, stream.ring.last - WINDOW_US); // set back: from there
    this.minutes.take(stream, from);
    this.alarms.take(stream, from);
    this.#taken.set(name, stream.ring.last);
  }

  #filled() {
    this.minutes.fetch();
    this.#changed();
  }

  #message(message) {
    this.late.take(message);
    if (message.type === "state") this.viewpoint.first = message.first_us ?? -Infinity;
    if (!this.workout.take(message)) return;
    // The page was made before anything was known of its workout: its words are made anew, and so is this object.
    if ("early" in this.root.dataset) window.dash_clientside.set_props("again", { data: Date.now() });
    const { sensors, lines } = this.workout;
    this.picture.map.setSensors(sensors);
    this.layers.setSensors(sensors);
    this.scale.setSensors(sensors, this.view.scale);
    this.curves.setSensors(sensors, lines, this.scale.fixed);
    this.alarms.setSensors(available(sensors), this.view.alarms);
    this.#thresholds();
    this.#want();
    this.numbers.setSensors(sensors);
    this.#redraw = true;
  }

  // --- drawing

  #tick(now) {
    this.#frame = requestAnimationFrame((next) => this.#tick(next));
    const { newest } = this.workout;
    if (this.view.at !== null && Number.isFinite(newest)) this.#openAt();
    this.viewpoint.pass(now);
    const shown = this.together.advance(now);
    if (this.viewpoint.live) this.workout.show(shown);
    const fresh = this.viewpoint.live && (shown > this.picture.time || this.picture.differs(this.workout));
    const redraw = this.#redraw || this.viewpoint.playing;
    const drawn = (fresh && this.picture.moves(now)) || redraw;
    if (drawn) this.#drawMap(now, fresh, shown);
    const { state, ageUs } = this.#judge();
    if (now - this.#numbersAt >= NUMBERS_MS) this.#writeNumbers(now, state, ageUs);
    if (this.curves.due(now) && (fresh || redraw || state !== "live" || this.#farther)) this.#drawCurves(now, state);
    else if (drawn) this.curves.drawEnds();
    if (this.minutes.draw(now, this.#markers, newest, this.viewpoint.at)) this.viewpoint.keepWithin();
    this.#redraw = false;
  }

  // An address that was sent shows the moment that was shown.
  #openAt() {
    const { at } = this.view;
    this.view.at = null;
    this.viewpoint.open(at);
  }

  // In server time, as the feed's own exchanges give it.
  #judge() {
    const newest = this.viewpoint.live ? this.picture.time : this.workout.newest;
    const ageUs = this.#serverUs - newest;
    return { ageUs, state: this.#offlineUntil === null ? this.workout.freshness(ageUs) : "offline" };
  }

  #drawMap(now, fresh, time) {
    const { live, shown } = this.viewpoint;
    this.picture.draw(shown, {
      empty: !live,
      layers: this.layers.on,
      ringed: (stream) => this.alarms.ringed(shown.streams.get(stream), live),
      top: (highest) => this.scale.top(highest),
    });
    if (fresh) this.picture.count(now, time);
    if (!live) this.#writeAlarms("live");
  }

  #drawCurves(now, state) {
    const { at } = this.viewpoint;
    this.#farther = false;
    const newest = Math.max(this.picture.time, at ?? -Infinity);
    this.curves.draw(now, { at, behindS: this.#behindS, newest, serverUs: this.#serverUs, state, markers: this.#markers });
  }

  #writeAlarms(state) {
    const { live, shown } = this.viewpoint;
    this.alarms.write(this.workout, state, live ? null : shown);
  }

  #writeNumbers(now, state, ageUs) {
    this.#numbersAt = now;
    const { live, playing, behindS, shown, past } = this.viewpoint;
    this.#farther = !live && behindS !== this.#behindS; // the heading says it now, and so does the axis
    this.#behindS = behindS;
    const { workout } = this;
    const [ageS, fps] = [ageUs / 1e6, this.picture.fps(now)];
    this.root.dataset.state = state;
    this.numbers.write({ workout, counted: shown.numbers, state, ageS, fps, live });
    const started = Number.isFinite(workout.newest) ? workout.state?.first_us || NaN : NaN;
    this.moment.write({ live, playing, elapsedS: (this.#moment - started) / 1e6, behindS, seconds: this.view.seconds });
    this.#writeAlarms(state);
    this.notice.write(state, { workout, past: live ? null : past, ageS, offlineUntil: this.#offlineUntil, heardUs: this.#heardUs });
    if (Number.isFinite(workout.newest)) this.picture.describe(now);
  }
}
