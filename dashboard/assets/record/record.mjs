// The page of a test day: shows what the day says, and sends what is pressed. The server keeps the state, so that a
// reload or another browser sees the same; what is pressed shows at once, as the server's own rules will have it.

import { ask } from "../core/asking.mjs";
import { DayFeed } from "./dayfeed.mjs";
import { draggable } from "./drag.mjs";
import { bindKeys } from "./keys.mjs";
import { after, at, refusal, unsettled } from "./machine.mjs";
import { Outbox } from "./outbox.mjs";
import { nameOf } from "./queue.mjs";
import { countOf, elsewhere, nextOf, reasonsOf, stepAt, stepsOf, titleOf, OTHER } from "./progress.mjs";
import { verdict } from "./ready.mjs";
import { Asked } from "./asked.mjs";
import { Sound } from "./sound.mjs";
import { StationPicture } from "./station.mjs";
import { View } from "./view.mjs";
import { postMarker } from "./markerpost.mjs";

const TICK_MS = 100;

export class RecordPage {
  #listeners = new AbortController();
  /** @type {any} {day, people, trials, may} */
  what = null; // the day as the server said it
  #expected = new Map(); // station → it, as it will be when what was pressed has been done
  #counted = ""; // the countdown whose tones were planned
  #refused = { words: "", phase: "" }; // why, and the phase in which that was said
  #markers = 0;
  away = "";

  constructor(root) {
    this.root = root;
    this.id = root.dataset.day;
    this.name = new URLSearchParams(location.search).get("station") ?? "";
    this.sound = new Sound();
    this.sound.on = localStorage.getItem("record-sound") !== "off";
    this.view = new View(root);
    this.asked = new Asked(this.id, () => this.show());
    this.feed = new DayFeed(this.id, { day: (what) => this.#told(what), away: (words) => this.#away(words), gone: () => this.#away("This test day is not here any more, or it is not for you. All test days are listed at /record.") });
    this.outbox = new Outbox(`record:${this.id}`, {
      post: (command) => post(`${this.feed.path}/do`, command),
      storage: localStorage,
      on: { done: (_, body) => this.#done(body), refused: (command, words) => this.#refuse(command, words), away: () => this.show() },
    });
    void this.outbox.flush();
    this.#listen();
    this.timer = setInterval(() => this.#tick(), TICK_MS);
  }

  close() {
    clearInterval(this.timer);
    this.#listeners.abort();
    for (const one of [this.feed, this.outbox, this.asked, this.sound, this.picture]) one?.close();
  }

  #listen() {
    const { signal } = this.#listeners;
    const act = (name, more) => this.act(name, more);
    bindKeys(() => this.station?.phase ?? "", act, signal);
    draggable(this.view.slot("queue"), (athlete, to) => this.#move(athlete, to), signal);
    this.root.addEventListener("click", (event) => this.#press(event), { signal });
    this.root.addEventListener("submit", (event) => this.#submit(event), { signal });
    this.root.addEventListener("input", ({ target }) => target.id === "record-find" && this.asked.find(target.value), { signal });
    addEventListener("online", () => this.outbox.flush(), { signal });
    for (const name of ["pointerdown", "keydown"]) addEventListener(name, () => this.sound.ready(), { signal, once: true });
  }

  #press({ target }) {
    const pressed = target.closest("[data-do]");
    if (!pressed || pressed.disabled) return;
    pressed.closest("details")?.removeAttribute("open");
    this.act(pressed.dataset.do, pressed.dataset);
  }

  #submit(event) {
    event.preventDefault();
    const reason = event.target.querySelector("input").value.trim();
    if (event.target.dataset.slot === "other" && reason) this.act("judge", { decision: "reject", reason });
    if (event.target.dataset.slot === "new-station" && reason) this.act("station_add", { name: reason });
  }

  // --- what the server says

  #told(what) {
    this.what = { ...what, trials: what.day.parts };
    this.#settle();
    const phase = this.station?.phase ?? "";
    if (phase !== this.#refused.phase && BUSY.has(phase)) this.#refused.words = ""; // another trial has begun
    if (this.station) this.asked.tick(this.station); // what was known of another athlete is not of this one
    this.show();
  }

  // Of a command that was done nothing is guessed any more, also where its answer comes after newer news.
  #done(day) {
    this.feed.take(day);
    this.#settle();
    this.show();
  }

  #settle() {
    for (const name of this.#expected.keys()) {
      if (!this.outbox.waiting.some((one) => one.station === name)) this.#expected.delete(name);
    }
  }

  #away(words) {
    if (words === this.away) return;
    this.away = words;
    if (!words) void this.outbox.flush();
    this.show();
  }

  #refuse(command, words) {
    this.#expected.delete(command.station);
    this.#refused = { words, phase: this.station?.phase ?? "" };
    this.show();
  }

  // --- the station that is shown

