// The alarms of a live page: the line under the map, the form that edits them, and a sound if it is switched on.

import { Alarm } from "./alarm.mjs";
import { isColumn, regionOf, seriesOf } from "../feed/columns.mjs";
import { MOST_ALARMS } from "./liveview.mjs";
import { inOrder } from "../map/sensor.mjs";
import { options } from "../curves/strips.mjs";
import { GAP } from "../core/tables.mjs";
import { put } from "../core/text.mjs";
import { nameOf, number } from "../core/words.mjs";

const TONE_HZ = 880;
const TONE_S = 0.25;
const REPLAY_US = 1e6 * GAP.s; // of what is older nobody knows
const MOST_NAMES = 8;
const NOTHING = { said: "Nothing above at the moment shown", feet: [], what: "Nothing above at the moment shown", often: "" };
const SOUND_KEY = "barograph.sound";

const FORM = `<form method="dialog"><h2>Alarms</h2>
  <p>A quantity of a sensor, or of one of its regions, that stays above its threshold for the hold time, on any stream. No
  diagnosis.</p>
  <div data-slot="alarm-rows" class="alarm-rows"></div>
  <button class="button small" type="button" data-slot="alarm-add">Add an alarm</button>
  <label><input type="checkbox" data-slot="alarm-sound"> With a sound</label>
  <div class="sheet-actions"><button class="button" value="cancel" formnovalidate>Cancel</button>
  <button class="button go" value="set">Set</button></div></form>`;

export class Alarms {
  /** `onChange(list)`: the alarms were edited; `shownAs(unit)` turns a value into what is shown. */
  constructor(root, { onChange, shownAs }) {
    this.root = root;
    this.onChange = onChange;
    this.shownAs = shownAs;
    this.list = [];
    this.known = new Map();
    this.written = [null, "live", null];
    this.dialog = document.createElement("dialog");
    this.dialog.className = "sheet";
    this.dialog.setAttribute("aria-label", "Alarms");
    this.dialog.innerHTML = FORM;
    root.append(this.dialog);
    this.form = this.dialog.querySelector("form");
  }

  slot(name) {
    return this.root.querySelector(`[data-slot="${name}"]`);
  }

  listen(signal) {
    const on = (target, kind, act) => target.addEventListener(kind, act, { signal });
    on(this.slot("acknowledge"), "click", () => this.acknowledge());
    on(this.slot("edit"), "click", () => this.#edit());
    on(this.form, "submit", (event) => this.#submitted(event));
    on(this.slot("alarm-add"), "click", () => this.#row({ key: "peak", above: "", hold: 0 }));
    on(this.slot("alarm-sound"), "change", (event) => localStorage.setItem(SOUND_KEY, event.target.checked ? "on" : "off"));
    this.slot("alarm-sound").checked = localStorage.getItem(SOUND_KEY) === "on";
  }

  setSensors(known, list) {
    this.known = known;
    this.set(list.filter(({ key }) => known.has(key)));
  }

  set(list) {
    this.list = list.map((one) => new Alarm(one));
    this.write(...this.written);
  }

  get described() {
    return this.list.map(({ key, above, hold }) => ({ key, above, hold }));
  }

  /** Thresholds as the curves draw them. */
  get thresholds() {
    return this.list.map(({ key, above }) => ({ key, above, words: `alarm ${this.#value(key, above)}` }));
  }

  #value(key, above) {
    const { factor, unit, digits } = this.shownAs(this.known.get(key)?.unit ?? "");
    const places = factor === 1 && above % 1 ? 1 : digits;
    return `${number(above * factor, places)} ${unit}`.trim();
  }

  /** Samples of a stream that have just come: of its frames, or of one column of choice. */
  take(line, from, column = null) {
    let rang = false;
    for (const alarm of this.list) {
      if ((isColumn(alarm.key) ? alarm.key : null) !== column) continue;
      const { times, values } = this.#since(line, alarm, from);
      rang = alarm.take(line.sensor.stream, times, values) || rang;
    }
    if (rang && this.slot("alarm-sound").checked) tone();
  }

  acknowledge() {
    for (const alarm of this.list) alarm.acknowledge();
    this.write(...this.written);
  }

  get #rings() {
    return this.list.some((alarm) => alarm.ringing.size > 0);
  }

  /** For how long before a moment an alarm looks, s. */
  get reach() {
    return Math.max(0, ...this.list.map(({ hold }) => hold)) + REPLAY_US / 1e6;
  }

  #since(line, { key }, from) {
    const { ring, name } = seriesOf(line, key);
    if (!name) return { times: [], values: [] };
    const { times, values } = ring.since(name, from);
    const { read } = this.known.get(key);
    return { times, values: values.map((value) => read(value, line.sensor)) };
  }

