// A device in a browser: frames go into IndexedDB, from there to the server, and are forgotten when they are acked.
//
//   const sender = await Sender.open({ url: "ws://127.0.0.1:5001/ws", workout: "run-42", layout });
//   await sender.add(cells);   // a typed array of the layout's dtype; resolves when the frame is safe in the spool
//   sender.unacked             // how many frames wait for their ack
//
// Without a layout it sends `pressure_frame` events, as `websocket.mjs` does: await sender.addEvent({ matrix, … })

const [BATCH_FRAMES, BATCH_BYTES, HEAD_BYTES] = [50, 1 << 18, 1 << 12];
const [FIRST_WAIT_MS, LAST_WAIT_MS] = [500, 8_000];
const [PATIENCE_MS, MOST_PATIENCE_MS] = [10_000, 300_000];
const [RESEND_MS, PINGS, LEAVE_MS] = [1_000, 8, 20];
const now_us = () => Date.now() * 1000;

// When a request or a whole transaction of IndexedDB is through.
const done = (what) =>
  new Promise((resolve, reject) => {
    what.onsuccess = what.oncomplete = () => resolve(what.result);
    what.onerror = what.onabort = ({ target }) => reject(target.error);
  });

// The binary form: length of the header, header padded with blanks until the data begin at a multiple of 8, data.
function encode(header, chunks) {
  const text = new TextEncoder().encode(JSON.stringify(header));
  const start = Math.ceil((4 + text.length) / 8) * 8;
  const size = chunks[0].byteLength;
  const message = new Uint8Array(start + size * chunks.length).fill(32, 4, start);
  message.set(text, 4);
  new DataView(message.buffer).setUint32(0, start - 4, true);
  chunks.forEach((chunk, index) => message.set(new Uint8Array(chunk), start + index * size));
  return message;
}

// Frames under keys that only grow, and what outlives them: the epoch, the key of its number 0, and the next key.
class Spool {
  db; epoch; base; next; first; #writing = new Map();

  static async open(name) {
    const opening = indexedDB.open(name, 1);
    opening.onupgradeneeded = () => ["frames", "about"].map((store) => opening.result.createObjectStore(store));
    const spool = new Spool();
    spool.db = await done(opening);
    const stores = spool.db.transaction(["frames", "about"]);
    const about = await done(stores.objectStore("about").get("epoch"));
    const [oldest] = await done(stores.objectStore("frames").getAllKeys(null, 1));
    Object.assign(spool, about ?? { epoch: null, base: 0, next: 0 });
    spool.first = oldest ?? spool.next;
    if (!about) await spool.begin();
    return spool;
  }

  #note(transaction) {
    const { epoch, base, next } = this;
    transaction.objectStore("about").put({ epoch, base, next }, "epoch");
  }

  // Another epoch: what is in the spool gets the numbers from 0 on.
  begin() {
    const transaction = this.db.transaction("about", "readwrite", { durability: "strict" });
    [this.epoch, this.base] = [crypto.randomUUID(), this.first];
    this.#note(transaction);
    return done(transaction);
  }

  // The key is taken at once, so that frames put without waiting keep their order. It is on the disk before anything
  // is sent ("strict"): a spool that forgot what it has sent would give the same numbers to other frames.
  put(frame) {
    const transaction = this.db.transaction(["frames", "about"], "readwrite", { durability: "strict" });
    const key = this.next++;
    transaction.objectStore("frames").put(frame, key);
    this.#note(transaction);
    const written = done(transaction).finally(() => this.#writing.delete(key));
    this.#writing.set(key, written);
    return written;
  }

  // Up to n frames with keys one after the other; none if the first could not be written, as the disk was full.
  async read(from, n) {
    await this.#writing.get(from)?.catch(() => {}); // whoever put it hears of the error
    const store = this.db.transaction("frames").objectStore("frames");
    const range = IDBKeyRange.bound(from, from + n, false, true);
    const [keys, frames] = await Promise.all([done(store.getAllKeys(range)), done(store.getAll(range))]);
    const hole = keys.findIndex((key, index) => key !== from + index);
    return hole < 0 ? frames : frames.slice(0, hole);
  }

  forget(before) {
    if (before <= this.first) return;
    this.first = before;
    this.db.transaction("frames", "readwrite").objectStore("frames").delete(IDBKeyRange.upperBound(before, true));
  }
}

