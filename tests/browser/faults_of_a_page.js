// What a reader would see go wrong on a page: text that is cut, that lies on other text, that leaves its box, and a page
// that scrolls sideways. Run in the page; the answer is a list of sentences.
() => {
  const SLACK = 1.5;
  const faults = new Set();
  const say = (what, text, where) => faults.add(`${what}: "${text.trim().slice(0, 60)}" in ${where}`);
  const pathOf = (element) => {
    const parts = [];
    for (let at = element; at && at !== document.body && parts.length < 4; at = at.parentElement) {
      const kind = typeof at.className === "string" ? at.className : (at.className?.baseVal ?? "");
      parts.unshift(`${at.tagName.toLowerCase()}${kind.trim() ? `.${kind.trim().split(/\s+/).slice(0, 2).join(".")}` : ""}`);
    }
    return parts.join(" > ");
  };
  // How an element is laid out, asked once: most are above hundreds of texts.
  const known = new Map();
  const look = (element) => {
    const kept = known.get(element);
    if (kept) return kept;
    const { display, overflow, overflowX, overflowY, textOverflow, position } = getComputedStyle(element);
    const found = { display, overflow, overflowX, overflowY, textOverflow, position, frame: element.getBoundingClientRect() };
    known.set(element, found);
    return found;
  };
  const seen = (element) => {
    if (!element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) return false;
    return !element.closest("[hidden], .unseen, .sr-only, dialog:not([open])");
  };

  const wide = document.documentElement.scrollWidth - innerWidth;
  if (wide > 0) faults.add(`the page scrolls sideways by ${wide} px`);

  // Every run of text with its boxes on screen.
  const runs = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    const text = node.data.trim();
    const parent = node.parentElement;
    if (!text || !parent || parent.closest("script, style, noscript, option, title, desc") || !seen(parent)) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const boxes = [...range.getClientRects()].filter((box) => box.width > 0.5 && box.height > 0.5);
    if (boxes.length) runs.push({ text, parent, boxes });
  }

  const clips = (style, axis) => ["hidden", "clip"].includes(axis === "x" ? style.overflowX : style.overflowY);
  const scrolls = (style, axis) => ["auto", "scroll"].includes(axis === "x" ? style.overflowX : style.overflowY);
  for (const { text, parent, boxes } of runs) {
    const svg = parent.closest("svg");
    if (svg) {
      const frame = look(svg).frame;
      const out = boxes.some((box) => box.left < frame.left - SLACK || box.right > frame.right + SLACK || box.top < frame.top - 3 || box.bottom > frame.bottom + 3);
      if (out && look(svg).overflow !== "visible") say("cut by its drawing", text, pathOf(svg.parentElement));
    }
    // The nearest ancestor that clips on an axis, unless one that scrolls on it comes first.
    for (const axis of ["x", "y"]) {
      for (let at = parent; at && at !== document.body; at = at.parentElement) {
        const style = look(at);
        if (style.display === "inline" || at.closest("svg")) continue;
        if (scrolls(style, axis)) break;
        if (!clips(style, axis)) continue;
        const frame = look(at).frame;
        const out = boxes.some((box) => axis === "x" ? box.left < frame.left - SLACK || box.right > frame.right + SLACK : box.top < frame.top - 4 || box.bottom > frame.bottom + 4);
        const told = (style.textOverflow === "ellipsis" || at.matches(".ag-cell")) && at.closest("[title], [aria-label], .ag-row") && !/^[-−+±\d\s.,:%–]+$/.test(text);
        if (out && !told) say("cut", text, pathOf(at));
        break;
      }
    }
    const cell = parent.closest("td, th");
    if (cell && !svg) {
      const frame = look(cell).frame;
      if (boxes.some((box) => box.left < frame.left - SLACK || box.right > frame.right + SLACK)) say("leaves its cell", text, pathOf(cell));
    }
    const tile = parent.closest("[data-tile] [data-part], [data-tile] b");
    if (tile && new Set(boxes.map((box) => Math.round(box.top))).size > 1) say("breaks into lines", text, pathOf(tile));
  }

  // Text on text: boxes of different runs, as far as they are seen, that share more than a hair.
  const shown = (run, box) => {
    let { left, right, top, bottom } = box;
    for (let at = run.parent; at && at !== document.body; at = at.parentElement) {
      const style = look(at);
      if (style.display === "inline") continue;
      const frame = look(at).frame;
      if (style.overflowX !== "visible") [left, right] = [Math.max(left, frame.left), Math.min(right, frame.right)];
      if (style.overflowY !== "visible") [top, bottom] = [Math.max(top, frame.top), Math.min(bottom, frame.bottom)];
    }
    const room = 0.14 * (bottom - top); // letters do not fill the box of their line
    return { left, right, top: top + room, bottom: bottom - room, height: 0.72 * (bottom - top) };
  };
  const flat = runs
    .flatMap((run) => run.boxes.map((box) => ({ run, box: shown(run, box) })))
    .filter(({ box }) => box.right - box.left > 1 && box.height > 1)
    .sort((a, b) => a.box.top - b.box.top);
  const layer = (element) => element.closest("header, dialog, .drop, .tooltip, [popover], .sheet") ?? document.body;
  // What stays where it is while the page scrolls lies over what passes below it.
  const floats = (element) => {
    for (let at = element; at && at !== document.body; at = at.parentElement) {
      if (["sticky", "fixed"].includes(look(at).position)) return true;
    }
    return false;
  };
  for (let i = 0; i < flat.length; i += 1) {
    for (let j = i + 1; j < flat.length && flat[j].box.top < flat[i].box.bottom - 2; j += 1) {
      const [a, b] = [flat[i], flat[j]];
      if (a.run === b.run) continue;
      const across = Math.min(a.box.right, b.box.right) - Math.max(a.box.left, b.box.left);
      const down = Math.min(a.box.bottom, b.box.bottom) - Math.max(a.box.top, b.box.top);
      const small = Math.min(a.box.height, b.box.height);
      if (across < 2 || down < small * 0.3 || layer(a.run.parent) !== layer(b.run.parent)) continue;
      if (floats(a.run.parent) || floats(b.run.parent)) continue;
      say("lies on other text", `${a.run.text.slice(0, 28)} | ${b.run.text.slice(0, 28)}`, pathOf(b.run.parent));
    }
  }
  return [...faults];
}
