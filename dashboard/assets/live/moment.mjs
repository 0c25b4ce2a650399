// The moment that a live page shows, in words and buttons: how long the session lasts, how far behind live it is,
// whether it runs.

import { put } from "../core/text.mjs";
import { behind, elapsed } from "../core/words.mjs";

export class Moment {
  constructor(root) {
    this.root = root;
  }

  slot(name) {
    return this.root.querySelector(`[data-slot="${name}"]`);
  }

  /** `elapsedS` since the session's first frame (NaN: not known), `behindS` behind live, `seconds` of curves. */
  write({ live, playing, elapsedS, behindS, seconds }) {
    if (Number.isFinite(elapsedS)) put(this.slot("elapsed"), elapsed(elapsedS));
    const far = behind(behindS);
    const running = live || playing;
    const words = {
      behind: live ? "0:00.0" : far,
      "pause-text": running ? "Pause" : "Resume",
      "traces-title": live ? `Last ${seconds} s` : `${seconds} s up to ${far}`,
    };
    for (const [name, text] of Object.entries(words)) put(this.slot(name), text);
    this.slot("golive").disabled = live;
    this.slot("play").setAttribute("aria-label", running ? "Pause" : "Resume");
    for (const name of ["pause", "play"]) this.slot(name).dataset.running = String(running);
    this.root.dataset.view = live ? "live" : playing ? "playing" : "paused";
  }
}
