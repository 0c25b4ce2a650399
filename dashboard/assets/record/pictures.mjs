// Small pictures of tests, in the colour of the text: two soles, and what is done with them.

const SOLE = "M5 1c2.400 0 3.800 2 3.800 5 0 2.600-1 4-1.100 6.200 0 1.800.5 3 .5 4.600C8.200 19.300 7 21 5.400 21S2.600 19.500 2.500 17c-.1-2.700.5-4 .3-6.500C2.600 8.300 1.500 7.600 1.500 5 1.500 2.700 2.900 1 5 1Z";
const left = (x, y = 11, dashed = false) => sole(`translate(${x} ${y})`, dashed);
const right = (x, y = 11, dashed = false) => sole(`translate(${x + 10} ${y}) scale(-1 1)`, dashed);

function sole(place, dashed) {
  const paint = dashed ? 'fill="none" stroke="currentColor" stroke-dasharray="2 2"' : 'fill="currentColor"';
  return `<path d="${SOLE}" transform="${place}" ${paint}/>`;
}

const pair = left(4) + right(14);
const line = (d) => `<path d="${d}" fill="none" stroke="currentColor" stroke-width="1.600" stroke-linecap="round" stroke-linejoin="round"/>`;
const UP = line("M34 20V5M31 8l3-3.500L37 8");
const DOWN_UP = line("M31 5v10M28.500 12.500 31 15.500l2.500-3M37 16V5M34.500 8 37 5l2.500 3");
const EYE = line("M28 8c3-4 9-4 12 0-3 4-9 4-12 0Z") + '<circle cx="34" cy="8" r="1.800" fill="currentColor"/>';
const SHUT = line("M28 6c3 4 9 4 12 0M30 9.500l-1.500 2M34 10.500v2.500M38 9.500l1.500 2");
const STEPS = sole("translate(10 22) scale(.6)", false) + sole("translate(22 12) scale(-.6 .6)", false) + sole("translate(12 2) scale(.6)", false);

const PICTURES = {
  "standing-eyes-open": pair + EYE,
  "standing-eyes-closed": pair + SHUT,
  "single-leg-stance": left(4) + right(16, 11, true),
  walk: STEPS,
  run: STEPS + line("M30 20v-8M34 20v-8"),
  cmj: pair + DOWN_UP,
  "squat-jump": pair + UP,
  "drop-jump": line("M2 14h6v18") + left(10) + right(20) + UP,
  hops: pair + line("M30 18c0-9 4-9 4 0 0-9 4-9 4 0"),
  squat: pair + line("M34 5v13M31 15l3 3.500 3-3.500"),
  seat: line("M8 6v18h18M26 24v8M8 24v8"),
  saddle: line("M6 12c6 6 18 6 26 0M19 17v14M12 31h14"),
};

/** The picture of a protocol; a lab's own one has two soles. */
export function picture(name) {
  const made = document.createElement("span");
  made.className = "test-picture";
  made.setAttribute("aria-hidden", "true");
  made.innerHTML = `<svg viewBox="0 0 42 36" width="42" height="36">${PICTURES[name] ?? pair}</svg>`;
  return made;
}
