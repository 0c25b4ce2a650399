// The button that gives up what is set on a page, and what this browser keeps of it (remembered.js): it is there while
// anything is set.

export class ResetView {
  #listeners = new AbortController();

  constructor(root) {
    this.root = root;
    this.remembered = globalThis.barographRemembered.here;
    const { signal } = this.#listeners;
    for (const name of ["barograph-address", "popstate"]) addEventListener(name, () => this.#show(), { signal });
    root.addEventListener("click", () => this.#reset(), { signal });
    this.#show();
  }

  close() {
    this.#listeners.abort();
  }

  #show() {
    this.root.hidden = !this.remembered.isSet(location);
  }

  #reset() {
    this.remembered.forget(location);
    location.assign(this.remembered.bare(location));
  }
}
