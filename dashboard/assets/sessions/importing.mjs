// Files into the archive: chosen or dropped anywhere on the page, sent one after the other, with what has arrived and
// what is stored of each. A file that cannot be read says why and stops none of the others.

import { ATHLETE_CHARACTERS } from "../core/tables.mjs";
import { number } from "../core/words.mjs";
import { asked, askedMap } from "./importasks.mjs";
import { TOLD } from "./mapping.mjs";

const EARLIEST = "2000-01-01T00:00:00"; // as barograph.times has it
const UNSENT = "could not be sent: the dashboard does not answer. Drop it again later";

export class Imports {
  constructor(place) {
    this.place = place;
    this.queue = [];
    this.busy = false;
    this.current = null;
  }

  close() {
    this.current?.abort();
  }

  /** Files of one gesture belong together: the server names their session by what their names share. */
  add(files) {
    const all = [...files];
    const names = all.map((file) => file.name);
    const whose = askedWhose(this.place);
    const same = new Map(); // who of the gesture asks what, and what was answered
    const dates = {}; // whose date is asked
    this.queue.push(...all.map((file) => ({ file, names, whose, same, dates, line: this.#line(file.name) })));
    this.place.hidden = false;
    if (!this.busy) this.#next();
  }

  async #next() {
    this.busy = true;
    while (this.queue.length) {
      const item = this.queue.shift();
      const told = await this.#send(item, [item.file.name, ...farthest(item.names)]);
      const undated = told === true;
      if (told && !undated) this.#ask(item, told);
      else if (undated && !item.waited && this.queue.some((other) => !other.waited)) {
        item.line.said.textContent = "has no date: waits for the others of its session";
        this.queue.push({ ...item, waited: true });
      } else if (undated) this.#date(item);
    }
    this.busy = false;
  }

  /** A file that was answered for comes next. */
  #again(item, more) {
    this.queue.unshift({ ...item, ...more });
    if (!this.busy) this.#next();
  }

  // One date is asked at a time: whoever belongs to a session that has one by then is asked none.
  async #date(item) {
    const before = item.dated ? undefined : item.dates.last;
    let done = (_start) => {};
    item.dates.last = new Promise((over) => (done = over));
    if (before) item.line.said.textContent = "has no date: waits for that of another file of the drop";
    const known = await before;
    const start = known ?? (await askedStart(item.line, item.file.lastModified));
    done(start);
    this.#again(item, known === undefined || known === null ? { start } : { dated: true });
  }

  // A question waits beside its file, and no other file waits for it. What was answered for others of the drop counts.
  async #ask(item, told) {
    const { line } = item;
    if (told.asks.includes("map")) {
      const said = await askedMap(line, item.file, told.error);
      if (said) this.#again(item, { said });
      return;
    }
    const key = [...told.asks, ...(told.choices ?? []).map(({ name }) => name)].join();
    const given = await this.#answered(item, told, key);
    if (given) this.#again(item, { said: { ...item.said, ...given } });
  }

