// Names are in no address: a text that somebody types is hidden by the server before it becomes a part of one
// (dashboard/page/hidden.py).

/**
 * The form in which a text stands in addresses; null when the server does not give it.
 * @param {string} text
 * @returns {Promise<?string>}
 */
export async function hidden(text) {
  if (!text) return "";
  try {
    const answer = await fetch("/hidden", { method: "POST", body: text });
    return answer.ok ? (await answer.json()).text : null;
  } catch (error) {
    if (error instanceof TypeError) return null; // nobody answers, which the page says
    throw error;
  }
}

/** An address of before, with a name in it, gives way to the one that the server gives for it. */
export function replaced(address) {
  const names = ["text", "athlete"].map((name) => new URLSearchParams(location.search).get(name) ?? "");
  if (address && names.some((one) => one && !one.startsWith("."))) history.replaceState(history.state, "", address);
}