  /** What is ringed in the picture of a stream: {peak, regions: [name, …], whole}, as it was at its frame. */
  ringed(line, live) {
    const above = this.list.filter((alarm) => this.#isAbove(alarm, line, live)).map(({ key }) => key);
    const regions = above.map(regionOf).filter(Boolean);
    return { peak: above.includes("peak"), regions, whole: above.some((key) => key !== "peak" && !regionOf(key)) };
  }

  // At the frame that is shown. Looking back, samples of the past tell; live, they have gone by already.
  #isAbove(alarm, line, live) {
    const at = line.shown?.time;
    if (at === undefined) return false;
    if (live) return alarm.isAbove(line.sensor.stream, at);
    const { times, values } = this.#since(line, alarm, at - alarm.hold * 1e6 - REPLAY_US);
    const until = times.findLastIndex((time) => time <= at) + 1;
    if (!until || at - times[until - 1] > REPLAY_US) return false;
    return alarm.after(line.sensor.stream, times.slice(0, until), values).isAbove(line.sensor.stream);
  }

  /** Columns of choice that are watched. */
  get columns() {
    return this.list.map(({ key }) => key).filter(isColumn);
  }

  /** Thresholds of pressure, in kPa or counts: ticks of the colour bar. */
  get pressures() {
    return this.list.filter(({ key }) => key === "peak" || key.endsWith(".peak")).map(({ above }) => above);
  }

  /** The line: what rings or is above in the live picture; before that, looking back, what was above in the picture
   * of the `past`, a workout as it was. */
  write(workout, state, past = null) {
    this.written = [workout, state, past];
    const rings = this.#rings;
    this.root.dataset.ringing = String(rings);
    this.slot("acknowledge").hidden = !rings;
    this.slot("edit").hidden = rings;
    const then = past && this.list.length ? this.#above(past, false) : null;
    const now = workout ? this.#above(workout, true) : [];
    this.root.dataset.above = String((then ?? now).length > 0);
    const parts = then ? [...(then.length ? then : [NOTHING]), ...now.map((one) => ({ ...one, said: `live now: ${one.said}`, now: true }))] : now;
    put(this.slot("alarm-text"), parts.map(({ said }) => said).join(" · ") || this.#quiet(state));
    this.#short(parts);
  }

  // What the sentences say, a line an alarm: they are there for whoever listens, and would take five lines of a card.
  #short(parts) {
    const [place, words] = [this.slot("alarm-short"), this.slot("alarm-text")];
    words.classList.toggle("unseen", parts.length > 0);
    place.hidden = !parts.length;
    while (place.children.length > parts.length) place.lastChild.remove();
    while (place.children.length < parts.length) place.append(shortLine());
    parts.forEach((part, i) => {
      const [feet, what, often] = place.children[i].children;
      const key = JSON.stringify(part.feet);
      if (feet.dataset.of !== key) feet.replaceChildren(...part.feet.map(badge));
      feet.dataset.of = key;
      put(what, `${part.now ? "live now: " : ""}${part.what}`);
      put(often, part.often);
    });
  }

  // A sentence an alarm that is above in a picture of a workout or, live, that rings: it names every stream.
  #above(workout, live) {
    const lines = inOrder(workout.lines, ({ sensor }) => sensor);
    return this.list.flatMap((alarm) => {
      const rings = ({ sensor }) => live && alarm.ringing.has(sensor.stream);
      const those = lines.filter((line) => rings(line) || this.#isAbove(alarm, line, live)).map(({ sensor }) => sensor);
      if (!those.length) return [];
      const often = live ? timesOf(those.map(({ stream }) => alarm.count(stream, workout.newest))) : "";
      const what = this.known.get(alarm.key).title.toLowerCase();
      const above = this.#value(alarm.key, alarm.above);
      return [{
        said: `${namesOf(those)}${regionOf(alarm.key) ? "," : ":"} ${what} above ${above}${often}`,
        feet: feetOf(those),
        what: `${what} > ${above}`,
        often: live ? shortTimes(those.map(({ stream }) => alarm.count(stream, workout.newest))) : "",
      }];
    });
  }

