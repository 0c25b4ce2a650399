// Units as the viewer likes them: N, kgf or % of body weight; kPa, N/cm² or mmHg. Kept by this browser.
// Whatever is stored, sent and computed stays in N and kPa; only what is shown is turned.

const KEY = "barograph.units";
const GRAVITY = 9.80665;

/** What one newton and one kilopascal are in each unit; body weight needs a mass. */
const FORCE = { N: () => 1, kgf: () => 1 / GRAVITY, "% BW": (mass) => 100 / (mass * GRAVITY) };
const PRESSURE = { kPa: () => 1, "N/cm²": () => 0.1, mmHg: () => 1 / 0.133322387 };
export const CHOICES = { force: Object.keys(FORCE), pressure: Object.keys(PRESSURE) };
const TABLES = { force: FORCE, pressure: PRESSURE };
const NONE = { getItem: () => null }; // outside a browser
const UNIT = /^(k?)(N|kPa)($|·.*|\/s.*)$/; // "kN/s": thousand, force, "/s"

/** Both choices, from whatever was kept; what nobody knows becomes N and kPa. */
export function chosen(storage = globalThis.localStorage ?? NONE) {
  const kept = parsed(storage.getItem(KEY));
  return {
    force: CHOICES.force.includes(kept.force) ? kept.force : "N",
    pressure: CHOICES.pressure.includes(kept.pressure) ? kept.pressure : "kPa",
  };
}

export function choose(kind, unit, storage = localStorage) {
  storage.setItem(KEY, JSON.stringify({ ...chosen(storage), [kind]: unit }));
}

/** How values in `unit` are shown: a factor, the name, and how many more digits are worth showing. */
export function shownAs(unit, { force, pressure }, mass = NaN) {
  const [, thousand, base, rest] = UNIT.exec(unit) ?? [];
  const kind = { N: "force", kPa: "pressure" }[base];
  const wanted = { force, pressure }[kind];
  const factor = kind && wanted !== base ? TABLES[kind][wanted](mass) * (thousand ? 1000 : 1) : 1;
  if (!kind || wanted === base || !Number.isFinite(factor)) return { factor: 1, unit, digits: 0 };
  return { factor, unit: wanted + rest, digits: factor < 0.5 ? 1 : 0 };
}

/** A sentence with its pressures as they are shown; `shown(unit)` says how. */
export function turned(text, shown) {
  const { factor, unit } = shown("kPa");
  return text.replace(/(\d+(?:\.\d+)?) kPa\b/g, (_, value) => `${Number((value * factor).toPrecision(3))} ${unit}`);
}

/** Why values cannot be shown in `unit`, in words; null where they can. */
export function lacking(unit, mass = NaN) {
  return unit === "% BW" && !(mass > 0) ? "% BW needs the athlete’s mass, which this workout does not say." : null;
}

function parsed(text) {
  try {
    const value = JSON.parse(text ?? "{}");
    return value && typeof value === "object" ? value : {};
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}
