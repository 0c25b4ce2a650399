// Says when a page that the server makes anew again and again is not made anew any more: old numbers never look new.
// By this clock alone, so that one that is a day off says the same.

const SILENT_MS = 12_000;
const LOOK_MS = 1_000;

export class Silence {
  constructor(now) {
    this.at = now;
    this.look = undefined;
  }

  // Whether the page has been silent for too long, given the mark of its newest answer.
  heard(look, now) {
    if (look !== this.look) {
      this.look = look;
      this.at = now;
    }
    return now - this.at > SILENT_MS;
  }
}

export class Still {
  constructor(root) {
    this.root = root;
    this.silence = new Silence(performance.now());
    this.timer = setInterval(() => this.check(), LOOK_MS);
  }

  check() {
    const look = this.root.querySelector("[data-look]")?.dataset.look;
    const silent = this.silence.heard(look, performance.now());
    this.root.dataset.offline = silent;
    this.root.querySelector("[data-slot=offline]").hidden = !silent;
  }

  close() {
    clearInterval(this.timer);
  }
}
