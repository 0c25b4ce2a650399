// Drawing regions by hand on a map: clicks set corners, a drag draws along its way. Enter or a press on the first corner
// closes the region, Backspace takes the last corner back, Escape gives the region up or, without one, ends. It goes on
// with the next region until it is ended. A region goes into the address as "stream|name|x,y x,y …", in cells of the
// picture (dashboard/reading/part_query.py, which knows the same limits).

import { byPointer } from "../core/keys.mjs";

const CLOSE_PX = 12;
const CLICK_PX = 5;
const STEP_PX = 6; // between corners of a drag
export const MOST_CORNERS = 64;
const MOST_REGIONS = 24;
const MARGIN_PX = 8;
const SVG = "http://www.w3.org/2000/svg";
const BAR = `<p role="status"></p><div>
  <button class="button small" type="button" data-does="undo">Undo corner<kbd>⌫</kbd></button>
  <button class="button small" type="button" data-does="shut">Close region<kbd>Enter</kbd></button>
  <button class="button small" type="button" data-does="leave">End<kbd>Esc</kbd></button></div>`;

/** Begin to draw, or end it where it is going on. */
export function drawRegion(page) {
  if (page.drawing) page.drawing.end();
  else if (page.root.querySelector("[data-pick]")) page.drawing = new RegionDrawing(page);
}

class RegionDrawing {
  #gesture = new AbortController();
  #corners = [];
  #stream = null;
  /** @type {?{x: number, y: number, moved: boolean, from: number}} */
  #drag = null; // {x, y} where a pointer was pressed, and whether it moved since
  #frame = 0;

  constructor(page) {
    this.page = page;
    this.bar = Object.assign(document.createElement("div"), { className: "drawing-bar", innerHTML: BAR });
    this.bar.setAttribute("aria-label", "Drawing of regions");
    this.bar.setAttribute("role", "group");
    this.line = document.createElementNS(SVG, "svg");
    this.line.setAttribute("preserveAspectRatio", "none");
    this.line.classList.add("tracing");
    document.body.append(this.line, this.bar);
    page.root.dataset.drawing = "true";
    this.#listen(this.#gesture.signal);
    this.#say();
    this.#follow();
  }

