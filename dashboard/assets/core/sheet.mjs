// The sheet of all keys: a dialog that `?` opens and closes.

import { listed } from "./keys.mjs";

const NAMES = {
  " ": "Space", ArrowLeft: "←", ArrowRight: "→", End: "End", Enter: "Enter", Escape: "Esc", PageDown: "Page ↓", PageUp: "Page ↑",
};

export function toggleSheet() {
  const open = document.querySelector("dialog.keys-sheet");
  if (open instanceof HTMLDialogElement) {
    open.close();
    return;
  }
  const dialog = document.createElement("dialog");
  dialog.className = "keys-sheet";
  dialog.setAttribute("aria-labelledby", "keys-title");
  dialog.innerHTML = `<form method="dialog"><h2 id="keys-title">Keys</h2><dl></dl><p>Keys rest while you type. Each
    of them is also a button.</p><button class="button" autofocus>Close</button></form>`;
  dialog.querySelector("dl")?.append(...listed().flatMap(entry));
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  document.body.append(dialog);
  dialog.showModal();
}

/** @param {any[]} listed key and meaning */
function entry([key, words]) {
  const [name, meaning] = [document.createElement("dt"), document.createElement("dd")];
  const cap = document.createElement("kbd");
  cap.textContent = NAMES[key] ?? key.toUpperCase();
  name.append(cap);
  meaning.textContent = words;
  return [name, meaning];
}
