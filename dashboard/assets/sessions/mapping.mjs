// What the columns of a text mean, asked once for every file of its kind: a dialog over the beginning of the file, which
// the server reads through the map as it stands, and shows what comes of it. Esc keeps the answers, Enter stores.

import { redraw, taken } from "../core/redraw.mjs";
import { number } from "../core/words.mjs";
import { kindOf, lacking, mapOf, changed, rolesOf } from "./maproles.mjs";
import { checks, chips, columns, escaped, frame, how } from "./mappingparts.mjs";
import { drawCells, curve } from "./lookpicture.mjs";
import { keepTemplate, templates } from "./templates.mjs";

const LOOK_BYTES = 1 << 20;
export const TOLD = "X-Barograph-Import"; // what is said of files; names of people, files and columns are in no address
const SETTLES_MS = 250;
export const SMALL = "(max-width: 719px)";

/** Asks the server what the beginning of a file is through a map, by default a draft of its own. */
export async function lookAt(file, map, pitch = "") {
  const told = new URLSearchParams({ ...(map ? { map: JSON.stringify(map) } : {}), ...(pitch ? { pitch } : {}) });
  try {
    const headers = { [TOLD]: told.toString() };
    const answer = await fetch("/import/look", { method: "POST", headers, body: file.slice(0, LOOK_BYTES) });
    return answer.ok ? await answer.json() : { error: (await answer.json().catch(() => ({}))).message ?? `was refused (${answer.status})` };
  } catch {
    return { error: "the dashboard does not answer" };
  }
}

export class Mapping {
  #timer = 0;
  #asked = 0;

  /** @param {File} file @param {any} seen what the server sees in it @param {(answers: any) => void} done */
  constructor(file, seen, done) {
    this.file = file;
    this.done = done;
    this.pitch = "";
    this.how = false;
    this.keep = true;
    /** Columns that are shown one by one. @type {Set<number>} */
    this.opened = new Set();
    this.name = file.name.replace(/\.[^.]*$/, "");
    this.answered = { shape: !("rows" in seen.unknown), unit: !("unit" in seen.unknown) };
    this.#take(seen, seen.map);
    this.dialog = document.createElement("dialog");
    this.dialog.className = "mapping";
    this.dialog.setAttribute("aria-labelledby", "mapping-title");
    this.dialog.addEventListener("click", (event) => this.#pressed(event));
    this.dialog.addEventListener("change", (event) => this.#edited(event.target));
    this.dialog.addEventListener("keydown", (event) => this.#key(event));
    document.body.append(this.dialog);
  }

  open() {
    this.#draw();
    this.dialog.showModal();
    /** @type {?HTMLElement} */ (this.dialog.querySelector("select[data-role]"))?.focus();
  }

  remove() {
    clearTimeout(this.#timer);
    this.dialog.remove();
  }

  /** What a look found; roles follow a map that is another than the one that was asked. */
  #take(seen, map) {
    this.seen = { ...this.seen, result: undefined, words: undefined, error: undefined, ...seen };
    this.map = map;
    this.names = this.seen.names ?? [];
    this.width = this.seen.width ?? this.names.length;
    this.roles = rolesOf(map, this.names, this.width);
  }

  get lacks() {
    return lacking(this.map, this.roles, this.answered);
  }

  #pressed({ target }) {
    const act = target.closest("[data-does]")?.dataset;
    if (!act) return;
    if (act.does === "cancel") this.dialog.close();
    else if (act.does === "import") this.#import();
    else if (act.does === "how") this.#showHow();
    else if (act.does === "open") this.#open(act.places.split(",").map(Number));
    else if (act.does === "missing") this.#change({ ...this.map, missing: [...this.map.missing, act.word] });
    else if (act.does === "save") this.#save();
    else if (act.does === "shape") this.#shape(Number(act.rows), Number(act.cols));
  }

  #showHow() {
    this.how = !this.how;
    this.#draw();
  }

  #open([first, n]) {
    for (let place = first; place < first + n; place++) this.opened.add(place);
    this.#draw();
  }