  // Files of a drop that ask the same wait for each other; an answer for all of them asks nothing more but a side.
  async #answered({ line, file, names, same }, told, key) {
    const before = same.get(key);
    /** @type {any} */
    const turn = { name: file.name, given: null };
    turn.over = new Promise((done) => (turn.done = () => done(turn.given)));
    same.set(key, turn);
    if (before) line.said.textContent = `asks the same as ${before.name}, which is first`;
    const known = await before?.over;
    if (known?.same && !told.asks.includes("side")) turn.given = known;
    else turn.given = await asked(line, told, { before: known ?? {}, alike: names.length > 1 });
    turn.done();
    if (!turn.given) return null;
    const said = { ...turn.given };
    delete said.same;
    return said;
  }

  #line(name) {
    const line = document.createElement("div");
    line.className = "import-line";
    const [title, bar, said] = [document.createElement("b"), document.createElement("progress"), document.createElement("span")];
    title.textContent = name;
    bar.max = 1;
    bar.setAttribute("aria-label", name);
    said.setAttribute("role", "status");
    said.textContent = "waits";
    line.append(title, bar, said);
    this.place.append(line);
    return { line, bar, said };
  }

  // XMLHttpRequest, because fetch does not say how much of a body has left.
  // Gives true when nothing is stored yet, because the file does not say when it was recorded and nobody else does.
  // Gives what is asked where the file does not say what it takes to read it.
  async #send({ file, whose, line: { line, bar, said }, start, said: answers = {} }, names) {
    const wrong = tooLarge(file.size, Number(this.place.dataset.mostBytes));
    if (wrong) {
      finish(line, said, wrong, true);
      return undefined;
    }
    if (!(await globalThis.barographReach.ask())) {
      finish(line, said, UNSENT, true);
      return undefined;
    }
    const query = new URLSearchParams(names.map((name) => ["name", name]));
    if (start === undefined) query.set("ask", "1");
    else if (start !== null) query.set("start_us", String(start * 1000));
    for (const [name, value] of Object.entries(answers)) query.set(name, value);
    if (whose.athlete) query.set("athlete", whose.athlete);
    const request = new XMLHttpRequest();
    this.current = request;
    return new Promise((/** @type {(told?: any) => void} */ done) => {
      const end = (text, failed, workout = undefined) => (finish(line, said, text, failed, workout), done());
      request.upload.addEventListener("progress", ({ loaded, total }) => {
        bar.value = total ? loaded / total / 2 : 0;
        said.textContent = `${Math.floor((100 * loaded) / (total || 1))} % sent`;
      });
      request.upload.addEventListener("load", () => (said.textContent = "is read"));
      request.addEventListener("progress", () => {
        const { done: stored, frames } = last(request.responseText) ?? {};
        if (!frames || stored === undefined) return;
        bar.value = 0.5 + stored / frames / 2;
        said.textContent = `${number(stored)} of ${number(frames)} frames`;
      });
      request.addEventListener("load", () => {
        const told = last(request.responseText) ?? {};
        if (told.undated) done(true);
        else if (told.asks) done(told);
        else if (told.workout) {
          end(outcome(told), false, told.workout);
          remark(line, told.remarks);
          whose.stored(told.workout);
        } else end(told.error ?? told.message ?? refusal(request.status), true);
      });
      request.addEventListener("error", () => end(UNSENT, true));
      request.addEventListener("abort", () => done());
      request.open("POST", "/import");
      request.setRequestHeader(TOLD, String(query));
      request.send(file);
    });
  }
}

/** Asks whose the files of one gesture are, beside them; the answer, which may come late or never, goes with each. */
function askedWhose(place) {
  const line = document.createElement("form");
  line.className = "import-whose";
  line.innerHTML = '<label>Athlete <input class="field" placeholder="optional" autocomplete="off"></label><span role="status"></span>';
  place.append(line);
  const field = /** @type {HTMLInputElement} */ (line.querySelector("input"));
  const said = /** @type {HTMLSpanElement} */ (line.querySelector("span"));
  const workouts = new Set();
  const tell = async (workout) => {
    const headers = { [TOLD]: String(new URLSearchParams({ workout, athlete: whose.athlete })) };
    try {
      const answer = await fetch("/import/athlete", { method: "POST", headers });
      if (answer.ok) return "";
      return last(await answer.text())?.message ?? refusal(answer.status);
    } catch {
      return "not kept: the dashboard does not answer";
    }
  };
  const whose = {
    athlete: "",
    sent: new Map(),
    /** A session is stored: of a name that came while it was sent it hears now. */
    async stored(workout) {
      workouts.add(workout);
      await this.keep();
    },
    async keep() {
      const late = [...workouts].filter((workout) => (this.sent.get(workout) ?? "") !== this.athlete);
      for (const workout of late) this.sent.set(workout, this.athlete);
      const wrong = (await Promise.all(late.map(tell))).filter(Boolean);
      if (late.length) said.textContent = wrong[0] ?? (this.athlete ? "kept" : "");
    },
  };
  const take = () => {
    const wrong = tooLong(field.value.trim());
    field.setAttribute("aria-invalid", String(Boolean(wrong)));
    if (wrong) {
      said.textContent = wrong;
      return;
    }
    whose.athlete = field.value.trim();
    whose.keep();
  };
  field.addEventListener("change", take);
  line.addEventListener("submit", (event) => (event.preventDefault(), take()));
  return whose;
}

