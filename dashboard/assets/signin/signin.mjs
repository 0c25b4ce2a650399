// What forms cannot do by themselves: the theme, and showing what is typed. Without this the pages work all the same.

import { copyButton } from "../core/copy.mjs";
import { menu } from "../core/menu.mjs";
import { passkeys } from "./passkeys.mjs";

const SCHEME = "mantine-color-scheme-value"; // where Mantine keeps it, on the other pages

function themeButton(button) {
  button.hidden = false;
  button.addEventListener("click", () => {
    const root = document.documentElement;
    const next = root.dataset.mantineColorScheme === "dark" ? "light" : "dark";
    root.dataset.mantineColorScheme = next;
    localStorage.setItem(SCHEME, next);
  });
}

function revealButton(button) {
  const entry = /** @type {HTMLInputElement} */ (document.getElementById(button.dataset.reveal));
  button.hidden = false;
  button.addEventListener("click", () => {
    const shown = entry.type === "text";
    entry.type = shown ? "password" : "text";
    button.setAttribute("aria-pressed", String(!shown));
  });
}

const theme = document.getElementById("theme");
if (theme) themeButton(theme);
for (const button of document.querySelectorAll("[data-reveal]")) revealButton(button);
for (const button of document.querySelectorAll("[data-baro='copy']")) copyButton(button);
for (const root of document.querySelectorAll("[data-baro='menu']")) menu(root);
passkeys();
