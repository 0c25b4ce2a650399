// The parts of the dialog that asks what the columns of a text mean, as markup; every text of the file is escaped.

import { number } from "../core/words.mjs";
import { ROLES, runsOf, shapes } from "./maproles.mjs";
import { meant, UNITS, WALKING } from "./unitcards.mjs";

const SEPARATORS = { ",": ",", ";": ";", "|": "|", tab: "tab", blanks: "blanks" };
const FORMS = { frames: "a line a frame", blocks: "rows of a matrix, a blank line between frames", long: "a line a cell", text: "a matrix in brackets" };
const TIMES = ["s", "ms", "us", "iso"];
const MOST_OPEN = 64;

export function escaped(text) {
  const letters = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
  return String(text).replace(/[&<>"']/g, (letter) => letters[letter]);
}

const options = (all, chosen) => Object.entries(all).map(([value, name]) => `<option value="${value}" ${value === String(chosen) ? "selected" : ""}>${name}</option>`).join("");

/** How the lines are read, as far as it was found. */
export function chips(map) {
  const names = map.header_lines === 0 ? "no line of names" : `names in line <b>${map.names_line ?? map.header_lines}</b>`;
  const units = map.names_line && map.names_line < map.header_lines ? `, units in line <b>${map.header_lines}</b>` : "";
  const found = [FORMS[map.form], `columns split by <b>${SEPARATORS[map.separator]}</b>`, `decimal <b>${map.decimal}</b>`, names + units,
    `missing where ${map.missing.map((word) => (word ? `<b>${escaped(word)}</b>` : "nothing")).join(" or ")} stands`];
  return found.map((text) => `<span class="chip">${text}</span>`).join("");
}

/** The same, to be changed. */
export function how(map) {
  return `<div class="mapping-how"><label>Form <select class="field" data-entry="form">${options(FORMS, map.form)}</select></label>
    <label>Split by <select class="field" data-entry="separator">${options(SEPARATORS, map.separator)}</select></label>
    <label>Decimal <select class="field" data-entry="decimal">${options({ ".": ".", ",": "," }, map.decimal)}</select></label>
    <label>Lines before the data <input class="field" type="number" min="0" max="1000" data-entry="header_lines" value="${map.header_lines}"></label>
    <label>Names in line <input class="field" type="number" min="1" max="1000" data-entry="names_line" value="${map.names_line ?? Math.max(map.header_lines, 1)}"></label></div>`;
}

/** The first lines under roles: columns of one role stand together, and open by a button. */
export function columns({ map, roles, names, seen, opened }) {
  const known = ROLES[map.form];
  const lines = seen.lines ?? [];
  const runs = known ? runsOf(roles, opened).slice(0, 80) : (lines[0]?.words ?? []).slice(0, 24).map((_, place) => [place, 1]);
  const heads = runs.map(([place, n]) => {
    const role = roles[place];
    const title = n > 1 ? `${names[place] ?? place + 1} … ${names[place + n - 1] ?? place + n}` : (names[place] ?? `column ${place + 1}`);
    const open = n > 1 && n <= MOST_OPEN ? `<button type="button" class="link" data-does="open" data-places="${place},${n}">one by one</button>` : "";
    const choice = known ? `<select class="field ${role ? "" : "undecided"}" data-role="${place},${n}" aria-label="What ${escaped(title)} is">${options(known, role)}</select>` : "";
    return `<th scope="col" class="${role === "out" ? "out" : ""}">${choice}<small>${n > 1 ? `${number(n)} columns` : ""}${open}</small><code>${escaped(title)}</code></th>`;
  });
  const rows = lines.map(({ line, words }) => `<tr><th scope="row">${line}</th>${runs.map(([place, n]) =>
    `<td class="${roles[place] === "out" || !roles[place] ? "out" : ""}">${escaped(words[place] ?? "")}${n > 1 ? " …" : ""}</td>`).join("")}</tr>`);
  return `<div class="mapping-table" tabindex="0" role="region" aria-label="First lines"><table><thead><tr><th scope="col">line</th>${heads.join("")}</tr></thead><tbody>${rows.join("")}</tbody></table></div>`;
}

/** What the file does not say: shape, unit, rate, size of a cell. Nothing is chosen before. */
export function frame({ map, roles, answered, seen, pitch }) {
  const n = map.form === "frames" ? roles.filter((role) => role === "cell").length : map.rows * map.cols;
  const shape = ([rows, cols]) => `<button type="button" class="button small" data-does="shape" data-rows="${rows}" data-cols="${cols}"
    aria-pressed="${answered.shape && rows === map.rows && cols === map.cols}">${rows} × ${cols}</button>`;
  const timed = roles.includes("time") || map.time?.column;
  const peak = seen.result?.largest;
  const cards = UNITS.map(([unit, name]) => {
    const [value, suits] = peak === undefined ? ["", ""] : meant(unit, peak);
    return `<label class="import-card"><input type="radio" name="unit" value="${unit}" ${answered.unit && unit === map.unit ? "checked" : ""}><b>${name}</b>
      <span>${value}</span><span class="${suits === "fits" ? "import-fits" : ""}">${suits}</span></label>`;
  });
  const time = timed
    ? `<label>Time in <select class="field" data-entry="time.unit">${options(Object.fromEntries(TIMES.map((one) => [one, one === "iso" ? "date and time" : one])), map.time.unit)}</select></label>`
    : `<label>Frames per second <input class="field" type="number" min="0" step="any" data-entry="rate_hz" value="${map.rate_hz ?? ""}"></label>`;
  return `<section class="mapping-frame"><h3>How do the ${number(n)} cells lie?</h3>
    <div class="mapping-shapes"><label>Rows <input class="field" type="number" min="1" data-entry="rows" value="${answered.shape ? map.rows : ""}"></label>
    <label>Columns <input class="field" type="number" min="1" data-entry="cols" value="${answered.shape ? map.cols : ""}"></label>${map.form === "frames" ? shapes(n).map(shape).join("") : ""}</div>
    <div class="mapping-shapes">${time}<label>Size of a cell, mm <input class="field" data-entry="pitch" placeholder="5.08x7.62, if known" value="${escaped(pitch)}"></label></div>
    <h3>What unit are the numbers in? <small class="muted">${peak === undefined ? "" : `largest ${number(peak, peak < 100 ? 1 : 0)}; ${WALKING}`}</small></h3>
    <div class="import-cards">${cards.join("")}</div></section>`;
}

/** What was checked: the sum of the cells against a force, and what is odd about lines. */
export function checks({ seen, pitch }) {
  const { result, error, words = [] } = seen;
  const out = [];
  if (result?.force) out.push(force(result.force, pitch));
  for (const text of result?.doubts ?? []) out.push(`<p class="check odd">${escaped(text)}</p>`);
  if (error) out.push(`<p class="check odd" role="alert">${escaped(error)}</p>`);
  for (const { word, n, line } of words) {
    out.push(`<p class="check odd">“${escaped(word)}” stands in ${number(n)} ${n === 1 ? "cell" : "cells"}, first in line ${line}.
      <button type="button" class="link" data-does="missing" data-word="${escaped(word)}">take it as missing</button></p>`);
  }
  return out.join("");
}

function force({ column, off_pct: off, area_cm2: area }, pitch) {
  const [across, along = across] = pitch.split(/[x×]/).map(Number);
  const given = pitch && across > 0 ? (across * along) / 100 : null;
  const at = area === null ? "" : `, with ${number(area, 2)} cm² a cell${given ? `; ${escaped(pitch)} mm are ${number(given, 2)} cm²` : ""}`;
  const right = off <= 5 && (!given || area === null || Math.abs(given / area - 1) <= 0.05);
  const says = right ? (given && area !== null ? ": unit, size and order are right." : ": their order is right.") : ": columns, unit or size may be wrong.";
  return `<p class="check ${right ? "right" : "odd"}">Sum of the cells and “${escaped(column)}” agree within <b>${number(off, 1)} %</b>${at}${says}</p>`;
}
