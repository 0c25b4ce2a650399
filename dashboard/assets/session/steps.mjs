// One step of the cursor: one whole frame of the stream that leads. Two feet that are sampled in turn have a frame each
// in a step, not half of one; of streams of unlike rates the fastest leads, and the others show their newest frame.

const ALIKE = 1.05; // so much longer an interval is the same rate
const GAP = 1.5; // so many intervals without a frame of the leader: the others have theirs

/** The moment of the next frame (`way` 1) or the last one (−1) from a moment, µs; NaN where there is none at hand. */
export function stepped(lines, at, way) {
  const rings = lines.map(({ ring }) => ring).filter(({ size }) => size > 0);
  const usual = (ring) => ring.interval() || Infinity;
  const fastest = Math.min(...rings.map(usual));
  const leader = rings.find((ring) => usual(ring) <= ALIKE * fastest);
  if (!leader) return NaN;
  const own = beside(leader, at, way);
  const shown = way > 0 ? beside(leader, at + 1, -1) : at;
  if (Math.abs(own - (Number.isFinite(shown) ? shown : at)) <= GAP * fastest) return own;
  const all = rings.map((ring) => beside(ring, at, way)).filter(Number.isFinite);
  return all.length ? all.reduce((a, b) => (Math.abs(b - at) < Math.abs(a - at) ? b : a)) : NaN;
}

// The frame after a moment, or the one before it.
function beside(ring, at, way) {
  const i = ring.countBefore(way > 0 ? at + 0.5 : at - 0.5) - (way > 0 ? 0 : 1);
  return i >= 0 && i < ring.size ? ring.times[ring.slot(i)] : NaN;
}