  /** As the server has it, or will have it; and as time makes it. */
  get station() {
    if (!this.what) return null;
    const { stations } = this.what.day;
    const kept = stations.find(({ name }) => name === this.name) ?? stations[0];
    if (!kept) return null;
    return at(this.#expected.get(kept.name) ?? kept, this.held(kept), this.feed.now());
  }

  /** Whether it is not known yet whose trial is next. */
  get unsettled() {
    return unsettled(this.outbox.waiting, this.station?.name);
  }

  held(station) {
    return this.what?.day.protocols[station.protocol]?.held;
  }

  #tick() {
    const station = this.station;
    if (!station) return;
    if (station.phase !== this.root.dataset.phase) this.show();
    this.view.tick(this, station, this.feed.now());
    this.asked.tick(station);
    this.#sounds(station);
  }

  #sounds(station) {
    const counting = station.phase === "countdown" && this.sound.on ? `${station.name} ${station.go_us}` : "";
    if (counting === this.#counted) return;
    if (this.#counted && station.phase !== "running") this.sound.hush();
    this.#counted = counting;
    if (counting) this.sound.countdown((station.go_us - this.feed.now()) / 1e6);
  }

  show() {
    if (!this.what) return this.view.waiting(this.away);
    const station = this.station;
    if (!station && this.what.may && !this.outbox.waiting.length && !this.away && !this.#refused.words) this.#command("station_add", { station: "Station 1" });
    if (station) this.#link(station);
    this.view.show(this, station);
  }

  /** What is wrong, in the order in which it matters. */
  get trouble() {
    if (this.outbox.waiting.length && (this.outbox.away || this.away)) {
      const n = this.outbox.waiting.length;
      return `Not stored yet: ${n === 1 ? "what you pressed is" : `${n} things that you pressed are`} kept here and sent again by itself.`;
    }
    return this.away || this.#refused.words;
  }

  // The live picture is of the workout that the station is linked to.
  #link(station) {
    const person = this.what.people[station.athlete];
    if (this.picture?.id !== station.workout_id) {
      this.picture?.close();
      this.picture = station.workout_id ? new StationPicture(this.root, station.workout_id, () => this.feed.now()) : null;
    }
    if (!this.picture) return;
    this.picture.massKg = person?.mass_kg ?? NaN;
    const { phase, start_us: startUs, stop_us: stopUs } = station;
    this.picture.trial = { held: this.held(station), startUs: phase === "running" || phase === "review" ? startUs : 0, stopUs, running: phase === "running" };
  }

  // --- what is pressed

  #command(command, more = {}) {
    const one = { command, ...more };
    const station = this.what.day.stations.find(({ name }) => name === more.station);
    if (station) {
      const now = at(this.#expected.get(station.name) ?? station, this.held(station), this.feed.now());
      const why = refusal(now, command);
      if (why) return this.#refuse(one, why);
      this.#expected.set(station.name, after(now, one, this.held(station), this.feed.now()));
    }
    this.#refused.words = "";
    this.outbox.send(one);
    this.show();
  }

  #at(command, more = {}) {
    this.#command(command, { station: this.station.name, ...more });
  }

  act(name, more) {
    if (!this.what || (!this.what.may && !ALWAYS.has(name))) return;
    const acts = { ...this.#ofStation(more), ...this.#ofTrial(more), ...this.#ofDay(more), ...this.#ofPage(more) };
    acts[name]?.();
  }

  #ofTrial(more) {
    const { station } = this;
    return {
      start: () => this.#start(),
      start_over: () => this.#at("start_over"),
      stop: () => this.#at("stop", { at_us: Math.round(this.feed.now()) }),
      forward: () => this.held(station)?.duration_s || this.act("stop", {}),
      judge: () => this.#at("judge", { decision: more.decision, part: station.part, ...(more.reason ? { reason: more.reason } : {}) }),
      reason: () => this.#reason(Number(more.n)),
      other: () => this.view.askWhy(this.station.part),
      pause: () => this.#at(station.paused ? "resume" : "pause"),
      marker: () => this.#mark(),
    };
  }

