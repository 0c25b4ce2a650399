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
