// From where a live page looks at its workout: from now, or from a moment behind it, paused or playing. It holds the
// workout as it is and as it was, and says which of them is shown.

import { Playhead } from "./playhead.mjs";
import { Rewound } from "../feed/rewound.mjs";

const LONGEST_STEP_MS = 1_000;

export class Viewpoint {
  #tick = 0;

  /** `seconds()` of curves; `onLoaded()`: more of the past can be drawn; `onMoved(turned)`: it looks from elsewhere. */
  constructor(workoutId, workout, { seconds, onLoaded, onMoved }) {
    this.workout = workout;
    this.playhead = new Playhead();
    this.past = new Rewound(workoutId, workout, onLoaded);
    this.seconds = seconds;
    this.onMoved = onMoved;
  }

  close() {
    this.past.close();
  }

  get live() {
    return this.playhead.live;
  }

  /** When the session began, µs: nobody looks back farther. */
  set first(time) {
    this.playhead.first = time;
  }

  get playing() {
    return this.playhead.playing;
  }

  /** The moment behind live, µs, or null. */
  get at() {
    return this.playhead.at;
  }

  get behindS() {
    return this.playhead.behind(this.workout.newest) / 1e6;
  }

  /** The workout that is drawn: as it is, or as it was. */
  get shown() {
    return this.live ? this.workout : this.past.workout;
  }

  /** These columns of choice are drawn. */
  want(keys) {
    this.past.want(keys);
    this.load();
  }

  seek(time) {
    this.#move(() => this.playhead.seek(time, this.workout.newest));
  }

  /** Exactly to a moment, as an address names it. */
  open(time) {
    this.#move(() => this.playhead.seek(time, this.workout.newest, 0));
  }

  step(seconds) {
    this.#move(() => this.playhead.step(seconds, this.workout.newest));
  }

  /** Pause at the moment that is shown, µs, or let it run on. */
  pause(shown = this.workout.newest) {
    this.#move(() => this.playhead.toggle(this.workout.newest, shown));
  }

  goLive() {
    this.#move(() => this.playhead.goLive());
  }

  /** The past that the curves need, anew: they are of another length. */
  load() {
    if (!this.live) this.past.seek(this.at, this.seconds());
  }

  #move(act) {
    if (!Number.isFinite(this.workout.newest)) return;
    const was = this.live;
    act();
    if (was && !this.live) this.past.adopt();
    this.load();
    this.onMoved(was !== this.live);
  }

  /** Time passes: what plays goes on. */
  pass(now) {
    const passedUs = Math.min(LONGEST_STEP_MS, now - this.#tick) * 1000;
    this.#tick = now;
    if (!this.playing) return;
    this.playhead.advance(passedUs, this.workout.newest);
    if (!this.live) this.past.play(this.at, this.seconds());
    else this.onMoved(true);
  }

  /** What stands still and falls out of reach stays at its end. */
  keepWithin() {
    if (!this.live && !this.playing) this.playhead.advance(0, this.workout.newest);
  }
}
