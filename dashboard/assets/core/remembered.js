// What one has set for a workout is kept for this browser: the search string of its live page, its session, a comparison
// and an athlete's history, each by its address. An address that says anything is taken as it is, so that one that was
// sent shows what it was sent for; one that says nothing gets what was set last. Runs before Dash reads the address.
(() => {
  const PREFIX = "barograph.view:";
  const MOST = 60; // addresses
  const MOST_CHARS = 16_000; // of one search string
  // What names the page, and where one looks at the moment: neither is a setting.
  /** @type {{path: RegExp, names: string[], passing: string[]}[]} */
  const KINDS = [
    { path: /^\/live\/[^/]+$/, names: [], passing: ["at"] },
    { path: /^\/session\/[^/]+$/, names: [], passing: ["t"] },
    { path: /^\/compare$/, names: ["a", "b"], passing: [] },
    { path: /^\/athlete\/[^/]+\/history$/, names: [], passing: [] },
  ];

  /** {key, bare, settings, says} of an address, or null for a page that keeps nothing. */
  function read({ pathname, search }) {
    const kind = KINDS.find(({ path }) => path.test(pathname));
    if (!kind) return null;
    const fields = [...new URLSearchParams(search)].filter(([, value]) => value !== "");
    const text = (chosen) => new URLSearchParams(chosen).toString();
    const identity = text(fields.filter(([name]) => kind.names.includes(name)));
    const rest = fields.filter(([name]) => !kind.names.includes(name));
    const settings = text(rest.filter(([name]) => !kind.passing.includes(name)));
    const bare = pathname + (identity && `?${identity}`);
    return { key: PREFIX + bare, bare, settings, says: rest.length > 0 };
  }

  /** Keeps settings in a store like localStorage; a store that is full or not to be had keeps nothing. */
  class Remembered {
    constructor(store, now = Date.now) {
      this.store = store;
      this.now = now;
    }

    /** An address as it is opened: with what was set for it, if it says nothing itself. */
    complete(address) {
      const page = read(address);
      const kept = page && !page.says && this.#settings(page.key);
      return kept ? page.bare + (page.bare.includes("?") ? "&" : "?") + kept : address.pathname + address.search;
    }

    /** What is set at an address now. */
    keep(address) {
      const page = read(address);
      if (!page || page.settings === this.#settings(page.key)) return;
      if (!page.settings || page.settings.length > MOST_CHARS) this.store?.removeItem(page.key);
      else this.#put(page.key, `${this.now()} ${page.settings}`);
    }

    forget(address) {
      const page = read(address);
      if (page) this.store?.removeItem(page.key);
    }

    /** The address without what is set. */
    bare(address) {
      return read(address)?.bare ?? address.pathname;
    }

    /** Is anything set? */
    isSet(address) {
      return Boolean(read(address)?.settings);
    }

    #settings(key) {
      const text = this.store?.getItem(key) ?? "";
      return text.slice(text.indexOf(" ") + 1);
    }

    #put(key, text) {
      try {
        this.store?.setItem(key, text);
      } catch (error) {
        if (!(error instanceof DOMException)) throw error; // full: what is oldest makes room for the next
      }
      const all = Object.keys(this.store ?? {}).filter((name) => name.startsWith(PREFIX));
      const age = (name) => Number.parseInt(this.store.getItem(name), 10) || 0;
      for (const oldest of all.sort((a, b) => age(b) - age(a)).slice(MOST)) this.store.removeItem(oldest);
    }
  }

  function storage() {
    try {
      return localStorage;
    } catch (error) {
      if (error instanceof DOMException) return null; // the browser keeps nothing for anybody
      throw error;
    }
  }

  globalThis.barographRemembered = { Remembered, read };
  if (typeof document === "undefined") return;

  const remembered = new Remembered(storage());
  const { pushState, replaceState } = History.prototype;
  const changed = () => dispatchEvent(new Event("barograph-address"));
  History.prototype.pushState = function (state, unused, url) {
    pushState.call(this, state, unused, url && remembered.complete(new URL(url, location.href)));
    changed();
  };
  History.prototype.replaceState = function (...given) {
    replaceState.apply(this, given);
    remembered.keep(location);
    changed();
  };
  addEventListener("popstate", changed);
  const opened = remembered.complete(location);
  if (opened !== location.pathname + location.search) replaceState.call(history, history.state, "", opened + location.hash);
  globalThis.barographRemembered.here = remembered;
})();
