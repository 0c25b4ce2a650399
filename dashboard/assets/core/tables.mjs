// The tables that Python and the browser share, made by `python -m dashboard.tables`: change a value there.
// A test fails when this file is stale.

// m/s²
export const GRAVITY = 9.80665;

// Units of force that can be chosen.
export const FORCES = ["N", "kgf", "% BW"];

// One kilopascal in each unit of pressure that can be chosen.
export const PRESSURES = { kPa: 1, "N/cm²": 0.1, mmHg: 7.5006157818041475 };

// Decimals that a value has more than the same value in N or kPa.
export const MORE_DECIMALS = { N: 0, kgf: 1, "% BW": 1, kPa: 0, "N/cm²": 1, mmHg: 0 };

// What one of a layout’s unit is.
export const KPA_PER_UNIT = {
  kPa: 1,
  "N/cm2": 10,
  mmHg: 0.133322387,
  psi: 6.894757,
  Pa: 0.001,
  MPa: 1000,
  bar: 100,
  mbar: 0.1,
  "kg/cm2": 98.0665,
  "g/cm2": 0.0980665,
  inH2O: 0.249089,
  cmH2O: 0.0980665,
};

// The upper end of a scale, by kind of sensor.
export const FIXED_KPA = { insole: 400, plate: 600, mat: 100, seat: 40, saddle: 100 };

// Cells that are no grid: so few have their values on them, from so many on they are smoothed.
export const CELLS = { few: 20, many: 64 };

// The upper end of a scale of forces of areas.
export const FIXED_N = 800;

// Up to here a colour map fades in: kPa, or a part of a scale in counts.
export const FADE = { kpa: 10, part: 0.025 };

// Parts of a scale: its end, and where another tick would touch the one at its end.
export const BAR = { nearly: 0.995, room: 0.9 };

// Colour maps, from nothing to the upper end.
export const MAPS = {
  viridis: ["#440154", "#482475", "#414487", "#355f8d", "#2a788e", "#21918c", "#22a884", "#44bf70", "#7ad151", "#bddf26", "#fde725"],
  cividis: ["#00224e", "#123570", "#3b496c", "#575d6d", "#707173", "#8a8678", "#a59c74", "#c3b369", "#e1cc55", "#fee838"],
};

// An unloaded sensor, in both themes.
export const BED = "#1d2732";

// How often an outline is smoothed, and from how many points on.
export const OUTLINE = { passes: 14, small: 12 };

// Rings of cells around the existing ones that take the mean of their neighbours.
export const RINGS = 2;

// Feet, in their order.
export const SIDES = ["left", "right"];

// Each quantity is in one of these columns, by what a layout allows.
export const QUANTITIES = {
  total: ["total_force_n", "pressure_sum_kpa", "raw_sum"],
  peak: ["peak_kpa", "peak_n", "raw_peak"],
  area: ["contact_area_cm2", "contact_area_cell"],
  y: ["cop_y_mm", "cop_y_cell"],
  x: ["cop_x_mm", "cop_x_cell"],
  contact: ["contact_pct"],
  left: ["load_left_pct"],
  right: ["load_right_pct"],
  front: ["load_front_pct"],
  back: ["load_back_pct"],
};

// What columns are called, and their units.
export const COLUMNS = {
  total_force_n: { title: "Total force", unit: "N" },
  pressure_sum_kpa: { title: "Pressure sum", unit: "kPa" },
  raw_sum: { title: "Raw sum", unit: "counts" },
  peak_kpa: { title: "Peak pressure", unit: "kPa" },
  peak_n: { title: "Highest area", unit: "N" },
  raw_peak: { title: "Raw peak", unit: "counts" },
  contact_area_cm2: { title: "Contact area", unit: "cm²" },
  contact_area_cell: { title: "Contact area", unit: "cells" },
  cop_y_mm: { title: "CoP front–back", unit: "mm" },
  cop_y_cell: { title: "CoP front–back", unit: "cells" },
  cop_x_mm: { title: "CoP side", unit: "mm" },
  cop_x_cell: { title: "CoP side", unit: "cells" },
  contact_pct: { title: "Contact", unit: "%" },
  load_left_pct: { title: "Load left", unit: "%" },
  load_right_pct: { title: "Load right", unit: "%" },
  load_front_pct: { title: "Load front", unit: "%" },
  load_back_pct: { title: "Load back", unit: "%" },
};

// Statistics that a column of choice can be of.
export const STATISTICS = ["mean", "ewma", "sd", "min", "max", "rms", "rate"];

// What a region carries.
export const METRICS = ["total", "peak", "mean", "area"];

// Regions of a foot.
export const FOOT = ["heel", "midfoot", "mt1", "mt2", "mt3", "mt4", "mt5", "hallux", "toes"];

// Regions that a column of choice can be of.
export const REGIONS = {
  heel: "Heel",
  midfoot: "Midfoot",
  mt1: "Metatarsal 1",
  mt2: "Metatarsal 2",
  mt3: "Metatarsal 3",
  mt4: "Metatarsal 4",
  mt5: "Metatarsal 5",
  hallux: "Hallux",
  toes: "Toes 2–5",
  front: "Front third",
  middle: "Middle third",
  rear: "Rear third",
  front_left: "Front left",
  front_right: "Front right",
  middle_left: "Middle left",
  middle_right: "Middle right",
  rear_left: "Rear left",
  rear_right: "Rear right",
};

// A step is a gap when longer than `s` and than so many usual steps; the usual one is of the `lately` last.
export const GAP = { s: 0.5, usual: 5, lately: 64, first_s: 30 };

// Parts of a sole: with more of it in dead cells there is no total force, and no centre of pressure.
export const SOLE = { dead: 0.05 };

// When a foot is down, as `analytics.stances` says it: above its floor, and below so much of that no more.
export const STEP = { on_n: 20, release: 0.8, min_contact_s: 0.08, merge_s: 0.02, longest_step_s: 2 };

// What a goal can be of, what it is set against, and the bounds of an exercise.
export const GOALS = {
  bases: { weight: ["kg", "body_weight"], force: ["body_weight", "usual", "other", "kg"], impulse: ["usual", "other", "unit"], contact: ["unit", "usual", "other"], cadence: ["unit", "usual"] },
  titles: { weight: "Weight on the foot", force: "Peak force", impulse: "Impulse", contact: "Contact time", cadence: "Cadence" },
  units: { weight: "kg", force: "N", impulse: "N·s", contact: "ms", cadence: "steps/min" },
  of: { kg: "kg", body_weight: "% of body weight", usual: "% of your usual", other: "% of the other foot" },
  most: 5000,
  sets: 50,
  steps: 10000,
  rest_s: 3600,
};

// How long live curves can be.
export const WINDOWS_S = [10, 30, 60];

// Characters of the name of a marker, at most.
export const LABEL_CHARACTERS = 200;

// Characters of the name of an athlete, at most.
export const ATHLETE_CHARACTERS = 200;