export class Sender {
  stopped = null; // why nothing is sent any more, if so; the spool stays, and still takes frames
  refused = 0; // how many frames the server will never store
  #url; #names; #layout; #about; #token; #tell; #frameBytes = 0; #batchBytes = BATCH_BYTES; #spool; #release; #watch;
  /** @type {?WebSocket} */
  #socket = null;
  #timer = 0; #tries = 0; #pings = 0; #joined = false; #filling = false;
  #settled = 0; #sent = 0; #sentTo = 0; #window = 0; // keys: settled at the server, next to send, highest ever sent
  #heardMs = 0; #resentMs = 0; #patienceMs = PATIENCE_MS;

  // Resolves when the spool is ours: it belongs to one workout and stream, and to one tab at a time.
  // `tell` hears every event of the server, and `{ type: "disconnected" }` when the connection is lost.
  static async open({ url, workout, stream = "main", layout = /** @type {any} */ (null), about = {}, token = /** @type {string | undefined} */ (undefined), tell = (_event) => {} }) {
    const sender = new Sender();
    const name = `barograph:${workout}/${stream}`;
    const held = new Promise((release) => (sender.#release = release));
    await new Promise((/** @type {(value?: any) => void} */ ours, failed) => navigator.locks.request(name, () => (ours(), held)).catch(failed));
    [sender.#url, sender.#layout, sender.#names] = [url, layout, { workout_id: workout, stream }];
    [sender.#about, sender.#token] = [about, token]; // what is said of the workout; of this device, where it needs one
    if (layout) sender.#frameBytes = (layout.rows * layout.cols * Number(layout.dtype.match(/\d+$/)[0])) / 8;
    sender.#tell = tell;
    sender.#spool = await Spool.open(name);
    sender.#sentTo = sender.#spool.next; // an earlier tab may have sent all of it
    sender.#watch = setInterval(() => sender.#look(), PATIENCE_MS / 4);
    sender.#connect();
    return sender;
  }

  // How many frames were ever added, in earlier tabs too; and how many of them wait for their ack.
  get added() { return this.#spool.next; }
  get unacked() { return this.#spool.next - this.#spool.first; }

  async add(cells, time_us = now_us()) {
    const { buffer, byteOffset, byteLength } = cells;
    if (byteLength !== this.#frameBytes)
      throw new RangeError(`cells: the layout has ${this.#frameBytes} bytes a frame, this has ${byteLength}`);
    const written = this.#spool.put({ time_us, data: buffer.slice(byteOffset, byteOffset + byteLength) });
    await written.finally(() => this.#fill()); // one that could not be written is declared as a gap
  }

  // The fields of `pressure_frame`: the first one fixes rows and columns of the stream.
  async addEvent({ matrix, nodes, timestamp }) {
    this.#frameBytes = Math.max(this.#frameBytes, 8 * matrix.length * (matrix[0]?.length ?? 0));
    await this.#spool.put({ event: { matrix, nodes, timestamp } }).finally(() => this.#fill());
  }

  // Leaves the session when all is stored, or when nothing is sent any more.
  async leave() {
    while (this.unacked && !this.stopped) await new Promise((resolve) => setTimeout(resolve, LEAVE_MS));
    this.#say({ type: "leave_session", ...this.#names });
  }

  // What is in the spool stays, and is sent when it is opened again.
  close() {
    this.#stop("closed");
    clearInterval(this.#watch);
    this.#spool.db.close();
    this.#release();
  }

  #stop(why) {
    this.stopped = why;
    clearTimeout(this.#timer);
    this.#leave();
  }

  #connect() {
    const socket = (this.#socket = new WebSocket(this.#url));
    [this.#heardMs, this.#pings] = [Date.now(), PINGS];
    socket.onopen = () => this.#say({ type: "ping", t1_us: now_us() });
    socket.onclose = () => socket === this.#socket && this.#again();
    socket.onmessage = ({ data }) => socket === this.#socket && this.#hear(JSON.parse(data));
  }

  // A cut way does not tell, and its socket takes long to close: it is left to itself.
  #leave() {
    const socket = this.#socket;
    [this.#socket, this.#joined] = [null, false];
    if (socket) this.#tell({ type: "disconnected" });
    socket?.close();
  }

  #again(retryAfterS = 0) {
    this.#leave();
    const waitMs = Math.min(FIRST_WAIT_MS * 2 ** this.#tries++, LAST_WAIT_MS);
    this.#timer = setTimeout(() => this.#connect(), Math.max(waitMs, retryAfterS * 1000));
  }

  // Whoever owes an answer for too long is gone; or the way is slow, so the next time we wait for longer.
  #look() {
    const owed = this.#socket && (!this.#joined || this.#sent > this.#settled);
    if (!owed) this.#heardMs = Date.now();
    if (Date.now() - this.#heardMs <= this.#patienceMs) return;
    this.#patienceMs = Math.min(2 * this.#patienceMs, MOST_PATIENCE_MS);
    this.#again();
  }

  #say(event, ...chunks) {
    this.#socket?.send(chunks.length ? encode(event, chunks) : JSON.stringify(event));
  }

  #hear(event) {
    this.#heardMs = Date.now();
    if (event.type === "pong") this.#pong();
    else if (event.type === "session_joined") this.#welcome(event);
    else if (event.type === "ack") this.#settle(event);
    else if (event.type === "nack" || event.type === "error") this.#complaint(event);
    this.#tell(event);
  }

  // Pings before the join tell the server our clock, which frames of hours ago need.
  #pong() {
    const { epoch } = this.#spool;
    if (--this.#pings) this.#say({ type: "ping", t1_us: now_us() });
    else this.#say({ type: "join_session", ...this.#about, ...this.#names, epoch, layout: this.#layout ?? undefined, spool: true, token: this.#token });
  }

  #welcome(event) {
    const next = this.#spool.base + event.next_seq;
    if (next > this.#sentTo) return this.#renew();
    [this.#joined, this.#tries, this.#sent] = [true, 0, next];
    this.#batchBytes = Math.min(BATCH_BYTES, (event.max_message_bytes ?? Infinity) - HEAD_BYTES);
    this.#settle(event);
  }

  #settle({ next_seq, window_frames, window_bytes, missing = [] }) {
    this.#settled = this.#spool.base + next_seq;
    this.#spool.forget(this.#settled);
    this.#window = window_bytes && Math.min(window_frames, Math.max(1, Math.floor(window_bytes / this.#frameBytes)));
    if (!missing.length) this.#patienceMs = PATIENCE_MS;
    else if (Date.now() - this.#resentMs > RESEND_MS) {
      this.#resentMs = Date.now();
      this.#sent = Math.min(this.#sent, this.#spool.base + missing[0][0]);
    }
    this.#sent = Math.max(this.#sent, this.#spool.first);
    this.#fill();
  }

  #complaint({ type, code, message, n, retryable, retry_after_s }) {
    console.warn(`barograph: ${code}: ${message}`);
    if (code === "seq_reused") this.#renew();
    else if (type === "nack") this.refused += n;
    else if (retryable || code === "not_joined") this.#again(retry_after_s ?? 0);
    else if (code !== "too_many_gaps") this.#stop(message);
  }

  // This spool is an old copy of one that went on elsewhere: what is in it begins a new epoch, and nothing is lost.
  #renew() {
    this.#leave();
    const begun = this.#spool.begin();
    this.#sentTo = this.#spool.base;
    begun.then(() => this.stopped ?? this.#connect(), (error) => this.#stop(String(error)));
  }

  // One at a time: batches in their order, never more than the window on the way.
  async #fill() {
    if (this.#filling) return;
    this.#filling = true;
    try {
      while (this.#joined && this.#sent < Math.min(this.#spool.next, this.#settled + this.#window)) await this.#batch();
    } catch (error) {
      this.#stop(String(error));
    }
    this.#filling = false;
  }

  async #batch() {
    const from = this.#sent;
    const most = Math.min(BATCH_FRAMES, Math.max(1, Math.floor(this.#batchBytes / this.#frameBytes)));
    const read = await this.#spool.read(from, Math.min(most, this.#settled + this.#window - from));
    if (!this.#joined || from !== this.#sent) return; // meanwhile the server said otherwise
    const other = read.findIndex(({ event }) => Boolean(event) !== Boolean(read[0].event));
    const frames = other < 0 ? read : read.slice(0, other);
    const names = { ...this.#names, epoch: this.#spool.epoch, seq: from - this.#spool.base, n: frames.length || 1 };
    const times_us = frames.map((frame) => frame.time_us);
    if (!frames.length) this.#say({ type: "gap", ...names, reason: "could not be spooled" });
    else if (frames[0].event) frames.forEach(({ event }, i) => this.#say({ type: "pressure_frame", ...this.#names, seq: names.seq + i, ...event }));
    else this.#say({ type: "frames", ...names, times_us }, ...frames.map((frame) => frame.data));
    this.#sent = from + names.n;
    this.#sentTo = Math.max(this.#sentTo, this.#sent);
  }
}
