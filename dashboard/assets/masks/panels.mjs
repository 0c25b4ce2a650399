// What stands beside the drawing of masks: tools, the chosen mask, what changes before and now, for what the masks are
// kept, and whether they can be. All of it is written from the model and the server's facts.

import { bordersOf } from "./borders.mjs";
import { shownValue } from "./facts.mjs";
import { many } from "./maskmap.mjs";
import { redraw } from "../core/redraw.mjs";
import { chosen, shownAs } from "../core/units.mjs";

const VERDICT = { good: "check-good", bad: "check-bad" };

export function drawPanels(editor) {
  const { root, model, facts } = editor;
  for (const button of root.querySelectorAll('[data-does="tool"]')) {
    button.setAttribute("aria-pressed", String(button.dataset.value === model.tool));
  }
  head(editor);
  write(editor.slot("said"), model.said);
  editor.slot("said").classList.toggle("refused", model.refused);
  picked(editor);
  html(editor.slot("changes"), table(editor));
  scopes(editor);
  check(editor);
  write(editor.slot("of"), facts.said);
  grounds(editor);
}

function head(editor) {
  const { model } = editor;
  const slot = (name) => editor.slot(name);
  write(slot("title"), editor.facts.title);
  write(slot("about"), editor.facts.about);
  slot("unsaved").hidden = !model.changed;
  disable(editor, "undo", !model.steps.canUndo);
  disable(editor, "redo", !model.steps.canRedo);
  write(slot("save"), `Save as version ${editor.versions?.next ?? ""}`);
  disable(editor, "save", Boolean(editor.lacks));
}

function disable(editor, does, off) {
  const button = editor.root.querySelector(`.masks-head [data-does="${does}"]`);
  button.setAttribute("aria-disabled", String(off));
}

function picked(editor) {
  const { model, facts } = editor;
  const { map, mask, mesh } = model;
  const cells = map.cells(mask);
  const area = facts.area_cm2 ? `, ${cells.reduce((sum, cell) => sum + facts.area_cm2[cell], 0).toFixed(1)} cm²` : "";
  const mine = bordersOf(mesh, map).filter(({ a, b }) => a === mask || b === mask);
  const merges = model.tool !== "j" ? ""
    : map.used.filter((one) => one !== mask).map((one) => action("merge", one, `Take in ${escaped(map.title(one))}`)).join("");
  const border = model.tool !== "b" || mine.length < 2 ? ""
    : action("border", -1, "Border before<kbd>[</kbd>") + action("border", 1, "Next border<kbd>]</kbd>");
  html(editor.slot("picked"), `<p class="masks-name">${swatch(mask)}<b>${escaped(map.title(mask))}</b></p>
    <p>${many(cells.length, "cell")}${area}.</p><div class="masks-actions">${merges}${border}</div>`);
}

function action(does, value, text) {
  return `<button type="button" class="button" data-does="${does}" data-value="${value}">${text}</button>`;
}

function swatch(mask) {
  return `<span class="mask-swatch" data-mask="${mask + 1}" aria-hidden="true"></span>`;
}

function table({ facts, now, model }) {
  const units = (unit) => shownAs(unit, chosen(), facts.mass_kg ?? NaN);
  const { measures, names, before } = facts;
  const heads = measures.map(({ title, unit }) => `<th scope="colgroup" colspan="2" class="n">${escaped(title)} <span class="unit">${escaped(units(unit).unit)}</span></th>`);
  const subs = measures.map(() => '<th scope="col" class="n">before</th><th scope="col" class="n">now</th>').join("");
  const rows = names.map((name, mask) => {
    const [old, next] = [before[mask + 1], (now ?? before)[mask + 1]];
    const cells = measures.map((measure, i) => {
      const [was, is] = [old, next].map((row) => shownValue(row?.[i] ?? null, measure, units));
      return `<td class="n muted">${was}</td><td class="n now">${now && was !== is ? `<b>${is}</b>` : ""}</td>`;
    });
    const button = `<button type="button" class="mask-choose" data-does="mask" data-value="${mask}"
      aria-pressed="${mask === model.mask}">${swatch(mask)}<b>${mask + 1}</b> ${escaped(name)}</button>`;
    return `<tr${mask === model.mask ? ' class="chosen"' : ""}><th scope="row">${button}</th>${cells.join("")}</tr>`;
  });
  return `<table aria-label="What it changes"><thead><tr><th scope="col" rowspan="2">Mask</th>${heads.join("")}</tr><tr>${subs}</tr></thead>
    <tbody>${rows.join("")}</tbody></table>`;
}

function scopes(editor) {
  const rows = editor.facts.scopes.map(({ name, title, note, why }) => `<label class="masks-scope">
    <input type="radio" name="scope" value="${name}" ${name === editor.scope ? "checked" : ""} ${why ? "disabled" : ""}>
    <span>${escaped(title)} <span class="muted">${escaped(why || note)}</span></span></label>`);
  const older = editor.scope === "athlete" ? `<label class="masks-scope inner"><input type="checkbox" name="older" ${editor.older ? "checked" : ""}>
    <span>older sessions too</span></label>` : "";
  html(editor.slot("scopes"), rows.join("") + older);
}

// Of a plate: the mean of all prints of the foot, or one of them.
function grounds(editor) {
  const { facts } = editor;
  if (!facts.grounds.length) return;
  const option = (mark, title) => `<option value="${escaped(mark)}"${mark === facts.mark ? " selected" : ""}>${escaped(title)}</option>`;
  const all = facts.all ? option("", `all ${facts.side} prints`) : "";
  html(editor.slot("grounds"), `<label>Drawn on <select name="ground">${all}${facts.grounds.map(({ mark, title }) => option(mark, title)).join("")}</select></label>`);
}

function check(editor) {
  const { all, masked } = editor.model.map.counts;
  const place = editor.slot("check");
  const whole = all === masked;
  place.className = `masks-check ${whole ? VERDICT.good : VERDICT.bad}`;
  const rest = whole ? "The automatic masks stay as version 1; tables and reports say which version they used."
    : "Give the others a mask with P before it is saved.";
  html(place, `<span class="icon icon-${whole ? "tick" : "warning"}" aria-hidden="true"></span>
    <span>${whole ? "Every loaded cell has one mask" : "Loaded cells with a mask"}: <b>${masked} of ${all}</b>. ${rest}</span>`);
  write(editor.slot("lacks"), editor.model.changed ? editor.lacks : "");
}

export function escaped(text) {
  return String(text).replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

function write(place, text) {
  if (place.textContent !== text) place.textContent = text;
}

// Nothing is written anew that is as it was.
export function html(place, markup) {
  if (place.written !== markup) redraw(place, () => (place.innerHTML = place.written = markup));
}
