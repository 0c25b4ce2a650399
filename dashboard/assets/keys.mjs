// Keys of the page that is shown. Off while typing, and with Ctrl, Alt or ⌘; a key that a focused control needs for
// itself stays its own. Every key also has a button on the page; `?` lists all of them.

const OWN = { " ": "button, a, summary, [role=checkbox], [role=switch]", Enter: "*" };
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

export function press(event) {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  const target = event.target instanceof Element ? event.target : document.body;
  if (target.closest("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable=true]")) return;
  if (document.querySelector("dialog[open]") && event.key !== "?") return;
  const name = nameOf(event);
  if (!bound.has(name) || (OWN[name] && target.closest(OWN[name]))) return;
  event.preventDefault();
  bound.get(name).act(event);
}
