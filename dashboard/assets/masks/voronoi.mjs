// Which places are nearer to a point than to any other (Voronoi): of each point the others that it meets, and the line
// along which it meets them. Sensors have some hundred cells at most that are no grid, so each is cut out by itself.

const ROOM = 2; // of the largest distance between points: how far the cells at the edge reach

/** Of each point its neighbours, as [{other, ends: [[x, y], [x, y]]}, …]. */
export function voronoi(spots) {
  const [xs, ys] = [spots.map(([x]) => x), spots.map(([, y]) => y)];
  const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const room = ROOM * Math.max(right - left, bottom - top, 1);
  const frame = [[left - room, top - room], [right + room, top - room], [right + room, bottom + room], [left - room, bottom + room]];
  return spots.map((spot, cell) => {
    let sides = frame.map((from, i) => ({ from, to: frame[(i + 1) % 4], other: -1 }));
    for (const other of nearestFirst(spots, cell)) {
      const far = Math.max(...sides.map(({ from }) => Math.hypot(from[0] - spot[0], from[1] - spot[1])));
      if (Math.hypot(spots[other][0] - spot[0], spots[other][1] - spot[1]) > 2 * far) break;
      sides = cut(sides, spot, spots[other], other);
    }
    return sides.filter(({ other }) => other >= 0).map(({ other, from, to }) => ({ other, ends: [from, to] }));
  });
}

function nearestFirst(spots, cell) {
  const far = (i) => Math.hypot(spots[i][0] - spots[cell][0], spots[i][1] - spots[cell][1]);
  return spots.map((_, i) => i).filter((i) => i !== cell && far(i) > 0).sort((a, b) => far(a) - far(b) || a - b);
}

// What is left of a convex shape on the side of one point, when the other takes what is nearer to it.
function cut(sides, spot, taker, other) {
  const way = [taker[0] - spot[0], taker[1] - spot[1]];
  const half = (way[0] * (taker[0] + spot[0]) + way[1] * (taker[1] + spot[1])) / 2;
  const over = ([x, y]) => way[0] * x + way[1] * y - half; // above 0: the other's
  const kept = [];
  const ends = [];
  for (const { from, to, other: known } of sides) {
    const [a, b] = [over(from), over(to)];
    if (a <= 0 && b <= 0) kept.push({ from, to, other: known });
    if (a > 0 === b > 0) continue;
    const at = a / (a - b);
    const end = [from[0] + at * (to[0] - from[0]), from[1] + at * (to[1] - from[1])];
    ends.push(end);
    kept.push(a <= 0 ? { from, to: end, other: known, leaves: true } : { from: end, to, other: known });
  }
  if (ends.length < 2) return sides;
  const after = kept.findIndex((side) => "leaves" in side && side.leaves);
  const [leaving, entering] = [kept[after].to, kept[(after + 1) % kept.length].from];
  kept.splice(after + 1, 0, { from: leaving, to: entering, other });
  return kept.map(({ from, to, other: known }) => ({ from, to, other: known }));
}
