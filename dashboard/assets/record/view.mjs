// What the page shows of a day and one of its stations: each part is made anew only where what it shows has changed.

import { button, fill, h, icon, key } from "./dom.mjs";
import { picture } from "./pictures.mjs";
import { ended, reportsOf, restOf, stepAt, titleOf, trialsOf, verdicts } from "./progress.mjs";
import * as queue from "./queue.mjs";
import * as ready from "./ready.mjs";
import * as review from "./review.mjs";
import * as running from "./running.mjs";
import * as tests from "./what.mjs";
import { put } from "../core/text.mjs";

const PILLS = { setup: ["waiting", "Setup"], countdown: ["live", "Countdown"], running: ["live", "Recording"], review: ["waiting", "Trial ended"] };
const SPOKEN_S = 10; // how often a clock that runs is read out

export class View {
  #spoken = "";
  #asked = 0; // the part for which a reason of one's own is asked for: the field is there in each new drawing

  constructor(root) {
    this.root = root;
  }

  slot(name) {
    return this.root.querySelector(`[data-slot="${name}"]`);
  }

  get find() {
    return /** @type {HTMLInputElement} */ (this.root.querySelector("#record-find"));
  }

  say(words) {
    put(this.slot("said"), words);
  }

  askWhy(part) {
    const form = this.slot("other");
    if (!form) return;
    this.#asked = part;
    form.hidden = false;
    form.querySelector("input").focus();
  }

  /** Nothing is known of the day yet. */
  waiting(words) {
    this.#trouble(words);
  }

