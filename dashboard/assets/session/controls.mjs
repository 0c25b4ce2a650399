// What the session page's buttons, fields and keys do. Everything in tabs comes and goes with the server's answers, so
// the page listens once and looks at what was meant: data-act does something, data-set puts "name=value" into the
// address, data-param is a field of it, data-seek-us moves the cursor, data-pick chooses a cell of a map.

import { corrects } from "./corrections.mjs";
import { drawRegion } from "./drawing.mjs";
import { bind, yields } from "../core/keys.mjs";

const SPEEDS = [0.1, 0.25, 0.5, 1, 2, 4, 10];

export function sessionControls(page, signal) {
  const { root } = page;
  const acts = actsOf(page);
  root.addEventListener("click", (event) => clicked(page, acts, event), { signal });
  root.addEventListener("change", (event) => fieldChanged(page, event), { signal });
  root.addEventListener("keydown", (event) => {
    if (event.target.matches("[data-tab-name]") && !yields(event) && moveTab(page, event.target, event.key)) event.preventDefault();
  }, { signal });
  // The dialog of exports lies outside of the page.
  document.addEventListener("click", (event) => event.target instanceof Element && event.target.closest('[data-act="picture"]') && savePicture(page), { signal });
  bind(keysOf(page, acts), signal);
  showTab(page, root.dataset.tab);
}

function actsOf(page) {
  return {
    play: () => page.player.toggle(),
    back: () => page.step(-1),
    forth: () => page.step(1),
    whole: () => page.whole(),
    fit: () => page.show(...page.selection),
    slower: () => setSpeed(page, SPEEDS.findLast((speed) => speed < page.player.speed)),
    faster: () => setSpeed(page, SPEEDS.find((speed) => speed > page.player.speed)),
    draw: () => drawRegion(page),
  };
}

function clicked(page, acts, event) {
  const hit = (selector) => event.target.closest?.(selector);
  const masks = hit("[data-masks]");
  if (masks) masks.href = withAddress(masks.getAttribute("href"), page.address);
  const act = hit("[data-act]");
  if (act) acts[act.dataset.act]?.(act);
  const speed = hit("[data-speed]");
  if (speed) setSpeed(page, Number(speed.dataset.speed));
  const tab = hit("[data-tab-name]");
  if (tab && tab.getAttribute("aria-disabled") !== "true") showTab(page, tab.dataset.tabName, true);
  const set = hit("[data-set]");
  if (set) page.address.set(Object.fromEntries(new URLSearchParams(set.dataset.set)));
  for (const name of (hit("[data-unset]")?.dataset.unset ?? "").split(" ").filter(Boolean)) page.address.set({ [name]: null });
  const kept = hit("[data-keep-prints], [data-withdraw]");
  if (kept) void corrects(page, kept);
  const seek = hit("[data-seek-us]");
  if (seek) page.seek(Number(seek.dataset.seekUs));
  const pick = hit("[data-pick]");
  if (pick && !page.drawing) pickCell(page, pick, event);
  if (set && "col" in Object.fromEntries(new URLSearchParams(set.dataset.set))) pressOnly(set, "[data-set]");
}

// An address that leads on, with what this page's says beside it.
function withAddress(href, address) {
  const [path, own] = href.split("?");
  const fields = new URLSearchParams(own);
  for (const name of new Set(address.fields.keys())) {
    if (!fields.has(name)) for (const value of address.all(name)) fields.append(name, value);
  }
  return `${path}?${fields}`;
}

// The map as it is drawn, as a file named by its session and moment.
function savePicture(page) {
  page.slot("map").toBlob((blob) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = `${page.root.dataset.workout}-${page.seconds.toFixed(3)}s.png`.replace(/[/\\]/g, "-");
    link.click();
    URL.revokeObjectURL(link.href);
  });
}

function pickCell(page, picture, event) {
  const box = picture.getBoundingClientRect();
  const { stream, rows, cols, spots } = picture.dataset;
  const y = ((event.clientY - box.top) / box.height) * Number(rows);
  const x = ((event.clientX - box.left) / box.width) * Number(cols);
  const place = spots ? `0:${nearest(spots, x, y)}` : `${Math.floor(y)}:${Math.floor(x)}`;
  page.address.set({ cell: `${stream}:${place}` });
}

