// Files into the archive: chosen or dropped anywhere on the page, sent one after the other, with what has arrived and
// what is stored of each. A file that cannot be read says why and stops none of the others.

import { number } from "./words.mjs";

export class Imports {
  constructor(place) {
    this.place = place;
    this.queue = [];
    this.busy = false;
    this.current = null;
  }

  close() {
    this.current?.abort();
  }

  /** Files of one gesture belong together: the server names their session by what their names share. */
  add(files) {
    const all = [...files];
    const names = all.map((file) => file.name);
    this.queue.push(...all.map((file) => ({ file, names, line: this.#line(file.name) })));
    this.place.hidden = false;
    if (!this.busy) this.#next();
  }

  async #next() {
    this.busy = true;
    while (this.queue.length) {
      const { file, names, line } = this.queue.shift();
      const others = names.filter((name) => name !== file.name);
      await this.#send(file, [file.name, ...others], line);
    }
    this.busy = false;
  }

  #line(name) {
    const line = document.createElement("div");
    line.className = "import-line";
    const [title, bar, said] = [document.createElement("b"), document.createElement("progress"), document.createElement("span")];
    title.textContent = name;
    bar.max = 1;
    bar.setAttribute("aria-label", name);
    said.setAttribute("role", "status");
    said.textContent = "waits";
    line.append(title, bar, said);
    this.place.append(line);
    return { line, bar, said };
  }

  // XMLHttpRequest, because fetch does not say how much of a body has left.
  #send(file, names, { line, bar, said }) {
    const query = new URLSearchParams(names.map((name) => ["name", name]));
    const request = new XMLHttpRequest();
    this.current = request;
    return new Promise((done) => {
      const end = (text, failed, workout) => (finish(line, said, text, failed, workout), done());
      request.upload.addEventListener("progress", ({ loaded, total }) => {
        bar.value = total ? loaded / total / 2 : 0;
        said.textContent = `${Math.floor((100 * loaded) / (total || 1))} % sent`;
      });
      request.upload.addEventListener("load", () => (said.textContent = "is read"));
      request.addEventListener("progress", () => {
        const { done: stored, frames } = last(request.responseText) ?? {};
        if (!frames || stored === undefined) return;
        bar.value = 0.5 + stored / frames / 2;
        said.textContent = `${number(stored)} of ${number(frames)} frames`;
      });
      request.addEventListener("load", () => {
        const told = last(request.responseText) ?? {};
        if (told.workout) end(outcome(told), false, told.workout);
        else end(told.error ?? told.message ?? refusal(request.status), true);
      });
      request.addEventListener("error", () => end("could not be sent: the dashboard does not answer. Drop it again later", true));
      request.addEventListener("abort", () => done());
      request.open("POST", `/import?${query}`);
      request.send(file);
    });
  }
}

function refusal(status) {
  return status === 413 ? "is larger than this dashboard takes; use barograph import" : `was refused (${status})`;
}

/** What is said of a file that was read. */
export function outcome({ stored, frames, workout }) {
  const known = frames - stored;
  const before = known ? `, ${number(known)} were there already` : "";
  return `${number(stored)} ${stored === 1 ? "frame" : "frames"} stored in ${workout}${before}`;
}

/** The last whole line of an answer that is still coming, as JSON; null before there is one. */
export function last(text) {
  const lines = text.slice(0, text.lastIndexOf("\n") + 1 || (text.startsWith("{") && text.endsWith("}") ? text.length : 0)).trim().split("\n");
  try {
    return JSON.parse(lines.at(-1));
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

function finish(line, said, text, failed, workout) {
  line.querySelector("progress").remove();
  line.classList.toggle("warn", Boolean(failed));
  said.textContent = text;
  if (!workout) return;
  const link = document.createElement("a");
  link.href = `/session/${encodeURIComponent(workout)}`;
  link.textContent = "Open";
  line.append(link);
}
