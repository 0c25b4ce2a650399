// The list of test days: the newest first, a new one, and athletes that the roster sent to be put into one.

import { bind } from "../core/keys.mjs";
import { put } from "../core/text.mjs";
import { fill, h } from "./dom.mjs";

const path = (id) => `/record/${encodeURIComponent(id)}`;

/** What a new test day is called: the day of the week and the date. */
export function titleOf(date) {
  return date.toLocaleDateString("en-GB", { weekday: "long", day: "numeric", month: "long" });
}

export class RecordDays {
  #listeners = new AbortController();
  days = [];

  constructor(root) {
    this.root = root;
    this.athletes = (new URLSearchParams(location.search).get("athletes") ?? "").split(",").filter(Boolean);
    const { signal } = this.#listeners;
    this.slot("new-day").addEventListener("click", () => this.#new(), { signal });
    this.root.addEventListener("click", ({ target }) => this.#press(target.closest("[data-do]")), { signal });
    bind([["n", "new test day", () => this.slot("new-day").click()]], signal);
    void this.#read();
  }

  close() {
    this.#listeners.abort();
  }

  #press(button) {
    if (button) void this.#into(button.dataset.day);
  }

  slot(name) {
    return this.root.querySelector(`[data-slot="${name}"]`);
  }

  async #read() {
    const answer = await asked("/record/days");
    if (!answer) return this.#away();
    this.days = answer.days;
    this.slot("new-day").disabled = answer.may === false;
    put(this.slot("days-count"), this.days.length ? `${this.days.length} test day${this.days.length === 1 ? "" : "s"}` : "");
    const n = this.athletes.length;
    if (n) put(this.slot("days-said"), `Into which test day do ${n === 1 ? "this athlete" : `these ${n} athletes`} go? Choose one, or make a new one.`);
    fill(this.slot("days"), [this.days, n], () => this.#list());
    if (n && !this.days.some(({ made_us: us }) => new Date(us / 1000).toDateString() === new Date().toDateString())) await this.#new();
  }

  #list() {
    if (!this.days.length) return [h("section", { class: "page-notice" }, h("h2", {}, "No test day yet"), h("p", {}, "A test day is a queue of athletes, the tests that they do, and the places where they do them. Its state is kept: it goes on after a reload, and in another browser."))];
    return [h("ul", { class: "day-list" }, ...this.days.map((one) => this.#entry(one)))];
  }

  #entry(one) {
    const { waiting, done, left } = one.athletes;
    const words = `${waiting + done + left} in the queue · ${done} done · ${one.recorded} recorded`;
    const made = new Date(one.made_us / 1000).toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric" });
    const inside = [h("b", {}, one.title), h("span", { class: "muted" }, words), h("span", { class: "muted" }, made)];
    return h("li", {}, this.athletes.length ? h("button", { type: "button", class: "card day", data: { do: "put", day: one.id, here: one.id } }, ...inside) : h("a", { class: "card day", href: path(one.id) }, ...inside));
  }

  async #new() {
    this.slot("new-day").disabled = true;
    const made = await asked("/record/days", { title: titleOf(new Date()) });
    if (!made) return this.#away();
    if (this.athletes.length) await this.#into(made.id);
    else location.assign(path(made.id));
  }

  async #into(id) {
    const command = { command: "add_athletes", key: crypto.randomUUID(), athletes: this.athletes };
    const done = await asked(`/record/days/${encodeURIComponent(id)}/do`, command);
    if (done) location.assign(path(id));
    else this.#away();
  }

  #away() {
    put(this.slot("days-said"), "The server does not answer, or this is not for you. Trying again.");
    this.slot("new-day").disabled = false;
    setTimeout(() => this.root.isConnected && this.#read(), 3_000);
  }
}

/** @param {any} body */
async function asked(where, body = null) {
  const how = body ? { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) } : { cache: /** @type {RequestCache} */ ("no-store") };
  try {
    const answer = await fetch(where, how);
    return answer.ok ? await answer.json() : null;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return null;
  }
}
