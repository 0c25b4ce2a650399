// The server's clock, seen from here. Of the last exchanges the one with the shortest round trip is trusted, because
// its error is at most half of that trip. A viewer's own clock may be a day off: nothing shown depends on it.

const KEPT = 12;

export class Clock {
  #exchanges = [];
  #offset = null;

  /** One exchange: sent and received in this page's time, t2 and t3 in the server's, all in ms. */
  exchange(sent, t2, t3, received) {
    this.#exchanges.push({ trip: received - sent - (t3 - t2), offset: (t2 + t3 - sent - received) / 2 });
    if (this.#exchanges.length > KEPT) this.#exchanges.shift();
    this.#offset = this.#exchanges.reduce((best, one) => (one.trip < best.trip ? one : best)).offset;
  }

  /** After sleep or a new connection old exchanges say nothing. */
  reset() {
    this.#exchanges = [];
  }

  get known() {
    return this.#offset !== null;
  }

  /** Server time in ms since 1970; this page's own until the first exchange. */
  now() {
    return pageTime() + (this.#offset ?? 0);
  }
}

/** This page's time in ms since 1970, monotonic. */
export function pageTime() {
  return performance.timeOrigin + performance.now();
}
