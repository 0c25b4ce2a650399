// The outlines of a sensor's regions, in its cells: fetched once a stream, when the first of them is to be drawn.

import { outlineOf } from "./sensor.mjs";

const RETRY_MS = 5_000;

export class RegionShapes {
  #of = new Map(); // stream → {layout, shapes: Map(region → loops) | null, at}

  /** `onLoaded()`: there are outlines that can be drawn. */
  constructor(workoutId, onLoaded) {
    this.path = `/data/${encodeURIComponent(workoutId)}`;
    this.onLoaded = onLoaded;
  }

  /** The loops of a region, or null while they are not here. */
  of(sensor, region) {
    const known = this.#of.get(sensor.stream);
    if (known?.layout === sensor.layout && known.shapes) return known.shapes.get(region) ?? null;
    const now = performance.now();
    if (known?.layout !== sensor.layout || now - known.at > RETRY_MS) void this.#fetch(sensor, now);
    return null;
  }

  async #fetch(sensor, now) {
    const { stream, layout } = sensor;
    /** @type {{layout: any, shapes: ?Map<string, any>, at: number}} */
    const entry = { layout, shapes: null, at: now };
    this.#of.set(stream, entry);
    try {
      const answer = await fetch(`${this.path}/${encodeURIComponent(stream)}/regions`);
      if (!answer.ok) return; // the archive is away: it is asked again
      const { regions } = await answer.json();
      entry.shapes = new Map(Object.entries(regions).map(([name, cells]) => [name, loops(cells, sensor)]));
      this.onLoaded();
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
    }
  }
}

function loops(cells, sensor) {
  if (sensor.picture) return cells.map((cell) => sensor.corners(cell));
  const inside = new Uint8Array(sensor.rows * sensor.cols);
  for (const cell of cells) inside[cell] = 1;
  return outlineOf(inside, sensor.rows, sensor.cols);
}
