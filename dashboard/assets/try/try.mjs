// The page Try it: asks for a token, gives it to the worker that is the device, and says how far it is.

import { put } from "../core/text.mjs";

const at = (id) => /** @type {any} */ (document.getElementById(id));
const WORDS = { idle: "Nothing is sent.", connecting: "Connecting…", sending: "Sending.", stopping: "Stopping: what waits is sent first.", over: "Stopped. The session stays among the sessions.", failed: "Stopped." };
const PATIENCE_MS = 5_000;
/** @type {?Worker} */
let worker = null;
let [uid, late, heard, tooLate] = ["", 0, false, false];

function show(state, { stored = /** @type {any} */ (null), waiting = 0, said = "" } = {}) {
  document.body.dataset.trying = state;
  const runs = ["connecting", "sending", "stopping"].includes(state);
  at("start").hidden = runs;
  at("stop").hidden = !runs;
  at("stop").disabled = state === "stopping";
  at("ways").disabled = runs;
  put(at("state"), WORDS[state]);
  put(at("said"), said);
  at("said").hidden = !said;
  if (!stored) return;
  put(at("stored-left"), String(stored.left));
  put(at("stored-right"), String(stored.right));
  put(at("waiting"), String(waiting));
}

// The device is no more: its token goes, also when the tab closes.
function over() {
  clearTimeout(late);
  worker?.terminate();
  worker = null;
  if (uid) navigator.sendBeacon(`/try/device/${uid}/end`);
  uid = "";
}

function hear({ data }) {
  if (data.state === "sending" && data.stored.left + data.stored.right > 0) heard = true;
  if (data.state === "sending" && document.body.dataset.trying === "stopping") return;
  show(data.state, tooLate && !heard && data.state === "sending" ? { ...data, said: at("said").dataset.late } : data);
  if (data.state === "over" || data.state === "failed") over();
}

async function start() {
  show("connecting", { stored: { left: 0, right: 0 } });
  at("session").hidden = true;
  [heard, tooLate] = [false, false];
  const answer = await fetch("/try/device", { method: "POST" }).catch(() => null);
  if (!answer?.ok) {
    show("failed", { said: answer?.status === 503 ? "The archive does not answer. Try again in a moment." : answer?.status === 404 || answer?.status === 403 ? "You may not try it any more: sign in again." : "This page’s server does not answer." });
    return;
  }
  const device = await answer.json();
  ({ uid } = device);
  at("session").hidden = false;
  at("live").href = `/live/${device.workout}`;
  put(at("name"), device.workout);
  worker = new Worker("/assets/try/device.mjs", { type: "module" });
  worker.onmessage = hear;
  worker.onerror = () => (show("failed", { said: "The device could not be started in this browser." }), over());
  const way = new FormData(at("how")).get("way");
  worker.postMessage({ act: "start", way, ...device });
  late = setTimeout(() => (tooLate = true), PATIENCE_MS); // the ingest may not answer, or not take what pages say
}

function stop() {
  if (!worker) return;
  show("stopping");
  worker.postMessage({ act: "stop" });
  clearTimeout(late);
  late = setTimeout(() => worker && (show("over", { said: "Not all could be sent: the ingest did not answer." }), over()), PATIENCE_MS);
}

at("how").addEventListener("submit", (event) => (event.preventDefault(), void start()));
at("stop").addEventListener("click", stop);
addEventListener("pagehide", () => worker && (over(), show("over")));
show("idle");
