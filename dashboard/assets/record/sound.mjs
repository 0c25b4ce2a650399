// Sounds of the countdown: a short tone at 3, 2, 1 and a longer, higher one at go. Nobody needs them to see what is on.
// Tones are planned ahead on the sound card's own clock, so that a page that is busy does not delay them.

const SHORT_S = 0.12;
const LONG_S = 0.5;
const LOW_HZ = 660;
const HIGH_HZ = 990;
const GAIN = 0.25;

/** [[seconds from now, Hz, seconds], …] of what is left of a countdown. */
export function tones(toGoS) {
  const counts = [3, 2, 1].filter((at) => at <= toGoS + 1e-6).map((at) => [toGoS - at, LOW_HZ, SHORT_S]);
  return [...counts, [toGoS, HIGH_HZ, LONG_S]];
}

export class Sound {
  /** @type {?AudioContext} */
  #context = null;
  #planned = [];
  on = true;

  /** Browsers let a page sound after a press: called from one. */
  ready() {
    if (!this.on || !window.AudioContext) return;
    this.#context ??= new AudioContext();
    if (this.#context.state === "suspended") void this.#context.resume();
  }

  /** Plan the tones of a countdown that has so many seconds to go. */
  countdown(toGoS) {
    this.hush();
    const context = this.#context;
    if (!this.on || !context) return;
    for (const [inS, hz, lasts] of tones(toGoS)) this.#planned.push(tone(context, context.currentTime + inS, hz, lasts));
  }

  /** Take back what was planned and has not sounded. */
  hush() {
    for (const one of this.#planned) one.stop();
    this.#planned = [];
  }

  close() {
    this.hush();
    void this.#context?.close();
    this.#context = null;
  }
}

function tone(context, at, hz, lasts) {
  const [oscillator, gain] = [context.createOscillator(), context.createGain()];
  oscillator.frequency.value = hz;
  gain.gain.setValueAtTime(0, at);
  gain.gain.linearRampToValueAtTime(GAIN, at + 0.005);
  gain.gain.setValueAtTime(GAIN, at + lasts - 0.02);
  gain.gain.linearRampToValueAtTime(0, at + lasts);
  oscillator.connect(gain).connect(context.destination);
  oscillator.start(at);
  oscillator.stop(at + lasts);
  return oscillator;
}
