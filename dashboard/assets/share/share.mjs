// Sharing a session: a stored link that is read-only and ends, as text and as a QR code, and the links there are, each
// with its way to revoke it. The link itself is told once. A button with its workout in data-workout opens the dialog,
// on any page; nothing of it is made before.

import { copy } from "../core/copy.mjs";
import { MAIN, SECOND, TARGETS, WORDS, athleteQuery } from "../athlete/athleteview.mjs";

const VIEWS = { feedback: "Feedback: train towards a goal", athlete: "Athlete: one big thing", live: "The live page", session: "The session’s page" };
const LIVES = [["3600", "1 hour"], ["28800", "8 hours"], ["604800", "7 days"], ["2592000", "30 days"], ["7776000", "90 days"]];
const MOST_QUERY = 1000;
/** @type {[number, string][]} seconds of a unit */
const SPANS = [[86_400, "day"], [3_600, "h"], [60, "min"]];

const options = (pairs, chosen) =>
  pairs.map(([value, words]) => `<option value="${value}"${value === chosen ? " selected" : ""}>${words}</option>`).join("");
const quantities = (names, chosen) => options(names.map((name) => [name, WORDS[name]]), chosen);
const radio = (view, chosen) =>
  `<label><input type="radio" name="view" value="${view}"${view === chosen ? " checked" : ""}> ${VIEWS[view]}</label>`;

const form = (views, chosen) => `<form method="dialog"><h2>Share this session</h2>
  <p>A link to look at this one session. It shows nothing else and stops by itself. It changes nothing, but that of the
  feedback keeps a summary of the sets.</p>
  <label class="share-name">Name <input class="field" name="name" maxlength="200" placeholder="For the coach" autocomplete="off"></label>
  <fieldset><legend>Shows</legend>${views.map((view) => radio(view, chosen)).join("")}</fieldset>
  <fieldset data-slot="share-athlete"><legend>On the athlete’s screen</legend>
    <label>Big <select name="main" aria-label="Big number">${quantities(MAIN, "balance")}</select></label>
    <label>target <input class="field" type="number" step="any" name="low" aria-label="Target from"> to
      <input class="field" type="number" step="any" name="high" aria-label="Target to"></label>
    <label>Second <select name="second" aria-label="Second number">${quantities(SECOND, "cadence")}</select></label>
    <label>target <input class="field" type="number" step="any" name="second_low" aria-label="Second target from"> to
      <input class="field" type="number" step="any" name="second_high" aria-label="Second target to"></label></fieldset>
  <label>Opens for <select name="life" aria-label="Opens for">${options(LIVES, "28800")}</select></label>
  <label><input type="checkbox" name="names"> Says the athlete’s name</label>
  <label><input type="checkbox" name="raw"> Raw frames may be taken out</label>
  <div data-slot="share-result" class="share-result" hidden><img data-slot="share-qr" alt="QR code of the link"
    width="180" height="180"><div><input class="field" data-slot="share-link" readonly aria-label="Link">
    <button class="button" type="button" data-slot="share-copy">Copy</button>
    <p>Hand it over now: it is not shown again.</p></div></div>
  <p data-slot="share-said" role="status"></p>
  <section class="share-links" aria-label="Links of this session"><h3>Links of this session</h3>
    <ul data-slot="share-links"></ul></section>
  <div class="sheet-actions"><button class="button" value="cancel" formnovalidate>Close</button>
  <button class="button go" value="make">Make a link</button></div></form>`;

const ASK = `<form method="dialog"><h2>Revoke this link?</h2><p><b data-slot="share-which"></b></p>
  <p>Screens and phones that it opened go dark within 3 seconds. It cannot be undone.</p>
  <div class="sheet-actions"><button class="button" value="keep" autofocus>Keep it</button>
  <button class="button danger" type="button" data-slot="share-revoke">Revoke</button></div></form>`;

/** The button that opens the dialog; data-views are the pages that it offers, data-view the one that is chosen. */
export class ShareButton {
  #listeners = new AbortController();
  /** @type {?Share} */
  #share = null;

  constructor(root) {
    root.addEventListener("click", () => this.#open(root.dataset), { signal: this.#listeners.signal });
  }

  #open({ workout, views, view }) {
    this.#share?.close();
    this.#share = new Share(workout, views.split(" "), view);
  }

  close() {
    this.#listeners.abort();
    this.#share?.close();
  }
}

class Share {
  constructor(workout, views, view) {
    this.path = `/data/${encodeURIComponent(workout)}`;
    this.view = view; // the page that one looks at: its link shows it as it is set now
    this.dialog = sheet("share-sheet", "Share", form(views, view));
    this.form = /** @type {HTMLFormElement} */ (this.dialog.querySelector("form"));
    this.form.addEventListener("submit", (event) => this.#submitted(event));
    this.form.addEventListener("change", (event) => this.#changed(/** @type {any} */ (event.target).name));
    this.slot("share-copy").addEventListener("click", () => this.#copy());
    this.#targets("main", "low", "high");
    this.#targets("second", "second_low", "second_high");
    this.#clear();
    this.dialog.showModal();
    void this.#send("/shares", "GET");
  }

  /** @returns {any} the element with this slot: a field, a picture or a text */
  slot(name) {
    return this.dialog.querySelector(`[data-slot="${name}"]`);
  }

  close() {
    if (this.dialog.open) this.dialog.close();
  }

  #changed(name) {
    if (name === "main") this.#targets("main", "low", "high");
    if (name === "second") this.#targets("second", "second_low", "second_high");
    this.#clear();
  }

  #targets(name, low, high) {
    /** @type {any} fields by their names */
    const { elements } = this.form;
    const usual = TARGETS[elements[name].value] ?? ["", ""];
    [elements[low].value, elements[high].value] = usual;
    elements[low].disabled = elements[high].disabled = usual[0] === "";
  }

  #clear() {
    this.slot("share-athlete").hidden = new FormData(this.form).get("view") !== "athlete" || this.view === "athlete";
    this.slot("share-result").hidden = true;
    this.slot("share-said").textContent = "";
  }

