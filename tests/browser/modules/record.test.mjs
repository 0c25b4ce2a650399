// The Record page's rules, without a page: the machine of a station, what is done and comes next, commands on their way.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Asked } from "../../../dashboard/assets/record/asked.mjs";
import { TAKES, after, at, clockOf, refusal, unsettled } from "../../../dashboard/assets/record/machine.mjs";
import { Outbox } from "../../../dashboard/assets/record/outbox.mjs";
import * as progress from "../../../dashboard/assets/record/progress.mjs";
import { inShort } from "../../../dashboard/assets/record/what.mjs";
import { tones } from "../../../dashboard/assets/record/sound.mjs";

const S = 1_000_000;
const cmj = { title: "Countermovement jump", trials: 3, duration_s: 6, countdown_s: 3, rest_s: 60, conditions: [], sides: ["both"], criteria: { weighing_stable: {}, flight_seen: {}, device_healthy: {} } };
const leg = { title: "Single-leg stance", trials: 1, duration_s: 20, countdown_s: 3, rest_s: 0, conditions: [], sides: ["left", "right"], criteria: {} };
const walk = { title: "Walk", trials: 1, countdown_s: 0, criteria: {} };
const station = { name: "Hall", workout_id: "hall", athlete: "a", protocol: 0, condition: "", side: "both", phase: "setup", at_us: 0, go_us: 0, start_us: 0, stop_us: 0, part: 0, flagged: "", paused: false };

test("a trial of fixed length goes through its phases by time alone", () => {
  const counting = after(station, { command: "start" }, cmj, 100 * S);
  assert.deepEqual([counting.phase, counting.go_us], ["countdown", 103 * S]);
  assert.equal(at(counting, cmj, 103 * S - 1).phase, "countdown");
  const running = at(counting, cmj, 103 * S);
  assert.deepEqual([running.phase, running.start_us], ["running", 103 * S]);
  assert.equal(at(running, cmj, 109 * S - 1).phase, "running");
  const over = at(counting, cmj, 500 * S); // nobody looked meanwhile
  assert.deepEqual([over.phase, over.start_us, over.stop_us], ["review", 103 * S, 109 * S]);
  assert.deepEqual(clockOf(running, cmj, 104 * S), { kind: "left", seconds: 5 });
});

test("a trial of free length runs until it is stopped, and begins at once without a countdown", () => {
  const running = after(station, { command: "start" }, walk, 100 * S);
  assert.deepEqual([running.phase, running.start_us], ["running", 100 * S]);
  assert.equal(at(running, walk, 90_000 * S).phase, "running");
  assert.deepEqual(clockOf(running, walk, 107 * S), { kind: "so far", seconds: 7 });
  const stopped = after(running, { command: "stop" }, walk, 130 * S);
  assert.deepEqual([stopped.phase, stopped.stop_us], ["review", 130 * S]);
});

test("whatever is pressed in whatever order, a station is in one phase and refuses what its phase does not take", () => {
  let seed = 7;
  const random = (n) => (seed = (seed * 16807) % 2147483647) % n;
  const commands = ["start", "stop", "start_over", "judge", "pause", "resume"];
  let [one, nowUs] = [station, 0];
  for (let i = 0; i < 5000; i++) {
    nowUs += random(4) * S;
    one = at(one, cmj, nowUs);
    const command = commands[random(commands.length)];
    const why = refusal(one, command);
    const next = after(one, { command, decision: "accept" }, cmj, nowUs);
    if (why) assert.equal(next, one);
    assert.equal(why === "" || !TAKES[one.phase].includes(command) || command === "start", true);
    assert.ok(next.phase in TAKES);
    if (next.phase === "setup") assert.deepEqual([next.go_us, next.start_us, next.stop_us], [0, 0, 0]);
    if (next.phase === "running") assert.ok(next.start_us <= nowUs);
    if (next.phase === "review") assert.ok(next.stop_us >= next.start_us && next.start_us > 0);
    one = next;
  }
});

