// Whether the dashboard answers this page. While it does not, nothing is sent to it: a callback of Dash waits until it
// is back, the newest of each kind, and everything else fails at once; it is asked again after 0.5, 1, 2 … 15 s. What
// was heard a moment ago is believed, before anything later it is asked first. Runs before Dash, which sends with fetch.
(() => {
  const FIRST_WAIT_MS = 500;
  const LONGEST_WAIT_MS = 15_000;
  const FRESH_MS = 250;
  const JUST_NOW_MS = 30; // for callbacks, most of which come from timers
  const CALLBACK = "/_dash-update-component";

  class Reach {
    /** @type {?Promise<boolean>} */
    #asked = null;
    #fresh; // when it was heard last, unless something broke off since
    #timer = 0;
    #wait = FIRST_WAIT_MS;

    /** `probe()` says whether it answers; `told()` is called when that changes; `now()` in ms. */
    constructor({ probe, told, now = Date.now }) {
      this.probe = probe;
      this.told = told;
      this.now = now;
      this.away = false;
      this.retryAt = null;
      this.heardAt = now(); // ms: when it was heard last, by this page's clock
      this.#fresh = now();
    }

    /** Ask, unless that is under way; resolves to whether it answers. */
    ask() {
      this.#asked ??= this.#probed().finally(() => (this.#asked = null));
      return this.#asked;
    }

    async #probed() {
      clearTimeout(this.#timer);
      if (!(await this.probe())) {
        this.lose();
        return false;
      }
      this.hear({ sure: false });
      return true;
    }

    /** Does it answer? Known, from the last so many ms, or asked. */
    there(fresh = FRESH_MS) {
      if (this.away) return Promise.resolve(false);
      return this.now() - this.#fresh < fresh ? Promise.resolve(true) : this.ask();
    }

    /** It was heard; `sure`: it has answered what was wanted. */
    hear({ sure = true } = {}) {
      this.heardAt = this.#fresh = this.now();
      if (sure) this.#wait = FIRST_WAIT_MS;
      if (!this.away) return;
      clearTimeout(this.#timer);
      Object.assign(this, { away: false, retryAt: null });
      this.told();
    }

    /** Something came by a connection that is open: that a new one can be made is not known by it. */
    note() {
      this.heardAt = this.now();
    }

    /** Something broke off: what was heard before is not believed any more. */
    doubt() {
      this.#fresh = -Infinity;
    }

    /** It did not answer. */
    lose() {
      this.doubt();
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.ask(), this.#wait);
      this.retryAt = this.now() + this.#wait;
      this.#wait = Math.min(this.#wait * 2, LONGEST_WAIT_MS);
      this.away = true;
      this.told();
    }
  }

  /** Of those who wait under one name the newest; the others are told that they need not. */
  class Waiting {
    #of = new Map();

    wait(name) {
      this.#of.get(name)?.(false);
      return new Promise((done) => this.#of.set(name, done));
    }

    release() {
      const all = [...this.#of.values()];
      this.#of.clear();
      for (const done of all) done(true);
    }
  }

  /** `send` that asks `reach` first, and lets callbacks wait. */
  function patient(send, reach, waiting) {
    return async (resource, init) => {
      const callback = String(resource?.url ?? resource).includes(CALLBACK);
      for (;;) {
        if (await reach.there(callback ? JUST_NOW_MS : FRESH_MS)) {
          try {
            const answer = await send(resource, init);
            reach.hear();
            return answer;
          } catch (error) {
            if (!(error instanceof TypeError)) throw error;
            reach.lose();
            if (!callback) throw error;
          }
        } else if (!callback) throw new TypeError("the dashboard does not answer");
        if (!(await waiting.wait(outputOf(init)))) return new Response(null, { status: 204 }); // as Dash's "no update"
      }
    };
  }

  function outputOf(init) {
    const body = init?.body;
    return typeof body === "string" ? JSON.parse(body).output : "";
  }

  globalThis.barographReaching = { Reach, Waiting, patient };
  if (typeof document === "undefined") return;

  // One worker, made while the dashboard answers.
  const worker = new Worker("/assets/core/probe.js");
  const asked = new Map();
  let n = 0;
  worker.onmessage = ({ data }) => {
    asked.get(data.n)?.(data.there);
    asked.delete(data.n);
  };
  const probe = () =>
    new Promise((done) => {
      asked.set((n += 1), done);
      worker.postMessage(n);
    });

  const waiting = new Waiting();
  const reach = new Reach({
    probe,
    told() {
      if (!reach.away) waiting.release();
      dispatchEvent(new Event("barograph-reach"));
    },
  });
  globalThis.barographReach = reach;
  const send = globalThis.fetch.bind(globalThis);
  const kind = patient(send, reach, waiting);
  const ours = (resource) => new URL(resource?.url ?? resource, location.href).origin === location.origin;
  globalThis.fetch = (resource, init) => (ours(resource) ? kind(resource, init) : send(resource, init));
  const woken = () => document.hidden || !reach.away || reach.ask();
  document.addEventListener("visibilitychange", woken);
  addEventListener("online", woken);
})();