  #listen(signal) {
    const on = (target, name, act, more = {}) => target.addEventListener(name, act, { signal, ...more });
    on(this.page.root, "pointerdown", (event) => this.#press(event));
    on(document, "pointermove", (event) => this.#drag && this.#move(event));
    on(document, "pointerup", () => this.#drag && this.#release());
    on(document, "pointercancel", () => (this.#drag = null));
    on(document, "keydown", (event) => this.#key(event), { capture: true });
    on(this.bar, "click", (event) => this.#do(event.target.closest("[data-does]")?.dataset.does));
  }

  end() {
    this.#gesture.abort();
    cancelAnimationFrame(this.#frame);
    this.line.remove();
    this.bar.remove();
    delete this.page.root.dataset.drawing;
    this.page.root.querySelector('[data-act="draw"]')?.removeAttribute("aria-pressed");
    this.page.drawing = null;
  }

  // --- what one does

  #do(what) {
    if (what === "undo") this.#corners.pop();
    if (what === "shut") this.#shut();
    if (what === "leave") return this.end();
    this.#show();
  }

  #key(event) {
    if (event.target.closest?.("input, textarea, select") || event.ctrlKey || event.metaKey || event.altKey) return;
    const reached = event.target.closest?.("button, a, summary") && !byPointer(event.target);
    if (event.key === "Enter" && reached) return; // it presses that
    const acts = { Enter: "shut", Backspace: "undo", Escape: this.#corners.length ? "clear" : "leave" };
    const what = acts[event.key];
    if (!what) return;
    event.preventDefault();
    event.stopPropagation();
    if (what === "shut" && !this.#corners.length) return this.end();
    if (what === "clear") this.#corners = [];
    this.#do(what);
  }

  #press(event) {
    const picture = event.target.closest?.("[data-pick]");
    if (!picture || event.button !== 0) return;
    event.preventDefault(); // no text is marked by the drag
    const { stream } = picture.dataset;
    if (this.#corners.length && stream !== this.#stream) return this.#say("Close this region first, or press Esc.");
    this.#stream = stream;
    const first = this.#corners[0];
    if (this.#corners.length >= 3 && apart(picture, cornerOf(picture, event), first) < CLOSE_PX) {
      this.#shut();
      return this.#show();
    }
    this.#corners.push(cornerOf(picture, event));
    this.#drag = { x: event.clientX, y: event.clientY, moved: false, from: this.#corners.length };
    this.#show();
  }

  #move(event) {
    const picture = this.#picture;
    const drag = this.#drag;
    if (!picture || !drag) return;
    drag.moved ||= Math.hypot(event.clientX - drag.x, event.clientY - drag.y) > CLICK_PX;
    const corner = cornerOf(picture, event);
    if (!drag.moved || apart(picture, corner, this.#corners.at(-1)) < STEP_PX) return;
    this.#corners.push(corner);
    this.#show();
  }

  // A drag that began the region and came round closes it; one that did not is part of it.
  #release() {
    if (!this.#drag) return;
    const { moved, from } = this.#drag;
    this.#drag = null;
    if (moved && from === 1) this.#shut();
    this.#show();
  }

  #shut() {
    const old = this.page.address.all("draw");
    if (this.#corners.length < 3) return this.#say("A region has three corners at least.");
    if (old.length >= MOST_REGIONS) return this.#say(`No more than ${MOST_REGIONS} regions can be drawn.`);
    const points = thinned(this.#corners).map(([x, y]) => `${x},${y}`).join(" ");
    this.#corners = [];
    this.page.address.set({ draw: [...old, `${this.#stream}|${nameAfter(old)}|${points}`], regions: "drawn" });
  }

  // --- what one sees

  get #picture() {
    return this.page.root.querySelector(`[data-pick][data-stream="${CSS.escape(this.#stream ?? "")}"]`);
  }

  #show() {
    this.line.innerHTML = "";
    const path = this.#corners.map(([x, y]) => `${x},${y}`).join(" ");
    const [first] = this.#corners;
    if (first) this.line.innerHTML = `<polyline points="${path}" vector-effect="non-scaling-stroke"/>
      <polyline class="first" points="${first.join()} ${first.join()}" vector-effect="non-scaling-stroke"/>`;
    if (!this.bar.dataset.said) this.#say();
    delete this.bar.dataset.said;
  }

  #say(text = "") {
    const n = this.#corners.length;
    if (text) this.bar.dataset.said = "true";
    const usual = !n ? "Click the corners of a region on a map, or drag around it."
      : n < 3 ? `${n === 1 ? "1 corner" : "2 corners"}. Click the next one.`
      : `${n} corners. Click the first one to close the region.`;
    const [said] = this.bar.getElementsByTagName("p");
    said.textContent = text || usual;
    for (const [does, least] of Object.entries({ undo: 1, shut: 3 })) {
      this.bar.querySelector(`button[data-does="${does}"]`)?.toggleAttribute("disabled", n < least);
    }
  }

  // The line lies over its map, and the words above the maps, wherever the page is scrolled to or drawn anew. When the
  // maps are gone for good, another tab is shown: it ends.
  #follow() {
    const { root } = this.page;
    const button = root.querySelector('[data-act="draw"]');
    button?.setAttribute("aria-pressed", "true");
    if (!button && root.querySelector("#tab-body > :not(.tab-loading)")) return this.end();
    const pictures = [...root.querySelectorAll("[data-pick]")].map((one) => one.getBoundingClientRect());
    if (pictures.length) place(this.bar, pictures);
    const picture = this.#picture;
    this.line.style.display = picture ? "" : "none";
    if (picture) lay(this.line, picture);
    this.#frame = requestAnimationFrame(() => this.#follow());
  }
}

function place(bar, boxes) {
  const left = Math.min(...boxes.map((box) => box.left));
  const top = Math.min(...boxes.map((box) => box.top));
  const most = document.documentElement.clientWidth - bar.offsetWidth - MARGIN_PX;
  const high = window.innerHeight - bar.offsetHeight - MARGIN_PX;
  bar.style.left = `${Math.max(MARGIN_PX, Math.min(left, most))}px`;
  bar.style.top = `${Math.max(MARGIN_PX, Math.min(top - bar.offsetHeight - MARGIN_PX, high))}px`;
}

function lay(line, picture) {
  const box = picture.getBoundingClientRect();
  const { rows, cols } = picture.dataset;
  const view = `0 0 ${cols} ${rows}`;
  if (line.getAttribute("viewBox") !== view) line.setAttribute("viewBox", view);
  for (const side of ["left", "top", "width", "height"]) line.style[side] = `${box[side]}px`;
}

function cornerOf(picture, event) {
  const box = picture.getBoundingClientRect();
  const { rows, cols } = picture.dataset;
  const within = (value, most) => Math.min(Math.max(Math.round(value * most * 4) / 4, 0), Number(most));
  return [within((event.clientX - box.left) / box.width, cols), within((event.clientY - box.top) / box.height, rows)];
}

function apart(picture, a, b) {
  const box = picture.getBoundingClientRect();
  const { rows, cols } = picture.dataset;
  return Math.hypot(((a[0] - b[0]) / cols) * box.width, ((a[1] - b[1]) / rows) * box.height);
}

/** At most `MOST_CORNERS` of these corners: those that lie far enough from the one before. */
export function thinned(corners) {
  let found = corners;
  for (let least = 0.25; found.length > MOST_CORNERS; least *= 1.5) {
    found = corners.filter((_, i) => i === 0);
    for (const [x, y] of corners) if (Math.hypot(x - found.at(-1)[0], y - found.at(-1)[1]) >= least) found.push([x, y]);
  }
  return found;
}

/** A name that none of these regions has. */
export function nameAfter(drawn) {
  const names = new Set(drawn.map((text) => text.split("|")[1]));
  let n = drawn.length + 1;
  while (names.has(`Region ${n}`)) n += 1;
  return `Region ${n}`;
}
