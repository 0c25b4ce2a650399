// What a file does not say is asked beside it: rate, size of a cell, unit, side, or what the columns of a text are.
// Nothing is filled in before; what is not answered is not stored.

const FIELDS = {
  rate: ["Frames per second", 'type="number" min="0" step="any" required'],
  pitch: ["Size of a cell in mm, across and along", 'placeholder="5.08x7.62" required'],
  unit: ["Unit (counts where it is empty)", 'placeholder="kPa"'],
  rows: ["Rows of a frame", 'type="number" min="1" step="1" required'],
  cols: ["Columns of a frame", 'type="number" min="1" step="1" required'],
  rate_hz: ["Frames per second", 'type="number" min="0" step="any" required'],
};
const SIDES = `<label>Side <select class="field" name="side" required><option value="">choose</option>
  <option value="left">left</option><option value="right">right</option></select></label>`;

/** Asks beside a file's line; gives the answers as the server takes them, or null when the file is left out. */
export function asked({ line, said }, { error, asks, map, unknown = {} }) {
  said.textContent = map ? "is a table that no reader knows. It does not say:" : error;
  said.title = error;
  const names = map ? Object.keys(unknown) : asks;
  const form = document.createElement("form");
  form.className = "import-asks";
  form.innerHTML = `${names.map(field).join("")}${map ? MAP : ""}
    <span class="import-does"><button class="button primary" type="submit">Store</button>
    <button class="button" type="button">Leave out</button></span>`;
  const text = /** @type {?HTMLTextAreaElement} */ (form.querySelector("textarea"));
  if (text) text.value = map;
  line.append(form);
  /** @type {HTMLElement} */ (form.querySelector("input, select, textarea")).focus();
  return new Promise((done) => {
    const end = (answers) => (form.remove(), (said.textContent = answers ? "is sent" : "left out"), done(answers));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const given = Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, String(value).trim()]));
      end(text ? { map: filled(text.value, given) } : given);
    });
    /** @type {HTMLElement} */ (form.querySelector("button[type=button]")).addEventListener("click", () => end(null));
  });
}

const MAP = `<details><summary>How the lines are read</summary><textarea class="field" rows="14" spellcheck="false"
  aria-label="Map of the file"></textarea></details>`;

function field(name) {
  if (name === "side") return SIDES;
  const [words, more] = FIELDS[name];
  return `<label>${words} <input class="field" name="${name}" autocomplete="off" ${more}></label>`;
}

/** A map with what was asked in place of the lines that a draft leaves open. */
export function filled(map, answers) {
  const lines = map.split("\n").map((text) => {
    const name = /^# (\w+) =/.exec(text)?.[1];
    const value = name ? answers[name] : "";
    if (!value) return text;
    return `${name} = ${name === "unit" ? JSON.stringify(value) : Number(value)}`;
  });
  return lines.join("\n");
}
