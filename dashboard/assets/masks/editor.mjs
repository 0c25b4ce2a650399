// The page on which masks are drawn by hand. The server says what is drawn and what masks carry; model.mjs knows what an
// edit does, stage.mjs draws it, panels.mjs says it. Numbers of now are asked for while somebody drags: the newest masks
// win, and one question is under way at a time.

import { lacking, labelsOf, mapOf, meshOf, saved } from "./facts.mjs";
import { bind } from "../core/keys.mjs";
import { Model, TOOLS } from "./model.mjs";
import { drawPanels } from "./panels.mjs";
import { listenToPointer } from "./pointer.mjs";
import { Stage } from "./stage.mjs";
import { Versions } from "./versions.mjs";

const ASK = { headers: { "content-type": "application/json" } };
const DENIED = "You may look at these masks, and not change them.";
const AWAY = "The server does not answer. Nothing is lost while this page is open; try again in a moment.";

export class MaskEditor {
  /** @type {any} what the server says of the drawing */ facts; /** @type {import("./mesh.mjs").Mesh} */ mesh;
  /** @type {Model} */ model; /** @type {Stage} */ stage; /** @type {Versions} */ versions;
  #listeners = new AbortController();
  #asking = false;
  #asked = "";
  /** @type {?object} the axis along which the masks were last divided */
  #divided = null;
  /** What masks carry now, by their numbers; null while it is the same as before. */
  now = null;
  busy = false;
  pressed = false; // a drag goes on

  constructor(root) {
    this.root = root;
    this.path = `/data/${encodeURIComponent(root.dataset.workout)}`;
    this.older = false;
    this.scope = "";
    this.#open();
  }

  get signal() {
    return this.#listeners.signal;
  }

  close() {
    this.#listeners.abort();
  }

  slot(name) {
    return this.root.querySelector(`[data-slot="${name}"]`);
  }

