// What a live page shows, in its address, so that the address can be sent to someone. Nonsense is passed over.

import { WINDOWS_S } from "../core/tables.mjs";

export const MOST_TRACES = 6;
export const MOST_ALARMS = 4;
const LAYERS = ["cop", "trail", "peak", "contact", "cells", "smooth"];
export const USUAL = { seconds: 30, traces: null, scale: null, layers: ["cop", "trail", "peak"], alarms: [], at: null };

/** The view that a search string describes; `known` are the quantities that can be drawn. */
export function read(search, known) {
  const given = new URLSearchParams(search);
  const list = (name) => (given.get(name) ?? "").split(",").filter(Boolean);
  const traces = [...new Set(list("traces").filter((key) => known.includes(key)))].slice(0, MOST_TRACES);
  return {
    seconds: WINDOWS_S.includes(Number(given.get("window"))) ? Number(given.get("window")) : USUAL.seconds,
    traces: traces.length ? traces : USUAL.traces,
    scale: scaleOf(given.get("scale")),
    layers: given.has("layers") ? LAYERS.filter((layer) => list("layers").includes(layer)) : USUAL.layers,
    alarms: list("alarms").map((text) => alarmOf(text, known)).filter(Boolean).slice(0, MOST_ALARMS),
    at: /^\d{15,17}$/.test(given.get("at") ?? "") ? Number(given.get("at")) : USUAL.at,
  };
}

/** The search string of a view; what is as usual is left out. */
export function write(view) {
  const parts = [];
  if (view.seconds !== USUAL.seconds) parts.push(`window=${view.seconds}`);
  if (view.traces) parts.push(`traces=${view.traces.join(",")}`);
  if (view.scale) parts.push(`scale=${view.scale}`);
  if (view.layers.join() !== USUAL.layers.join()) parts.push(`layers=${view.layers.join(",")}`);
  if (view.alarms.length) parts.push(`alarms=${view.alarms.map((one) => `${one.key}:${one.above}:${one.hold}`).join(",")}`);
  if (view.at !== null) parts.push(`at=${Math.round(view.at)}`);
  return parts.length ? `?${parts.join("&")}` : "";
}

function scaleOf(text) {
  if (text === "auto") return text;
  const value = Number(text);
  return text && value >= 1 && value <= 1e6 ? value : USUAL.scale;
}

function alarmOf(text, known) {
  const [key, above, hold = "0"] = text.split(":");
  const alarm = { key, above: Number(above), hold: Number(hold) };
  const sound = known.includes(key) && above && Number.isFinite(alarm.above) && alarm.hold >= 0 && alarm.hold <= 60;
  return sound ? alarm : null;
}
