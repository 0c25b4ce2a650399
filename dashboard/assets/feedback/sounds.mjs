// Sound and vibration of the feedback, both off until somebody asks for them. A beat is heard on target, a pitch is that
// of each step; above a limit there is one tone for both. Latency is told: how long after a moment the sound is heard.

const BEAT = { hz: 880, s: 0.06 };
const PITCH = { low: 330, octaves: 1.5, s: 0.12 };
const ALARM = { hz: 220, s: 0.35 };
const ALARM_MS = [80, 60, 80];
const BEAT_MS = 30;
export const MODES = { off: "No sound", beat: "Tick on target", pitch: "Pitch of each step" };

export class Sounds {
  /** @type {?AudioContext} */
  audio = null;
  mode = "off";
  volume = 0.5;
  vibrates = false;

  /** Whether this phone can vibrate. */
  static get canVibrate() {
    return typeof navigator.vibrate === "function";
  }

  /** Ask for a mode, by a press: browsers let nothing sound before one. Resolves when it can be heard. */
  async ask(mode) {
    this.mode = mode;
    if (mode === "off") return this.audio?.suspend();
    this.audio ??= new AudioContext({ latencyHint: 0 }); // the least that the device has: "interactive" is several times that
    return this.audio.resume();
  }

  /** A step ended: `place` is "in", "low" or "high", `part` where it is on the gauge, 0 to 1. Seconds until it is heard, or null. */
  step(place, part) {
    if (this.vibrates && place === "in") navigator.vibrate(BEAT_MS);
    if (this.mode === "beat" && place === "in") return this.#play(BEAT.hz, BEAT.s);
    return this.mode === "pitch" ? this.#play(PITCH.low * 2 ** (PITCH.octaves * part), PITCH.s) : null;
  }

  /** A limit was passed. */
  alarm() {
    if (this.vibrates) navigator.vibrate(ALARM_MS);
    return this.mode === "off" ? null : this.#play(ALARM.hz, ALARM.s, "square");
  }

  /** @param {OscillatorType} type */
  #play(hz, seconds, type = "sine") {
    const { audio } = this;
    if (!audio || audio.state !== "running") return null;
    const [source, gain] = [audio.createOscillator(), audio.createGain()];
    Object.assign(source, { type });
    source.frequency.value = hz;
    gain.gain.setValueAtTime(Math.max(0.001, this.volume), audio.currentTime);
    gain.gain.exponentialRampToValueAtTime(0.001, audio.currentTime + seconds);
    source.connect(gain).connect(audio.destination);
    source.start();
    source.stop(audio.currentTime + seconds);
    return (audio.baseLatency || 0) + (audio.outputLatency || 0);
  }
}
