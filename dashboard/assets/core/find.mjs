// Search: the header's field leads to the list from every page, the list's own field narrows what the list shows, and
// "/" goes to the header's. The address keeps both, and the server answers from it.

import { bind } from "./keys.mjs";

const WAIT_MS = 300;
let timer = 0;

const go = (to) => window.dash_clientside.set_props("address", to);

document.addEventListener("keydown", (event) => {
  const { target: field } = event;
  if (!(field instanceof HTMLInputElement) || field.id !== "find" || event.key !== "Enter" || event.isComposing) return;
  event.preventDefault();
  const text = field.value.trim();
  open(`/${text ? `?${new URLSearchParams({ text })}` : ""}`);
});

// As a link of Dash's does: its address takes no other part than the one that a key press has just changed.
function open(address) {
  history.pushState({}, "", address);
  dispatchEvent(new CustomEvent("_dashprivate_pushstate"));
}

document.addEventListener("input", ({ target: field }) => {
  if (!(field instanceof HTMLInputElement) || field.id !== "home-find") return;
  clearTimeout(timer);
  timer = setTimeout(() => {
    const fields = new URLSearchParams(location.search);
    fields.delete("page");
    if (field.value) fields.set("text", field.value);
    else fields.delete("text");
    go({ search: fields.size ? `?${fields}` : "" });
  }, WAIT_MS);
});

// The address' text may change without the field: by a chip's cross, or by the header.
export function follow() {
  const field = document.getElementById("home-find");
  const text = new URLSearchParams(location.search).get("text") ?? "";
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
