// The six functions of the predecessor's front end, with a spool, epochs and resuming behind them: put this file and
// `sender.mjs` in the place of its `services/websocket.js`. A frame that was given to `sendPressureFrame` is stored once,
// whatever happens to the connection, to the server, or to the tab (docs/clients/moving.md).

import { Sender } from "./sender.mjs";

/** @type {{ url: string, token?: string } | null} */
let server = null;
/** @type {Map<string, { sender: Promise<Sender>, joined: Promise<object>, ended: Promise<void> }>} */
const sessions = new Map();
/** @type {Set<(said: object) => void>} */
const callbacks = new Set();

// Says where frames go: port 5001 of the page's own host, when nothing is given; `token` where the server needs one.
// The connection is made by the first `joinSession`.
export function connectWebSocket({ url = defaultUrl(), token = undefined } = {}) {
  server = { url, token };
}

// Resolves with the fields of `session_joined` as soon as the server has answered; rejects when it refuses the session.
export function joinSession(workoutId) {
  if (!server) return Promise.reject(new Error("joinSession: expected connectWebSocket() before it"));
  if (!sessions.has(workoutId)) sessions.set(workoutId, open(workoutId, server));
  return /** @type {Promise<object>} */ (sessions.get(workoutId)?.joined);
}

// Resolves when the frame is in this browser's spool, from where it is sent until the server has it.
export async function sendPressureFrame(workoutId, matrix, nodes, timestamp) {
  const session = sessions.get(workoutId);
  if (!session) throw new Error(`sendPressureFrame: expected joinSession(${JSON.stringify(workoutId)}) before it`);
  await (await session.sender).addEvent({ matrix, nodes, timestamp });
}

// Calls back for each stored frame with `stats`, `frame_count`, `timestamp`, `workout_id`, `stream` and `seq`. Returns a
// function that ends it.
export function onFrameProcessed(callback) {
  callbacks.add(callback);
  return () => callbacks.delete(callback);
}

// Leaves when all frames of the workout are stored, and resolves then: a final update that is sent afterwards finds
// them.
export async function leaveSession(workoutId) {
  const session = sessions.get(workoutId);
  if (!session) return;
  sessions.delete(workoutId);
  const sender = await session.sender;
  await sender.leave();
  if (!sender.stopped) await session.ended;
  sender.close();
}

// Ends all sessions, each when its frames are stored; nothing in a spool is lost.
export async function disconnectWebSocket() {
  await Promise.all([...sessions.keys()].map(leaveSession));
}

/** @param {string} workoutId @param {{ url: string, token?: string }} to */
function open(workoutId, { url, token }) {
  const promises = {};
  const joined = new Promise((resolve, reject) => Object.assign(promises, { joined: resolve, refused: reject }));
  const ended = /** @type {Promise<void>} */ (new Promise((resolve) => Object.assign(promises, { ended: resolve })));
  const tell = (event) => hear(workoutId, promises, event);
  return { joined, ended, sender: Sender.open({ url, token, workout: workoutId, tell }) };
}

function hear(workoutId, promises, event) {
  if (event.type === "session_joined") {
    console.log(`WebSocket connected: ${event.epoch}`);
    console.log(`Joined WebSocket session for workout: ${workoutId}`);
    promises.joined(event);
  } else if (event.type === "frame_processed") {
    console.log("Received stats from WebSocket:", event.stats);
    for (const callback of callbacks) callback(event);
  } else if (event.type === "session_ended") promises.ended();
  else if (event.type === "disconnected") {
    console.log("WebSocket disconnected");
    promises.ended(); // all frames were stored before it was asked to leave
  } else if (event.type === "error" && !event.retryable) promises.refused(new Error(event.message));
}

function defaultUrl() {
  const { protocol, hostname } = location;
  return `${protocol === "https:" ? "wss" : "ws"}://${hostname}:5001/ws`;
}
