// Draws a place anew and takes nothing from the person who is at it: what was typed and is not applied yet, the focus
// and the caret go over to the control that does the same in the new drawing.

// By these a control is known again, the first that it has; some need what they stand for beside it.
const MARKS = [
  "data-here", "data-set", "data-param", "data-act", "data-seek-us", "data-trial-field", "data-trial-act", "data-trial-choose",
  "data-does", "data-role", "data-entry", "name", "id",
];
const BESIDE = ["data-which", "data-value", "data-of", "data-rows", "data-cols"];
const CHOSEN = ["checkbox", "radio"];
const FIELDS = "input, select, textarea";

/** Draw a place by `draw`, which may put other elements there. */
export function redraw(place, draw) {
  const { activeElement: active } = document;
  const focused = active && active !== place && place.contains(active) ? active : null;
  const fields = [...place.querySelectorAll(FIELDS)].filter(touched);
  draw();
  place.dispatchEvent(new CustomEvent("drawn", { bubbles: true })); // who says more in it does so before it is compared
  for (const field of fields) carry(field, sameIn(place, field));
  if (focused && !focused.isConnected) focusAgain(place, focused);
}

/** Give what does the same as `old` in a new drawing the focus, what was typed, and the caret where it was. */
export function focusAgain(place, old) {
  const next = sameIn(place, old);
  if (!next) return;
  carry(old, next);
  next.focus({ preventScroll: true });
  if (typeof old.selectionStart !== "number" || old.value !== next.value) return;
  next.setSelectionRange(old.selectionStart, old.selectionEnd, old.selectionDirection);
}

/** Say that what stands in fields was taken: the next drawing shows it, or what came of it. */
export function taken(...fields) {
  for (const field of fields) field.dataset.applied = worth(field);
}

/** Whether somebody put something into a field that nobody has taken yet. */
export function touched(field) {
  return field.type !== "file" && worth(field) !== (field.dataset.applied ?? drawn(field));
}

/** Put what was typed into the new field, unless the drawing says something new in its place. */
export function carry(old, next) {
  if (!next || !touched(old) || ![drawn(old), old.dataset.applied].includes(drawn(next))) return;
  if (CHOSEN.includes(old.type)) next.checked = old.checked;
  else next.value = old.value;
}

/** What an element does, as a text that it has in common with its successor in a new drawing; null for what has no mark. */
export function nameOf(element) {
  const mark = MARKS.find((name) => element.getAttribute(name));
  const panel = element.closest("[data-panel]")?.getAttribute("data-panel") ?? null;
  const summary = element.localName === "summary" && panel !== null;
  const named = !mark && element.matches("[tabindex][aria-label]"); // a chart, a table
  if (named) return JSON.stringify([element.localName, panel, element.getAttribute("aria-label")]);
  if (!mark && !summary) return null;
  const more = [...BESIDE, ...(CHOSEN.includes(element.type) ? ["value"] : [])];
  const said = mark ? [mark, ...more].map((name) => element.getAttribute(name)) : [];
  return JSON.stringify([element.localName, panel, mark, ...said]);
}

/** What does the same in a place, or null. */
function sameIn(place, old) {
  const name = nameOf(old);
  return name === null ? null : ([...place.querySelectorAll(old.localName)].find((one) => nameOf(one) === name) ?? null);
}

/** What a field stands for now, as a text. */
function worth(field) {
  return CHOSEN.includes(field.type) ? String(field.checked) : field.value;
}

/** What the drawing put into a field, as a text. */
function drawn(field) {
  if (CHOSEN.includes(field.type)) return String(field.defaultChecked);
  if (field.localName !== "select") return field.defaultValue;
  const options = [...field.options];
  return (options.find((one) => one.defaultSelected) ?? options[0])?.value ?? "";
}
