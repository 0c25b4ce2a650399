// A simulated walk on two insoles: 60 × 21 cells of 5 mm, 75 kg, 110 steps a minute. The same time gives the same cells.

export const [ROWS, COLS, PITCH_MM, KPA_PER_COUNT] = [60, 21, 5, 0.1];
export const SIDES = /** @type {const} */ (["left", "right"]);
const [WEIGHT_N, STRIDE_S, DUTY] = [75 * 9.80665, 120 / 110, 0.62];
const N_PER_COUNT = (KPA_PER_COUNT * PITCH_MM ** 2) / 1000; // kPa · mm² / 1000

// From the inner edge and from the heel, as parts of width and length: middle, spread, and the load at a phase of a stance.
const PARTS = [
  { x: 0.5, y: 0.14, sx: 0.17, sy: 0.07, load: (p) => 1 - rise(p, 0.15, 0.6) },
  { x: 0.68, y: 0.42, sx: 0.12, sy: 0.13, load: (p) => 0.35 * rise(p, 0.05, 0.3) * (1 - rise(p, 0.55, 0.85)) },
  { x: 0.3, y: 0.72, sx: 0.13, sy: 0.06, load: (p) => 0.9 * rise(p, 0.2, 0.6) },
  { x: 0.66, y: 0.68, sx: 0.15, sy: 0.06, load: (p) => 0.7 * rise(p, 0.15, 0.5) * (1 - 0.6 * rise(p, 0.75, 1)) },
  { x: 0.27, y: 0.91, sx: 0.09, sy: 0.045, load: (p) => 0.9 * rise(p, 0.45, 0.85) },
];
// Where the sole is: ellipses of the heel, the midfoot and the forefoot.
const SOLE = [[0.5, 0.15, 0.34, 0.15], [0.55, 0.42, 0.3, 0.3], [0.48, 0.76, 0.48, 0.24]];

function rise(p, from, to) {
  const x = Math.min(1, Math.max(0, (p - from) / (to - from)));
  return x * x * (3 - 2 * x);
}

function place(side, cell) {
  const column = (cell % COLS) + 0.5;
  return [(side === "right" ? column : COLS - column) / COLS, 1 - (Math.floor(cell / COLS) + 0.5) / ROWS];
}

const cells = Array.from({ length: ROWS * COLS }, (_, cell) => cell);
const inside = (/** @type {number[]} */ [x, y]) => SOLE.some(([cx, cy, rx, ry]) => ((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2 <= 1);
const maskOf = (side) => cells.map((cell) => Number(inside(place(side, cell))));
const masks = { left: maskOf("left"), right: maskOf("right") };

// Each part's share of its own load in each cell: they sum to 1.
function shares(side, { x, y, sx, sy }) {
  const made = cells.map((cell) => {
    const [u, v] = place(side, cell);
    return masks[side][cell] * Math.exp(-0.5 * (((u - x) / sx) ** 2 + ((v - y) / sy) ** 2));
  });
  const sum = made.reduce((a, b) => a + b, 0);
  return made.map((one) => one / sum);
}
const patterns = Object.fromEntries(SIDES.map((side) => [side, PARTS.map((part) => shares(side, part))]));

/** The layout that a stream of a side is joined with. @param {"left" | "right"} side */
export function layout(side) {
  return {
    rows: ROWS, cols: COLS, dtype: "uint16", unit: "kPa", scale: KPA_PER_COUNT, pitch_mm: [PITCH_MM, PITCH_MM],
    mask: masks[side], x_axis: side, y_axis: "up", kind: "insole", side,
  };
}

/** The force under a foot in N, some seconds after the left heel struck for the first time. @param {"left" | "right"} side */
export function force(side, seconds) {
  const p = phase(side, seconds);
  return p < 1 ? Math.max(0, WEIGHT_N * (1.17 * Math.sin(Math.PI * p) + 0.4 * Math.sin(3 * Math.PI * p))) : 0;
}

// Of the stance, 0 to 1; beyond 1 the foot is in the air.
function phase(side, seconds) {
  const stride = seconds / STRIDE_S + (side === "right" ? 0.5 : 0);
  return (stride - Math.floor(stride)) / DUTY;
}

/** The cells of a foot at a time, counts of 0.1 kPa, row by row from the toes. @param {"left" | "right"} side */
export function frame(side, seconds) {
  const [p, newtons, counts] = [phase(side, seconds), force(side, seconds), new Uint16Array(ROWS * COLS)];
  if (!newtons) return counts;
  const loads = PARTS.map(({ load }) => load(p));
  const sum = loads.reduce((a, b) => a + b, 0);
  for (const cell of cells) {
    let share = 0;
    patterns[side].forEach((pattern, part) => (share += (loads[part] / sum) * pattern[cell]));
    counts[cell] = Math.round((newtons * share) / N_PER_COUNT);
  }
  return counts;
}
