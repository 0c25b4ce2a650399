// The word that leads an athlete: it changes only after two steps beyond the band by half a percent of its middle,
// so that it cannot flicker; and back, as soon as the mean is within the band again for two steps.

const STEPS = 2;
const BEYOND_PART = 0.01;

export class Steady {
  #count = 0;
  #wanted = "in";
  /** @type {?string} */
  word = null; // null before there are enough steps

  constructor([low, high]) {
    this.low = low;
    this.high = high;
    // Half a percent where the band is one of shares: 0.5 of 50.
    this.beyond = (BEYOND_PART * (low + high)) / 2;
  }

  /** A new mean, one a step: "in", "low" or "high"; null for none. */
  take(value) {
    if (!Number.isFinite(value)) {
      this.word = null;
      this.#count = 0;
      return null;
    }
    const now = this.#of(value);
    if (this.word === null) this.word = value < this.low ? "low" : value > this.high ? "high" : "in";
    if (now === null || now === this.word) this.#count = 0;
    else {
      this.#count = now === this.#wanted ? this.#count + 1 : 1;
      this.#wanted = now;
      if (this.#count >= STEPS) {
        this.word = now;
        this.#count = 0;
      }
    }
    return this.word;
  }

  // Within the margin around an edge of the band nothing is said.
  #of(value) {
    if (value < this.low - this.beyond) return "low";
    if (value > this.high + this.beyond) return "high";
    return value >= this.low && value <= this.high ? "in" : null;
  }
}

/** Where a value lies on a gauge, 0 to 1: the band in the middle, and 5/6 of its half on each side of it. */
export function place(value, [low, high]) {
  const middle = (low + high) / 2;
  const reach = ((high - low) / 2) * (8 / 3);
  return Math.min(1, Math.max(0, 0.5 + (value - middle) / (2 * reach)));
}

/** The band on the gauge: from and to, 0 to 1. */
export function band(target) {
  return target.map((edge) => place(edge, target));
}
