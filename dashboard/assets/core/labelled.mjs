// Gives the input of a part that Dash draws later a name that is spoken: `data-label`.

export class Labelled {
  constructor(root) {
    this.root = root;
    this.watch = new MutationObserver(() => this.#name());
    this.watch.observe(root, { childList: true, subtree: true });
    this.#name();
  }

  #name() {
    this.root.querySelector("input")?.setAttribute("aria-label", this.root.dataset.label);
  }

  close() {
    this.watch.disconnect();
  }
}
