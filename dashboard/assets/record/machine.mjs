// What a station does, as plain values: setup → countdown → running → review → setup. No page, no server, no clock.
//
// The server keeps the state and has the last word. These are the same rules, so that a press shows at once what the
// server will answer, and so that a countdown and a trial of fixed length end when they end, with nobody telling.
//
//   setup      start → countdown; choose, next, link, pause, resume
//   countdown  ends by time → running; start_over, stop, pause → setup
//   running    ends by time, or stop → review; start_over → setup, its part is kept as rejected
//   review     judge → setup, with what comes next; stop changes nothing; pause, resume

/** Which commands a phase takes. */
export const TAKES = {
  setup: ["start", "choose", "next", "station_link", "start_over", "pause", "resume"],
  countdown: ["start_over", "stop", "pause", "resume"],
  running: ["stop", "start_over", "resume"],
  review: ["judge", "stop", "pause", "resume"],
};

const WHY_NOT = {
  start: "A trial is started from setup.",
  stop: "There is no trial that runs.",
  start_over: "There is no trial to start over.",
  judge: "There is no trial to judge.",
};

const NOTHING = { go_us: 0, start_us: 0, stop_us: 0, part: 0, flagged: "" };

/** When a trial ends by itself, µs; null of one that is stopped by hand, or has not begun. */
export function endOf(station, held) {
  const begun = station.phase === "countdown" ? station.go_us : station.start_us;
  return held?.duration_s && begun ? begun + Math.round(held.duration_s * 1e6) : null;
}

/** A station as it is at a time, µs of the server's clock: countdowns and trials of fixed length end by themselves. */
export function at(station, held, nowUs) {
  let one = station;
  if (one.phase === "countdown" && nowUs >= one.go_us) one = { ...one, phase: "running", at_us: one.go_us, start_us: one.go_us };
  const end = endOf(one, held);
  if (one.phase === "running" && end !== null && nowUs >= end) one = { ...one, phase: "review", at_us: end, stop_us: end };
  return one;
}

/** Why a command would be refused, "" where it would not. */
export function refusal(station, command) {
  if (!TAKES[station.phase].includes(command)) return WHY_NOT[command] ?? "This has to wait until the trial is judged.";
  if (command === "start" && station.paused) return "This station is paused. Go on first.";
  if (command === "start" && !station.workout_id) return "No device is linked to this station.";
  if (command === "start" && !station.athlete) return "Nobody is chosen.";
  return "";
}

/** A station after a command, as the server will have it; the same one where it refuses. */
export function after(station, { command, flagged = "", at_us: saidUs = 0 }, held, nowUs) {
  if (refusal(station, command)) return station;
  const back = { ...station, ...NOTHING, phase: "setup", at_us: nowUs };
  if (command === "start") {
    const goUs = (saidUs || nowUs) + Math.round((held?.countdown_s ?? 0) * 1e6);
    return at({ ...back, phase: "countdown", go_us: goUs, flagged }, held, nowUs);
  }
  if (command === "judge" || (command === "start_over" && station.phase !== "setup")) return back;
  if (command === "stop" && station.phase === "countdown") return back;
  if (command === "stop" && station.phase === "running") return { ...station, phase: "review", at_us: saidUs || nowUs, stop_us: saidUs || nowUs };
  if (command === "pause") return { ...(station.phase === "countdown" ? back : station), paused: true };
  return command === "resume" ? { ...station, paused: false } : station;
}

/** Whether commands on their way say whose trial is next at a station: until they are answered nobody is started. */
export function unsettled(waiting, name) {
  return waiting.some(({ station, command }) => station === name && (command === "judge" || command === "choose" || command === "next"));
}

/** Seconds to go: of the countdown, of a trial of fixed length, or how long one of free length has run. */
export function clockOf(station, held, nowUs) {
  if (station.phase === "countdown") return { kind: "to go", seconds: Math.max(0, (station.go_us - nowUs) / 1e6) };
  const end = endOf(station, held);
  if (station.phase === "running" && end !== null) return { kind: "left", seconds: Math.max(0, (end - nowUs) / 1e6) };
  if (station.phase === "running") return { kind: "so far", seconds: Math.max(0, (nowUs - station.start_us) / 1e6) };
  return { kind: "", seconds: (station.stop_us - station.start_us) / 1e6 };
}
