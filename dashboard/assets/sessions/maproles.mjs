// What the columns of a text mean, apart from any page: roles from a map and back, runs of columns, kinds of files.

/** The roles of a column, by form of the file. "" is undecided; an undecided column is left out, and named. */
export const ROLES = {
  frames: { time: "Time", frame: "Frame number", force: "Total force", cell: "Cell", out: "Leave out", "": "Choose…" },
  long: { time: "Time", frame: "Frame number", row: "Row", col: "Column", value: "Value", out: "Leave out", "": "Choose…" },
};
const ONE = new Set(["time", "frame", "force", "row", "col", "value"]);

/** The place of a column from 0, by its name or its number from 1; -1 where there is none. */
export function placeOf(column, names) {
  if (column === undefined || column === null) return -1;
  return typeof column === "number" ? column - 1 : names.indexOf(column);
}

/** Each column's role, as a map says. */
export function rolesOf(map, names, width) {
  const roles = Array(width).fill("");
  const put = (column, role) => placeOf(column, names) in roles && (roles[placeOf(column, names)] = role);
  if (map.form === "frames") {
    const first = placeOf(map.cells.first ?? 1, names);
    const places = map.cells.columns?.map((one) => placeOf(one, names)) ?? Array.from({ length: map.rows * map.cols }, (_, i) => first + i);
    for (const place of places) if (place in roles) roles[place] = "cell";
    put(map.force?.column, "force");
  } else for (const role of ["row", "col", "value"]) put(map.cells[role], role);
  put(map.cells.frame, "frame");
  put(map.time?.column, "time");
  return roles;
}

/** Roles with that of some columns changed; a role that one column alone can have is taken from another. */
export function changed(roles, places, role) {
  const rest = ONE.has(role) ? roles.map((one) => (one === role ? "" : one)) : [...roles];
  for (const place of ONE.has(role) ? places.slice(0, 1) : places) rest[place] = role;
  return rest;
}

/** A map with the columns of roles; rows and columns of a frame that no longer fit the cells become one row. */
export function mapOf(map, roles, names) {
  const once = (name) => name && names.indexOf(name) === names.lastIndexOf(name);
  const column = (place) => (once(names[place]) ? names[place] : place + 1);
  const only = (role) => (roles.includes(role) ? { column: column(roles.indexOf(role)) } : {});
  const made = { ...map, time: { unit: map.time?.unit ?? "s", ...only("time") }, cells: { from: map.cells.from ?? 0 } };
  delete made.force;
  if (roles.includes("frame")) made.cells.frame = only("frame").column;
  if (map.form === "long") {
    for (const role of ["row", "col", "value"]) if (roles.includes(role)) made.cells[role] = only(role).column;
    return made;
  }
  const cells = roles.flatMap((role, place) => (role === "cell" ? [place] : []));
  const run = cells.every((place, i) => place === cells[0] + i);
  if (run) made.cells.first = column(cells[0] ?? 0);
  else made.cells.columns = cells.map(column);
  if (roles.includes("force")) made.force = only("force");
  return map.rows * map.cols === cells.length ? made : { ...made, rows: 1, cols: Math.max(cells.length, 1) };
}

/** Runs of neighbouring columns of one role, [first, n]: cells and columns of no role together, others alone. */
export function runsOf(roles, open = new Set()) {
  const runs = [];
  roles.forEach((role, place) => {
    const last = runs.at(-1);
    if (last && !ONE.has(role) && roles[place - 1] === role && !open.has(last[0]) && !open.has(place)) last[1] += 1;
    else runs.push([place, 1]);
  });
  return runs;
}

/** What files of one kind have in common: separator, lines of the header, names and number of columns. */
export function kindOf(map, names, width) {
  const text = JSON.stringify([map.separator, map.header_lines, width, names]);
  let hash = 5381;
  for (const letter of text) hash = ((hash * 33) ^ /** @type {number} */ (letter.codePointAt(0))) >>> 0;
  return `${width}-${hash.toString(36)}`;
}

/** Shapes of n cells that a person may mean, [rows, cols]: all divisors, the squarest first. */
export function shapes(n) {
  const found = [];
  for (let rows = 1; rows <= n; rows++) if (n % rows === 0) found.push([rows, n / rows]);
  return found.sort((a, b) => Math.abs(Math.log(a[0] / a[1] / 1.5)) - Math.abs(Math.log(b[0] / b[1] / 1.5))).slice(0, 8);
}

/** What a map still lacks before its file can be stored, as words. */
export function lacking(map, roles, answered) {
  const lacks = [];
  if (map.form === "frames" && !roles.includes("cell")) lacks.push("which columns are cells");
  if (!answered.shape) lacks.push("rows and columns of a frame");
  if (!answered.unit) lacks.push("unit");
  if (["frames", "long"].includes(map.form) ? !roles.includes("time") && !map.rate_hz : !map.time?.column && !map.rate_hz) lacks.push("frames per second");
  return lacks;
}
