// The socket to /feed/<workout>: connects, measures the server's clock, and connects again for ever.
// A lost connection is tried again after 0.5, 1, 2 … 15 s, and at once when the tab wakes or the network returns, but
// only where the dashboard answers at all (reach.js): a socket that finds nobody fills the console.
// It says how much it has handled, so that the server waits for a page that is slow and then sends the newest.

import { Clock, pageTime } from "../core/clock.mjs";
import { decode, decodeBlocks } from "../core/codec.mjs";

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;
const PING_MS = 2_000;
const SILENT_MS = 7_000;
const SPEAK_AFTER = 4; // messages
const OVER = new Set([4401, 4403, 4410]); // signed out, the shared link is over, the session was erased
const REFUSED = new Set([401, 403, 410]);
const BLOCKS = new Set(["frames", "history", "column"]);

export class Feed {
  /** @type {?WebSocket} */
  #socket = null;
  #closed = false;
  #wait = FIRST_WAIT_MS;
  #retryTimer = 0;
  #pingTimer = 0;
  #heard = 0;
  #handled = 0;
  #keys = [];
  #wake = () => this.#woken();

  /** A block goes to `on.workout`, then `on` hears of it: onBlock(header, fromUs), onMessage(object), onOpen(), onOffline(retryAtMs), onOver(); all optional. */
  constructor(path, on) {
    this.path = path;
    this.on = on;
    this.clock = new Clock();
    document.addEventListener("visibilitychange", this.#wake);
    for (const name of ["online", "barograph-reach"]) window.addEventListener(name, this.#wake);
    this.#connect();
  }

  close() {
    this.#closed = true;
    document.removeEventListener("visibilitychange", this.#wake);
    for (const name of ["online", "barograph-reach"]) window.removeEventListener(name, this.#wake);
    clearTimeout(this.#retryTimer);
    clearInterval(this.#pingTimer);
    this.#socket?.close();
  }

  /** Try now instead of when the countdown ends. */
  retry() {
    if (this.#closed || this.#socket) return;
    clearTimeout(this.#retryTimer);
    void this.#again();
  }

  async #again() {
    const there = await globalThis.barographReach.ask();
    if (this.#closed || this.#socket) return;
    if (!there) this.#later();
    else if (await this.#refused()) this.#end();
    else if (!this.#closed && !this.#socket) this.#connect();
  }

  // A socket that is not let in does not say why, and would be tried for ever: the page itself is asked for, which says
  // it where a link was revoked or somebody was signed out while the connection was lost.
  async #refused() {
    try {
      return REFUSED.has((await fetch(location.href, { method: "HEAD", cache: "no-store" })).status);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // it went away again
      return false;
    }
  }

  #later() {
    clearTimeout(this.#retryTimer);
    this.#retryTimer = setTimeout(() => this.#again(), this.#wait);
    this.on.onOffline?.(pageTime() + this.#wait);
    this.#wait = Math.min(this.#wait * 2, LONGEST_WAIT_MS);
  }

  /** Ask for these columns of choice and no others, now and after every lost connection. */
  want(keys) {
    if (keys.join() === this.#keys.join()) return;
    this.#keys = keys;
    if (this.#socket) this.#ask(this.#socket);
  }

  #ask(socket) {
    this.#say(socket, { type: "columns", keys: this.#keys });
  }

  #connect() {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}${this.path}`);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => this.#opened(socket);
    socket.onmessage = (event) => this.#received(event.data, socket);
    socket.onclose = ({ code }) => (OVER.has(code) ? this.#over(socket) : this.#lost(socket));
    this.#socket = socket;
  }

  #opened(socket) {
    this.#wait = FIRST_WAIT_MS;
    this.#heard = pageTime();
    this.clock.reset();
    this.#handled = 0;
    this.#say(socket, { type: "handled", n: 0 });
    this.#ping(socket);
    clearInterval(this.#pingTimer);
    this.#pingTimer = setInterval(() => this.#ping(socket), PING_MS);
    this.on.onOpen?.();
    if (this.#keys.length) this.#ask(socket);
  }

  // A half-open connection never closes by itself: silence longer than three pings ends it.
  #ping(socket) {
    if (pageTime() - this.#heard > SILENT_MS) {
      socket.onclose = null;
      socket.close();
      this.#lost(socket);
    } else {
      this.#say(socket, { type: "ping", t1_us: Math.round(pageTime() * 1000) });
    }
  }

  #say(socket, message) {
    if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
  }

  #received(data, socket) {
    this.#heard = pageTime();
    globalThis.barographReach.note();
    try {
      this.#take(data);
    } finally {
      this.#handled += 1;
      if (this.#handled % SPEAK_AFTER === 0) this.#say(socket, { type: "handled", n: this.#handled });
    }
  }

  #take(data) {
    const message = data instanceof ArrayBuffer ? decode(data).header : JSON.parse(data);
    if (BLOCKS.has(message.type)) {
      for (const block of decodeBlocks(data)) {
        this.on.workout.takeBlock(block);
        this.on.onBlock?.(block.header, block.times[0]);
      }
      return;
    }
    if (message.type === "pong") {
      this.clock.exchange(message.t1_us / 1000, message.t2_us / 1000, message.t3_us / 1000, this.#heard);
    } else {
      this.on.onMessage?.(message);
    }
  }

  // Trying again is of no use: the page is asked for anew, and says what happened.
  #over(socket) {
    if (socket === this.#socket) this.#end();
  }

  #end() {
    this.close();
    if (this.on.onOver) this.on.onOver();
    else location.reload();
  }

  #lost(socket) {
    if (socket !== this.#socket) return;
    this.#socket = null;
    clearInterval(this.#pingTimer);
    if (this.#closed) return;
    globalThis.barographReach.doubt();
    this.#later();
  }

  #woken() {
    if (!document.hidden && !globalThis.barographReach.away) this.retry();
  }
}
