// Numbers and times as people read them: a narrow no-break space between thousands, − for minus, – for what is not known.

const THIN = "\u202f";

export function number(value, digits = 0) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  const [whole, part] = Math.abs(value).toFixed(digits).split(".");
  const grouped = whole.length > 3 ? whole.replace(/\B(?=(\d{3})+$)/g, THIN) : whole;
  const zero = Number(whole) === 0 && Number(part ?? 0) === 0;
  return `${value < 0 && !zero ? "−" : ""}${grouped}${part ? `.${part}` : ""}`;
}

/** 3.4 s, 47 s, 12:47, 1:02:11. */
export function age(seconds) {
  if (!Number.isFinite(seconds)) return "–";
  if (seconds < 10) return `${Math.max(0, seconds).toFixed(1)} s`;
  return seconds < 60 ? `${Math.floor(seconds)} s` : elapsed(seconds);
}

/** 0:38, 12:47, 1:02:11. */
export function elapsed(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (value) => String(value).padStart(2, "0");
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** 14:06:12, of a time in µs since 1970. */
export function timeOfDay(us) {
  return new Date(us / 1000).toLocaleTimeString("en-GB");
}

/** How far behind live: −0:45.9. */
export function behind(seconds) {
  const tenths = Math.max(0, Math.floor(seconds * 10 + 1e-6));
  return `−${elapsed(tenths / 10)}.${tenths % 10}`;
}

/** Time since the start of a session with milliseconds: 08:47.710. */
export function moment(seconds) {
  const ms = Math.max(0, Math.round(seconds * 1000));
  const two = (value) => String(value).padStart(2, "0");
  const [h, m] = [Math.floor(ms / 3_600_000), Math.floor(ms / 60_000) % 60];
  const s = (ms % 60_000) / 1000;
  return `${h ? `${h}:` : ""}${two(m)}:${two(Math.floor(s))}.${String(Math.round((s % 1) * 1000)).padStart(3, "0")}`;
}

export function nameOf(sensor) {
  return sensor.side ? { left: "Left", right: "Right" }[sensor.side] : sensor.stream;
}

/** One sentence about a sensor's picture; `shownAs` says what a value of a unit is shown as. */
export function spoken(sensor, peak, shownAs = (unit) => ({ factor: 1, unit, digits: 0 })) {
  if (!peak) return `${nameOf(sensor)}: no load.`;
  const { factor, unit, digits } = shownAs(sensor.unit);
  return `${nameOf(sensor)}: highest ${number(peak.value * factor, digits)} ${unit} ${placeOf(sensor, peak.index)}.`;
}

// In words, where a cell lies: a cell that has a name, or no place, is called by it or by its number.
function placeOf(sensor, cell) {
  const { geometry } = sensor.layout;
  if (geometry?.names) return `at ${geometry.names[cell]}`;
  if (geometry?.places === "none") return `in cell ${cell + 1}`;
  const down = sensor.middle(cell)[1] / sensor.high;
  return `in the ${down < 1 / 3 ? "front" : down < 2 / 3 ? "middle" : "back"} third`;
}
