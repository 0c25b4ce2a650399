// Places of a chart and their words, as the server wrote them (dashboard/drawing/crosshair.py); without a browser.

const FAR = 10; // places that an arrow key goes with Shift
const KEYS = { ArrowLeft: -1, ArrowRight: 1 };

/** Places of a drawing as wide as its place are shares of its width: the same in units of the drawing. */
export function wide(said, width) {
  if (!said.share) return said;
  const [left, top, across, height] = said.box;
  return { ...said, at: said.at.map((share) => share * width), box: [left * width, top, across * width, height] };
}

/** The nearest place to a point: across alone where lines share an axis, else in the plane. */
export function nearest(said, [x, y]) {
  const up = said.x.length ? null : said.lines[0].at;
  let best = 0;
  let least = Infinity;
  said.at.forEach((across, i) => {
    const far = Math.hypot(across - x, up ? up[i] - y : 0);
    if (far < least) [best, least] = [i, far];
  });
  return best;
}

/** What is said at a place: [[colour, name, value], …] below a head, which may be "". */
export function wordsAt(said, place) {
  const lines = said.lines.filter((line) => line.at[place] !== null);
  return { head: said.x[place] ?? "", lines: lines.map((line) => [line.colour, line.name, line.says[place]]) };
}

/** The place that a key goes to from a place, or from none; null for another key. */
export function goalOf({ key, shiftKey }, from, last) {
  if (key === "Home") return 0;
  if (key === "End") return last;
  if (!(key in KEYS)) return null;
  if (from === null) return key === "ArrowLeft" ? last : 0;
  return Math.max(0, Math.min(last, from + KEYS[key] * (shiftKey ? FAR : 1)));
}
