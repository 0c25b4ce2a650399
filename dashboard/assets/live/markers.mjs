// A marker: the time shown is stamped at once, then a field asks for a name and holds nothing up. Enter keeps the
// name; leaving the field, or silence, keeps the marker under the name it has. Nothing stamped is lost.

import { LABEL_CHARACTERS } from "../core/tables.mjs";

const SILENCE_MS = 12_000;

export class MarkerTool {
  /** @type {?{t_us: number, label: string}} */
  #open = null;
  #count = 0;

  constructor(place, workoutId, { onKept, onFailed }) {
    place.innerHTML = `<form class="marker-form" hidden><input class="field" type="text" maxlength="${LABEL_CHARACTERS}"
      aria-label="Name of the marker" autocomplete="off"><button class="button small">Keep</button></form>`;
    this.form = place.firstElementChild;
    this.input = this.form.querySelector("input");
    this.path = `/data/${encodeURIComponent(workoutId)}/markers`;
    this.onKept = onKept;
    this.onFailed = onFailed;
  }

  listen(signal) {
    this.form.addEventListener(
      "submit",
      (event) => {
        event.preventDefault();
        this.finish();
      },
      { signal },
    );
    this.input.addEventListener("keydown", (event) => event.key === "Escape" && this.finish(), { signal });
    this.input.addEventListener("input", () => this.#wait(), { signal });
    this.form.addEventListener("focusout", (event) => this.form.contains(event.relatedTarget) || this.finish(), { signal });
    addEventListener("pagehide", () => this.finish(), { signal });
    signal.addEventListener("abort", () => this.finish());
  }

  stamp(time) {
    this.finish();
    this.#count += 1;
    this.#open = { t_us: Math.round(time), label: `Marker ${this.#count}` };
    this.input.value = "";
    this.input.placeholder = this.#open.label;
    this.form.hidden = false;
    this.input.focus();
    this.#wait();
  }

  get pending() {
    return this.#open ? [this.#open] : [];
  }

  #wait() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.finish(), SILENCE_MS);
  }

  /** Keep what is open, if anything is. */
  finish() {
    clearTimeout(this.timer);
    const marker = this.#open;
    if (!marker) return;
    this.#open = null;
    this.form.hidden = true;
    const label = this.input.value.replace(/\s+/g, " ").trim().slice(0, LABEL_CHARACTERS);
    this.#keep({ ...marker, label: label || marker.label });
  }

  async #keep(marker) {
    try {
      const answer = await fetch(this.path, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(marker),
        keepalive: true,
      });
      if (answer.ok) this.onKept(marker);
      else this.onFailed(marker, answer.status);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      this.onFailed(marker, 0);
    }
  }
}
