// Who is tested: the queue with marks of what is done, and the strip of it above a trial that runs.

import { button, h, icon } from "./dom.mjs";
import { allSteps, dotsOf, saidOf, stepsOf, summary } from "./progress.mjs";
import { number } from "../core/words.mjs";

const MARKS = { accepted: "●", rejected: "×", now: "◉", open: "○" };

/** Marks of trials; what they say is said in words too. */
export function dots(list) {
  const marks = list.map((state) => h("i", { data: { state } }, MARKS[state]));
  return h("span", { class: "dots", role: "img", "aria-label": saidOf(list) }, ...marks);
}

export const nameOf = (people, uid) => people[uid]?.name || "Somebody";

const mine = (station, athlete, step) =>
  station.athlete === athlete && station.protocol === step.protocol && station.condition === step.condition && station.side === step.side;

function rows({ day, trials }, station, athlete) {
  return day.protocols.map((protocol, index) => {
    const list = stepsOf(day, index).flatMap((step) => dotsOf(trials, athlete, step, { now: mine(station, athlete, step) }));
    return h("span", { class: "entry-row" }, h("span", {}, protocol.held.title ?? protocol.name), dots(list));
  });
}

function entry(what, station, { athlete, state }, i, at) {
  const { people, may } = what;
  const person = people[athlete] ?? {};
  const here = station.athlete === athlete;
  const mass = person.mass_kg ? `${number(person.mass_kg, 1)} kg` : "mass not known";
  const head = [
    h("span", { class: "entry-number" }, String(i + 1)),
    h("b", { class: "entry-name" }, nameOf(people, athlete)),
    at ? h("span", { class: "chip" }, at) : null,
    h("span", { class: "muted entry-mass" }, mass),
  ];
  const why = person.locked
    ? h("span", { class: "entry-locked" }, icon("lock"), h("span", {}, person.locked))
    : state === "left" ? h("span", { class: "muted" }, "Skipped for today") : null;
  return h(
    "li",
    { class: "entry", data: { athlete, state, locked: String(Boolean(person.locked)), here: `entry ${athlete}` }, "aria-current": here ? "true" : null },
    h("button", { type: "button", class: "entry-choose", disabled: Boolean(person.locked) || state === "left" || !may, data: { do: "who", athlete, here: `who ${athlete}` } }, h("span", { class: "entry-head" }, ...head), why, ...(why ? [] : rows(what, station, athlete))),
    may ? grip(athlete, nameOf(people, athlete), state) : null,
  );
}

function grip(athlete, name, state) {
  const item = (words, act, more, press = "") => button(words, act, { athlete, ...more }, { press, kind: "plain" });
  return h(
    "details",
    { class: "menu entry-menu", data: { here: `menu ${athlete}` } },
    h("summary", { class: "entry-grip", "aria-label": `Move or skip ${name}`, title: "Drag, or Alt ↑ ↓", data: { here: `grip ${athlete}`, grip: athlete } }, icon("grip")),
    h("div", { class: "drop" },
      item("Move up", "move", { by: "-1" }, "Alt ↑"), item("Move down", "move", { by: "1" }, "Alt ↓"),
      state === "left" ? item("Take back", "back") : item("Skip for today", "left"), item("Take out of the queue", "remove_athlete")),
  );
}

/** The queue as a list, or what to do without anybody in it. */
export function queueList(what, station) {
  const { day, people, trials, may } = what;
  if (!day.queue.length) {
    const text = may ? "Find an athlete or a team above. From Athletes, selected rows come here with R." : "Nobody is in the queue yet.";
    return [h("div", { class: "record-empty" }, h("h3", {}, "Nobody in the queue"), h("p", {}, text))];
  }
  const places = new Map(day.stations.filter((one) => one.athlete && one.name !== station.name).map((one) => [one.athlete, one.name]));
  const list = day.queue.map((one, i) => entry(what, station, one, i, places.get(one.athlete)));
  const { athletes, trials: count, minutes } = summary(day, people, trials);
  const plural = (n, word) => `${n} ${word}${n === 1 ? "" : "s"}`;
  const said = count ? `${plural(athletes, "athlete")}, ${plural(count, "trial")}, about ${minutes} min` : "Nothing is left to do.";
  return [h("ol", { class: "entries" }, ...list), h("p", { class: "record-note" }, said)];
}

/** The queue in one line, while a trial runs or is looked at. */
export function strip({ day, people, trials }, station) {
  return day.queue.filter(({ state, athlete }) => state === "waiting" && !people[athlete]?.locked).map(({ athlete }, i) => {
    const all = allSteps(day).filter((step) => step.protocol === station.protocol);
    const list = all.flatMap((step) => dotsOf(trials, athlete, step, { now: mine(station, athlete, step) }));
    const here = athlete === station.athlete;
    return h("span", { class: "strip-entry", "aria-current": here ? "true" : null }, h("span", { class: "muted" }, String(i + 1)), h("b", {}, nameOf(people, athlete)), dots(list));
  });
}

/** Athletes and teams that were found and can be put into the queue. */
export function found({ athletes, teams }, inQueue) {
  const mass = (one) => (one.mass_kg ? `${number(one.mass_kg, 1)} kg` : "");
  const people = athletes.filter(({ uid }) => !inQueue.has(uid)).map((one) =>
    h("li", {}, h("button", { type: "button", class: "found-one", data: { do: "add", athletes: one.uid, here: `add ${one.uid}` } }, h("b", {}, one.name), h("span", { class: "muted" }, [mass(one), one.locked].filter(Boolean).join(" · ")))),
  );
  const groups = teams.map((one) => ({ ...one, athletes: one.athletes.filter((uid) => !inQueue.has(uid)) })).filter((one) => one.athletes.length).map((one) =>
    h("li", {}, h("button", { type: "button", class: "found-one", data: { do: "add", athletes: one.athletes.join(","), here: `team ${one.uid}` } }, h("b", {}, one.name), h("span", { class: "muted" }, `team, ${one.athletes.length} not in the queue`))),
  );
  if (!people.length && !groups.length) return [h("p", { class: "record-note" }, "Nobody else matches.")];
  return [h("ul", { class: "found" }, ...groups, ...people)];
}