test("nothing starts without a device, an athlete, or while it is paused", () => {
  assert.match(refusal({ ...station, workout_id: "" }, "start"), /No device/);
  assert.match(refusal({ ...station, athlete: "" }, "start"), /Nobody/);
  assert.match(refusal({ ...station, paused: true }, "start"), /paused/);
  assert.match(refusal({ ...station, phase: "running" }, "judge"), /no trial to judge/);
});

test("nobody is started while a decision or a choice is on its way: the trial would be the next athlete's", () => {
  const waiting = [{ station: "Hall", command: "pause" }, { station: "Gym", command: "judge" }];
  assert.deepEqual([unsettled(waiting, "Hall"), unsettled(waiting, "Gym"), unsettled([], "Gym")], [false, true, false]);
  for (const command of ["judge", "choose", "next"]) assert.ok(unsettled([...waiting, { station: "Hall", command }], "Hall"));
});

test("stop ends a countdown without a trial, and pressed twice it is pressed once", () => {
  const counting = after(station, { command: "start" }, cmj, 0);
  assert.equal(after(counting, { command: "stop" }, cmj, S).phase, "setup");
  assert.deepEqual(after(counting, { command: "pause" }, cmj, S).paused, true);
  const over = after(at(counting, cmj, 4 * S), { command: "stop" }, cmj, 5 * S);
  assert.equal(after(over, { command: "stop" }, cmj, 6 * S), over);
});

const people = { a: { name: "Athlete 1", locked: "" }, b: { name: "Athlete 2", locked: "" }, c: { name: "Athlete 3", locked: "Consent ended." } };
const day = {
  revision: 1, order: "athlete", stations: [station],
  protocols: [{ name: "cmj", held: cmj }, { name: "single-leg-stance", held: leg }],
  queue: ["a", "c", "b"].map((athlete) => ({ athlete, state: "waiting" })),
};
const done = (athlete, protocol, side, state, start) => ({ athlete, protocol, condition: "", side, state, start_us: start * S, stop_us: (start + 6) * S });

test("a day leads to the report of the team of all who were tested, or to those of a few", () => {
  const of = (teams, names = Object.keys(teams)) => progress.reportsOf({ parts: names.map((athlete) => done(athlete, "cmj", "both", "accepted", 1)) }, Object.fromEntries(names.map((one) => [one, { name: `Athlete ${one}`, teams: teams[one] }])));
  assert.deepEqual(of({ a: ["u", "t"], b: ["t"] }), [{ href: "/report/team/t", words: "Report of the team" }]);
  assert.deepEqual(of({ a: ["t"], b: [] }).map(({ href }) => href), ["/report/athlete/a", "/report/athlete/b"]);
  assert.deepEqual(of(Object.fromEntries([..."abcde"].map((one) => [one, []]))), []);
  assert.deepEqual(progress.reportsOf({ parts: [done("erased", "cmj", "both", "accepted", 1)] }, {}), []);
});

test("a page counts from the press that it sends, so that the server's answer moves nothing", () => {
  const counting = after(station, { command: "start", at_us: 100 * S }, cmj, 100 * S + 900);
  assert.equal(counting.go_us, 103 * S);
  assert.equal(after(at(counting, cmj, 104 * S), { command: "stop", at_us: 105 * S }, cmj, 105 * S + 900).stop_us, 105 * S);
});

test("a step is done when enough are accepted; rejected ones and those that ask for another do not end it", () => {
  const [step] = progress.allSteps(day);
  const trials = [done("a", "cmj", "both", "accepted", 1), done("a", "cmj", "both", "rejected", 20), done("a", "cmj", "both", "repeated", 40), done("a", "cmj", "both", "recorded", 60)];
  assert.deepEqual(progress.countOf(trials, "a", step), { accepted: 1, wanted: 3, open: 2, done: false });
  assert.deepEqual(progress.dotsOf(trials, "a", step), ["accepted", "rejected", "accepted", "now", "open"]);
  assert.equal(progress.saidOf(["accepted", "rejected", "now", "open"]), "1 accepted, 1 rejected, 1 now, 1 to do");
  assert.deepEqual(progress.dotsOf([], "b", step, { now: true }), ["now", "open", "open"]);
});

