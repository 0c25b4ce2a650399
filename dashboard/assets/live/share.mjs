// Sharing: a read-only link with an expiry, to this view or to the athlete's, as text and as a QR code.

import { copy } from "../core/copy.mjs";
import { MAIN, SECOND, TARGETS, WORDS, athleteQuery } from "../athlete/athleteview.mjs";

const options = (names, chosen) =>
  names.map((name) => `<option value="${name}"${name === chosen ? " selected" : ""}>${WORDS[name]}</option>`).join("");

const FORM = `<form method="dialog"><h2>Share this session</h2>
  <p>A link that shows this session, changes nothing, and stops by itself.</p>
  <fieldset><legend>Shows</legend>
    <label><input type="radio" name="view" value="athlete" checked> Athlete: one big thing</label>
    <label><input type="radio" name="view" value="live"> This page, as it is set now</label></fieldset>
  <fieldset data-slot="share-athlete"><legend>On the athlete’s screen</legend>
    <label>Big <select name="main" aria-label="Big number">${options(MAIN, "balance")}</select></label>
    <label>target <input class="field" type="number" step="any" name="low" aria-label="Target from"> to
      <input class="field" type="number" step="any" name="high" aria-label="Target to"></label>
    <label>Second <select name="second" aria-label="Second number">${options(SECOND, "cadence")}</select></label>
    <label>target <input class="field" type="number" step="any" name="second_low" aria-label="Second target from"> to
      <input class="field" type="number" step="any" name="second_high" aria-label="Second target to"></label></fieldset>
  <label>Opens for <select name="life" aria-label="Opens for"><option value="3600">1 hour</option>
    <option value="28800" selected>8 hours</option><option value="604800">7 days</option></select></label>
  <div data-slot="share-result" class="share-result" hidden><img data-slot="share-qr" alt="QR code of the link"
    width="180" height="180"><div><input class="field" data-slot="share-link" readonly aria-label="Link">
    <button class="button" type="button" data-slot="share-copy">Copy</button></div></div>
  <p data-slot="share-said" role="status"></p>
  <div class="sheet-actions"><button class="button" value="cancel" formnovalidate>Close</button>
  <button class="button go" value="make">Make a link</button></div></form>`;

export class Share {
  /** `search()` is the search string of the view as it is now. */
  constructor(root, workoutId, search) {
    this.dialog = document.createElement("dialog");
    this.dialog.className = "sheet share-sheet";
    this.dialog.setAttribute("aria-label", "Share");
    this.dialog.innerHTML = FORM;
    root.append(this.dialog);
    this.form = /** @type {HTMLFormElement} */ (this.dialog.querySelector("form"));
    this.path = `/data/${encodeURIComponent(workoutId)}/share`;
    this.search = search;
  }

  /** @returns {any} the element with this slot: a field, a picture or a text */
  slot(name) {
    return this.dialog.querySelector(`[data-slot="${name}"]`);
  }

  listen(signal) {
    const on = (target, kind, act) => target.addEventListener(kind, act, { signal });
    on(this.form, "submit", (event) => this.#submitted(event));
    on(this.form, "change", (event) => this.#changed(event.target.name));
    on(this.slot("share-copy"), "click", () => this.#copy());
    on(this.dialog, "click", (event) => event.target === this.dialog && this.dialog.close());
  }

  open() {
    this.#targets("main", "low", "high");
    this.#targets("second", "second_low", "second_high");
    this.#clear();
    this.dialog.showModal();
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
    const { view } = Object.fromEntries(new FormData(this.form));
    this.slot("share-athlete").hidden = view !== "athlete";
    this.slot("share-result").hidden = true;
    this.slot("share-said").textContent = "";
  }

  #submitted(event) {
    if (event.submitter?.value === "cancel") return;
    event.preventDefault();
    this.#make(Object.fromEntries(new FormData(this.form)));
  }

  async #make(given) {
    const query = given.view === "athlete" ? athleteQuery(given) : this.search().replace(/^\?/, "");
    const body = JSON.stringify({ view: given.view, query, life_s: Number(given.life) });
    try {
      const answer = await fetch(this.path, { method: "POST", headers: { "content-type": "application/json" }, body });
      if (answer.ok) this.#show(await answer.json());
      else this.slot("share-said").textContent = answer.status === 403 ? "This link is for looking only." : await said(answer);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      this.slot("share-said").textContent = "The dashboard does not answer. Try again in a moment.";
    }
  }

  #show({ address, qr }) {
    this.slot("share-result").hidden = false;
    this.slot("share-qr").src = qr;
    this.slot("share-link").value = address;
    this.slot("share-link").select();
    const local = /^(localhost|127\.|\[::1\])/.test(location.host);
    this.slot("share-said").textContent = local
      ? "Barograph listens on this machine only, so the link opens in browsers of this machine."
      : "";
  }

  async #copy() {
    const done = await copy(this.slot("share-link").value);
    this.slot("share-said").textContent = done ? "Copied." : "Select the address and copy it.";
  }
}

async function said(answer) {
  return (await answer.json()).message ?? `The dashboard answered ${answer.status}.`;
}
