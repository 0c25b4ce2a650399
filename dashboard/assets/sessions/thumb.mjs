// A live card of the home page: a small picture at 5 Hz, the time since the start, and one number.

import { Feed } from "../feed/feed.mjs";
import { PressureMap } from "../map/pressuremap.mjs";
import { fixedScale } from "../map/sensor.mjs";
import { WorkoutFeed } from "../feed/workout.mjs";
import { roundUp } from "../curves/strips.mjs";
import { oneNumber } from "../live/tiles.mjs";
import { age, elapsed, number } from "../core/words.mjs";

const DRAW_MS = 200;

export class LiveCard {
  constructor(root) {
    this.root = root;
    this.workout = new WorkoutFeed();
    this.map = new PressureMap(root.querySelector("canvas"), { labels: false, marks: false });
    this.high = 0;
    this.feed = new Feed(`/feed/${encodeURIComponent(root.dataset.workout)}?rate_hz=5`, {
      workout: this.workout,
      onMessage: (message) => this.workout.take(message) && this.map.setSensors(this.workout.sensors),
      onOver: () => {}, // the list is made anew by itself
    });
    this.timer = setInterval(() => this.#draw(), DRAW_MS);
  }

  close() {
    clearInterval(this.timer);
    this.feed.close();
  }

  #draw() {
    const { workout, map } = this;
    map.take(workout);
    this.high = Math.max(this.high, roundUp(map.highest));
    map.max = fixedScale(workout.sensors) ?? this.high;
    map.draw();
    this.#write();
  }

  #write() {
    const slot = (name) => this.root.querySelector(`[data-slot="${name}"]`);
    const { workout, map } = this;
    const ageUs = this.feed.clock.now() * 1000 - workout.newest;
    const state = workout.freshness(ageUs);
    slot("pill").dataset.state = state;
    slot("pill-text").textContent = { live: "Live", waiting: "Waiting" }[state] ?? `Stale ${age(ageUs / 1e6)}`;
    const started = workout.state?.first_us;
    if (started && Number.isFinite(workout.newest)) {
      slot("elapsed").textContent = elapsed((workout.newest - started) / 1e6);
    }
    const calibrated = workout.sensors.some((sensor) => sensor.calibrated);
    const [value, unit] = oneNumber(workout, calibrated);
    slot("value").textContent = state === "gone" || state === "waiting" ? "–" : number(value);
    slot("unit").textContent = unit;
    map.canvas.setAttribute("aria-label", map.describe() || "No frames yet.");
  }
}
