// What the page of one athlete computes: moments along a timeline, and what a form sends.

const DAY_US = 86_400_000_000;

/** Two places of a pointer on a strip, in order and within it. */
export function spanOf(from, to, width) {
  const within = (x) => Math.max(0, Math.min(width, x));
  return [within(Math.min(from, to)), within(Math.max(from, to))];
}

/** The moment, µs, at a share of a time; its end lies before the day after it begins. */
export function momentAt(share, [firstUs, stopUs]) {
  return Math.min(stopUs - 1, firstUs + share * (stopUs - firstUs));
}

/** The calendar day of a moment, UTC, as 2026-05-14. */
export function dayOf(us) {
  return new Date(Math.floor(us / DAY_US) * (DAY_US / 1000)).toISOString().slice(0, 10);
}

/** Which of the dots comes next in time by an arrow key; null where the key is none, or there is no further one. */
export function nextDot(times, at, key) {
  const order = times.map((_, i) => i).sort((a, b) => times[a] - times[b] || a - b);
  const place = order.indexOf(at);
  const next = { ArrowLeft: place - 1, ArrowRight: place + 1, Home: 0, End: order.length - 1 }[key];
  return next === undefined ? null : (order[next] ?? null);
}

/** What a form sends: `dataset` of the form, what stands in its fields, and whether it takes something away. */
export function sent(dataset, fields, remove) {
  const teams = fields.getAll("teams");
  const texts = Object.fromEntries([...fields].filter(([name]) => name !== "teams" && name !== "remove"));
  const change = { act: dataset.actOf, revision: Number(dataset.revision), fields: texts, teams, remove };
  const corrects = dataset.at !== undefined && dataset.actOf !== "consent";
  return corrects ? { ...change, at: Number(dataset.at) } : change;
}
