// Keys of the Record page, and those of a presenter's remote: it sends PageDown, PageUp and a full stop, and nothing else.
// All are bound all the time, so that `?` lists them all; what one does depends on the phase.

import { bind } from "../core/keys.mjs";

const ACCEPT = ["judge", { decision: "accept" }];
const AGAIN = ["judge", { decision: "repeat" }];
const OVER = ["start_over", {}];

/** [[key, what it does, {phase: [act, data]}], …] */
export const KEYS = [
  [" ", "start the trial", { setup: ["start", {}] }],
  ["Escape", "cancel the countdown; stop the trial", { countdown: OVER, running: ["stop", {}] }],
  ["Enter", "accept the trial", { review: ACCEPT }],
  ["r", "start over; of a trial that has ended: accept and add one more", { countdown: OVER, running: OVER, review: AGAIN }],
  ...[1, 2, 3, 4, 5, 6].map((n) => [String(n), `reject with reason ${n}`, { review: ["reason", { n: String(n) }] }]),
  ["m", "marker, does not stop", { running: ["marker", {}] }],
  ["u", "check again that nothing is loaded", { setup: ["check", { which: "unloaded" }] }],
  ["z", "zero the sensors", { setup: ["check", { which: "zeroed" }] }],
  ["b", "check body weight again", { setup: ["check", { which: "body_weight" }] }],
  ["n", "choose what comes next", { setup: ["next", {}] }],
  ["p", "pause this station, or go on", { setup: ["pause", {}], countdown: ["pause", {}], review: ["pause", {}] }],
  ["/", "find an athlete or a team for the queue", { setup: ["find", {}] }],
  ["PageDown", "remote, forward: start, stop a trial without an end, accept", { setup: ["start", {}], running: ["forward", {}], review: ACCEPT }],
  ["PageUp", "remote, back: start over, accept and add one more", { countdown: OVER, running: OVER, review: AGAIN }],
  [".", "remote, black screen: cancel or stop", { countdown: OVER, running: ["stop", {}] }],
];

/** What a key does in a phase: [act, data], or null. */
export function actOf(key, phase) {
  return KEYS.find(([name]) => name === key)?.[2][phase] ?? null;
}

/** Bind the keys until the signal is aborted; `act(name, data)` does what is pressed, held keys press once. */
export function bindKeys(phase, act, signal) {
  const press = (key) => (event) => {
    const [name, more] = (!event.repeat && actOf(key, phase())) || [];
    if (name) act(name, more);
  };
  bind(KEYS.map(([key, words]) => [key, words, press(key)]), signal);
}
