// One sensor's values as a picture of cells that are no grid: a path a cell, filled with its colour, on a bed that reaches
// a little beyond them. Only cells whose colour changed are filled anew. What `Heat` is to a grid, this is to cells: it
// is read and painted alike.

import { LAST, pixels, token } from "./colour.mjs";
import { isSmooth } from "./nearest.mjs";
import { SmoothCells } from "./smoothcells.mjs";
import { CELLS } from "../core/tables.mjs";
import { number } from "../core/words.mjs";

const TEXT_PX = 11;
const NONE = -2;

export class Cells {
  masked = true; // it has its own edge
  odd = false; // has a cell that is dead or saturated

  /** `fine` device pixels a unit of the picture; `ratio` of them are a CSS pixel. */
  constructor(sensor, fine, ratio) {
    this.sensor = sensor;
    this.fine = fine;
    this.ratio = ratio;
    const { wide, high, valid } = sensor;
    this.values = new Float32Array(valid.length);
    this.canvas = new OffscreenCanvas(Math.max(1, Math.ceil(wide * fine)), Math.max(1, Math.ceil(high * fine)));
    this.context = /** @type {OffscreenCanvasRenderingContext2D} */ (this.canvas.getContext("2d"));
    this.paths = Array.from(valid, (_, i) => pathThrough([sensor.corners(i)], fine));
    this.drawn = new Int32Array(valid.length).fill(NONE);
    this.look = "";
    this.numbered = valid.length <= CELLS.few;
    /** @type {?{index: number, value: number}} */
    this.peak = null;
    /** @type {?SmoothCells} */
    this.smooth = null;
    /** @type {?OffscreenCanvas} */
    this.bed = null;
  }

  /** Smooth them or not, as the layers say, else by how many there are; without places nothing lies between. */
  setLayers(layers) {
    const wanted = isSmooth(this.sensor, layers);
    if (wanted === Boolean(this.smooth)) return;
    this.smooth = wanted ? new SmoothCells(this.sensor) : null;
    this.look = "";
  }

  /** Take a frame; says where its largest cell is. */
  read(frames, frame) {
    const { peak, odd } = this.sensor.look(frames, frame, this.values);
    this.peak = peak;
    this.odd = odd;
    return this.peak;
  }

  /** Draw what was read; `shownAs` says what a value of the sensor's unit is shown as. */
  paint(map, max, shownAs) {
    const { context, sensor, values, drawn, paths } = this;
    const table = pixels(map, max, sensor.unit);
    const shown = shownAs(sensor.unit);
    const look = [map, max, token("bed"), shown.factor].join();
    if (look !== this.look) this.#ground();
    else if (this.numbered || this.smooth) this.#again();
    this.look = look;
    if (this.smooth) {
      this.#drawSmooth(this.smooth, map, max);
      return;
    }
    for (let i = 0; i < paths.length; i++) {
      const value = values[i];
      const at = Number.isNaN(value) ? -1 : Math.min(Math.max(Math.floor((value * LAST) / max), 0), LAST);
      if (at === drawn[i] || !sensor.valid[i]) continue;
      drawn[i] = at;
      context.fillStyle = at < 0 ? token("bed") : css(table[at]);
      context.fill(paths[i]);
      context.stroke(paths[i]);
    }
    if (this.numbered) this.#numbers(shown, max);
  }

  // Within the cells, whose outlines stay, faintly; never across a cell without a value.
  #drawSmooth(smooth, map, max) {
    const { context, canvas, values, paths, sensor } = this;
    smooth.paint(values, map, max);
    const all = new Path2D();
    paths.forEach((path, i) => sensor.valid[i] && !Number.isNaN(values[i]) && all.addPath(path));
    context.save();
    context.clip(all);
    context.imageSmoothingEnabled = true;
    context.drawImage(smooth.canvas, 0, 0, canvas.width, canvas.height);
    context.restore();
    context.globalAlpha = 0.35;
    for (const path of paths) context.stroke(path);
    context.globalAlpha = 1;
  }

  #ground() {
    const { context, canvas, sensor, fine, ratio, paths } = this;
    context.clearRect(0, 0, canvas.width, canvas.height);
    this.drawn.fill(NONE);
    context.lineJoin = "round";
    const reach = 2 * sensor.picture.bed * fine;
    for (const [colour, width] of /** @type {[string, number][]} */ ([["bed-line", reach], ["bed", reach - 2 * ratio]])) {
      context.strokeStyle = context.fillStyle = token(colour);
      context.lineWidth = Math.max(width, 1);
      for (const path of paths) {
        context.stroke(path);
        context.fill(path);
      }
    }
    context.strokeStyle = token("bed");
    context.lineWidth = ratio;
    if (this.numbered || this.smooth) this.#keep();
  }

  // The bed costs more than all that lies on it, so it is drawn once and kept for what is drawn whole in every frame.
  #keep() {
    const { width, height } = this.canvas;
    this.bed ??= new OffscreenCanvas(width, height);
    const context = /** @type {OffscreenCanvasRenderingContext2D} */ (this.bed.getContext("2d"));
    context.clearRect(0, 0, width, height);
    context.drawImage(this.canvas, 0, 0);
  }

  #again() {
    if (!this.bed) return;
    this.context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    this.context.drawImage(this.bed, 0, 0);
    this.drawn.fill(NONE);
  }

  // On each cell, if it is large enough for it: white with a dark edge, which every colour carries.
  #numbers({ factor, digits }, max) {
    const { context, sensor, values, fine, ratio } = this;
    context.font = `600 ${TEXT_PX * ratio}px ${token("font")}`;
    context.textAlign = "center";
    context.lineWidth = 3 * ratio;
    context.strokeStyle = token("under-bed");
    context.fillStyle = token("on-bed");
    for (let i = 0; i < values.length; i++) {
      if (!sensor.valid[i] || Number.isNaN(values[i])) continue;
      const text = number(values[i] * factor, max * factor < 10 ? Math.max(1, digits) : digits);
      const across = sensor.corners(i).map(([x]) => x);
      if ((Math.max(...across) - Math.min(...across)) * fine < context.measureText(text).width) continue;
      const [x, y] = sensor.middle(i);
      context.strokeText(text, x * fine, y * fine + 4 * ratio);
      context.fillText(text, x * fine, y * fine + 4 * ratio);
    }
    context.strokeStyle = token("bed");
    context.lineWidth = ratio;
  }
}

/** A path along straight lines through corners, `scale` pixels a unit. */
export function pathThrough(loops, scale, scaleY = scale) {
  const path = new Path2D();
  for (const loop of loops) {
    loop.forEach(([x, y], i) => (i ? path.lineTo(x * scale, y * scaleY) : path.moveTo(x * scale, y * scaleY)));
    path.closePath();
  }
  return path;
}

// Pixels are stored the other way round: alpha, blue, green, red.
function css(pixel) {
  return `rgb(${pixel & 255} ${(pixel >> 8) & 255} ${(pixel >> 16) & 255})`;
}