test("what comes next goes by athlete or by test, leaves out who is locked, and wraps round", () => {
  const trials = [1, 20, 40].map((start) => done("a", "cmj", "both", "accepted", start));
  const next = (order, more = [], given = station) => progress.nextOf({ day: { ...day, order }, people, trials: [...trials, ...more] }, given);
  assert.deepEqual(next("athlete").map((one) => one.side ?? one), ["a", "left"]);
  assert.deepEqual([next("test")[0], next("test")[1].name], ["b", "cmj"]);
  const legs = ["left", "right"].map((side) => done("a", "single-leg-stance", side, "accepted", 90));
  assert.equal(next("athlete", legs)[0], "b");
  const all = [...legs, ...["left", "right"].map((side) => done("b", "single-leg-stance", side, "accepted", 200)), ...[300, 320, 340].map((s) => done("b", "cmj", "both", "accepted", s))];
  assert.equal(next("athlete", all), null);
  const jumps = [300, 320, 340].map((s) => done("b", "cmj", "both", "accepted", s));
  assert.deepEqual(next("test", jumps, { ...station, athlete: "b" }).map((one) => one.side ?? one), ["a", "left"], "the next test begins with the first");
  assert.equal(progress.nextOf({ day, people, trials: [] }, { ...station, athlete: "" }, { taken: ["a"] })[0], "b");
});

test("the queue says what is to be done and how long it may take; rest counts from the end of the newest trial", () => {
  assert.deepEqual(progress.summary(day, people, []), { athletes: 2, trials: 10, minutes: 10 });
  assert.deepEqual(progress.restOf(day, [done("a", "cmj", "both", "accepted", 100)], "a", 118 * S), { left: 48, of: 60 });
  assert.equal(progress.restOf(day, [done("a", "cmj", "both", "accepted", 100)], "a", 500 * S), null);
  assert.equal(progress.titleOf(progress.allSteps(day)[1]), "Single-leg stance, left");
});

test("a day is over when all who may be recorded are done, and says who stayed locked", () => {
  const of = (...states) => ({ queue: states.map((state, i) => ({ athlete: "abc"[i], state })), parts: [{}] });
  const locked = { a: {}, b: {}, c: { locked: "no consent is written down" } };
  assert.deepEqual(progress.ended(of("done", "waiting", "waiting"), locked), { over: false, left: ["c"] });
  assert.deepEqual(progress.ended(of("done", "left", "waiting"), locked), { over: true, left: ["c"] });
  assert.deepEqual(progress.ended(of("done", "done", "done"), locked), { over: true, left: [] });
  assert.equal(progress.ended({ ...of("left"), parts: [] }, locked).over, false);
});

test("a test in short says parts of a second", () => {
  assert.equal(inShort({ ...leg, duration_s: 3.5 }), "3.5 s · 1 trial of each side");
  assert.equal(inShort(walk), "until stopped · 1 trial");
});

test("six reasons, of which those fit whose criterion failed; the last is said in words", () => {
  const reasons = progress.reasonsOf(cmj, ["weighing_stable"]);
  assert.deepEqual(reasons.map(({ key }) => key), ["1", "2", "3", "4", "5", "6"]);
  assert.deepEqual(reasons.filter(({ fits }) => fits).map(({ words }) => words), ["Not still before"]);
  assert.equal(reasons[4].words, "Device or link");
  assert.equal(reasons[5].words, progress.OTHER);
});

test("tones are at 3, 2, 1 and go, whatever of the countdown is left", () => {
  assert.deepEqual(tones(5).map(([at_s]) => at_s), [2, 3, 4, 5]);
  assert.deepEqual(tones(1.5).map(([at_s]) => at_s), [0.5, 1.5]);
});

class Storage extends Map {
  getItem = (name) => this.get(name) ?? null;
  setItem = (name, text) => this.set(name, text);
  removeItem = (name) => this.delete(name);
}

async function until(is) {
  while (!is()) await new Promise((resolve) => setImmediate(resolve));
}

