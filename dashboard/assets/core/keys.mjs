// Keys of the page that is shown. Off while typing, and with Ctrl, Alt or ⌘. A control that was reached by keyboard
// keeps the keys that it needs; one that was pressed with a pointer has done its work, and keeps none.
// Every key also has a button on the page; `?` lists all of them.

const NO_TEXT = ["checkbox", "radio", "range", "button", "submit", "reset", "file", "color"];
const TYPING = `input${NO_TEXT.map((type) => `:not([type=${type}])`).join("")}, textarea, [contenteditable=true]`;
const OWN = { " ": "button, a, summary, input, [role=checkbox], [role=switch], [role=radio]", Enter: "*:not(html, body, main)" };
const MODAL = 'dialog[open], [role="dialog"][aria-modal="true"]';
/** @type {?EventTarget} */
let pointed = null; // what has the focus because a pointer pressed it
let down = false; // a pointer is pressed now
const bound = new Map(); // key → {words, act, page}: a page's own keys end with it

/** Name of a pressed key as it is bound: letters in lower case, whatever Shift does. */
export function nameOf(event) {
  return event.key.length === 1 ? event.key.toLowerCase() : event.key;
}

/** Bind keys until the signal is aborted: [[key, what it does, act], …]. */
export function bind(list, signal) {
  for (const [key, words, act] of list) {
    bound.set(key, { words, act, page: Boolean(signal) });
    signal?.addEventListener("abort", () => bound.get(key)?.act === act && bound.delete(key));
  }
}

/** [[key, words], …]: the page's own keys, then those of every page, whichever were bound first. */
export function listed() {
  const shown = [...bound].filter(([, { words }]) => words);
  const of = (page) => shown.filter(([, each]) => each.page === page).map(([key, { words }]) => [key, words]);
  return [...of(true), ...of(false)];
}

/** Follow what has the focus, and whether a pointer brought it there; `press` hears every key. */
export function listen(root = window) {
  const on = (name, act) => root.addEventListener(name, act, { capture: true });
  on("pointerdown", ({ target }) => {
    down = true;
    const { activeElement: focused } = document;
    if (focused !== document.body && focused?.contains(target)) pointed = focused;
  });
  for (const name of ["pointerup", "pointercancel"]) on(name, () => setTimeout(() => (down = false)));
  on("focusin", ({ target }) => (pointed = down ? target : null));
  root.addEventListener("keydown", press);
}

/** Whether an element has the focus because a pointer pressed it. */
export function byPointer(element) {
  return element === pointed;
}

/** Whether a key that a control could use goes to the page: a pointer pressed the control, and the page has the key. */
export function yields(event) {
  return event.target === pointed && bound.has(nameOf(event));
}

export function press(event) {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  const target = event.target instanceof Element ? event.target : document.body;
  if (target.closest(TYPING)) return;
  if (document.querySelector(MODAL) && event.key !== "?") return;
  const name = nameOf(event);
  if (!bound.has(name) || (target !== pointed && needs(target, name))) return;
  event.preventDefault();
  if (target === pointed) target.blur(); // or a button would be pressed when the key is let go
  bound.get(name).act(event);
}

// What a control that was reached by keyboard does with a key itself. What it lies in is no control.
function needs(target, name) {
  return target.matches("select") || Boolean(OWN[name] && target.matches(OWN[name]));
}
