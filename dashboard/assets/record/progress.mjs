// What is done and what comes next, of a day as the server tells it: plain values in, plain values out.
// A step is a protocol with condition and side. It is done when as many of its trials are accepted as it wants; one that
// is `repeated` counts and asks for another one.

const MOST_REPORTS = 4;
const SECONDS_BETWEEN = 15; // to change places and read out, beside the rest

/** @typedef {{protocol: number, condition: string, side: string, held: any, name: string}} Step */

/** The steps of a protocol, in the order in which they are done. */
export function stepsOf(day, protocol) {
  const { name, held } = day.protocols[protocol] ?? { name: "", held: {} };
  const conditions = held.conditions?.length ? held.conditions : [""];
  const sides = held.sides?.length ? held.sides : ["both"];
  return conditions.flatMap((condition) => sides.map((side) => ({ protocol, condition, side, held, name })));
}

/** All steps of a day; a protocol that was dropped is wanted no more. */
export function allSteps(day) {
  return day.protocols.flatMap(({ dropped }, index) => (dropped ? [] : stepsOf(day, index)));
}

/** The trials of one athlete in one step, in order of time: parts of the day, which know their trials. */
export function trialsOf(trials, athlete, step) {
  const mine = (one) =>
    one.athlete === athlete && one.protocol === step.name && one.condition === step.condition && one.side === step.side;
  return trials.filter(mine).sort((a, b) => a.start_us - b.start_us);
}

/** {accepted, wanted, open, done} of one athlete in one step. */
export function countOf(trials, athlete, step) {
  const mine = trialsOf(trials, athlete, step);
  const accepted = mine.filter(({ state }) => state === "accepted").length;
  const wanted = step.held.trials ?? 1;
  return { accepted, wanted, open: Math.max(0, wanted - accepted), done: accepted >= wanted };
}

/** Marks of one athlete in one step: each trial's state, what is on now, then what is still to come. */
export function dotsOf(trials, athlete, step, { now = false } = {}) {
  const { open } = countOf(trials, athlete, step);
  const done = trialsOf(trials, athlete, step).map(({ state }) => (state === "recorded" ? "now" : state === "rejected" ? "rejected" : "accepted"));
  const decided = done.includes("now");
  const to = Array.from({ length: open }, (_, i) => (now && !decided && i === 0 ? "now" : "open"));
  return [...done, ...(decided ? to.slice(1) : to)];
}

/** Marks in words, for whoever does not see them. */
export function saidOf(dots) {
  const count = (state) => dots.filter((one) => one === state).length;
  const parts = [[count("accepted"), "accepted"], [count("rejected"), "rejected"], [count("now"), "now"], [count("open"), "to do"]];
  return parts.filter(([n]) => n).map(([n, words]) => `${n} ${words}`).join(", ") || "nothing to do";
}

/** Who may be tested: locked ones have a reason not to be. */
export const free = (people, { athlete, state }) => state !== "left" && !people[athlete]?.locked;

/** All that is to be done, [athlete, step] in the order of the day, from an athlete on and round; by test, a test that is
 * not the one `here` begins with the first in the queue.
 * @param {any} here */
export function agenda(day, people, from = "", taken = [], here = null) {
  const place = Math.max(0, day.queue.findIndex(({ athlete }) => athlete === from));
  const round = [...day.queue.slice(place), ...day.queue.slice(0, place)];
  const whoOf = (queue) => queue.filter((entry) => free(people, entry)).map(({ athlete }) => athlete).filter((one) => !taken.includes(one));
  const [who, first, steps] = [whoOf(round), whoOf(day.queue), allSteps(day)];
  const isHere = (step) => step.protocol === here?.protocol && step.condition === here.condition && step.side === here.side;
  if (day.order === "test") return steps.flatMap((step) => (isHere(step) ? who : first).map((athlete) => [athlete, step]));
  return who.flatMap((athlete) => steps.map((step) => [athlete, step]));
}

/** The step that a station has chosen, or undefined. */
export function stepAt(day, { protocol, condition, side }) {
  return stepsOf(day, protocol).find((one) => one.condition === condition && one.side === side);
}

