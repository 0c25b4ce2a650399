// Drawing a region by hand on a map: each click sets a corner, Enter or a click on the first corner closes the region,
// Escape gives it up. It goes into the address as "stream|name|x,y x,y …", in cells of the picture.

const CLOSE_PX = 12;
const SVG = "http://www.w3.org/2000/svg";

export function drawRegion(page, button) {
  const pictures = [...page.root.querySelectorAll("[data-pick]")];
  if (!pictures.length || button.dataset.drawing) return;
  const gesture = new AbortController();
  const { signal } = gesture;
  let corners = [];
  let picture = null;
  let line = null;
  const end = () => {
    gesture.abort();
    line?.remove();
    delete button.dataset.drawing;
    pictures.forEach((one) => delete one.dataset.drawing);
  };
  const close = () => {
    if (corners.length >= 3) add(page, picture, corners);
    end();
  };
  const press = (event) => {
    const here = event.currentTarget;
    if (picture && here !== picture) return;
    picture = here;
    const corner = cornerOf(picture, event);
    if (corners.length >= 3 && near(picture, corner, corners[0])) return close();
    corners = [...corners, corner];
    line = trace(picture, corners, line);
  };
  button.dataset.drawing = "true";
  pictures.forEach((one) => {
    one.dataset.drawing = "true";
    one.addEventListener("click", press, { signal });
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") end();
    else if (event.key === "Enter" && corners.length) close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }, { signal, capture: true });
}

function cornerOf(picture, event) {
  const box = picture.getBoundingClientRect();
  const { rows, cols } = picture.dataset;
  const round = (value) => Math.round(value * 4) / 4;
  return [round(((event.clientX - box.left) / box.width) * cols), round(((event.clientY - box.top) / box.height) * rows)];
}

function near(picture, a, b) {
  const box = picture.getBoundingClientRect();
  const { rows, cols } = picture.dataset;
  return Math.hypot(((a[0] - b[0]) / cols) * box.width, ((a[1] - b[1]) / rows) * box.height) < CLOSE_PX;
}

function trace(picture, corners, line) {
  const { rows, cols } = picture.dataset;
  const drawn = line ?? document.createElementNS(SVG, "svg");
  drawn.setAttribute("viewBox", `0 0 ${cols} ${rows}`);
  drawn.setAttribute("preserveAspectRatio", "none");
  drawn.classList.add("tracing");
  const path = corners.map(([x, y]) => `${x},${y}`).join(" ");
  drawn.innerHTML = `<polyline points="${path}" vector-effect="non-scaling-stroke"/>`;
  const box = picture.getBoundingClientRect();
  for (const side of ["left", "top", "width", "height"]) drawn.style[side] = `${box[side]}px`;
  if (!line) document.body.append(drawn);
  return drawn;
}

function add(page, picture, corners) {
  const old = page.address.all("draw");
  const name = `Region ${old.length + 1}`;
  const points = corners.map(([x, y]) => `${x},${y}`).join(" ");
  page.address.set({ draw: [...old, `${picture.dataset.stream}|${name}|${points}`], regions: "drawn" });
}
