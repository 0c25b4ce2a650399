// The athlete's feedback, on a phone or a wall: steps are taken from the feed as they come, what is said is written at
// once, and the picture follows at the screen's pace. It works on when the insoles or the network fall silent.

import { Feed } from "../feed/feed.mjs";
import { WorkoutFeed } from "../feed/workout.mjs";
import { PressureMap } from "../map/pressuremap.mjs";
import { fixedScale } from "../map/sensor.mjs";
import { Awake } from "../core/awake.mjs";
import { pageTime } from "../core/clock.mjs";
import { put } from "../core/text.mjs";
import { age, elapsed, number } from "../core/words.mjs";
import { SHOWN, drawGauge, nameEnds, strip } from "./drawing.mjs";
import { Dialogs } from "./dialogs.mjs";
import { at, digitsOf, goalOf, isLimit, nameOf, plannedLoad, unitOf, usualWords } from "./goal.mjs";
import { Keeping } from "./keeping.mjs";
import { ICONS, PAGE } from "./markup.mjs";
import { Resting } from "./resting.mjs";
import { share } from "./sets.mjs";
import { Sounds } from "./sounds.mjs";
import { Training } from "./training.mjs";

const DRAW_MS = 33;
const STILL_MS = 100;
const WRITE_MS = 250;
const SENTENCE_MS = 5_000;
const HEARD_US = 1_000_000; // what is older is counted, and not heard any more
const SOUNDS = { off: "Sound off", beat: "Tick on target", pitch: "Pitch" };
const WAITING = "You can go on. What the insoles keep comes into the session later.";

export class Feedback {
  #at = { draw: 0, write: 0, sentence: -Infinity };
  #drawn = -Infinity;
  /** @type {?number} */
  #offlineUntil = null;
  /** @type {?Training} */
  training = null;
  tones = 0;

  constructor(root) {
    this.root = root;
    root.querySelector('[data-slot="page"]').innerHTML = PAGE;
    this.goals = JSON.parse(root.dataset.goals);
    this.mass = Number(root.dataset.mass) || NaN;
    this.usual = {};
    this.sounds = new Sounds();
    this.keeping = new Keeping(root.dataset.workout, (text) => put(this.slot("kept"), text));
    this.resting = new Resting(this);
    this.dialogs = new Dialogs(this);
    this.workout = new WorkoutFeed();
    this.map = new PressureMap(this.slot("map"), { labels: false });
    this.map.layers = new Set(["cop"]);
    this.#choose();
    this.#listen();
    this.feed = new Feed(`/feed/${encodeURIComponent(root.dataset.workout)}`, {
      workout: this.workout,
      onOpen: () => this.#opened(),
      onBlock: () => this.#stepped(),
      onMessage: (message) => this.#message(message),
      onOffline: (retryAt) => (this.#offlineUntil = retryAt),
    });
    requestAnimationFrame((now) => this.#tick(now));
  }

  /** @returns {any} the element with this slot */
  slot(name) {
    return this.root.querySelector(`[data-slot="${name}"]`);
  }

  /** How far the server's clock is before that of this browser, ms. */
  get ahead() {
    return this.feed.clock.now() - Date.now();
  }

  get goal() {
    return this.training?.goal ?? null;
  }

  // --- the goal

  // What the address says, else the newest of the athlete's own.
  #choose() {
    const given = Object.fromEntries(new URLSearchParams(location.search));
    const goal = given.measure ? goalOf(given) : goalOf(this.goals[Number(given.goal ?? 0)] ?? {});
    if (goal) this.train(goal);
    else this.#show();
    if (goal) void this.#learn(goal);
  }

  /** Train towards a goal, from now on. */
  train(goal) {
    const usual = this.usual[goal.measure]?.[goal.side]?.usual ?? NaN;
    this.training = new Training(goal, { mass: this.mass, usual }, Date.now());
    if (this.workout.numbers) this.training.setThresholds(this.workout.numbers.thresholds, this.workout.sensors);
    this.keeping.restore(this.training);
    put(this.slot("kept"), "");
    this.#show();
  }

  /** Another goal, which the address then says. */
  choose(goal, query) {
    history.replaceState(null, "", `${location.pathname}?${query}`);
    this.train(goal);
    void this.#learn(goal);
  }

  // What is usual is told by earlier sessions; the goal waits for it as long as it must.
  async #learn(goal) {
    try {
      const answer = await fetch(`/feedback/${encodeURIComponent(this.root.dataset.workout)}/usual`);
      if (answer.ok) this.usual = await answer.json();
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // without the network the first steps tell it
    }
    const usual = this.usual[goal.measure]?.[goal.side]?.usual;
    const { training } = this;
    if (training && usual > 0 && training.goal === goal) training.values.usual = usual;
    this.#expect();
  }