/** What comes next at a station, [athlete, step], or null: first what is left of this step, then what follows. */
export function nextOf({ day, people, trials }, station, { taken = [] } = {}) {
  const step = stepAt(day, station);
  if (step && station.athlete && !countOf(trials, station.athlete, step).done) return [station.athlete, step];
  return agenda(day, people, station.athlete, taken, station).find(([athlete, one]) => !countOf(trials, athlete, one).done) ?? null;
}

/** {over, left}: whether nothing more will be done, and who in the queue is locked and was not tested. */
export function ended({ queue, parts }, people) {
  const waiting = queue.filter(({ state }) => state === "waiting");
  const left = waiting.filter(({ athlete }) => people[athlete]?.locked).map(({ athlete }) => athlete);
  return { over: queue.length > 0 && parts.length > 0 && waiting.length === left.length, left };
}

/** Links to the reports of a day, [{href, words}]: of the team that all are in who were tested, or of each of a few. */
export function reportsOf({ parts }, people) {
  const tested = [...new Set(parts.map(({ athlete }) => athlete))].filter((uid) => people[uid]);
  const [first, ...others] = tested.map((uid) => people[uid].teams ?? []);
  const shared = (first ?? []).find((team) => others.every((teams) => teams.includes(team)));
  if (shared) return [{ href: `/report/team/${encodeURIComponent(shared)}`, words: "Report of the team" }];
  if (tested.length > MOST_REPORTS) return [];
  return tested.map((uid) => ({ href: `/report/athlete/${encodeURIComponent(uid)}`, words: `Report of ${people[uid].name}` }));
}

/** Athletes who are at other stations now. */
export function elsewhere(day, name) {
  return day.stations.filter((one) => one.name !== name && one.athlete).map((one) => one.athlete);
}

/** {athletes, trials, minutes} that are still to be done; a trial that ends by hand counts with 30 s. */
export function summary(day, people, trials) {
  let [count, seconds] = [0, 0];
  for (const [athlete, step] of agenda(day, people)) {
    const { open } = countOf(trials, athlete, step);
    const { duration_s: lasts = 30, countdown_s: before = 0, rest_s: rest = 0 } = step.held;
    count += open;
    seconds += open * (lasts + before + Math.max(rest, SECONDS_BETWEEN));
  }
  const athletes = day.queue.filter((entry) => free(people, entry)).length;
  return { athletes, trials: count, minutes: Math.ceil(seconds / 60) };
}

/** Seconds of rest that are left after the athlete's newest trial, and of how many; null where there is none. */
export function restOf(day, trials, athlete, nowUs) {
  const [newest] = trials.filter((one) => one.athlete === athlete).sort((a, b) => b.stop_us - a.stop_us);
  if (!newest) return null;
  const held = day.protocols.find(({ name }) => name === newest.protocol)?.held;
  const of = held?.rest_s ?? 0;
  const left = of - (nowUs - newest.stop_us) / 1e6;
  return left > 0 ? { left, of } : null;
}

/** What a step is called: "Single-leg stance, left, eyes closed". */
export function titleOf(step) {
  const side = step.side === "both" ? "" : step.side;
  return [step.held.title ?? step.name, side, step.condition].filter(Boolean).join(", ");
}

/** Accepted and rejected trials of a day. */
export function verdicts(trials) {
  const count = (...states) => trials.filter(({ state }) => states.includes(state)).length;
  return { accepted: count("accepted", "repeated"), rejected: count("rejected"), open: count("recorded") };
}

/** Reasons for a rejection, by key 1 to 6; the last one is said in words. */
export function reasonsOf(held, failed = []) {
  const mine = Object.keys(held?.criteria ?? {}).map((name) => REASONS[name]).filter(Boolean);
  const usual = ["Stepped or moved", "Not full effort", "Hands left their place", "Instructions not followed", "Stopped by the athlete"];
  const device = REASONS.device_healthy;
  const all = [...new Set([...mine.filter((one) => one !== device), ...usual])].slice(0, 4);
  const fits = new Set(failed.map((name) => REASONS[name]));
  return [...all, device, OTHER].map((words, i) => ({ key: String(i + 1), words, fits: fits.has(words) }));
}

export const OTHER = "Other, say what";
const REASONS = {
  weighing_stable: "Not still before",
  flight_seen: "No clear flight",
  steps_whole: "Too few whole steps",
  duration_reached: "Too short",
  device_healthy: "Device or link",
};