  #quiet(state) {
    if (!this.list.length) return "No alarm is set.";
    if (state === "stale" || state === "gone") return "Alarms wait for new data.";
    return this.list
      .map(({ key, above, hold }) => {
        const held = hold ? ` for ${number(hold, hold % 1 ? 1 : 0)} s` : "";
        return `${this.known.get(key)?.title ?? key} above ${this.#value(key, above)}${held}`;
      })
      .join(" · ");
  }

  #edit() {
    this.slot("alarm-rows").replaceChildren();
    for (const alarm of this.list.length ? this.list : [{ key: "peak", above: "", hold: 0 }]) this.#row(alarm);
    this.dialog.showModal();
  }

  #row({ key, above, hold }) {
    const rows = this.slot("alarm-rows");
    if (rows.children.length >= MOST_ALARMS) return;
    const row = document.createElement("div");
    row.className = "alarm-row";
    const { factor, unit } = this.shownAs(this.known.get(key)?.unit ?? "");
    const what = new Select("Quantity", options(this.known), key);
    const limit = field("above", above === "" ? "" : Number((above * factor).toPrecision(6)), "any", unit);
    const time = field("for", hold, "0.1", "s");
    what.input.addEventListener("change", () => {
      /** @type {Text} */ (limit.lastChild).data = ` ${this.shownAs(this.known.get(what.input.value)?.unit ?? "").unit}`;
    });
    const remove = document.createElement("button");
    Object.assign(remove, { type: "button", className: "button small", textContent: "Remove" });
    remove.addEventListener("click", () => row.remove());
    row.append(what.label, limit, time, remove);
    rows.append(row);
  }

  #submitted(event) {
    if (event.submitter?.value === "cancel") return;
    const rows = [...this.slot("alarm-rows").children].map((row) => {
      const [above, hold] = row.querySelectorAll("input");
      const key = row.querySelector("select").value;
      const { factor } = this.shownAs(this.known.get(key)?.unit ?? "");
      return { key, above: above.value === "" ? NaN : Number(above.value) / factor, hold: Number(hold.value) || 0 };
    });
    const list = rows.filter(({ above }) => Number.isFinite(above)).map((one) => ({ ...one, above: Number(one.above.toPrecision(6)) }));
    this.set(list);
    this.onChange(this.described);
  }
}

/** "Left", "Left and Right", "a, b and c"; of very many the first, and how many more. */
export function namesOf(sensors) {
  const names = sensors.map(nameOf);
  const shown = names.length > MOST_NAMES ? [...names.slice(0, MOST_NAMES), `${names.length - MOST_NAMES} more`] : names;
  return [shown.slice(0, -1).join(", "), shown.at(-1)].filter(Boolean).join(" and ");
}

/** How often, stream by stream; nothing where none of it was in the last half minute. */
export function timesOf(counts) {
  if (!counts.some((n) => n > 0)) return "";
  if (counts.length > MOST_NAMES) return `, ${counts.reduce((a, b) => a + b)} times in 30\u00a0s`;
  const [last, ...others] = [...counts].reverse();
  if (!others.length) return `, ${last === 1 ? "once" : `${last} times`} in 30\u00a0s`;
  return `, ${others.reverse().join(", ")} and ${last} times in 30\u00a0s`;
}

/** Sensors where there is little room: a foot by its letter, of others the first, and how many more. */
export function feetOf(sensors) {
  const feet = sensors.filter(({ side }) => side).map(({ side }) => ({ side, text: side[0].toUpperCase() }));
  const others = sensors.filter(({ side }) => !side).map(({ stream }) => ({ side: null, text: stream }));
  const more = others.length > 2 ? [others[0], { side: null, text: `and ${others.length - 1} more` }] : others;
  return [...feet, ...more];
}

/** How often in the last half minute, stream by stream, as short as can be. */
export function shortTimes(counts) {
  if (!counts.some((n) => n > 0)) return "";
  return `${counts.length > 2 ? counts.reduce((a, b) => a + b) : counts.join(" · ")} × in 30\u00a0s`;
}

function shortLine() {
  const line = document.createElement("span");
  line.append(...["span", "span", "span"].map((name) => document.createElement(name)));
  return line;
}

function badge({ side, text }) {
  const one = document.createElement("span");
  one.textContent = text;
  if (side) Object.assign(one.dataset, { side });
  if (side) one.className = "foot";
  return one;
}

class Select {
  constructor(words, choices, chosen) {
    this.label = document.createElement("label");
    this.input = document.createElement("select");
    this.input.setAttribute("aria-label", words);
    this.input.append(...choices);
    this.input.value = chosen;
    this.label.append(this.input);
  }
}

function field(words, value, step, unit) {
  const label = document.createElement("label");
  const input = document.createElement("input");
  Object.assign(input, { type: "number", step, value, className: "field" });
  if (step !== "any") input.min = "0";
  label.append(`${words} `, input, ` ${unit}`);
  return label;
}

/** @type {?AudioContext} */
let audio = null;

function tone() {
  audio ??= new AudioContext();
  const [source, gain] = [audio.createOscillator(), audio.createGain()];
  source.frequency.value = TONE_HZ;
  gain.gain.setValueAtTime(0.2, audio.currentTime);
  gain.gain.exponentialRampToValueAtTime(0.001, audio.currentTime + TONE_S);
  source.connect(gain).connect(audio.destination);
  source.start();
  source.stop(audio.currentTime + TONE_S);
}
