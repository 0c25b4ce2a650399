// A file that is chosen fills a field of a dialog with its text: a table of one's own, to be looked at before it is taken.

const MOST_BYTES = 1 << 17;

export class OwnFile {
  constructor(root) {
    this.root = root;
    const file = document.createElement("input");
    Object.assign(file, { type: "file", accept: ".csv,.txt,text/csv", className: "unseen" });
    file.addEventListener("change", () => this.#take(file.files?.[0]));
    root.append(file);
  }

  async #take(file) {
    if (!file) return;
    const small = file.size <= MOST_BYTES;
    const value = small ? await file.text() : "";
    const id = { type: "calibrate-field", name: this.root.dataset.field };
    window.dash_clientside.set_props(id, { value, error: small ? null : `expected at most ${MOST_BYTES} bytes, got ${file.size}` });
  }
}
