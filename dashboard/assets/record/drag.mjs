// The queue in another order: an entry is dragged by its grip with mouse or finger, or moved with Alt ↑ and Alt ↓.

/** `move(athlete, to)` is told where an entry was put. */
export function draggable(list, move, signal) {
  list.addEventListener("pointerdown", (event) => begin(list, event, move), { signal });
  list.addEventListener("keydown", (event) => {
    if (!event.altKey || !["ArrowUp", "ArrowDown"].includes(event.key)) return;
    const entry = event.target.closest(".entry");
    if (!entry) return;
    event.preventDefault();
    move(entry.dataset.athlete, placeOf(list, entry) + (event.key === "ArrowUp" ? -1 : 1));
  }, { signal });
}

const entriesOf = (list) => [...list.querySelectorAll(".entry")];
const placeOf = (list, entry) => entriesOf(list).indexOf(entry);

/** Where something at a height belongs among the others: how many of their middles lie above it. */
export function placeAt(y, middles) {
  return middles.filter((middle) => middle < y).length;
}

function begin(list, event, move) {
  const grip = event.target.closest("[data-grip]");
  if (!grip || event.button) return;
  const entry = grip.closest(".entry");
  const from = event.clientY;
  let moved = false;
  const others = entriesOf(list).filter((one) => one !== entry);
  const middles = others.map((one) => one.getBoundingClientRect().top + one.offsetHeight / 2);
  const follow = ({ clientY }) => {
    if (Math.abs(clientY - from) > 6) moved = true;
    if (!moved) return;
    entry.classList.add("dragged");
    entry.style.transform = `translateY(${clientY - from}px)`;
  };
  const end = ({ clientY, type }) => {
    for (const name of ["pointermove", "pointerup", "pointercancel"]) grip.removeEventListener(name, name === "pointermove" ? follow : end);
    entry.classList.remove("dragged");
    entry.style.transform = "";
    if (!moved || type === "pointercancel") return;
    grip.addEventListener("click", (press) => press.preventDefault(), { once: true, capture: true }); // no menu after a drag
    move(entry.dataset.athlete, placeAt(clientY, middles));
  };
  grip.setPointerCapture(event.pointerId);
  grip.addEventListener("pointermove", follow);
  for (const name of ["pointerup", "pointercancel"]) grip.addEventListener(name, end);
}
