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