  #submitted(event) {
    if (event.submitter?.value === "cancel") return;
    event.preventDefault();
    void this.#make(Object.fromEntries(new FormData(this.form)));
  }

  async #make(given) {
    const { view, name, life } = given;
    const body = { view, name, life_s: Number(life), names: "names" in given, raw: "raw" in given, query: this.#query(given) };
    const made = await this.#send("/share", "POST", body);
    if (!made) return;
    this.slot("share-result").hidden = false;
    this.slot("share-qr").src = made.qr;
    this.slot("share-link").value = made.address;
    this.slot("share-link").select();
    const local = /^(localhost|127\.|\[::1\])/.test(new URL(made.address).host);
    this.#say(local ? "Barograph listens on this machine only, so the link opens in browsers of this machine." : "");
  }

  // The page that one looks at is shared as it is set, but for the moment that it shows.
  #query(given) {
    if (given.view === "athlete" && this.view !== "athlete") return athleteQuery(given);
    const now = new URLSearchParams(given.view === this.view ? location.search : "");
    now.delete("at");
    const query = String(now);
    return query.length > MOST_QUERY ? "" : query;
  }

  /** Ask the server; the links that it tells are shown. Null where it did not do it, and then that is said. */
  async #send(path, method, content) {
    const body = content && JSON.stringify(content);
    try {
      const answer = await fetch(this.path + path, { method, headers: { "content-type": "application/json" }, body });
      if (answer.ok) return this.#list(await answer.json());
      this.#say(await why(answer));
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      this.#say("The dashboard does not answer. Try again in a moment.");
    }
    return null;
  }

  #say(text) {
    this.slot("share-said").textContent = text;
  }

  #list(told) {
    const items = told.links.map((link) => this.#item(link));
    this.slot("share-links").replaceChildren(...(items.length ? items : [element("li", "None is open.", "muted")]));
    return told;
  }

  #item(link) {
    const item = element("li", "", "share-item");
    const facts = [VIEWS[link.view], `by ${link.by}`, `ends in ${span(link.until_us)}`, used(link)];
    if (link.names) facts.push("says the name");
    if (link.raw) facts.push("raw frames");
    const text = element("div", "");
    text.append(element("b", link.name), element("span", facts.join(" · "), "muted"));
    item.append(text);
    if (link.revocable) {
      const button = element("button", "Revoke", "button small");
      button.type = "button";
      button.setAttribute("aria-label", `Revoke ${link.name}`);
      button.addEventListener("click", () => this.#ask(link));
      item.append(button);
    }
    return item;
  }

  // Asked once more, with the focus on what changes nothing: Enter never revokes.
  #ask({ uid, name }) {
    const asking = sheet("share-ask", "Revoke this link?", ASK);
    const slot = (of) => /** @type {HTMLElement} */ (asking.querySelector(`[data-slot="${of}"]`));
    slot("share-which").textContent = name;
    slot("share-revoke").addEventListener("click", () => {
      asking.close();
      void this.#send(`/shares/${uid}/revoke`, "POST", {});
    });
    asking.showModal();
  }

  async #copy() {
    const done = await copy(this.slot("share-link").value);
    this.#say(done ? "Copied." : "Select the address and copy it.");
  }
}

/** A dialog that goes with its closing; a press beside it closes it. */
function sheet(kind, label, html) {
  const dialog = document.createElement("dialog");
  dialog.className = `sheet ${kind}`;
  dialog.setAttribute("aria-label", label);
  dialog.innerHTML = html;
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  document.body.append(dialog);
  return dialog;
}

/** @returns {any} an element with a text and a class */
function element(tag, text, kind = "") {
  const made = document.createElement(tag);
  made.textContent = text;
  if (kind) made.className = kind;
  return made;
}

/** How long until a moment, in words. */
export function span(us, nowMs = Date.now()) {
  const seconds = Math.max(0, us / 1e6 - nowMs / 1000);
  const [length, unit] = SPANS.find(([one]) => seconds >= one) ?? /** @type {[number, string]} */ ([1, "s"]);
  const n = Math.round(seconds / length);
  return `${n} ${unit}${unit === "day" && n !== 1 ? "s" : ""}`;
}

const used = ({ uses }) => (uses ? `opened ${uses} ×` : "never opened");

async function why(answer) {
  if (answer.status === 403) return "You may look at this session, and not share it.";
  const said = await answer.json().catch(() => null); // a page, where a proxy answers
  return said?.message ?? `The dashboard answered ${answer.status}.`;
}
