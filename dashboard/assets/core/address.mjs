// The state of a page in its address: names and values that survive a reload and can be sent to someone.
// dashboard/reading/part_query.py reads the same names.

export class Address {
  /**
   * `changed` is told the names that changed, after the address has them.
   * @param {(names: string[]) => void} [changed]
   */
  constructor(changed = () => {}) {
    this.changed = changed;
    this.path = location.pathname;
    this.fields = new URLSearchParams(location.search);
  }

  text(name, fallback = "") {
    return this.fields.get(name) ?? fallback;
  }

  /** A number, or the fallback where there is none. */
  number(name, fallback = NaN) {
    const value = this.fields.get(name);
    return value !== null && value.trim() !== "" && Number.isFinite(Number(value)) ? Number(value) : fallback;
  }

  all(name) {
    return this.fields.getAll(name);
  }

  /** Set names to values; null and "" take a name out, a list sets it more than once. */
  set(changes) {
    const names = Object.keys(changes).filter((name) => this.#put(name, changes[name]));
    if (!names.length || location.pathname !== this.path) return; // an answer that comes late is not the next page's
    history.replaceState(history.state, "", `${location.pathname}${this.search}`);
    this.changed(names);
  }

  #put(name, value) {
    const wanted = [value].flat().filter((one) => one !== null && one !== undefined && one !== "").map(String);
    const had = this.fields.getAll(name);
    if (had.length === wanted.length && had.every((one, i) => one === wanted[i])) return false;
    this.fields.delete(name);
    for (const one of wanted) this.fields.append(name, one);
    return true;
  }

  /** All of it, "?" included. */
  get search() {
    const text = this.fields.toString();
    return text && `?${text}`;
  }
}
