// What the server says of masks and what it is told, as plain values: cells as a mesh, masks as a map, and numbers in the
// viewer's units. On the wire a mask has a number from 1 to 10, and 0 is none (dashboard/masks/facts.py).

import { MaskMap } from "./maskmap.mjs";
import { gridMesh, shapesMesh } from "./mesh.mjs";
import { number } from "../core/words.mjs";

const MOST_REASON = 200;
const SHADE = 0.55; // of a mask's colour where nothing presses; all of it at the largest value

/** The cells that are drawn. */
export function meshOf({ rows, cols, pitch, valid, picture }) {
  if (!picture) return gridMesh(rows, cols, valid, pitch ?? [1, 1]);
  const shapes = picture.shapes.map((flat, cell) => (valid[cell] ? pairs(flat) : []));
  return shapesMesh(shapes, picture.spots);
}

function pairs(flat) {
  return Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i], flat[2 * i + 1]]);
}

/** Width and height of what is drawn. */
export function sizeOf({ rows, cols, pitch, picture }) {
  const [wide, high] = pitch ?? [1, 1];
  return picture ? picture.size : [cols * wide, rows * high];
}

export function mapOf({ names, loaded }, labels) {
  return new MaskMap(names, labels.map((label) => label - 1), loaded);
}

export function labelsOf(map) {
  return [...map.of].map((mask) => mask + 1);
}

/** What is sent to keep masks; those that are found are said to be automatic again. */
export function saved(facts, map, { scope, older, reason }) {
  const labels = labelsOf(map);
  const again = facts.found !== null && labels.every((label, cell) => label === facts.found[cell]);
  const { stream, side, mark, ground } = facts;
  const body = { stream, side, scope, reason: reason.trim(), labels: again ? [] : labels };
  if (!again) body.ground = ground;
  if (scope === "print") body.mark = mark;
  if (scope === "athlete") body.since_us = older ? 0 : facts.since_us;
  return body;
}

/** Why masks cannot be kept as they are; "" where they can. */
export function lacking(map, changed, reason) {
  const { all, masked } = map.counts;
  if (masked < all) return `${all - masked} of ${all} loaded cells have no mask yet.`;
  if (!changed) return "Nothing is changed.";
  if (!reason.trim()) return "Say why: it stands with the version.";
  return reason.trim().length > MOST_REASON ? `Say why in ${MOST_REASON} characters at most.` : "";
}

/** A value of a measure as it is shown, – where it is not known. */
export function shownValue(value, { unit, digits }, shownAs) {
  const { factor, digits: more } = shownAs(unit);
  return number(value === null ? NaN : value * factor, digits + more);
}

/** A colour between black and itself: brighter where more presses. */
export function shaded(colour, share) {
  const rgb = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
  const light = SHADE + (1 - SHADE) * Math.max(0, Math.min(1, share || 0));
  return `rgb(${rgb.map((value) => Math.round(value * light)).join(" ")})`;
}

/** The versions that are withdrawn or brought back, so that one of them holds: [[number, withdrawn], …]. */
export function toUse(versions, wanted, { stream, side, mark }) {
  const mine = versions.filter((one) => one.stream === stream && one.side === side && (one.scope !== "print" || one.mark === mark));
  const later = mine.filter((one) => one.number > wanted && !one.withdrawn_us).map((one) => [one.number, true]);
  const own = mine.filter((one) => one.number === wanted && one.withdrawn_us).map((one) => [one.number, false]);
  return [...later, ...own];
}