  #start() {
    if (this.unsettled) return this.#refuse({ station: "" }, "Whose trial is next is not stored yet.");
    if (!this.asked.ready) return this.#refuse({ station: this.station.name }, "The checks are not here yet.");
    const { blocked, flagged } = verdict(this.asked.ready);
    if (blocked) return this.#refuse({ station: this.station.name }, blocked);
    this.sound.ready();
    this.#at("start", { at_us: Math.round(this.feed.now()), flagged: flagged.slice(0, 200) });
  }

  #reason(n) {
    const failed = this.asked.found.filter(({ met }) => met === false).map(({ criterion }) => criterion);
    const { words } = reasonsOf(this.held(this.station), failed)[n - 1];
    if (words === OTHER) this.view.askWhy(this.station.part);
    else this.act("judge", { decision: "reject", reason: words });
  }

  async #mark() {
    this.#markers += 1;
    const marker = { t_us: Math.round(this.feed.now()), label: `Marker ${this.#markers}` };
    const status = await postMarker(this.station.workout_id, marker);
    this.view.say(status === 200 ? `${marker.label} kept.` : `${marker.label} was not kept. Press M again.`);
  }

  #ofStation(more) {
    return {
      next: () => this.#at("next"),
      who: () => this.#who(more.athlete),
      what: () => this.#choose(this.station.athlete, this.#place(more.protocol)),
      side: () => this.#at("choose", { ...this.#chosen, side: more.value }),
      condition: () => this.#at("choose", { ...this.#chosen, condition: more.value }),
      link: () => this.#at("station_link", { workout_id: more.workout, devices: more.devices.split(",").filter(Boolean) }),
      unlink: () => this.#at("station_link", { workout_id: "", devices: [] }),
      check: () => this.#check(more.which),
    };
  }

  #check(which) {
    if (which === "zeroed" && this.station.workout_id) ask("calibrate", [this.station.workout_id]);
    else void this.asked.again();
  }

  get #chosen() {
    const { athlete, protocol, condition, side } = this.station;
    return { athlete, protocol, condition, side };
  }

  #place(name) {
    return this.what.day.protocols.findIndex((one) => one.name === name);
  }

  #who(athlete) {
    const { day, trials } = this.what;
    const steps = day.protocols.flatMap((one, i) => (one.dropped ? [] : stepsOf(day, i)));
    const open = steps.find((step) => !countOf(trials, athlete, step).done) ?? steps[0];
    if (!open) return this.#refuse({ station: this.station.name }, "Choose a test first.");
    this.#at("choose", { athlete, protocol: open.protocol, condition: open.condition, side: open.side });
  }

  #choose(athlete, protocol) {
    const steps = stepsOf(this.what.day, protocol);
    if (!athlete) return this.#refuse({ station: this.station.name }, "Choose an athlete first.");
    const open = steps.find((step) => !countOf(this.what.trials, athlete, step).done) ?? steps[0];
    this.#at("choose", { athlete, protocol, condition: open.condition, side: open.side });
  }

  #ofDay(more) {
    const names = this.what.day.protocols.filter((one) => !one.dropped).map((one) => one.name);
    return {
      add: () => this.#command("add_athletes", { athletes: more.athletes.split(",") }),
      back: () => this.#command("add_athletes", { athletes: [more.athlete] }),
      left: () => this.#command("remove_athlete", { athlete: more.athlete }),
      remove_athlete: () => this.#command("remove_athlete", { athlete: more.athlete }),
      move: () => this.#move(more.athlete, this.what.day.queue.findIndex((one) => one.athlete === more.athlete) + Number(more.by)),
      order: () => this.#command("arrange", { order: more.order }),
      take: () => this.#command("choose_protocols", { protocols: [...names, more.protocol] }),
      drop: () => this.#command("choose_protocols", { protocols: names.filter((one) => one !== more.protocol) }),
      rejudge: () => this.#command("rejudge", { part: Number(more.part), decision: more.decision, reason: more.reason ?? "" }),
      station_add: () => this.#command("station_add", { station: more.name }),
      station_remove: () => this.#command("station_remove", { station: more.station }),
    };
  }

  #move(athlete, to) {
    const { queue } = this.what.day;
    const place = Math.max(0, Math.min(queue.length - 1, to));
    if (queue[place]?.athlete !== athlete) this.#command("move", { athlete, to: place });
  }

  #ofPage(more) {
    return {
      station: () => this.#turnTo(more.name),
      sound: () => this.#switchSound(),
      find: () => this.view.find.focus(),
      retry: () => (void this.outbox.flush(), this.asked.again()),
    };
  }

  #turnTo(name) {
    this.name = name;
    history.replaceState(history.state, "", `${location.pathname}?station=${encodeURIComponent(name)}`);
    this.asked.forget();
    this.show();
  }

  #switchSound() {
    this.sound.on = !this.sound.on;
    localStorage.setItem("record-sound", this.sound.on ? "on" : "off");
    this.sound.ready();
    if (!this.sound.on) this.sound.hush();
    this.show();
  }

  /** "rest 30 s, next: Athlete 18, trial 1" after this trial. */
  get then() {
    const { station, what } = this;
    const step = stepAt(what.day, station);
    if (!step) return "";
    const here = { athlete: station.athlete, protocol: step.name, condition: station.condition, side: station.side, state: "accepted", start_us: 0, stop_us: 0 };
    const next = nextOf({ ...what, trials: [...what.trials, here] }, station, { taken: elsewhere(what.day, station.name) });
    if (!next) return "that was all";
    const [athlete, one] = next;
    const rest = step.held.rest_s && athlete === station.athlete ? `rest ${step.held.rest_s} s, ` : "";
    return `${rest}next: ${nameOf(what.people, athlete)}, ${titleOf(one)}`;
  }
}

const BUSY = new Set(["countdown", "running"]);
const ALWAYS = new Set(["station", "sound", "retry"]);

async function post(path, body) {
  const answer = await fetch(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  const text = await answer.text();
  const said = text.startsWith("{") ? JSON.parse(text) : {};
  return { status: answer.status, body: answer.ok ? said : { error: said.message ?? said.error } };
}
