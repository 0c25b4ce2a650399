// A button that copies the command beside it and says so.

const SAID_MS = 2_000;

export function copyButton(button) {
  const listeners = new AbortController();
  let timer = 0;
  const say = (text, done) => {
    button.lastElementChild.textContent = text;
    button.classList.toggle("done", done);
  };
  button.addEventListener(
    "click",
    async () => {
      const copied = await copy(button.dataset.text);
      say(copied ? "Copied" : "Select it", copied);
      clearTimeout(timer);
      timer = setTimeout(() => say("Copy", false), SAID_MS);
    },
    { signal: listeners.signal },
  );
  return { close: () => (clearTimeout(timer), listeners.abort()) };
}

/** Put a text on the clipboard; false where that is not possible. */
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch (error) {
    if (error instanceof TypeError || error instanceof DOMException) return false; // no clipboard without https
    throw error;
  }
}
