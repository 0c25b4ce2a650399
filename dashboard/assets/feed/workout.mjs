// One workout as the feed tells it: sensors, rings of statistics, the newest frame of each stream, counts and state.
// It holds data and draws nothing, so that the live page and the cards of the home page share it.
// The frames of the last moments are kept, so that a picture can be of the moment of the numbers beside it.

import { Ring } from "./ring.mjs";
import { Sensor } from "../map/sensor.mjs";

const CAPACITY = 16_384;
const TRAIL_US = 750_000;
const STALE_US = 1_000_000;
const GONE_US = 10_000_000;
const KEPT_US = 1_500_000; // of frames
const MOST_BLOCKS = 128;

export class WorkoutFeed {
  constructor() {
    // name → {sensor, ring, blocks, frame: {frames, index, time} | null, shown: the frame that is drawn,
    //         extra: Map(key → ring of a column of choice)}
    this.streams = new Map();
    this.state = null;
    this.numbers = null; // what the hub counted
    this.tiles = null; // and of what: gait, stand, plain
    this.markers = [];
  }

  get sensors() {
    return [...this.streams.values()].map((stream) => stream.sensor);
  }

  get lines() {
    return [...this.streams.values()];
  }

  /** A JSON message of the feed; true when the sensors changed. */
  take(message) {
    // The ingest announces that there is a layout; the dashboard says which.
    if (message.type === "layout") return message.layout ? this.#layout(message) : false;
    if (message.type === "state") this.state = message;
    if (message.type === "numbers") [this.numbers, this.tiles] = [message.values, message.tiles];
    if (message.type === "status") this.#device(message);
    if (message.type === "marker" && !this.#hasMarker(message)) this.markers.push(message);
    return false;
  }

  #device(message) {
    const stream = this.streams.get(message.stream);
    if (stream) stream.device = message;
  }

  #hasMarker({ t_us: time, label }) {
    return this.markers.some((marker) => marker.t_us === time && marker.label === label);
  }

  #layout({ stream, layout, columns, regions }) {
    const old = this.streams.get(stream)?.sensor;
    if (old && JSON.stringify(old.layout) === JSON.stringify(layout)) return false;
    const sensor = new Sensor(stream, layout, columns, regions);
    this.streams.set(stream, { sensor, ring: new Ring(columns, CAPACITY), blocks: [], frame: null, shown: null, extra: new Map() });
    return true;
  }

  /** A Block: its statistics go into the ring, its last frame is the newest picture. */
  takeBlock(block) {
    const stream = this.streams.get(block.header.stream);
    if (!stream) return;
    if (block.header.type === "column") {
      const column = this.column(stream, block.header.key);
      if (column.clockWasSetBack(block)) column.clear();
      column.append(block);
      return;
    }
    if (stream.ring.clockWasSetBack(block)) this.#beginAnew(stream);
    stream.ring.append(block);
    const index = block.times.length - 1;
    const time = block.times[index];
    if (block.frames && time > (stream.frame?.time ?? -Infinity)) {
      stream.frame = { frames: block.frames, index, time };
      keep(stream.blocks, block);
    }
  }

  // A device's clock was set back: what is here is dated after all that comes. Nothing stored is lost by it.
  #beginAnew(stream) {
    for (const one of [stream.ring, ...stream.extra.values()]) one.clear();
    Object.assign(stream, { blocks: [], frame: null });
  }

  /** Show each stream as it was at a moment, µs, as far back as frames are kept. */
  show(time) {
    for (const stream of this.lines) stream.frame = newest(stream.blocks, time) ?? stream.frame;
  }

  /** The ring of a column of choice, made when it is first needed. */
  column(stream, key) {
    if (!stream.extra.has(key)) stream.extra.set(key, new Ring([key], CAPACITY));
    return stream.extra.get(key);
  }

  /** Forget the columns of choice that are not among these. */
  keepColumns(keys) {
    for (const { extra } of this.lines) {
      for (const key of extra.keys()) if (!keys.includes(key)) extra.delete(key);
    }
  }

  /** After a lost connection the last seconds come again, whole. */
  clear() {
    for (const stream of this.lines) {
      for (const one of [stream.ring, ...stream.extra.values()]) one.clear();
      stream.blocks = [];
    }
    this.markers = [];
  }

  /** Time of the newest sample or frame, in µs; −Infinity before the first. */
  get newest() {
    return Math.max(...this.lines.map(({ ring, frame }) => Math.max(ring.last, frame?.time ?? -Infinity)), -Infinity);
  }

  /** "waiting", "live", "stale" or "gone" for data of this age; a slow sensor is not stale between two frames. */
  freshness(ageUs) {
    if (!Number.isFinite(ageUs)) return "waiting";
    const usual = Math.max(0, ...this.lines.map(({ ring }) => ring.interval() || 0));
    if (ageUs > Math.max(GONE_US, 30 * usual)) return "gone";
    return ageUs > Math.max(STALE_US, 3 * usual) ? "stale" : "live";
  }

  /** The centre of pressure now, and the way it took in this stance, at most 0.75 s back; relative places have one too. */
  trail({ sensor, ring, frame }) {
    const [x, y] = ["x", "y"].map((axis) => ring.values[ring.index.get(sensor.column(axis) ?? `cop_${axis}_rel`)]);
    if (!x || !y || !frame) return [];
    const points = [];
    for (let i = ring.size - 1; i >= 0; i--) {
      const at = ring.slot(i);
      if (ring.times[at] > frame.time) continue;
      if (ring.times[at] < frame.time - TRAIL_US || Number.isNaN(x[at]) || Number.isNaN(y[at])) break;
      points.push([x[at], y[at]]);
    }
    return points.reverse();
  }
}

function keep(blocks, block) {
  blocks.push(block);
  const oldest = block.times.at(-1) - KEPT_US;
  while (blocks.length > MOST_BLOCKS || (blocks.length > 1 && blocks[1].times[0] < oldest)) blocks.shift();
}

/** The last frame at or before a time in blocks that are in order. */
export function newest(blocks, time) {
  /** @type {?{frames: any, index: number, time: number}} */
  let found = null;
  for (const { frames, times } of blocks) {
    if (times[0] > time) break;
    for (let index = 0; index < times.length && times[index] <= time; index++) found = { frames, index, time: times[index] };
  }
  return found;
}
