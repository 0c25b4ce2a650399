// What a file does not say is asked beside it: rate, size of a cell, unit, side, or what the columns of a text are.
// Nothing is filled in before; what is not answered is not stored. A question waits, and no other file waits for it.

import { geometryCards } from "./geometrycards.mjs";
import { drawCells } from "./lookpicture.mjs";
import { lookAt, Mapping, SMALL } from "./mapping.mjs";
import { escaped } from "./mappingparts.mjs";
import { kindOf } from "./maproles.mjs";
import { templateFor } from "./templates.mjs";
import { sideCards, unitCards } from "./unitcards.mjs";

const FIELDS = {
  rate: ["Frames per second", 'type="number" min="0" step="any" required'],
  pitch: ["Size of a cell in mm, across and along", 'placeholder="5.08x7.62" required'],
};
const LACKS = { rate: "frames per second", pitch: "the size of a cell", unit: "the unit", side: "which foot it is of" };
const SAME = `<label class="import-same"><input type="checkbox" name="same" checked> Answer the same for other files of this drop
  that ask the same; a side is asked again</label>`;
const MOST_PICTURE = 96;
const ON_LARGER =
  "is a table that no reader knows. Which column is what is for larger screens: drop it again on one, or give barograph import --map";

/** Asks beside a file's line; gives the answers as the server takes them, or null when the file is left out. */
export function asked({ line, said }, { error, asks, peak, picture, choices }, { before = {}, alike = false } = {}) {
  const lacks = asks.map((name) => LACKS[name]);
  said.textContent = lacks.every(Boolean) ? `does not say ${lacks.join(", ")}` : error;
  said.title = error;
  const form = document.createElement("form");
  form.className = "import-asks";
  form.innerHTML = `${asks.map((name) => field(name, before, { peak, picture, choices })).join("")}${alike ? SAME : ""}
    <span class="import-does"><button class="button primary" type="submit">Store <kbd>Enter</kbd></button>
    <button class="button" type="button">Leave out</button></span>`;
  line.append(form);
  drawSides(form, picture);
  /** @type {HTMLElement} */ (form.querySelector("input, select")).focus();
  return new Promise((done) => {
    const end = (answers) => {
      form.remove();
      said.removeAttribute("title");
      said.textContent = answers ? "is sent" : "left out";
      done(answers);
    };
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const given = Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, String(value).trim()]));
      end(given);
    });
    /** @type {HTMLElement} */ (form.querySelector("button[type=button]")).addEventListener("click", () => end(null));
  });
}

function field(name, before, { peak, picture, choices }) {
  if (name === "geometry") return geometryCards(choices, before.geometry);
  if (name === "side") return sideCards(picture, before.side);
  if (name === "unit") return unitCards(peak, before.unit);
  const [words, more] = FIELDS[name];
  return `<label>${words} <input class="field" name="${name}" autocomplete="off" value="${escaped(before[name] ?? "")}" ${more}></label>`;
}

function drawSides(form, picture) {
  if (!picture) return;
  for (const canvas of form.querySelectorAll("[data-picture]")) drawCells(canvas, picture, MOST_PICTURE);
}

/** Asks what the columns of a text are; a map that was kept for its kind answers at once. Null when it is left out. */
export async function askedMap({ line, said }, file, error) {
  const seen = await lookAt(file);
  if (!seen.map) {
    said.textContent = seen.error ?? error;
    line.classList.add("warn");
    return null;
  }
  const kept = seen.names ? templateFor(kindOf(seen.map, seen.names, seen.width)) : undefined;
  const through = kept?.map && (await lookAt(file, kept.map, kept.pitch));
  if (kept && !through?.error) {
    said.textContent = `is read by the template “${kept.name}”`;
    return { map: kept.toml, ...(kept.pitch ? { pitch: kept.pitch } : {}) };
  }
  if (matchMedia(SMALL).matches) {
    said.textContent = ON_LARGER;
    return null;
  }
  said.textContent = "is a table that no reader knows; what its columns are is asked";
  return answered(line, said, file, kept ? { ...through, unknown: {} } : seen);
}

function answered(line, said, file, seen) {
  const does = document.createElement("span");
  does.className = "import-does";
  does.innerHTML = '<button class="button primary" type="button">Answer</button><button class="button" type="button">Leave out</button>';
  line.append(does);
  return new Promise((done) => {
    const end = (answers) => (does.remove(), mapping.remove(), (said.textContent = answers ? "is sent" : "left out"), done(answers));
    const mapping = new Mapping(file, seen, end);
    const [open, leave] = does.querySelectorAll("button");
    open.addEventListener("click", () => mapping.open());
    leave.addEventListener("click", () => end(null));
    if (!document.querySelector("dialog[open]")) mapping.open();
  });
}
