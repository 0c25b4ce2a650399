// A page that the server draws whole from its address and the viewer's units: data-set puts "name=value" into the
// address, data-param is a field of it, and whatever changes is told to the server, in a store of Dash.

import { Address } from "./address.mjs";
import { Erased } from "./erased.mjs";
import { chosen } from "./units.mjs";

const WAIT_MS = 120;
const AGAIN_MS = 3000;

export class AskedPage {
  #listeners = new AbortController();
  #timer;
  #again = setInterval(() => this.root.querySelector("[data-again]") && this.#later(0), AGAIN_MS);

  /** `store` is the name of the store that the server listens to. */
  constructor(root, store) {
    this.root = root;
    this.store = store;
    this.address = new Address((names) => this.addressed(names));
    root.addEventListener("click", (event) => this.clicked(event.target), { signal: this.signal });
    root.addEventListener("change", (event) => this.#changed(event.target), { signal: this.signal });
    addEventListener("barograph-units", () => this.#later(), { signal: this.signal });
    this.watch = new Erased(root, (names) => this.#erased(names));
    this.#later(0);
  }

  get signal() {
    return this.#listeners.signal;
  }

  close() {
    clearTimeout(this.#timer);
    clearInterval(this.#again);
    this.watch.close();
    this.#listeners.abort();
  }

  /**
   * The names of the address that changed; the server draws anew, unless a page knows better.
   * @param {string[]} _names
   */
  addressed(_names) {
    this.#later();
  }

  #later(wait = WAIT_MS) {
    clearTimeout(this.#timer);
    const asked = () => ({ search: this.address.search, ...chosen(), at: Date.now() }); // asked again, it is answered again
    this.#timer = setTimeout(() => this.tell(this.store, asked()), wait);
  }

  // What is shown of a session that is gone goes at once with the next drawing; which one it was stays on the page.
  #erased(names) {
    const said = document.createElement("p");
    said.className = "warn";
    const [were, them] = names.length === 1 ? ["was", "it"] : ["were", "them"];
    said.textContent = `${names.join(", ")} ${were} erased. Nothing of ${them} is stored any more.`;
    this.root.querySelector('[data-slot="erased"]').append(said);
    this.#later(0);
  }

  tell(id, data) {
    window.dash_clientside.set_props(id, { data });
  }

  clicked(target) {
    const set = target.closest?.("[data-set]");
    if (set) this.address.set(Object.fromEntries(new URLSearchParams(set.dataset.set)));
  }

  #changed(target) {
    const name = target.dataset?.param;
    if (!name) return;
    if (target.checkValidity?.() === false) target.reportValidity();
    else this.address.set(this.changes(name, target.value));
  }

  /** What a field changes in the address. */
  changes(name, value) {
    return { [name]: value };
  }
}
