// Keeps the screen awake while a page is seen. Browsers let the lock go when the page is hidden, so it is asked for again
// when the page is back; some want a tap first, and some have no such lock.

export class Awake {
  /** @type {?WakeLockSentinel} */
  #lock = null;
  #asking = false;

  constructor(root) {
    this.root = root;
    document.addEventListener("visibilitychange", () => this.#ask());
    root.addEventListener("pointerdown", () => this.#ask());
    void this.#ask();
  }

  async #ask() {
    if (document.hidden || !navigator.wakeLock || this.#asking || (this.#lock && !this.#lock.released)) return;
    this.#asking = true;
    try {
      this.#lock = await navigator.wakeLock.request("screen");
      this.root.dataset.awake = "true";
    } catch (error) {
      if (!(error instanceof DOMException)) throw error;
      this.root.dataset.awake = "false"; // low battery, or the browser wants a tap first
    } finally {
      this.#asking = false;
    }
  }
}
