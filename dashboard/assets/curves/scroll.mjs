// A picture that moves left with time. Drawing thirty seconds of curves costs a software renderer 15 ms; so what is
// drawn is kept and shifted by whole pixels, and only the newest columns are drawn anew.

export const MARGIN_PX = 16; // columns that may still get samples: streams do not arrive at the same instant
const WHOLE_MS = 5_000; // what arrived later than that appears with the next whole picture

export class ScrollLayer {
  #key = null;
  #end = 0;
  #wholeAt = -Infinity;

  constructor() {
    this.canvas = new OffscreenCanvas(1, 1);
    this.context = /** @type {OffscreenCanvasRenderingContext2D} */ (this.canvas.getContext("2d"));
  }

  /** Draw everything next time. */
  invalidate() {
    this.#key = null;
  }

  /**
   * Make the picture end at pixel column `end` (counted since 1970). Says from which of its columns it has to be
   * drawn again; these are cleared. `key` changes whenever old columns are of no use; in the last `margin` columns
   * samples may still come.
   */
  move(width, height, end, key, now, margin = MARGIN_PX) {
    const shift = end - this.#end;
    const whole = key !== this.#key || shift < 0 || shift + margin >= width || now - this.#wholeAt > WHOLE_MS;
    this.#end = end;
    if (!whole) return this.#shift(shift + margin, shift, width, height);
    this.#key = key;
    this.#wholeAt = now;
    Object.assign(this.canvas, { width, height }); // clears
    return 0;
  }

  #shift(fresh, shift, width, height) {
    const { context } = this;
    if (shift > 0) {
      context.globalCompositeOperation = "copy";
      context.drawImage(this.canvas, -shift, 0);
      context.globalCompositeOperation = "source-over";
    }
    const from = Math.max(0, width - fresh);
    context.clearRect(from, 0, width - from, height);
    return from;
  }
}
