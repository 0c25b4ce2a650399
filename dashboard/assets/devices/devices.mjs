// Keeps the page of devices as it is now: asks again for it and changes what differs, while nobody types in it.

import { patch } from "../core/patch.mjs";

const ASK_MS = 2000;
const PARTS = ["devices", "count", "states", "narrowing"];
const TYPING = ["INPUT", "SELECT", "TEXTAREA"];

const stale = /** @type {HTMLElement} */ (document.getElementById("stale"));

// A form that a device's question brought stays as somebody fills it in; a new state replaces it.
function untouched(there, next) {
  const [old, fresh] = [there, next].map((one) => one.querySelector("#pairing")?.dataset.state);
  const typed = document.activeElement;
  return old !== fresh || !typed || !there.contains(typed) || !TYPING.includes(typed.tagName);
}

async function look() {
  if (document.hidden) return;
  let next;
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (!answer.ok) throw new Error(String(answer.status));
    next = new DOMParser().parseFromString(await answer.text(), "text/html");
  } catch {
    stale.hidden = false;
    return;
  }
  stale.hidden = true;
  for (const id of PARTS) {
    const [there, fresh] = [document.getElementById(id), next.getElementById(id)];
    if (!there || !fresh || !untouched(there, fresh)) continue;
    if (there.className !== fresh.className) there.className = fresh.className;
    patch(there, fresh);
  }
}

async function keepLooking() {
  await look();
  setTimeout(keepLooking, ASK_MS);
}

document.addEventListener("keydown", (event) => {
  const there = /** @type {HTMLElement} */ (event.target);
  const plain = !(event.ctrlKey || event.metaKey || event.altKey);
  if (event.key === "p" && plain && !TYPING.includes(there.tagName)) document.getElementById("pair")?.click();
});

// What is chosen is asked for at once; without this there is the button.
document.addEventListener("change", (event) => {
  const form = /** @type {HTMLElement} */ (event.target).closest(".narrowing");
  if (form instanceof HTMLFormElement) form.requestSubmit();
});

setTimeout(keepLooking, ASK_MS);
