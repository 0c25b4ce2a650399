// A roster's file: looked at by the server as soon as it is chosen or dropped, taken when somebody says so.

const SHOWN = /** @type {HTMLElement} */ (document.getElementById("import-report"));
const FIELD = /** @type {HTMLInputElement} */ (document.getElementById("roster-file"));
/** @type {?File} */
let file = null;
let turn = 0; // a newer file's answer counts

function element(name, text, more = {}) {
  return Object.assign(document.createElement(name), { textContent: text }, more);
}

function failed(text) {
  SHOWN.replaceChildren(element("p", text, { className: "problem", role: "alert" }));
}

async function send(seen) {
  const mine = ++turn;
  SHOWN.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(`/athletes/import${seen ? `?seen=${seen}` : ""}`, { method: "POST", body: file });
    const kind = answer.headers.get("Content-Type") ?? "";
    if (!kind.includes("json")) throw new Error(String(answer.status));
    if (mine === turn) show(await answer.json(), Boolean(seen));
  } catch {
    if (mine === turn) failed("No answer from this page’s server, or none that this page reads. Nothing is known to have changed; choose the file again.");
  } finally {
    SHOWN.removeAttribute("aria-busy");
  }
}

function show({ markup, problem, seen, changes, message }, done) {
  if (!markup) return failed(problem ?? message ?? "The file was not read.");
  SHOWN.innerHTML = markup; // made by our server, texts escaped
  const actions = element("div", "", { className: "flow" });
  if (done) actions.append(element("a", "To the roster", { href: "/athletes", className: "button primary" }));
  else if (changes) {
    const press = element("button", changes === 1 ? "Import 1 row" : `Import ${changes} rows`, { type: "button", className: "button primary", id: "import-apply" });
    press.addEventListener("click", () => {
      press.disabled = true;
      send(seen);
    });
    actions.append(press, element("button", "Another file", { type: "button", className: "button", onclick: () => FIELD.click() }));
  } else actions.append(element("span", "Nothing in this file changes the roster.", { className: "muted" }));
  SHOWN.querySelector(".import-counts")?.after(actions);
}

function take(chosen) {
  if (!chosen) return;
  file = chosen;
  send("");
}

FIELD.addEventListener("change", () => take(FIELD.files?.[0]));
document.addEventListener("dragover", (event) => event.preventDefault());
document.addEventListener("drop", (event) => {
  event.preventDefault();
  take(event.dataTransfer?.files[0]);
});
