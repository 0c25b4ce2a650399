// A frame and a curve of what is going to be imported, drawn without the page's own maps: there is no stream yet.

import { STEPS, colours } from "../map/colourtable.mjs";
import { number } from "../core/words.mjs";

const MAP = "viridis";

/** Draws rows of cells, missing ones null, each cell a square; the largest value is the top of the scale. */
export function drawCells(canvas, picture, most = 220) {
  const [rows, cols] = [picture.length, picture[0]?.length ?? 0];
  const largest = Math.max(...picture.flat().filter((value) => value !== null), 0);
  const side = Math.max(1, Math.floor(Math.min(most / rows, most / cols)));
  Object.assign(canvas, { width: cols, height: rows });
  Object.assign(canvas.style, { width: `${cols * side}px`, height: `${rows * side}px`, imageRendering: "pixelated" });
  const image = canvas.getContext("2d").createImageData(cols, rows);
  const table = [...colours(MAP, 1, "counts")];
  const out = new Uint32Array(image.data.buffer);
  picture.flat().forEach((value, i) => {
    if (value === null || !largest) return;
    const [red, green, blue] = table[Math.round((Math.max(value, 0) / largest) * (STEPS - 1))];
    out[i] = 0xff000000 | (blue << 16) | (green << 8) | red;
  });
  canvas.getContext("2d").putImageData(image, 0, 0);
}

/** The markup of a curve over seconds with its axes. */
export function curve([seconds, values], unit) {
  const [wide, high, left, below] = [520, 150, 46, 20];
  const [end, top] = [seconds.at(-1) || 1, Math.max(...values, 0) || 1];
  const x = (s) => left + ((wide - left - 4) * s) / end;
  const y = (v) => high - below - ((high - below - 10) * Math.max(v, 0)) / top;
  const points = seconds.map((s, i) => `${x(s).toFixed(1)},${y(values[i]).toFixed(1)}`).join(" ");
  const ticks = [0, 0.5, 1].map((part) => `<path d="M${left} ${y(part * top)}H${wide}" class="look-grid"/>
    <text x="${left - 6}" y="${y(part * top) + 4}" text-anchor="end">${number(part * top, top < 10 ? 1 : 0)}</text>`);
  const times = [0, 0.5, 1].map((part) => `<text x="${x(part * end)}" y="${high - 4}"
    text-anchor="${part === 1 ? "end" : part ? "middle" : "start"}">${number(part * end, end < 10 ? 2 : 0)}${part === 1 ? " s" : ""}</text>`);
  return `<svg viewBox="0 0 ${wide} ${high}" role="img" aria-label="Sum of the cells over time, ${unit}">${ticks.join("")}${times.join("")}
    <polyline points="${points}" class="look-curve"/></svg>`;
}
