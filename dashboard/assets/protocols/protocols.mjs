// Shows beside the editor of a protocol, while somebody writes, what Record will ask and what is wrong. Without this
// the page does so when Check is pressed.

const PAUSE_MS = 400;

/** Ask for what stands beside the form as it is now, and put it there; what was asked later wins. */
function look(form, beside) {
  let timer = 0;
  let asked = new AbortController();

  async function ask() {
    asked.abort();
    asked = new AbortController();
    const sent = new URLSearchParams();
    for (const [name, value] of new FormData(form)) sent.append(name, String(value));
    sent.set("act", "look");
    try {
      const answer = await fetch(form.action, { method: "POST", body: sent, signal: asked.signal });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const found = page.querySelector(".protocol-beside");
      if (found) beside.replaceChildren(...found.childNodes);
    } catch (error) {
      if (error instanceof DOMException) return; // something was typed meanwhile
      if (!(error instanceof TypeError)) throw error;
      beside.querySelector("#protocol-said").textContent = "The server does not answer; Check asks again.";
    }
  }

  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE_MS);
  });
}

const form = document.querySelector("form[data-baro='protocol']");
if (form) look(form, document.querySelector(".protocol-beside"));
