// The last seconds of one stream's statistics: times and columns in arrays of fixed size, written in place.
// Times only rise; what the ring already has is dropped, so that a repeated block changes nothing. Where a device's clock
// was set back, whoever holds the ring empties it (`clockWasSetBack`): it begins anew with the new times.
// What is asked for in every frame (the usual interval, the gaps) is kept, and only what is new is looked at.

const SET_BACK_US = 1_000_000; // a clock that was set back by less has soon caught up
const LATELY = 64; // samples that the usual interval is of
const SETTLED = 16; // samples after which it is worked out anew
const CHANGED_PART = 0.2; // so much another interval makes other gaps

export class Ring {
  #at = 0; // where the next sample goes
  #count = 0; // samples that ever came
  #usual = { of: -1, step: NaN }; // the usual interval, and how many samples had come by then
  /** @type {{of: number, step: number, found: [number, number][]}} */
  #holes = { of: 0, step: NaN, found: [] }; // the gaps, up to which sample, and by which interval

  constructor(columns, capacity) {
    this.capacity = capacity;
    this.size = 0;
    this.index = new Map(columns.map((name, i) => [name, i]));
    this.times = new Float64Array(capacity);
    this.seqs = new Float64Array(capacity);
    this.epochs = new Int32Array(capacity);
    this.values = columns.map(() => new Float32Array(capacity));
  }

  clear() {
    this.size = 0;
    this.#at = this.#count = 0;
    this.#usual = { of: -1, step: NaN };
    this.#holes = { of: 0, step: NaN, found: [] };
  }

  get last() {
    return this.size ? this.times[this.slot(this.size - 1)] : -Infinity;
  }

  /** Whether a block comes later in the order of reading (epoch, then number) but is dated well before the newest here. */
  clockWasSetBack({ header, times }) {
    if (!this.size || !times.length) return false;
    const at = this.slot(this.size - 1);
    const later = header.e === this.epochs[at] ? header.seq > this.seqs[at] : header.e > this.epochs[at];
    return later && times[0] < this.times[at] - SET_BACK_US;
  }

  get first() {
    return this.size ? this.times[this.slot(0)] : Infinity;
  }

  /** Hold what another ring of the same columns holds. */
  copy(other) {
    this.clear();
    for (let i = 0; i < other.size; i++) {
      const from = other.slot(i);
      this.#put(other.times[from], other.seqs[from], other.epochs[from], (c) => other.values[c][from]);
    }
  }

  /** Where the i-th oldest sample lies in the arrays. */
  slot(i) {
    return (this.#at - this.size + i + this.capacity) % this.capacity;
  }

  /** Add the samples of a block that are newer than the newest here; says how many were. */
  append({ header, times, stats, k }) {
    if (!stats) return 0;
    let added = 0;
    for (let i = 0; i < times.length; i++) {
      if (times[i] <= this.last) continue;
      this.#put(times[i], header.seq + i, header.e, (c) => (c < k ? stats[i * k + c] : NaN));
      added++;
    }
    return added;
  }

  /** Hold these blocks instead, and after them what was here and is newer: late frames have found their place. */
  refill(blocks) {
    const old = { times: this.times.slice(), seqs: this.seqs.slice(), epochs: this.epochs.slice() };
    const values = this.values.map((column) => column.slice());
    const slots = Array.from({ length: this.size }, (_, i) => this.slot(i));
    this.clear();
    for (const block of blocks) this.append(block);
    for (const at of slots) {
      if (old.times[at] > this.last) this.#put(old.times[at], old.seqs[at], old.epochs[at], (c) => values[c][at]);
    }
  }

  #put(time, seq, epoch, value) {
    const at = this.#at;
    this.times[at] = time;
    this.seqs[at] = seq;
    this.epochs[at] = epoch;
    for (let c = 0; c < this.values.length; c++) this.values[c][at] = value(c);
    this.#at = (at + 1) % this.capacity;
    this.size = Math.min(this.size + 1, this.capacity);
    this.#count += 1;
  }

  /** How many samples, counted from the oldest, are older than `time`. */
  countBefore(time) {
    let low = 0;
    let high = this.size;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.times[this.slot(middle)] < time) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** {times, values} of the samples after `time`, µs; the values of a column that is not there are NaN. */
  since(name, time) {
    const column = this.values[this.index.get(name)];
    /** @type {{times: number[], values: number[]}} */
    const { times, values } = { times: [], values: [] };
    for (let i = this.countBefore(time + 0.5); i < this.size; i++) {
      times.push(this.times[this.slot(i)]);
      values.push(column ? column[this.slot(i)] : NaN);
    }
    return { times, values };
  }

  /** Highest value of a column since `time`; NaN where the column has none. */
  highest(name, time) {
    const column = this.values[this.index.get(name)];
    let high = NaN;
    for (let i = column ? this.countBefore(time) : this.size; i < this.size; i++) {
      const value = column[this.slot(i)];
      if (value > high || Number.isNaN(high)) high = value;
    }
    return high;
  }

  /** Largest distance from 0 of a column since `time`; NaN where the column has none. */
  farthest(name, time) {
    const { values } = this.since(name, time);
    return values.reduce((far, value) => (Math.abs(value) > far || Number.isNaN(far) ? Math.abs(value) : far), NaN);
  }

  /** Median time between the last samples, in µs; NaN with fewer than two. */
  interval() {
    const known = this.#usual;
    if (known.of === this.#count || (known.of >= LATELY && this.#count - known.of < SETTLED)) return known.step;
    const steps = [];
    for (let i = Math.max(1, this.size - LATELY); i < this.size; i++) {
      steps.push(this.times[this.slot(i)] - this.times[this.slot(i - 1)]);
    }
    const step = steps.length ? steps.sort((a, b) => a - b)[steps.length >> 1] : NaN;
    this.#usual = { of: this.#count, step };
    return step;
  }

  /** Spans [start, stop] in µs without frames: numbers missing, or five times the usual interval. */
  gaps() {
    const usual = this.interval();
    const holes = this.#holes;
    if (!(Math.abs(usual - holes.step) <= CHANGED_PART * holes.step)) Object.assign(holes, { of: 0, step: usual, found: [] });
    const since = this.size - (this.#count - holes.of);
    for (let i = Math.max(1, since); i < this.size; i++) {
      const [a, b] = [this.slot(i - 1), this.slot(i)];
      const missing = this.epochs[a] !== this.epochs[b] ? false : this.seqs[b] - this.seqs[a] > 1;
      const step = this.times[b] - this.times[a];
      if ((missing && step > 1.5 * usual) || step > 5 * usual) holes.found.push([this.times[a], this.times[b]]);
    }
    holes.of = this.#count;
    while (holes.found.length && holes.found[0][0] < this.first) holes.found.shift();
    return [...holes.found];
  }
}