function refusal(status) {
  return `was refused (${status})`;
}

/** Why a file of so many bytes is not sent; "" when it may be. */
export function tooLarge(bytes, most) {
  const mebibytes = (n) => number(Math.ceil(n / (1 << 20)));
  return bytes > most ? `file: expected at most ${mebibytes(most)} MiB, got ${mebibytes(bytes)}; barograph import takes larger files` : "";
}

/** Why a name is no athlete's; "" when it may be one. */
export function tooLong(athlete) {
  const n = [...athlete].length;
  return n > ATHLETE_CHARACTERS ? `athlete: expected at most ${ATHLETE_CHARACTERS} characters, got ${n}` : "";
}

/** The two names that have the least in common: what all names of a gesture share, these two share. */
export function farthest(names) {
  const ordered = [...names].sort();
  return [ordered[0], ordered.at(-1)];
}

/** A moment as fields of the browser have it, in its own time zone. */
function localTime(ms) {
  return new Date(ms - new Date(ms).getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}

/** Ask when a file began: ms since 1970, or null when nobody knows. The file's own date is offered, named as such. */
function askedStart({ line, said }, changed) {
  said.textContent = "";
  const form = document.createElement("form");
  form.className = "import-start";
  const fits = changed > Date.parse(EARLIEST) && changed <= Date.now();
  form.innerHTML =
    '<label>The file has no date. It began <input type="datetime-local" step="1" required></label>' +
    (fits ? '<span>from the file’s own change date: keep, or type yours</span>' : "") +
    '<button class="button primary" type="submit">Store</button>' +
    '<button class="button" type="button">Date unknown</button><span>unknown is said everywhere</span>';
  line.append(form);
  const [field, , unknown] = /** @type {any} */ (form.elements);
  Object.assign(field, { min: EARLIEST, max: localTime(Date.now()), value: fits ? localTime(changed) : "" });
  field.focus();
  return new Promise((done) => {
    const end = (start) => (form.remove(), (said.textContent = "is sent"), done(start));
    form.addEventListener("submit", (event) => (event.preventDefault(), end(new Date(field.value).getTime())));
    unknown.addEventListener("click", () => end(null));
  });
}

/** What is said of a file that was read. */
export function outcome({ stored, frames, workout, date, apart }) {
  const known = frames - stored;
  const before = known ? `, ${number(known)} were there already` : "";
  const when = date ? `; it has no date: ${date}` : "";
  const far = apart ? "; the streams of this session are more than a day apart" : "";
  return `${number(stored)} ${stored === 1 ? "frame" : "frames"} stored in ${workout}${before}${when}${far}`;
}

/** Lists what is doubtful in a file, or was assumed of it, below its line. */
function remark(line, remarks = []) {
  if (!remarks.length) return;
  const list = document.createElement("ul");
  list.append(...remarks.map((text) => Object.assign(document.createElement("li"), { textContent: text })));
  line.append(list);
}

/** The last whole line of an answer that is still coming, as JSON; null before there is one. */
export function last(text) {
  const lines = text.slice(0, text.lastIndexOf("\n") + 1 || (text.startsWith("{") && text.endsWith("}") ? text.length : 0)).trim().split("\n");
  try {
    return JSON.parse(lines.at(-1));
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

function finish(line, said, text, failed, workout) {
  line.querySelector("progress").remove();
  line.classList.toggle("warn", Boolean(failed));
  said.textContent = text;
  if (!workout) return;
  const link = document.createElement("a");
  link.href = `/session/${encodeURIComponent(workout)}`;
  link.textContent = "Open";
  // Whose recording it is no file says: the dialog of a session asks for athlete, kind, mass and tags.
  const whose = document.createElement("button");
  Object.assign(whose, { type: "button", className: "button small", textContent: "Whose is it?" });
  Object.assign(whose.dataset, { ask: "edit", workouts: workout });
  line.append(link, whose);
}
