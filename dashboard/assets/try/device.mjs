// The device of the page Try it: a worker, as timers of a hidden tab's page are slowed down and a worker's are not. It
// alone may speak to the ingest (its own Content-Security-Policy), and ends with its tab.

import { Sender } from "../clients/sender.mjs";
import { connect } from "./socketio.mjs";
import { COLS, ROWS, SIDES, frame, layout } from "./simulated.mjs";

const [TICK_MS, TELL_MS, RATE_HZ, PREDECESSOR_MS, LATE_FRAMES] = [10, 250, 100, 250, 100];
const ABOUT = { kind: "simulated" };
const stored = { left: 0, right: 0 };
let end = async () => {};

const tell = (said) => postMessage(said);
// Nothing stays of tabs that were closed: a workout of theirs is never joined again.
async function forgetOld() {
  for (const { name } of await indexedDB.databases()) {
    if (!name?.startsWith("barograph:try-")) continue;
    await navigator.locks.request(name, { ifAvailable: true }, (lock) => void (lock && indexedDB.deleteDatabase(name)));
  }
}

// 100 Hz by the sender: a frame that was late has the time that it was due at.
async function bySender({ ingest, token, workout }) {
  await forgetOld();
  let said = "";
  const heard = (event) => {
    if (event.type === "disconnected") said = "The connection is lost. It is made again by itself.";
    else if (event.type === "session_joined") said = "";
  };
  const open = (side) => Sender.open({ url: `${ingest}/ws`, workout, stream: side, layout: layout(side), about: ABOUT, token, tell: heard });
  const senders = await Promise.all(SIDES.map(open));
  const beganUs = Date.now() * 1000;
  const began = performance.now();
  let made = 0;
  const sampling = setInterval(() => {
    const due = Math.floor(((performance.now() - began) / 1000) * RATE_HZ);
    for (made = Math.max(made, due - LATE_FRAMES); made < due; made++)
      senders.forEach((sender, i) => sender.add(frame(SIDES[i], made / RATE_HZ), beganUs + made * (1e6 / RATE_HZ)).catch(failed));
  }, TICK_MS);
  const telling = setInterval(() => {
    SIDES.forEach((side, i) => (stored[side] = senders[i].added - senders[i].unacked));
    const stopped = senders.find((one) => one.stopped)?.stopped;
    if (stopped) failed(new Error(stopped));
    else tell({ state: "sending", stored, waiting: senders.reduce((sum, one) => sum + one.unacked, 0), said });
  }, TELL_MS);
  end = async () => {
    clearInterval(sampling);
    await Promise.all(senders.map((one) => one.leave()));
    clearInterval(telling);
    SIDES.forEach((side, i) => (stored[side] = senders[i].added - senders[i].unacked));
    senders.forEach((one) => one.close());
    await forgetOld();
  };
}

// Every 250 ms over Socket.IO: a matrix, its number of nodes and the time in ms, as the predecessor's mock device says it.
async function bySocketIo({ ingest, token, workout }) {
  let over = false;
  const socket = await connect({
    url: ingest, token,
    tell: (event) => {
      if (event.type === "frame_processed" && event.stream in stored) stored[event.stream] = event.frame_count;
      else if (event.type === "error") failed(new Error(event.message));
      else if (event.type === "disconnected" && !over) failed(new Error("The connection is lost. Over Socket.IO nothing is kept: try it again."));
    },
  });
  SIDES.forEach((stream) => socket.emit("join_session", { workout_id: workout, stream, ...ABOUT }));
  const began = performance.now();
  const sampling = setInterval(() => {
    const seconds = (performance.now() - began) / 1000;
    for (const stream of SIDES) {
      const cells = frame(stream, seconds);
      const matrix = Array.from({ length: ROWS }, (_, row) => [...cells.subarray(row * COLS, (row + 1) * COLS)]);
      socket.emit("pressure_frame", { workout_id: workout, stream, matrix, nodes: ROWS * COLS, timestamp: Date.now() });
    }
    tell({ state: "sending", stored, waiting: 0, said: "" });
  }, PREDECESSOR_MS);
  end = async () => {
    over = true;
    clearInterval(sampling);
    SIDES.forEach((stream) => socket.emit("leave_session", { workout_id: workout, stream }));
    socket.close();
  };
}

function failed(error) {
  tell({ state: "failed", stored, waiting: 0, said: error.message });
  close();
}

addEventListener("message", async ({ data }) => {
  try {
    if (data.act === "start") {
      tell({ state: "connecting", stored, waiting: 0, said: "" });
      await (data.way === "socketio" ? bySocketIo(data) : bySender(data));
    } else {
      await end();
      tell({ state: "over", stored, waiting: 0, said: "" });
      close();
    }
  } catch (error) {
    failed(error);
  }
});
