// Corrected prints are kept with the session, taken back and brought back. What the address says of them goes before
// what is kept, so it is taken out of the address when it has been kept.

const AWAY = "The dashboard does not answer. Nothing was kept; try again in a moment.";

/** Do what a button says: keep the corrections that it has, or withdraw a version or bring it back. */
export async function corrects(page, button) {
  const { keepPrints, withdraw, back } = button.dataset;
  const said = keepPrints === undefined ? { withdrawn: back === undefined } : { items: JSON.parse(keepPrints) };
  const path = `${page.path}/print-corrections${keepPrints === undefined ? `/${withdraw}` : ""}`;
  button.disabled = true;
  const wrong = await sent(path, keepPrints === undefined ? "PUT" : "POST", said);
  button.disabled = false;
  if (wrong) {
    const place = button.parentElement.querySelector(".print-said");
    if (place) place.textContent = wrong;
    return;
  }
  if (keepPrints !== undefined) page.address.set({ fix: null });
  page.askAgain();
}

/** What was wrong, "" where nothing was. */
async function sent(path, method, said) {
  try {
    const headers = { "Content-Type": "application/json" };
    const answer = await fetch(path, { method, headers, body: JSON.stringify(said) });
    if (answer.ok) return "";
    const type = answer.headers.get("Content-Type") ?? "";
    const told = type.includes("json") ? (await answer.json()).message : "";
    return told || "You may not change this session.";
  } catch {
    return AWAY;
  }
}
