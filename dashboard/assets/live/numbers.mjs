// Pill and status line of the live page, and its tiles (`tiles.mjs`): text, four times a second at most.

import { kept, silent } from "../feed/notices.mjs";
import { inOrder } from "../map/sensor.mjs";
import { put } from "../core/text.mjs";
import { writeTiles } from "./tiles.mjs";
import { age, nameOf, number, timeOfDay } from "../core/words.mjs";

const LATE_S = 5;
const LOW_BATTERY_PCT = 25;
const WORDS = { waiting: "Waiting", live: "Live", stale: "Stale", gone: "Stale", offline: "Offline" };

export class Numbers {
  constructor(root) {
    this.root = root;
    this.sensors = [];
    this.shownAs = (unit) => ({ unit, factor: 1, digits: 0 });
  }

  slot(name) {
    return this.root.querySelector(`[data-slot="${name}"]`);
  }

  /** A link in the status line for each of them. */
  setSensors(sensors) {
    this.root.dataset.sided = String(sensors.some((sensor) => sensor.side));
    this.sensors = inOrder(sensors);
    this.slot("links").replaceChildren(...this.sensors.map((sensor) => this.#link(sensor)));
  }

  /** On a phone: all numbers, or the three that are shown at first. */
  more() {
    const { dataset } = this.root.querySelector(".tiles");
    dataset.all = String(dataset.all === "false");
    const button = this.slot("more");
    button.setAttribute("aria-expanded", dataset.all);
    put(button, dataset.all === "true" ? "Fewer numbers" : "More numbers");
  }

  #link(sensor) {
    const link = element("span", "link");
    const rate = element("b");
    rate.textContent = "–";
    const name = element("span", "muted");
    name.textContent = sensor.side ? "" : sensor.stream;
    const device = element("span", "device");
    link.append(...(sensor.side ? [badge(sensor)] : [name]), rate, device);
    link.dataset.stream = sensor.stream;
    return link;
  }

  write({ workout, counted, state, ageS, fps, live = true }) {
    this.#pill(workout, state, ageS, live);
    writeTiles(this.root, counted, live ? state : "live", ageS, this.shownAs);
    this.#status(workout, state, ageS, fps);
  }

  #pill(workout, state, ageS, live) {
    const pill = this.slot("pill");
    if (!live && state !== "offline") {
      pill.dataset.state = "rewound";
      put(this.slot("pill-text"), "Rewound");
      return;
    }
    const ended = workout.state?.status === "ended" && state !== "live" && state !== "offline";
    pill.dataset.state = ended ? "ended" : state;
    const late = !ended && (state === "stale" || state === "gone");
    put(this.slot("pill-text"), ended ? "Ended" : late ? `Stale ${age(ageS)}` : WORDS[state]);
  }

  #status(workout, state, ageS, fps) {
    const ms = Math.max(0, ageS * 1000);
    put(this.slot("data-age"), Number.isFinite(ageS) ? number(ms) : "–");
    this.slot("data-age").dataset.ms = Number.isFinite(ageS) ? ms.toFixed(1) : "";
    put(this.slot("drawn-fps"), String(fps));
    this.root.querySelector(".status").dataset.state = state;
    const { received, stored } = workout.state ?? {};
    put(this.slot("received"), number(received));
    put(this.slot("stored"), number(stored));
    const way = received - stored;
    put(this.slot("way"), way > 0 ? `${number(way)} on the way` : way === 0 ? "all" : "");
    const said = trouble(workout.state ?? undefined);
    if (this.slot("trouble").textContent !== said) this.slot("trouble").textContent = said;
    this.slot("trouble").hidden = !said;
    this.slot("way").classList.toggle("late", this.#late(way, workout));
    this.#gaps(workout);
    for (const link of this.slot("links").children) this.#rate(link, workout, state, ageS);
  }

  // More than five seconds of frames on the way are worth a warning.
  #late(way, workout) {
    const hz = workout.lines.reduce((sum, { ring }) => sum + (1e6 / ring.interval() || 0), 0);
    return hz > 0 && way > LATE_S * hz;
  }

  #gaps(workout) {
    const gaps = workout.lines.flatMap(({ ring }) => ring.gaps());
    const seconds = gaps.reduce((sum, [start, stop]) => sum + (stop - start) / 1e6, 0);
    put(this.slot("gaps"), number(gaps.length));
    put(this.slot("gap-time"), gaps.length ? `${number(seconds, 2)} s` : "in 30 s");
  }

  #rate(link, workout, state, ageS) {
    const stream = workout.streams.get(link.dataset.stream);
    const interval = stream.ring.interval();
    const lost = state === "stale" || state === "gone";
    link.classList.toggle("lost", lost);
    const rate = interval ? `${number(1e6 / interval, 1e6 / interval < 10 ? 1 : 0)} Hz` : "–";
    put(link.querySelector("b"), lost ? `no frames ${age(ageS)}` : rate);
    const device = link.querySelector(".device");
    const said = JSON.stringify(stream.device ?? null);
    if (device.dataset.said === said) return;
    device.dataset.said = said;
    device.replaceChildren(...saidOf(stream.device));
  }
}

/** What a device says of itself, only what it says: signal, battery, what its spool holds. */
function saidOf(device) {
  if (!device) return [];
  const { signal_dbm: signal, battery_pct: battery, spooled_frames: spooled } = device;
  const part = (text, low = false) => {
    const made = element("span", low ? "low" : "muted");
    made.textContent = text;
    return made;
  };
  const parts = [];
  if (signal !== null && signal !== undefined) parts.push(part(`${number(signal)} dBm`));
  if (battery !== null && battery !== undefined) {
    const gauge = element("span", "battery");
    gauge.style.setProperty("--full", `${Math.min(100, Math.max(0, battery))}%`);
    const low = battery < LOW_BATTERY_PCT;
    parts.push(gauge, part(`${number(battery)} %${low ? " low" : ""}`, low));
    gauge.classList.toggle("low", low);
  }
  if (spooled) parts.push(part(`${number(spooled)} in its spool`));
  return parts;
}

function trouble(state = {}) {
  const { archive, away_since_us: since, feed, last_us: last } = state;
  if (archive === "away") return `Not stored${since ? ` since ${timeOfDay(since)}` : ""}: ${kept(state)}`;
  if (feed !== "away") return state.ingest === "stale" ? silent(state) : "";
  return `Live feed away${last ? `: stored up to ${timeOfDay(last)}` : ""}`;
}

function element(tag, className = "") {
  const made = document.createElement(tag);
  made.className = className;
  return made;
}

function badge(sensor) {
  const made = element("span", "foot");
  made.dataset.side = sensor.side;
  made.textContent = nameOf(sensor)[0];
  made.title = nameOf(sensor);
  return made;
}
