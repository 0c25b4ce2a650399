// What turns a cell's stored value into a measured one where a line does not: barograph/curve.py, in the same numbers.

const FORMULAS = {
  polynomial: ([a, b, c = 0, d = 0], x) => a + x * (b + x * (c + x * d)),
  power: ([a, b], x) => a * x ** b,
  exponential: ([a, b, c], x) => a * Math.exp(b * x) + c,
};

/**
 * What a layout makes of stored values before gain and zero: `of(stored, cell)`, NaN beyond the end of its curve;
 * `most(cell)` where the largest reading lies. Null of a layout without a curve.
 */
export function bending({ curve, cell_factors: factors, scale = 1 }, mostStored) {
  if (!curve) return null;
  const { kind, numbers, until = Infinity } = curve;
  const row = (cell) => numbers[numbers.length > 1 ? cell : 0];
  const end = (cell) => (kind === "table" ? row(cell).at(-2) : until);
  const at = kind === "table" ? interpolated : (points, x) => FORMULAS[kind](points, Math.max(x, 0));
  const factor = (cell) => factors?.[cell] ?? 1;
  const of = (stored, cell) => {
    const x = stored * factor(cell);
    return x > end(cell) ? NaN : at(row(cell), x);
  };
  const falls = at(row(0), Math.min(end(0), mostStored * factor(0), 1e6)) < at(row(0), 0) !== scale < 0;
  const most = (cell) => {
    if (falls) return of(0, cell);
    const last = end(cell) / factor(cell); // which must not come to lie beyond the end by rounding
    if (mostStored < Infinity) return of(Math.min(mostStored, Math.floor(last * (1 + 1e-12))), cell);
    return last < Infinity ? of(last * (1 - 1e-12), cell) : Infinity;
  };
  return { of, most };
}

// On the lines between x0, y0, x1, y1, …; before the first point that point's y.
function interpolated(points, x) {
  if (Number.isNaN(x) || x <= points[0]) return Number.isNaN(x) ? NaN : points[1];
  let next = 2;
  while (points[next] < x) next += 2;
  const [x0, y0, x1, y1] = points.slice(next - 2, next + 2);
  return y0 + ((y1 - y0) / (x1 - x0)) * (x - x0);
}