  #key(event) {
    const typed = event.target.matches("textarea, button, summary");
    if (event.key !== "Enter" || typed) return;
    event.preventDefault();
    this.#import();
  }

  #edited(target) {
    const { role, entry } = target.dataset;
    if (entry !== "rows" && entry !== "cols") taken(target); // one of these two alone says nothing yet
    if (role !== undefined) this.#role(role.split(",").map(Number), target.value);
    else if (entry === "rows" || entry === "cols") this.#typedShape();
    else if (entry === "rate_hz") this.#change({ ...this.map, rate_hz: Number(target.value) || undefined });
    else if (entry === "pitch") this.#sized(target.value.trim());
    else if (entry === "keep") this.keep = target.checked;
    else if (entry === "name") this.name = target.value.trim() || this.name;
    else if (entry === "template") this.#template(target.value);
    else if (entry === "time.unit") this.#change({ ...this.map, time: { ...this.map.time, unit: target.value } });
    else if (target.name === "unit") this.#unit(target.value);
    else if (entry) this.#read(entry, target.type === "number" ? Number(target.value) : target.value);
  }

  #sized(pitch) {
    this.pitch = pitch;
    this.#change(this.map);
  }

  #unit(unit) {
    this.answered.unit = true;
    this.#change({ ...this.map, unit });
  }

  #role([first, n], role) {
    const roles = changed(this.roles, Array.from({ length: n }, (_, i) => first + i), role);
    const map = mapOf(this.map, roles, this.names);
    if (map.rows * map.cols !== this.map.rows * this.map.cols) this.answered.shape = false;
    this.roles = roles;
    this.#change(map);
  }

  #typedShape() {
    const value = (name) => Number(/** @type {HTMLInputElement} */ (this.dialog.querySelector(`[data-entry="${name}"]`)).value);
    this.#shape(value("rows"), value("cols"));
  }

  #shape(rows, cols) {
    const cells = this.roles.filter((role) => role === "cell").length;
    this.answered.shape = this.map.form !== "frames" || rows * cols === cells;
    this.#change({ ...this.map, ...(this.answered.shape ? { rows, cols } : {}) });
  }

  // How the lines are read: other separators make other columns, so that roles begin anew.
  #read(entry, value) {
    const map = { ...this.map, [entry]: value };
    if (entry !== "names_line" && map.names_line > map.header_lines) delete map.names_line;
    this.#change(map, true);
  }

  #template(kind) {
    const kept = templates().find((one) => one.kind === kind);
    if (!kept?.map) return;
    Object.assign(this.answered, { shape: true, unit: true });
    this.#change(kept.map, true);
  }

  // The picture follows what is asked last; an answer to what was asked before is passed over.
  #change(map, anew = false) {
    this.map = map;
    const asked = (this.#asked += 1);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(async () => {
      const seen = await lookAt(this.file, map, this.pitch);
      if (asked !== this.#asked) return;
      const roles = this.roles;
      this.#take(seen, map);
      if (!anew) this.roles = roles;
      this.#draw();
    }, SETTLES_MS);
    setTimeout(() => this.#draw()); // a field says that it was changed before the next one has the focus
  }

  #import() {
    if (this.lacks.length || !this.seen.toml) return;
    const one = { kind: kindOf(this.map, this.names, this.width), name: this.name, map: this.map, toml: this.seen.toml, pitch: this.pitch };
    if (this.keep) keepTemplate(one);
    this.done({ map: this.seen.toml, ...(this.pitch ? { pitch: this.pitch } : {}) });
    this.dialog.close();
  }

  #save() {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([this.seen.toml], { type: "application/toml" }));
    link.download = `${this.name}.toml`;
    link.click();
    URL.revokeObjectURL(link.href);
  }

  #draw() {
    const { scrollLeft = 0 } = this.dialog.querySelector(".mapping-table") ?? {};
    redraw(this.dialog, () => (this.dialog.innerHTML = this.#markup()));
    const table = this.dialog.querySelector(".mapping-table");
    if (table) table.scrollLeft = scrollLeft;
    const canvas = this.dialog.querySelector("canvas");
    if (canvas && this.seen.result) drawCells(canvas, this.seen.result.picture);
  }

  #markup() {
    const { result } = this.seen;
    const known = this.roles.filter((role) => role !== "").length;
    const left = this.width - known;
    const said = this.map.form === "frames" || this.map.form === "long"
      ? `${known} of ${number(this.width)} columns have a meaning${left ? `, <b class="warn">${left} undecided ${left === 1 ? "is" : "are"} left out</b>` : ""}` : "";
    const fits = templates().map((one) => `<option value="${one.kind}">${escaped(one.name)}</option>`).join("");
    const lacks = this.lacks;
    const whole = this.file.size <= LOOK_BYTES;
    return `<header><h2 id="mapping-title">What is in ${escaped(this.file.name)}?</h2><span class="muted">never seen before, ${number(this.width)} columns</span>
      <span class="grow"></span><label>template <select class="field" data-entry="template"><option value="">${fits ? "choose" : "none is kept"}</option>${fits}</select></label>
      <button type="button" class="button" data-does="cancel" aria-label="Close">×</button></header>
      <div class="mapping-read">${chips(this.map)}<button type="button" class="link" data-does="how">${this.how ? "done" : "change"}</button>
      <span class="grow"></span><span role="status">${said}</span></div>${this.how ? how(this.map) : ""}
      ${columns(this)}
      <div class="mapping-parts">${frame(this)}
        <section><h3>So it would look</h3>${result ? `<canvas></canvas><p class="muted">frame ${number(result.top + 1)} of ${number(result.frames)}, the largest sum</p>` : "<p>–</p>"}</section>
        <section><h3>And so it would read</h3>${result ? `<p class="muted">Sum of the cells${this.answered.unit ? `, ${this.map.unit === "raw" ? "counts" : this.map.unit}` : ""}${whole ? "" : ", of the first MiB of the file"}</p>${curve(result.curve, this.map.unit)}` : ""}${checks(this)}</section>
      </div>
      <footer><label><input type="checkbox" data-entry="keep" ${this.keep ? "checked" : ""}> Keep as template</label>
        <input class="field" data-entry="name" aria-label="Name of the template" value="${escaped(this.name)}"><span class="muted">the next file like this asks nothing</span>
        <button type="button" class="button" data-does="save" ${this.seen.toml ? "" : "disabled"}>Download map</button><span class="grow"></span>
        <span class="muted" role="status">${lacks.length ? `lacks ${lacks.join(", ")}` : ""}</span>
        <span class="import-does"><button type="button" class="button" data-does="cancel">Cancel <kbd>Esc</kbd></button>
        <button type="button" class="button primary" data-does="import" ${lacks.length || this.seen.error ? "disabled" : ""}>${result && whole ? `Import ${number(result.frames)} frames` : "Import"} <kbd>Enter</kbd></button></span></footer>`;
  }
}
