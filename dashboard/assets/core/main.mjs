// Ties pages to their code. Dash puts pages into the document after this runs, and takes them out when one navigates,
// without a reload: so elements with `data-baro` are watched for, started when they come and closed when they go.

import "./asking.mjs";
import "./crosshair.mjs";
import { ComparePage } from "../compare/compare.mjs";
import { copyButton } from "./copy.mjs";
import { Drawn } from "./drawn.mjs";
import { bind, listen } from "./keys.mjs";
import "./find.mjs";
import { HistoryPage } from "../history/history.mjs";
import { OnePage } from "../athletes/one.mjs";
import { HomePage } from "../sessions/home.mjs";
import { Labelled } from "./labelled.mjs";
import { LivePage } from "../live/live.mjs";
import { MaskEditor } from "../masks/editor.mjs";
import { menu } from "./menu.mjs";
import { RecordDays } from "../record/days.mjs";
import { RecordPage } from "../record/record.mjs";
import { ResetView } from "./resetview.mjs";
import { OwnFile } from "../session/ownfile.mjs";
import { RosterPage } from "../athletes/roster.mjs";
import { SessionPage } from "../session/session.mjs";
import { ShareButton } from "../share/share.mjs";
import { toggleSheet } from "./sheet.mjs";
import { Still } from "./still.mjs";
import { LiveCard } from "../sessions/thumb.mjs";
import { UnitsMenu } from "./unitsmenu.mjs";

const kinds = {
  live: (root) => new LivePage(root),
  card: (root) => new LiveCard(root),
  home: (root) => new HomePage(root),
  masks: (root) => new MaskEditor(root),
  menu: (root) => menu(root),
  labelled: (root) => new Labelled(root),
  drawn: (root) => new Drawn(root),
  roster: (root) => new RosterPage(root),
  session: (root) => new SessionPage(root),
  compare: (root) => new ComparePage(root),
  history: (root) => new HistoryPage(root),
  one: (root) => new OnePage(root),
  ownfile: (root) => new OwnFile(root),
  copy: (root) => copyButton(root),
  still: (root) => new Still(root),
  record: (root) => new RecordPage(root),
  recorddays: (root) => new RecordDays(root),
  reset: (root) => new ResetView(root),
  share: (root) => new ShareButton(root),
  units: (root) => new UnitsMenu(root),
};
const running = new Map();

function reconcile() {
  for (const [root, part] of running) {
    if (root.isConnected) continue;
    part.close?.();
    running.delete(root);
  }
  for (const root of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-baro]"))) {
    if (!running.has(root)) running.set(root, kinds[root.dataset.baro](root));
  }
  document.querySelector("header.mantine-Modal-header")?.setAttribute("role", "none"); // the page has one banner already
  const title = document.querySelector("#page [data-title]")?.getAttribute("data-title");
  const full = title ? `${title} · Barograph` : "Barograph";
  if (document.title !== full) document.title = full;
  markCurrent();
}

// The header entry of the page shown, by the first part of its address.
const ENTRIES = { live: "nav-live", record: "nav-record", athletes: "nav-athletes", compare: "nav-compare", system: "nav-system" };
const UNDER = { "nav-system": "nav-admin" }; // where System is a tab of Admin

function markCurrent() {
  let shown = ENTRIES[location.pathname.split("/")[1]] ?? "nav-sessions";
  if (!document.getElementById(shown)) shown = UNDER[shown] ?? shown;
  for (const link of document.querySelectorAll(".nav")) {
    const current = link.id === shown;
    if (current !== link.hasAttribute("aria-current")) {
      if (current) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
  }
}

new MutationObserver(reconcile).observe(document.body, { childList: true, subtree: true });
reconcile();

// Keys of every page; each has a button in the header.
bind([
  ["t", "theme: light or dark", () => document.getElementById("theme")?.click()],
  ["?", "all keys", toggleSheet],
]);
listen();
document.addEventListener("click", (event) => event.target instanceof Element && event.target.closest("#keys") && toggleSheet());

// Server-made figures are drawn for one theme: tell the server which one is shown.
function tellScheme() {
  const scheme = document.documentElement.dataset.mantineColorScheme;
  window.dash_clientside?.set_props?.("scheme", { data: scheme });
}

new MutationObserver(tellScheme).observe(document.documentElement, {
  attributeFilter: ["data-mantine-color-scheme"],
});
