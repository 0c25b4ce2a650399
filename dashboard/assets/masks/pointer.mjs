// What a pointer does on the drawing: with `Choose` it takes masks and borders, with `Move border` it drags points, with
// `Give cells to` it goes over cells, with `Merge two` it takes the second mask. Every drag follows the pointer beyond the
// drawing, and Escape gives it up.

export function listenToPointer(editor) {
  const { stage, model, signal } = editor;
  /** @type {?{move: (place: number[]) => void, pointer: number}} */
  let drag = null;
  const area = stage.root;
  const end = (stays) => {
    if (!drag) return;
    drag = null;
    editor.pressed = false;
    model.drop(stays);
    editor.draw();
  };
  area.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || drag) return;
    const place = stage.place(event);
    const move = pressed(editor, place);
    if (move) {
      drag = { move, pointer: event.pointerId };
      editor.pressed = true;
      area.setPointerCapture(event.pointerId);
      move(place);
    }
    editor.draw();
  }, { signal });
  area.addEventListener("pointermove", (event) => {
    if (!drag || drag.pointer !== event.pointerId) {
      area.style.cursor = cursorOf(editor, stage.place(event));
      return;
    }
    drag.move(stage.place(event));
    editor.draw();
  }, { signal });
  area.addEventListener("pointerup", (event) => drag?.pointer === event.pointerId && end(true), { signal });
  area.addEventListener("pointercancel", () => end(false), { signal });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !drag) return;
    event.preventDefault();
    event.stopPropagation();
    end(false);
  }, { signal, capture: true });
}

// What a press begins: a function that follows the pointer, or nothing.
function pressed({ stage, model, mesh }, place) {
  const cell = mesh.at(place);
  const mask = cell < 0 ? -1 : model.map.of[cell];
  if (model.tool === "p" && cell >= 0) {
    const stroke = new Set();
    return (to) => {
      const under = mesh.at(to);
      if (under >= 0) stroke.add((model.cell = under));
      model.stroke([...stroke]);
    };
  }
  if (model.tool === "a") {
    const end = stage.endAt(place);
    return end ? (to) => model.turn(end, to) : null;
  }
  if (model.tool === "b") {
    const which = stage.pointAt(place);
    const border = model.line;
    if (which && border) return (to) => model.drag(which, to, border);
    const near = stage.borderAt(place);
    if (near) model.chooseBorder(near.a, near.b);
    else if (mask >= 0) model.choose(mask);
    return null;
  }
  if (model.tool === "j") {
    if (mask >= 0 && mask !== model.mask) model.merge(mask);
    return null;
  }
  const near = model.tool === "v" ? stage.borderAt(place) : null;
  if (near) {
    model.use("b");
    model.chooseBorder(near.a, near.b);
  } else if (mask >= 0) model.choose(mask);
  return null;
}

function cursorOf({ stage, model, mesh }, place) {
  if ((model.tool === "b" && stage.pointAt(place)) || (model.tool === "a" && stage.endAt(place))) return "grab";
  if (model.tool === "p") return mesh.at(place) >= 0 ? "crosshair" : "";
  return mesh.at(place) >= 0 ? "pointer" : "";
}