  #trouble(words) {
    const place = this.slot("trouble");
    place.hidden = !words;
    fill(place, words, () => [h("span", {}, words), button("Try now", "retry", {}, { kind: "small" })]);
  }

  show(page, station) {
    const { what } = page;
    const phase = station?.phase ?? "setup";
    const before = this.root.dataset.phase;
    this.root.dataset.phase = phase;
    this.root.dataset.paused = String(station?.paused ?? false);
    if (before !== phase) this.#turned(before);
    this.#trouble(page.trouble);
    if (!station) return;
    const step = stepAt(what.day, station);
    this.#head(page, station, step);
    this.#stations(what.day, station);
    this.#link(page, station);
    if (phase === "setup") this.#setup(page, station, step);
    else this.#trial(page, station, step);
    fill(this.slot("foot"), [phase, station, what.may, page.asked.ready, page.unsettled, page.sound.on, page.then, what.day.protocols.length], () => this.#foot(page, station, step));
  }

  // What had the focus may be gone with its phase: the page has it then, and its keys work.
  #turned(before) {
    const focused = document.activeElement;
    const hidden = focused instanceof HTMLElement && this.root.contains(focused) && !focused.checkVisibility();
    if (before && hidden) document.getElementById("page")?.focus();
    if (this.root.dataset.phase === "running" || this.root.dataset.phase === "countdown") scrollTo(0, 0);
    this.slot(this.root.dataset.phase === "setup" ? "map-ready" : "map-run").append(this.slot("map-part"));
  }

  // --- above

  #head(page, station, step) {
    const { day, people } = page.what;
    const [state, word] = station.paused ? ["stale", "Paused"] : PILLS[station.phase];
    this.slot("pill").dataset.state = state;
    put(this.slot("pill-text"), word);
    put(this.slot("title"), station.phase === "setup" ? "Record" : queue.nameOf(people, station.athlete));
    put(this.slot("what"), station.phase === "setup" ? day.title : step ? titleOf(step) : "");
    const mine = step ? trialsOf(day.parts, station.athlete, step) : [];
    const at = Math.max(1, mine.length + (station.part ? 0 : 1));
    const chips = [station.phase === "setup" ? "" : `trial ${at} of ${Math.max(at, step?.held.trials ?? 1)}`, station.workout_id && station.phase !== "setup" ? station.workout_id : "", station.flagged ? "flagged" : ""];
    fill(this.slot("chips"), chips, () => chips.filter(Boolean).map((one) => h("span", { class: "chip" }, one)));
    const show = station.phase !== "setup";
    this.slot("strip").hidden = !show;
    if (show && fill(this.slot("strip"), [day.queue, day.parts, people, station], () => queue.strip(page.what, station))) this.#stripTurned();
  }

  // Whoever is tested is in the picture, however many are in the queue.
  #stripTurned() {
    const strip = this.slot("strip");
    const here = strip.querySelector("[aria-current]");
    if (here instanceof HTMLElement) strip.scrollLeft = here.offsetLeft - strip.offsetLeft - (strip.clientWidth - here.offsetWidth) / 2;
  }

  #stations({ stations }, station) {
    const place = this.slot("stations");
    fill(place, [stations.map(({ name, phase }) => [name, phase]), station.name, station.phase], () => [
      ...stations.map((one) => h("button", { type: "button", class: "button station-tab", "aria-current": one.name === station.name ? "true" : null, data: { do: "station", name: one.name, here: `station ${one.name}` } }, h("span", { class: "dot", data: { phase: one.phase } }), h("span", {}, one.name), one.phase === "setup" ? null : h("span", { class: "muted" }, PILLS[one.phase][1].toLowerCase()))),
      station.phase === "setup" ? addStation(stations) : null,
    ]);
    place.hidden = stations.length < 2;
    const more = this.slot("add-station");
    more.hidden = stations.length > 1 || station.phase !== "setup";
    fill(more, stations.length, () => addStation(stations));
  }

  // --- setup

  #setup(page, station, step) {
    const { what, asked } = page;
    const { day, people, may } = what;
    const inQueue = new Set(day.queue.filter(({ state }) => state !== "left").map(({ athlete }) => athlete));
    fill(this.slot("order"), [day.order, may], () => orderOf(day, may));
    fill(this.slot("queue"), [day, people, station, may], () => queue.queueList(what, station));
    const finds = this.slot("found");
    finds.hidden = !asked.finds || (!this.find.value && day.queue.length > 0);
    if (!finds.hidden) fill(finds, [asked.finds, [...inQueue]], () => queue.found(asked.finds, inQueue));
    put(this.slot("chosen"), day.protocols.some(({ dropped }) => !dropped) ? `${day.protocols.filter(({ dropped }) => !dropped).length} chosen, in this order` : "none is chosen yet");
    fill(this.slot("tests"), [asked.protocols, day.protocols, station.protocol, may], () => tests.cards(asked.protocols, { ...day, protocols: day.protocols.filter(({ dropped }) => !dropped) }, station, may));
    fill(this.slot("how"), [day.protocols, station, may], () => tests.how(day, station, may));
    const done = [day.parts.filter(({ athlete }) => athlete === station.athlete), station.athlete, may];
    fill(this.slot("today"), done, () => review.today(day, station, may));
    this.slot("today").hidden = !this.slot("today").childElementCount;
    this.slot("last").hidden = !asked.last;
    fill(this.slot("last"), asked.last, () => tests.lastTime(asked.last));
    fill(this.slot("checks"), [asked.ready, may], () => ready.checkList(asked.ready ?? [], may));
    const all = verdicts(day.parts);
    const { over, left } = ended(day, people);
    this.slot("over").hidden = !over;
    const rest = left.length ? `Everybody who may be recorded is done; ${left.map((one) => queue.nameOf(people, one)).join(", ")} stayed locked.` : "Everybody in the queue is done.";
    fill(this.slot("over"), [over, all, rest], () => [icon("check"), h("div", {}, h("h2", {}, `${all.accepted} accepted, ${all.rejected} rejected`), h("p", {}, `${rest} Put somebody else into it, or look at the numbers.`)), ...reportsOf(day, people).map(({ href, words }) => h("a", { class: "button", href }, words)), h("a", { class: "button", href: "/" }, "Open sessions")]);
    void step;
  }

  #link(page, station) {
    const { asked, what } = page;
    const setup = station.phase === "setup";
    this.slot("linked").hidden = !setup;
    if (!setup) return;
    const linked = asked.devices.find(({ workout_id: id }) => id === station.workout_id);
    const said = station.workout_id ? (linked ? ready.deviceWords(linked) : `${station.workout_id}: nothing comes from it now`) : "No device is linked";
    fill(this.slot("linked"), [said, asked.devices, station.workout_id, what.may], () => [
      h("p", { class: "linked-words" }, station.workout_id ? h("b", {}, station.workout_id) : null, h("span", { class: "muted" }, station.workout_id ? said : "Choose one that sends.")),
      ...(what.may ? [h("details", { class: "menu device-menu", data: { here: "devices" } }, h("summary", { class: "button", data: { here: "device" } }, station.workout_id ? "Change device" : "Link a device"), h("div", { class: "drop" }, ...ready.deviceMenu(asked.devices, station), station.workout_id ? button("Unlink", "unlink", {}, { kind: "plain" }) : null))] : []),
    ]);
    this.slot("no-device").hidden = Boolean(station.workout_id);
    this.slot("map-part").hidden = !station.workout_id;
  }

  // --- a trial

  #trial(page, station, step) {
    const { what, asked } = page;
    this.slot("linked").hidden = true;
    this.slot("map-part").hidden = false;
    const list = asked.found.length ? asked.found : running.asked(page.held(station));
    const found = running.criteria(list);
    fill(this.slot("criteria"), list, () => found.rows);
    put(this.slot("criteria-said"), list.length ? `${found.said}; nothing here stops the trial` : "this test has no criteria");
    put(this.slot("failed"), station.phase === "running" ? running.failedWords(asked.found) : "");
    put(this.slot("read"), page.held(station)?.instructions ?? "");
    this.slot("curves-note").hidden = station.phase !== "countdown";
    if (station.phase !== "review" || !step) return;
    const numbers = asked.review?.numbers ?? {};
    fill(this.slot("trials"), [what.day.parts, station, numbers, what.may], () => review.trialList(what.day.parts, station, step, numbers, what.may));
    fill(this.slot("decide"), [list, page.held(station), what.may, station.part], () => (station.part ? review.decision(list, page.held(station), what.may, this.#asked === station.part) : [h("p", { class: "record-note" }, "Ending the trial…")]));
    this.#curve(asked.review);
    fill(this.slot("tiles"), asked.review?.items ?? [], () => review.tiles(asked.review?.items ?? []));
  }

  // The curve is drawn by the server: the same picture as on the session's page.
  #curve(said) {
    const note = said ? said.note : "Reading what was recorded…";
    fill(this.slot("curve"), [said?.curve, note], () => {
      if (!said?.curve) return h("p", { class: "record-note" }, note);
      const made = document.createElement("div");
      made.innerHTML = said.curve;
      return made;
    });
    put(this.slot("curve-note"), said?.title ?? "");
  }

  // --- below

  #foot(page, station, step) {
    const { what, asked } = page;
    if (station.phase === "review") return [h("p", { class: "foot-words grow" }, "Nothing is decided by itself; rest counts on."), button(station.paused ? "Go on" : "Pause", "pause", {}, { picture: station.paused ? "play" : "pause", press: "P", kind: "large" })];
    if (station.phase !== "setup") return running.actions(station, page.held(station), page.then, what.may);
    const { blocked, flagged } = ready.verdict(asked.ready ?? []);
    const n = step ? trialsOf(what.day.parts, station.athlete, step).length + 1 : 1;
    const open = station.athlete && step && station.workout_id && asked.ready && !page.unsettled;
    const can = open && !blocked && !station.paused && what.may;
    const words = flagged && can ? "Start, flagged" : `Start trial ${n}`;
    return [
      step ? picture(step.name) : null,
      h("div", { class: "foot-words grow" }, h("b", {}, station.athlete ? `${queue.nameOf(what.people, station.athlete)}${step ? `, ${titleOf(step)}` : ""}` : "Nobody is chosen"), h("span", { class: blocked || flagged ? "foot-why" : "muted" }, footWhy(station, step, { blocked, flagged, open, may: what.may, n }))),
      button(page.sound.on ? "Sound on" : "Sound off", "sound", {}, { picture: "sound", kind: "large quiet", label: `Sound ${page.sound.on ? "on" : "off"}: tones at 3, 2, 1 and go`, pressed: String(page.sound.on), title: "Tones at 3, 2, 1 and go" }),
      button(station.paused ? "Go on" : "Pause", "pause", {}, { picture: station.paused ? "play" : "pause", press: "P", kind: "large quiet", label: station.paused ? "Go on" : "Pause", disabled: !what.may }),
      h("button", { type: "button", class: `button large ${flagged ? "flagged" : "primary"}`, disabled: !can, data: { do: "start", here: "start" } }, icon(flagged ? "warning" : "record"), h("span", {}, words), key("Space")),
    ];
  }

  // --- what moves by itself

  tick(page, station, nowUs) {
    const { what } = page;
    const rest = what && station.phase !== "running" ? restOf(what.day, what.day.parts, station.athlete, nowUs) : null;
    put(this.slot("rest"), rest ? review.restWords(rest) : "");
    if (station.phase !== "running" && station.phase !== "countdown") return;
    const held = page.held(station);
    const { big, small, share, words } = running.clock(station, held, nowUs);
    put(this.slot("clock"), big);
    put(this.slot("clock-small"), small);
    this.slot("progress").hidden = share === null;
    this.slot("progress").style.setProperty("--share", String(share ?? 0));
    put(this.slot("word"), station.phase === "countdown" ? big : running.wordOf(station, held));
    this.#speak(station, words);
    this.#state(page.picture);
  }

  // Read out at each whole count, and seldom while a trial runs.
  #speak(station, words) {
    const seconds = parseInt(words, 10);
    const due = station.phase === "countdown" ? seconds <= 3 : seconds % SPOKEN_S === 0;
    const spoken = `${station.phase} ${due ? words : this.#spoken.slice(station.phase.length + 1)}`;
    if (!due || spoken === this.#spoken) return;
    this.#spoken = spoken;
    put(this.slot("clock-said"), station.phase === "countdown" ? words : `Recording. ${words}`);
  }

  #state(live) {
    const { state, ageS } = live?.state ?? { state: "waiting", ageS: NaN };
    this.root.dataset.state = state;
    const said = state === "stale" || state === "gone" ? `Silent for ${ageS.toFixed(1)} s. The trial runs on; what the device keeps arrives later, and the trial is judged again then.` : state === "offline" ? "This page is offline. The trial runs on." : "";
    put(this.slot("silent"), said);
    this.slot("silent").hidden = !said;
  }
}

function footWhy(station, step, { blocked, flagged, open, may, n }) {
  if (!may) return "You can watch, not record.";
  if (station.paused) return "This station is paused.";
  if (!station.athlete) return "Choose somebody in the queue.";
  if (!step) return "Choose a test.";
  if (!station.workout_id) return "Link a device first: without frames there is no trial.";
  if (!open) return "Checking…";
  if (blocked) return blocked;
  if (flagged) return `Not met: ${flagged}. Repeat or repair it, or the trial carries it.`;
  return `trial ${n} of ${Math.max(n, step.held.trials ?? 1)} · ${station.workout_id} · what is sent is stored; a trial marks its part`;
}

function orderOf({ order }, may) {
  return [["athlete", "by athlete"], ["test", "by test"]].map(([value, words]) => h("button", { type: "button", class: "part", disabled: !may, "aria-pressed": String(order === value), data: { do: "order", order: value, here: `order ${value}` } }, words));
}

function addStation(stations) {
  const name = `Station ${stations.length + 1}`;
  return button("Add a station", "station_add", { name }, { kind: "plain", picture: "plus" });
}