// Of cells that are no grid, the number of the one whose middle is nearest.
function nearest(spots, x, y) {
  const far = spots.split(";").map((spot) => {
    const [sx, sy] = spot.split(" ").map(Number);
    return Math.hypot(sx - x, sy - y);
  });
  return far.indexOf(Math.min(...far));
}

function fieldChanged(page, event) {
  const name = event.target.dataset?.param ?? event.target.closest?.("[data-param]")?.dataset.param;
  if (!name) return;
  if (event.target.checkValidity?.() === false) event.target.reportValidity();
  else page.address.set({ [name]: event.target.value });
}

function pressOnly(button, among) {
  for (const other of button.parentElement.querySelectorAll(among)) {
    other.setAttribute("aria-pressed", String(other === button));
  }
}

export function setSpeed(page, speed) {
  if (!SPEEDS.includes(speed)) return;
  page.player.setSpeed(speed);
  for (const button of page.root.querySelectorAll("[data-speed]")) {
    button.setAttribute("aria-pressed", String(Number(button.dataset.speed) === speed));
  }
  const select = page.root.querySelector('[data-slot="speed"]');
  if (select) select.textContent = `${{ 0.25: "¼", 0.5: "½" }[speed] ?? speed}×`;
}

function showTab(page, name, chosen = false) {
  for (const tab of page.root.querySelectorAll("[data-tab-name]")) {
    const mine = tab.dataset.tabName === name;
    tab.setAttribute("aria-selected", String(mine));
    tab.tabIndex = mine ? 0 : -1;
  }
  page.root.querySelector('[role="tabpanel"]').setAttribute("aria-labelledby", `tab-${name}`);
  page.slot("curves").hidden = name !== "data";
  if (!chosen) return;
  page.address.set({ tab: name });
  page.redraw();
}

// What the sheet of keys lists for this page.
function keysOf(page, acts) {
  const move = (way) => (event) => {
    if (event.shiftKey || !otherTrial(page, way)) page.seek(page.at + way * (event.shiftKey ? 0.1 : 1) * 1e6);
  };
  const tabs = [...page.root.querySelectorAll("[data-tab-name]")];
  return [
    [" ", "play or pause the selection", acts.play],
    [",", "one frame back", acts.back],
    [".", "one frame on", acts.forth],
    ["ArrowLeft", "1 s back, with Shift 0.1 s; on Jump the jump before", move(-1)],
    ["ArrowRight", "1 s on, with Shift 0.1 s; on Jump the next jump", move(1)],
    ["0", "select the whole session", acts.whole],
    ["[", "the trial before", () => page.boxes.panel.go(-1)],
    ["]", "the next trial", () => page.boxes.panel.go(1)],
    ["t", "a trial of the selection", () => page.boxes.panel.begin()],
    ["<", "slower", acts.slower],
    [">", "faster", acts.faster],
    ["s", "scale: automatic or fixed", () => page.scale.toggle()],
    ["e", "export", () => page.root.querySelector('[data-ask="export"]')?.click()],
    ...tabs.map((tab, i) => [`${i + 1}`, tab.textContent, () => tab.click()]),
  ];
}

// On a tab with trials the arrows go from one to the next; false where there are none.
function otherTrial(page, way) {
  const rows = [...page.root.querySelectorAll("#tab-body tr[data-trial]")];
  if (!rows.length) return false;
  const shown = rows.findIndex((row) => row.classList.contains("jump-shown"));
  const next = shown < 0 ? (way > 0 ? 0 : rows.length - 1) : Math.max(0, Math.min(rows.length - 1, shown + way));
  rows[next].click();
  for (const row of rows) row.classList.toggle("jump-shown", row === rows[next]); // the next key does not wait for the server
  return true;
}

// Arrows go from tab to tab, as in every list of tabs.
function moveTab(page, from, key) {
  const tabs = [...page.root.querySelectorAll("[data-tab-name]")];
  const by = { ArrowLeft: -1, ArrowRight: 1 }[key];
  if (!by) return false;
  const next = tabs[(tabs.indexOf(from) + by + tabs.length) % tabs.length];
  next.focus();
  next.click();
  return true;
}
