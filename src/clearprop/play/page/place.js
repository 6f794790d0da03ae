// Where something stands on the plane: from numbers to the page and back.

import { part } from "./dom.js";

/** @typedef {import("./store.js").Store} Store */

/**
 * The place of a pointer as numbers of the two axes; along one input the second one is the target.
 * @param {Store} store
 * @param {{clientX: number, clientY: number}} pointer
 * @returns {[number, number]}
 */
export function placeAt(store, pointer) {
  const box = part("plane-marks").getBoundingClientRect();
  const [[left, right], [low, high]] = store.plane.ends;
  const across = Math.min(1, Math.max(0, (pointer.clientX - box.left) / box.width));
  const down = Math.min(1, Math.max(0, (pointer.clientY - box.top) / box.height));
  return [left + across * (right - left), high - down * (high - low)];
}

/**
 * Where numbers of the two axes stand in a picture of this size.
 * @param {Store} store
 * @param {[number, number]} numbers
 * @param {{width: number, height: number}} size
 * @returns {[number, number]}
 */
export function pixelsOf(store, [x, y], { width, height }) {
  const [[left, right], [low, high]] = store.plane.ends;
  return [((x - left) / (right - left)) * width, ((high - y) / (high - low)) * height];
}

/**
 * The two numbers of a point; along one input its target is the second.
 * @param {Store} store
 * @param {number} k
 * @returns {[number, number]}
 */
export function pointAt(store, k) {
  const { axes, points } = store.plane;
  return axes.length === 1 ? [points.x[k][0], points.y[k]] : [points.x[k][0], points.x[k][1]];
}