test("a command that finds nobody, or no storage, is kept with its key through a reload and sent again", async () => {
  const [storage, sent, later, away] = [new Storage(), [], [], []];
  const answers = [new TypeError("nobody"), { status: 503 }];
  const post = async (one) => {
    sent.push(one);
    const answer = answers.shift() ?? { status: 200, body: { day: {} } };
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const make = (on) => new Outbox("record:1", { post, storage, on, key: () => "k1", wait: (_ms, act) => later.push(act) });
  const box = make({ away: () => away.push(1) });
  box.send({ command: "judge", station: "Hall", decision: "accept" });
  await until(() => later.length === 1);
  later.shift()();
  await until(() => later.length === 1);
  assert.deepEqual([box.away, away.length, box.waiting.length], [true, 2, 1]);
  const heard = [];
  const again = make({ done: (one) => heard.push(one.command) }); // the page was loaded anew
  await again.flush();
  assert.deepEqual(heard, ["judge"]);
  assert.deepEqual(new Set(sent.map(({ key }) => key)), new Set(["k1"]));
  assert.equal(storage.getItem("record:1"), null);
});

test("what the server refuses is given up and said; what comes after it is sent", async () => {
  const heard = [];
  const answers = [{ status: 409, body: { error: "There is no trial that runs." } }, { status: 200, body: {} }];
  const box = new Outbox("x", { post: async () => answers.shift(), storage: new Storage(), key: () => "k", on: { refused: (one, words) => heard.push([one.command, words]), done: (one) => heard.push([one.command]) } });
  box.send({ command: "stop" });
  box.send({ command: "pause" });
  await until(() => heard.length === 2);
  assert.deepEqual(heard, [["stop", "There is no trial that runs."], ["pause"]]);
});

test("an answer that comes late is not taken for the checks of the next athlete", async () => {
  const asks = [];
  globalThis.fetch = (path) => new Promise((answer) => asks.push([path, (checks) => answer(Response.json({ checks, devices: [], protocols: [], last: null }))]));
  const asked = new Asked("day", () => {});
  const readies = () => asks.filter(([path]) => path.includes("/ready"));
  asked.tick({ ...station, athlete: "a" });
  readies()[0][1](["of a"]);
  await until(() => asked.ready);
  asked.again();
  asked.tick({ ...station, athlete: "a" }); // asked again, and meanwhile it is another athlete's turn
  asked.tick({ ...station, athlete: "b" });
  assert.equal(asked.ready, null);
  readies()[1][1](["of a, late"]);
  await until(() => (asked.tick({ ...station, athlete: "b" }), readies().length === 3));
  assert.equal(asked.ready, null);
  readies()[2][1](["of b"]);
  await until(() => asked.ready);
  assert.deepEqual(asked.ready, ["of b"]);
  asked.close();
});

test("nothing of one trial is shown of the next, not even while it is being ended", async () => {
  const asks = [];
  globalThis.fetch = (path) => new Promise((answer) => asks.push([path, (said) => answer(Response.json(said))]));
  const asked = new Asked("day", () => {});
  const reviews = () => asks.filter(([path]) => path.includes("/review"));
  const ended = { ...station, athlete: "a", phase: "review", start_us: 1, part: 3 };
  asked.tick(ended);
  asks.filter(([path]) => path.includes("/found"))[0][1]({ found: ["of a"] });
  reviews()[0][1]({ items: ["of a"] });
  await until(() => asked.review && asked.found.length);
  const next = { ...ended, athlete: "b", start_us: 9, part: 0 };
  asked.tick({ ...next, phase: "countdown" });
  assert.deepEqual([asked.review, asked.found], [null, []]);
  asked.tick(next); // it is over, and the server has not said which part it is
  assert.equal(asked.review, null);
  asked.tick({ ...next, part: 4 });
  await until(() => reviews().length === 2);
  asked.tick({ ...next, athlete: "c", part: 0 });
  reviews()[1][1]({ items: ["of b, late"] });
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(asked.review, null);
  asked.close();
});