  // What is usual of the goal, and the load that its sets come to by that.
  #expect() {
    const planned = this.goal ? plannedLoad(this.goal, this.usual) : NaN;
    const said = Number.isFinite(planned) ? `of about ${number(planned / 1000, 1)} planned` : "";
    for (const slot of ["load-plan", "load-planned"]) put(this.slot(slot), said);
    put(this.slot("usual"), this.goal ? usualWords(this.goal, this.usual) : "");
  }

  #show() {
    const { goal } = this;
    const { dataset } = this.root;
    dataset.kind = !goal ? "none" : isLimit(goal) ? "limit" : "band";
    this.resting.show();
    const { sets } = this.training?.exercise ?? { sets: [] };
    put(this.slot("sets-said"), sets.length > 1 || goal?.sets ? `set ${sets.length}${goal?.sets ? ` of ${goal.sets}` : ""}` : "");
    if (!goal) return this.#word("waiting", "Choose a goal");
    const foot = isLimit(goal) ? `On the ${goal.side} foot` : nameOf(goal);
    this.slot("what").innerHTML = `${foot}, <strong>${unitOf(goal)}</strong>`;
    put(this.slot("unit"), unitOf(goal).split(" ")[0]);
    nameEnds(this.root, goal);
    put(this.slot("inside-label"), `in ${number(goal.low, digitsOf(goal))}–${number(goal.high, digitsOf(goal))} ${unitOf(goal).split(" ")[0]}`);
    this.root.dataset.side = goal.side;
    this.#expect();
    this.#write(performance.now());
  }

  // --- what comes

  #listen() {
    addEventListener("resize", () => ((this.#drawn = -Infinity), this.#steps()));
    this.root.addEventListener("pointerdown", () => this.feed.retry());
    this.root.addEventListener("click", (event) => this.#pressed(event.target.closest?.("[data-act]")?.dataset.act));
    this.awake = new Awake(this.root);
  }

  #pressed(act) {
    if (act === "sound" || act === "goal") return this.dialogs[act]();
    if (!act || !this.training) return;
    const { exercise } = this.training;
    if (act === "rest") exercise.rest(Date.now());
    if (act === "go") exercise.goOn(Date.now());
    if (act === "finish") exercise.finish(Date.now());
    if (act === "again") this.train(this.training.goal);
    this.keeping.remember(this.training);
    this.#show();
  }

  #opened() {
    this.#offlineUntil = null;
    this.workout.clear();
  }

  #message(message) {
    if (this.workout.take(message)) {
      this.map.setSensors(this.workout.sensors);
      this.map.max = fixedScale(this.workout.sensors) ?? 10;
      this.#drawn = -Infinity;
    }
    if (message.type === "numbers") this.training?.setThresholds(message.values.thresholds, this.workout.sensors);
  }

  // Sound first: it is what has to come in time.
  #stepped() {
    if (!this.training) return;
    const before = this.training.exercise.state;
    const heard = this.workout.lines.flatMap((stream) => this.training?.take(stream, Date.now()) ?? []);
    for (const one of heard) this.#sound(one);
    if (!heard.length) return;
    this.keeping.remember(this.training);
    this.root.dataset.steps = String(this.training.exercise.total.count);
    if (this.training.exercise.state === before) this.#said();
    else this.#show();
    this.#steps();
  }

  #sound({ kind, place, value, time }) {
    const late = () => this.feed.clock.now() * 1000 - time;
    const { goal } = this;
    if (!goal || late() > HEARD_US) return;
    const over = isLimit(goal) && place === "high";
    if (over && kind === "step") return; // it was heard when it passed the limit
    const more = over ? this.sounds.alarm() : this.sounds.step(place, at(goal, value));
    if (more === null) return;
    this.root.dataset.soundMs = (1000 * more).toFixed(1); // what the browser says lies between here and the ear
    this.root.dataset.toneMs = (late() / 1000 + 1000 * more).toFixed(1);
    this.tones += 1;
    this.root.dataset.tones = String(this.tones);
  }

  // --- what is shown

  #tick(now) {
    requestAnimationFrame((next) => this.#tick(next));
    const { newest } = this.workout;
    const pace = this.map.still.matches ? STILL_MS : DRAW_MS;
    if (newest > this.#drawn && now - this.#at.draw >= pace) this.#draw(now, newest);
    if (now - this.#at.write >= WRITE_MS) this.#write(now);
  }

  #draw(now, newest) {
    this.#at.draw = now;
    this.#drawn = newest;
    this.map.take(this.workout);
    this.map.max = fixedScale(this.workout.sensors) ?? Math.max(10, this.map.highest);
    this.map.draw();
    if (this.goal && isLimit(this.goal) && this.root.dataset.state === "live") this.#value();
    this.root.dataset.pictureMs = ((this.feed.clock.now() * 1000 - newest) / 1000).toFixed(1);
  }

  #write(now) {
    this.#at.write = now;
    const ageUs = this.feed ? this.feed.clock.now() * 1000 - this.workout.newest : NaN;
    const fresh = this.workout.freshness(ageUs);
    this.root.dataset.state = this.#offlineUntil === null ? (fresh === "gone" ? "stale" : fresh) : "offline";
    this.#top(ageUs);
    if (this.training?.exercise.tick(Date.now())) return this.#show();
    this.resting.write(Date.now());
    this.#said();
    if (now - this.#at.sentence < SENTENCE_MS || !Number.isFinite(this.workout.newest)) return;
    this.#at.sentence = now;
    this.slot("map").setAttribute("aria-label", this.map.describe());
  }

  #top(ageUs) {
    const { state, phase } = this.root.dataset;
    const words = { live: "Live", waiting: "Waiting", offline: this.#again() };
    const resting = state === "live" && phase !== "set";
    put(this.slot("pill-text"), resting ? (phase === "rest" ? "Rest" : "Done") : (words[state] ?? `Stale ${age(ageUs / 1e6)}`));
    this.slot("pill").dataset.state = resting ? "rest" : state;
    put(this.slot("name"), this.workout.state?.athlete ?? this.root.dataset.workout);
    this.slot("name").title = this.slot("name").textContent;
    const started = this.training?.exercise.sets[0].start_ms ?? NaN;
    put(this.slot("elapsed"), Number.isFinite(started) ? elapsed((Date.now() - started) / 1000) : "");
    const sound = this.#soundWords();
    if (this.slot("sound-words").textContent === sound) return;
    put(this.slot("sound-words"), sound);
    this.root.querySelector('[data-act="sound"] svg').outerHTML = this.sounds.mode === "off" ? ICONS.mute : ICONS.sound;
  }

  #soundWords() {
    const { goal } = this;
    const limit = goal && isLimit(goal) && this.sounds.mode === "beat";
    return limit ? `Tone above ${number(goal.high, digitsOf(goal))}` : SOUNDS[this.sounds.mode];
  }

  #again() {
    const wait = Math.ceil(((this.#offlineUntil ?? 0) - pageTime()) / 1000);
    return wait > 0 ? `Offline, again in ${wait} s` : "Offline, trying now";
  }

  /** The word and the numbers, as they are now. */
  #said() {
    const { training } = this;
    if (!training || this.root.dataset.phase !== "set") return;
    const { goal, word, exercise } = training;
    const { state } = this.root.dataset;
    const live = state === "live";
    this.#hint(live);
    if (!live) this.#word("waiting", state === "offline" ? "Page offline, tap to try now" : "Waiting for the insoles");
    else if (!this.#hasForce()) this.#word("waiting", "These insoles give no force");
    else if (training.values.lacks || word.now === null) this.#word("waiting", training.values.lacks || "Walk a few steps");
    else if (isLimit(goal) && word.now === "high") this.#word("alarm", word.text, ICONS.bell);
    else this.#word(word.now === "in" ? "in" : "out", word.text, { in: ICONS.tick, low: ICONS.up, high: ICONS.down }[word.now]);
    this.#value();
    const { set } = exercise;
    put(this.slot("inside"), live ? number(share(set)) : "–");
    put(this.slot("row-label"), isLimit(goal) ? "too heavy" : `in a row, best ${set.best}`);
    put(this.slot("row"), live ? String(isLimit(goal) ? set.over : set.row) : "–");
    put(this.slot("load-now"), number((exercise.load.left + exercise.load.right) / 1000, 1));
    put(this.slot("row-unit"), live && isLimit(goal) ? `of ${set.count}` : "");
  }

  #hasForce() {
    const { sensors } = this.workout;
    return !sensors.length || sensors.some((sensor) => sensor.column("total") === "total_force_n");
  }

  #hint(live) {
    this.slot("hint").hidden = live || this.root.dataset.state === "waiting";
    put(this.slot("hint"), WAITING);
  }

  #word(kind, text, mark = "") {
    const word = this.slot("word");
    if (word.dataset.word === kind && this.slot("word-text").textContent === text) return;
    word.dataset.word = kind;
    put(this.slot("word-text"), text);
    this.slot("mark").innerHTML = mark;
  }

  #value() {
    const { training } = this;
    if (!training) return;
    const value = this.root.dataset.state === "live" ? training.value : NaN;
    put(this.slot("value"), number(value, digitsOf(training.goal)));
    drawGauge(this.slot("gauge"), training.goal, value);
    const said = Number.isFinite(value) ? number(value, digitsOf(training.goal)) : "no value";
    this.slot("gauge").setAttribute("aria-label", `${said}, target ${training.goal.low} to ${training.goal.high} ${unitOf(training.goal)}`);
  }

  // The strip changes with a step, and with the size of the screen alone.
  #steps() {
    const { training } = this;
    if (!training) return;
    const { clientWidth: width, clientHeight: height } = this.slot("strip");
    const most = isLimit(training.goal) ? SHOWN.limit : innerWidth > innerHeight ? SHOWN.wall : SHOWN.phone;
    const side = training.goal.side === "both" ? "" : training.goal.side;
    this.slot("strip").innerHTML = strip(training.goal, training.exercise.values, side, [width, height], most);
    put(this.slot("ago"), isLimit(training.goal) ? `last ${most} steps` : `${most} steps ago`);
  }
}

