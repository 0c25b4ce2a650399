// Buttons that open a dialog: data-ask says which, data-workouts of which sessions, one a line. The dialog is made by
// the server (dashboard/dialogs/callbacks.py), which is told the address too: it says what is selected.

export function ask(what, workouts) {
  const data = { what, workouts, search: location.pathname === "/" ? "" : location.search || "?", at: Date.now() };
  window.dash_clientside.set_props("ask", { data });
}

document.addEventListener("click", (event) => {
  const button = event.target instanceof Element && event.target.closest("[data-ask]");
  if (button instanceof HTMLElement) ask(button.dataset.ask, (button.dataset.workouts ?? "").split("\n"));
});

// Menus close when one presses elsewhere, chooses, or presses Escape.
export function menu(root) {
  const listeners = new AbortController();
  const { signal } = listeners;
  const leave = () => ((root.open = false), root.querySelector("summary").focus());
  document.addEventListener("pointerdown", (event) => root.contains(event.target) || (root.open = false), { signal });
  root.addEventListener("keydown", (event) => event.key === "Escape" && leave(), { signal });
  root.addEventListener("click", (event) => event.target.closest("a") && (root.open = false), { signal });
  return { close: () => listeners.abort() };
}
