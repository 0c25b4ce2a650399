// What the page asks for beside the day: checks before a trial, criteria while it runs and after, the last result, the
// curve of a trial, and what can be chosen. Each is asked for when the phase needs it, and no more often than is of use.

import { hidden } from "../core/hidden.mjs";

const READY_MS = 2_000;
const FOUND_MS = 1_000;
const FIND_MS = 250;

export class Asked {
  /** @type {?any[]} */
  ready = null; // not known yet
  found = [];
  last = null;
  review = null;
  protocols = [];
  devices = [];
  finds = null;
  failed = ""; // what could not be read
  #asking = new Set();
  #at = new Map(); // what → page time of the last answer
  #of = new Map(); // what → what it is of
  #timer = 0;

  constructor(id, changed) {
    this.path = `/record/days/${encodeURIComponent(id)}`;
    this.changed = changed;
    void this.#ask("protocols", "", "/record/choices/protocols", (said) => (this.protocols = said.protocols));
    this.find("");
  }

  close() {
    clearTimeout(this.#timer);
    this.changed = () => {};
  }

  forget() {
    this.#of.clear();
    Object.assign(this, { ready: null, found: [], last: null, review: null });
  }

  /** Ask for what a station needs in its phase; called often. */
  tick(station) {
    const query = `?station=${encodeURIComponent(station.name)}`;
    const chosen = [station.name, station.workout_id, station.athlete, station.protocol, station.condition, station.side].join("|");
    if (station.phase === "setup") {
      this.#due("ready", [station.name, station.workout_id, station.athlete].join("|"), READY_MS, `${this.path}/ready${query}`, (said) => (this.ready = said.checks));
      this.#due("devices", "", READY_MS, "/record/choices/devices", (said) => (this.devices = said.devices));
      this.#due("last", chosen, Infinity, `${this.path}/last${query}`, (said) => (this.last = said.last));
    }
    const trial = `${chosen}|${station.phase}|${station.start_us}|${station.part}`;
    const ended = station.phase === "review";
    this.#ofTrial("found", ended || station.phase === "running" ? trial : "", FOUND_MS, `${this.path}/found${query}`, (said) => (this.found = said.found ?? said.criteria));
    this.#ofTrial("review", ended && station.part ? trial : "", 4 * FOUND_MS, `${this.path}/review${query}`, (said) => (this.review = said));
  }

  /** Ask for the checks again, now. */
  again() {
    this.#at.delete("ready");
    this.#at.delete("devices");
  }

  /** Athletes and teams by a text; asked for when typing rests. */
  find(text) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(async () => {
      const named = await hidden(text);
      if (named !== null) void this.#ask("finds", text, `/record/choices/athletes?text=${named}`, (said) => (this.finds = said));
    }, FIND_MS);
  }

  // Between two trials, and while one is being ended, there is none, and nothing of the last is said of the next.
  #ofTrial(what, trial, everyMs, path, keep) {
    if (trial) this.#due(what, trial, everyMs, path, keep);
    else if (this.#of.get(what) !== "") this.#another(what, "");
  }

  #due(what, of, everyMs, path, keep) {
    if (this.#of.get(what) !== of) this.#another(what, of);
    const age = performance.now() - (this.#at.get(what) ?? -Infinity);
    if (!this.#asking.has(what) && age >= everyMs) void this.#ask(what, of, path, keep);
  }

  // What was said of another athlete or trial goes at once, and an answer that is on its way for them is not kept.
  #another(what, of) {
    this.#of.set(what, of);
    this.#at.delete(what);
    if (EMPTY[what] !== undefined) this[what] = EMPTY[what];
  }

  async #ask(what, of, path, keep) {
    this.#asking.add(what);
    this.#of.set(what, of);
    try {
      const answer = await fetch(path, { cache: "no-store" });
      const said = answer.ok && answer.headers.get("content-type")?.startsWith("application/json") ? await answer.json() : null;
      if (said && this.#of.get(what) === of) keep(said);
      this.failed = answer.ok || answer.status === 404 ? "" : `${what}: ${answer.status}`;
      this.changed();
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // nobody answers: the day's own feed says so
    } finally {
      if (this.#of.get(what) === of) this.#at.set(what, performance.now());
      this.#asking.delete(what);
    }
  }
}

const EMPTY = { ready: null, found: [], last: null, review: null };