  async #open() {
    const facts = await this.ask(`mask-ground${location.search}`);
    if (!facts) return;
    this.facts = facts;
    this.scope = facts.scopes.find(({ why }) => !why)?.name ?? "";
    this.mesh = meshOf(facts.sensor);
    this.model = new Model(this.mesh, mapOf(facts, facts.labels));
    this.model.axis = this.#divided = facts.axis ?? this.#upright();
    this.stage = new Stage(this.slot("stage"), facts, this.model);
    this.versions = new Versions(this);
    this.root.dataset.ready = "true";
    this.#listen();
    if (!facts.labels.some(Boolean)) this.#fromNothing();
    else this.model.use("v");
    this.draw();
    await this.versions.read();
  }

  // Where no axis was found: from the rear to the front of the loaded cells, to be drawn by hand.
  #upright() {
    const { spots: all } = this.mesh;
    const { loaded } = this.facts;
    const spots = all.filter((_, cell) => loaded[cell]);
    if (!spots.length) return null;
    const x = spots.reduce((sum, spot) => sum + spot[0], 0) / spots.length;
    const ys = spots.map((spot) => spot[1]);
    const [top, bottom] = [Math.min(...ys), Math.max(...ys)];
    return { heel: [x, bottom - 0.12 * (bottom - top)], toe: [x, top], across: [] };
  }

  #fromNothing() {
    this.model.use("p");
    this.model.said = `No foot was found: ${this.facts.why}. Draw its masks by hand: choose a mask in the table and drag over its cells.`;
  }

  #listen() {
    const { signal } = this;
    listenToPointer(this);
    this.root.addEventListener("click", (event) => this.#click(event), { signal });
    this.root.addEventListener("change", (event) => this.#field(event.target), { signal });
    this.root.addEventListener("input", (event) => event.target.matches("[data-slot='reason']") && this.draw(), { signal });
    this.root.addEventListener("keydown", (event) => this.#key(event), { signal });
    document.addEventListener("keydown", (event) => event.target === document.body && this.#key(event), { signal });
    addEventListener("barograph-units", () => this.draw(), { signal });
    addEventListener("beforeunload", (event) => this.model.changed && !this.left && event.preventDefault(), { signal });
    const sizes = new ResizeObserver(() => this.stage.draw());
    sizes.observe(this.slot("stage"));
    signal.addEventListener("abort", () => sizes.disconnect());
    const themes = new MutationObserver(() => this.draw());
    themes.observe(document.documentElement, { attributeFilter: ["data-mantine-color-scheme"] });
    signal.addEventListener("abort", () => themes.disconnect());
    this.#bind(signal);
  }

  #bind(signal) {
    const tools = Object.entries(TOOLS).map(([key, title]) => [key, `tool: ${title.toLowerCase()}`, () => this.act("tool", key)]);
    const digits = [..."1234567890"].map((key) => [key, "", () => this.act("mask", (Number(key) || 10) - 1)]);
    bind([
      ...tools,
      ["s", "save the masks as a version", () => this.act("save")],
      ["z", "take back", () => this.act("undo")],
      ["y", "do again", () => this.act("redo")],
      ["[", "border before", () => this.act("border", -1)],
      ["]", "next border", () => this.act("border", 1)],
      ["Escape", "back without saving", () => this.act("leave")],
      ...digits,
    ], signal);
  }

  // --- what one does

  act(name, value) {
    const { model } = this;
    const acts = {
      tool: () => model.use(value),
      mask: () => model.choose(Number(value)),
      border: () => (model.tool === "a" ? model.otherEnd() : model.tool === "b" ? model.nextBorder(Number(value)) : model.use("b")),
      merge: () => model.merge(Number(value)),
      undo: () => model.undo(),
      redo: () => model.redo(),
      automatic: () => this.#automatic(),
      save: () => this.save(),
      leave: () => this.leave(),
    };
    acts[name]?.();
    this.draw();
  }

  #automatic() {
    const { found, why } = this.facts;
    if (!found) this.model.said = `No foot was found: ${why}.`;
    else this.model.take(mapOf(this.facts, found), "The automatic masks again.");
  }

  leave() {
    if (this.model.changed && !confirm("Leave without saving? What you drew is lost.")) return;
    this.left = true;
    location.assign(this.root.querySelector("[data-back]").href);
  }

  #click(event) {
    const button = event.target.closest?.("[data-does]");
    if (button && !button.hasAttribute("disabled")) this.act(button.dataset.does, button.dataset.value);
  }

  #field(field) {
    if (field.name === "scope") this.scope = field.value;
    if (field.name === "older") this.older = field.checked;
    if (field.name === "shown") this.stage.shows.pressure = field.value === "pressure";
    if (field.name === "cells" || field.name === "axis") this.stage.shows[field.name] = field.checked;
    if (field.name === "ground") this.#other(field);
    this.draw();
  }

  // Another print, or the mean of all: the page is opened with it.
  #other(field) {
    const address = new URLSearchParams(location.search);
    if (field.value) address.set("mark", field.value);
    else address.delete("mark");
    if (this.model.changed && !confirm("Go on without saving? What you drew is lost.")) {
      field.value = this.facts.mark;
      return;
    }
    this.left = true;
    location.search = address.toString();
  }

  #key(event) {
    if (event.altKey || event.target.closest?.("textarea, select, input[type=text]")) return;
    if (event.ctrlKey || event.metaKey) return this.#again(event);
    const chooses = event.target.closest?.("input");
    const arrow = !chooses && this.model.arrow(event.key, event.shiftKey);
    const enters = (event.key === " " || event.key === "Enter") && !event.target.closest?.("button, a, input, summary") && this.model.enter();
    if (!arrow && !enters) return;
    event.preventDefault();
    this.draw();
  }

  #again(event) {
    const key = event.key.toLowerCase();
    if (key !== "z" && key !== "y") return;
    event.preventDefault();
    this.act(key === "y" || event.shiftKey ? "redo" : "undo");
  }

  // --- what one sees

  draw() {
    this.stage.draw();
    drawPanels(this);
    this.#divide();
    this.#measure();
  }

  get reason() {
    return this.slot("reason").value;
  }

  get lacks() {
    if (!this.facts.may) return DENIED;
    return this.busy ? "Saving." : lacking(this.model.map, this.model.changed, this.reason);
  }

  // --- the server

  // The masks along an axis that was drawn, as soon as it rests.
  async #divide() {
    const { axis } = this.model;
    if (this.#asking || axis === this.#divided || !axis || this.pressed) return;
    this.#asking = true;
    this.#divided = axis;
    const { stream, side, mark } = this.facts;
    const answer = await this.ask(`mask-division${location.search}`, { stream, side, mark, heel: axis.heel, toe: axis.toe });
    this.#asking = false;
    if (!answer || this.signal.aborted) return;
    if (answer.labels) {
      this.model.take(mapOf(this.facts, answer.labels), "The masks are divided along this axis.");
      if (this.model.axis === axis) this.model.axis = this.#divided = { ...axis, across: answer.axis.across };
    } else this.model.refuse(`No foot lies along this axis: ${answer.why}.`);
    this.draw();
  }

  async #measure() {
    const labels = labelsOf(this.model.map);
    const wanted = labels.join();
    if (this.#asking || wanted === this.#asked) return;
    if (!this.#asked && !this.model.changed && this.model.map === this.model.begun) {
      this.#asked = wanted;
      return;
    }
    this.#asking = true;
    const { stream, side, mark } = this.facts;
    const answer = await this.ask(`mask-numbers${location.search}`, { stream, side, mark, labels });
    this.#asking = false;
    if (!answer || this.signal.aborted) return;
    this.#asked = wanted;
    this.now = answer.rows;
    this.draw();
  }

  async save() {
    if (this.lacks) {
      this.model.said = this.lacks;
      return;
    }
    this.busy = true;
    this.draw();
    const body = saved(this.facts, this.model.map, { scope: this.scope, older: this.older, reason: this.reason });
    const made = await this.ask("masks", body);
    this.busy = false;
    if (made) this.kept(`Saved as version ${made.number}.`);
    this.draw();
  }

  /** What holds has changed on the server: the page is as it is when it is opened. */
  async kept(words) {
    this.model.begun = this.model.steps.now;
    this.slot("reason").value = "";
    const facts = await this.ask(`mask-ground${location.search}`);
    if (!facts) return;
    this.facts = Object.assign(this.facts, facts);
    const map = mapOf(facts, facts.labels);
    if (!map.same(this.model.steps.now)) this.model.take(map, words);
    this.model.begun = this.model.steps.now;
    this.model.said = words;
    this.now = null;
    this.#asked = labelsOf(this.model.map).join();
    await this.versions.read();
    this.draw();
  }

  /** The server's answer; null where it refuses or is away, which is said. */
  async ask(path, body, method = "POST") {
    const problem = this.slot("problem");
    try {
      const asked = body === undefined ? {} : { ...ASK, method, body: JSON.stringify(body) };
      const answer = await fetch(`${this.path}/${path}`, { ...asked, signal: this.signal });
      const said = answer.headers.get("content-type")?.includes("json") ? await answer.json() : {};
      problem.hidden = answer.ok;
      if (answer.ok) return said;
      problem.textContent = said.message ?? (answer.status === 403 ? DENIED : AWAY);
    } catch (error) {
      if (!(error instanceof TypeError)) {
        if (this.signal.aborted) return null;
        throw error;
      }
      problem.hidden = false;
      problem.textContent = AWAY;
    }
    return null;
  }
}
