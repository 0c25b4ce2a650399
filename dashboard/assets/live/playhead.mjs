// Where in time a live page looks: at the newest frame, or at a moment behind it that new data never moves.
// All times in µs. Behind live it stands still until someone lets it play, and then keeps its distance.

export const REACH_US = 600_000_000;
const NEARLY_LIVE_US = 1_500_000;

export class Playhead {
  constructor() {
    /** @type {?number} */
    this.at = null; // null: live
    this.first = -Infinity; // before it there is nothing to see
    this.playing = false;
  }

  get live() {
    return this.at === null;
  }

  /** How far behind the newest frame. */
  behind(newest) {
    return this.at === null ? 0 : Math.max(0, newest - this.at);
  }

  goLive() {
    this.at = null;
    this.playing = false;
  }

  /** Pause what runs, at the moment that is shown, or let run what is paused. */
  toggle(newest, shown = newest) {
    if (this.live) this.seek(shown, newest, 0);
    else this.playing = !this.playing;
  }

  /** To a moment within reach; a moment nearer than `nearly` to the newest frame is live. */
  seek(time, newest, nearly = NEARLY_LIVE_US) {
    if (!Number.isFinite(newest)) return;
    if (nearly > 0 && time > newest - nearly) this.goLive();
    else this.at = Math.min(Math.max(time, newest - REACH_US, this.first), newest);
  }

  step(seconds, newest) {
    this.seek((this.at ?? newest) + seconds * 1e6, newest, seconds > 0 ? NEARLY_LIVE_US : 0);
  }

  /** Time passed on screen; what plays reaches live when it has nothing more to play. */
  advance(elapsedUs, newest) {
    if (this.live) return;
    if (this.playing) this.seek(this.at + elapsedUs, newest);
    else this.seek(this.at, newest, 0);
  }
}
