// One picture is of one moment. Columns of choice come a little after their frames (dashboard/feed/columns.py): a live
// picture that shows some waits for them, and runs behind by as much, evenly. One that shows none waits for nothing, and
// none waits for a column that stands still.

const LAG_US = 250_000; // a picture farther behind what is there than this jumps
const PATIENCE_US = 1_000_000;

export class Together {
  #at = -Infinity; // µs, the moment shown
  #now = 0;

  constructor(workout) {
    this.workout = workout;
  }

  /** The moment to show at this page time, ms: −Infinity before the first frame. Back only where a clock was set back. */
  advance(now) {
    const passedUs = Math.max(0, now - this.#now) * 1000;
    this.#now = now;
    const { newest } = this.workout;
    if (newest < this.#at - PATIENCE_US) this.#at = -Infinity;
    const here = this.#complete(newest);
    const evenly = here === null ? newest : Math.min(here, Math.max(this.#at + passedUs, here - LAG_US));
    this.#at = Math.max(evenly, this.#at);
    return this.#at;
  }

  // Up to which time every column of choice that moves is here; null without one.
  #complete(newest) {
    const columns = this.workout.lines.flatMap(({ extra }) => [...extra.values()].map((ring) => ring.last));
    const moving = columns.filter((last) => last > newest - PATIENCE_US);
    return moving.length ? Math.min(...moving) : null;
  }
}
