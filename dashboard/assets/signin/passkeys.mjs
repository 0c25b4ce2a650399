// Passkeys: makes one, or signs in by one, where this browser has them and the page is a secure context under a name.
// The server says what is to be signed, and looks at what was; here are only the steps between.

const BEGIN = "/sign-in/passkey/begin";
const FINISH = "/sign-in/passkey/finish";
const GIVEN_UP = new Set(["NotAllowedError", "AbortError"]); // by the person, or because nobody came
const KNOWN = "InvalidStateError"; // this device has a passkey for this account already

/** Whether this browser can, at this address: bare addresses have no passkeys. */
export function possible() {
  const bare = /^[\d.]+$|:/.test(location.hostname);
  return isSecureContext && !bare && typeof PublicKeyCredential?.parseCreationOptionsFromJSON === "function";
}

/** @param {string} path @param {object} content */
async function post(path, content) {
  const answer = await fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(content),
  });
  const said = await answer.json();
  if (!answer.ok) throw new Error(said.message);
  return said;
}

async function make(asked) {
  const options = PublicKeyCredential.parseCreationOptionsFromJSON(await post(BEGIN, asked));
  return navigator.credentials.create({ publicKey: options });
}

async function use(asked) {
  const options = PublicKeyCredential.parseRequestOptionsFromJSON(await post(BEGIN, asked));
  return navigator.credentials.get({ publicKey: options });
}

/** What a person reads of an error. */
export function sentence(error) {
  if (GIVEN_UP.has(error.name)) return "Nothing was done: no passkey was chosen in time.";
  if (error.name === KNOWN) return "This device has a passkey for this account already.";
  return error.message;
}

function field(form, name) {
  return /** @type {?HTMLInputElement} */ (form?.elements.namedItem(name))?.value ?? "";
}

async function pressed(button, place) {
  const form = button.closest("form") ?? document.querySelector("form");
  const { purpose, secret = "" } = button.dataset;
  const said = place.querySelector("[data-passkey-said]");
  said.hidden = true;
  button.disabled = true;
  try {
    const asked = { purpose, secret, name: field(form, "name"), email: field(form, "email") };
    const made = await (button.dataset.passkey === "use" ? use(asked) : make(asked));
    const credential = /** @type {PublicKeyCredential} */ (made);
    const { next } = await post(FINISH, { credential: credential.toJSON(), next: field(form, "next") });
    location.assign(next);
  } catch (error) {
    said.textContent = sentence(error);
    said.hidden = false;
    button.disabled = false;
  }
}

/** Show the buttons of a page, or why there are none. */
export function passkeys() {
  for (const place of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-passkeys]"))) {
    place.hidden = !possible();
    for (const button of place.querySelectorAll("[data-passkey]")) {
      button.addEventListener("click", () => void pressed(button, place));
    }
  }
  for (const why of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-no-passkeys]"))) {
    why.hidden = possible();
  }
}
