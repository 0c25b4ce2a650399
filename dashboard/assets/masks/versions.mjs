// The versions of the masks of a foot: which one holds, *use this one*, and masks copied from another session of the
// athlete. Nothing is deleted: a version that is not used is withdrawn, and can be used again.

import { toUse } from "./facts.mjs";
import { escaped, html } from "./panels.mjs";

const AUTOMATIC = 1;

export class Versions {
  next = 2;
  list = [];

  constructor(editor) {
    this.editor = editor;
    this.place = editor.slot("versions");
    const { signal } = editor;
    this.place.addEventListener("click", (event) => {
      const use = event.target.closest?.("[data-use]");
      if (use) this.#use(Number(use.dataset.use));
      if (event.target.closest?.("[data-copy]")) this.#copy();
    }, { signal });
  }

  async read() {
    const said = await this.editor.ask("masks");
    if (!said) return;
    this.next = said.next;
    this.list = said.masks;
    this.draw();
    this.editor.draw();
  }

  draw() {
    const { facts } = this.editor;
    const mine = this.list.filter(({ stream, side, scope, mark }) => stream === facts.stream && side === facts.side && (scope !== "print" || mark === facts.mark));
    const rows = [row(facts, { number: AUTOMATIC, title: "automatic", about: facts.why ? `no foot was found: ${facts.why}` : "found in the pressures" }),
      ...mine.map((one) => row(facts, { number: one.number, title: titleOf(one), about: one.reason, withdrawn: one.withdrawn_us }))];
    const copies = facts.sessions.length ? `<div class="masks-copy"><label><span>Copy from another session</span>
      <select name="copied">${facts.sessions.map(({ id, title }) => `<option value="${escaped(id)}">${escaped(title)}</option>`).join("")}</select></label>
      <button type="button" class="button" data-copy>Copy</button></div>`
      : '<p class="muted">No other session of this athlete has masks by hand that could be copied.</p>';
    html(this.place, `<ul class="masks-versions">${rows.join("")}</ul>${copies}`);
  }

  async #use(number) {
    const { editor } = this;
    if (editor.model.changed) {
      editor.model.said = "Save or take back what you drew first.";
      return editor.draw();
    }
    for (const [each, withdrawn] of toUse(this.list, number, editor.facts)) {
      if (!(await editor.ask(`masks/${each}`, { withdrawn }, "PUT"))) return undefined;
    }
    return editor.kept(`Version ${number} is used.`);
  }

  async #copy() {
    const from = this.place.querySelector("select").value;
    const made = await this.editor.ask("masks/copy", { from });
    if (made) await this.editor.kept(`Copied as ${made.masks.map(({ number }) => `version ${number}`).join(" and ")}.`);
  }
}

function titleOf({ labels, n_cells: cells, scope, copied_from: copied }) {
  const how = labels?.length === 0 || cells === 0 ? "automatic again" : copied ? "copied" : "by hand";
  return `${how}, ${{ print: "this print", session: "this session", athlete: "athlete" }[scope]}`;
}

function row(facts, { number, title, about, withdrawn = 0 }) {
  const used = facts.version === number;
  const use = used ? '<span class="chip">used</span>'
    : `<button type="button" class="button" data-use="${number}" aria-label="Use version ${number}">Use this one</button>`;
  return `<li${withdrawn ? ' class="withdrawn"' : ""}><span><b>${number}</b> ${escaped(title)} <span class="muted">${escaped(about)}</span></span>${use}</li>`;
}
