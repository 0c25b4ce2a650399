// Search: the header's field leads to the list from every page, the list's own field narrows what the list shows, and
// "/" goes to the header's. The address keeps both, and the server answers from it.

import { hidden, replaced } from "./hidden.mjs";
import { bind } from "./keys.mjs";

const WAIT_MS = 300;
let timer = 0;

const go = (to) => window.dash_clientside.set_props("address", to);

document.addEventListener("keydown", async (event) => {
  const { target: field } = event;
  if (!(field instanceof HTMLInputElement) || field.id !== "find" || event.key !== "Enter" || event.isComposing) return;
  event.preventDefault();
  const text = await hidden(field.value.trim());
  if (text !== null) open(`/${text ? `?${new URLSearchParams({ text })}` : ""}`);
});

// As a link of Dash's does: its address takes no other part than the one that a key press has just changed.
function open(address) {
  history.pushState({}, "", address);
  dispatchEvent(new CustomEvent("_dashprivate_pushstate"));
}

document.addEventListener("input", ({ target: field }) => {
  if (!(field instanceof HTMLInputElement) || field.id !== "home-find") return;
  clearTimeout(timer);
  timer = setTimeout(async () => {
    const text = await hidden(field.value);
    if (text === null) return;
    const fields = new URLSearchParams(location.search);
    fields.delete("page");
    if (text) fields.set("text", text);
    else fields.delete("text");
    go({ search: fields.size ? `?${fields}` : "" });
  }, WAIT_MS);
});

// The address' text may change without the field: by a chip's cross, or by the header.
export function follow() {
  const field = document.getElementById("home-find");
  const filters = document.getElementById("home-filters");
  const said = /** @type {?HTMLElement} */ (filters?.querySelector("[data-text]"));
  const here = /** @type {?HTMLElement} */ (filters?.querySelector("[data-address]"));
  const text = said?.dataset.text ?? "";
  replaced(here?.dataset.address);
  if (field instanceof HTMLInputElement && field !== document.activeElement && field.value !== text) field.value = text;
}

function focus() {
  /** @type {NodeListOf<HTMLInputElement>} */
  const fields = document.querySelectorAll("input#find, input#home-find");
  const seen = [...fields].find((field) => field.offsetParent);
  seen?.focus();
  seen?.select();
}

bind([["/", "find a session", focus]]);
