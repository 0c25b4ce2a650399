// Words beside the title of a live page, for as long as it takes to read them.

const KEPT_MS = 10_000;
const NOT_KEPT_MS = 60_000;

export class Said {
  constructor(place) {
    this.place = place;
  }

  listen(signal) {
    signal.addEventListener("abort", () => clearTimeout(this.timer));
  }

  #say(text, ms) {
    clearTimeout(this.timer);
    this.place.textContent = text;
    this.timer = setTimeout(() => (this.place.textContent = ""), ms);
  }

  kept({ label }) {
    this.#say(`Marker kept: ${label}`, KEPT_MS);
  }

  notKept({ label }, status) {
    const why = status === 403 ? "This link is for looking only." : "The archive does not answer; set it again later.";
    this.#say(`Marker “${label}” was not kept. ${why}`, NOT_KEPT_MS);
  }
}
