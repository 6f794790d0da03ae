// The line between two classes, drawn between the points of the grid; and what the network answers under the pointer.

import { choice } from "./fields.js";
import { h, part } from "./dom.js";
import { filled } from "./data.js";
import { shown } from "./numbers.js";
import { placeAt } from "./place.js";
import { unpacked } from "./plane.js";

/** @typedef {import("./store.js").Store} Store */

const FLAT = 1e-9; // range of an answer that is the same everywhere

/** @param {Store} store */
export function boundary(store) {
  const canvas = /** @type {HTMLCanvasElement} */ (part("plane-line"));
  store.on(["answers", "plane"], () => {
    const context = canvas.getContext("2d");
    if (!context || !store.plane || !store.answers) return;
    context.clearRect(0, 0, canvas.width, canvas.height);
    if (store.plane.axes.length === 2 && store.frame.classes.length) line(context, canvas.width, store.plane.side, heights(store));
  });
  probing(store);
  store.on(["plane", "words"], () => axes(store));
}

/** @param {Store} store */
const outputsOf = (store) => store.answers.units[`a${store.frame.depth}`] ?? [];

/**
 * For each class a number over the grid that is above 0 where it is answered; of two classes one is enough.
 * @param {Store} store
 */
function heights(store) {
  const outputs = outputsOf(store);
  if (!outputs.length || outputs.some((one) => !one.data)) return [];
  if (outputs.every(({ low, high }) => Number(high) - Number(low) < FLAT)) return []; // what is left is rounding
  const values = outputs.map(unpacked);
  if (values.length === 1) return [values[0].map((p) => p - 0.5)];
  const all = values.map((own, c) => {
    const above = new Float64Array(own.length);
    for (let k = 0; k < own.length; k++) {
      let best = -Infinity;
      for (let other = 0; other < values.length; other++) if (other !== c && values[other][k] > best) best = values[other][k];
      above[k] = own[k] - best;
    }
    return above;
  });
  return values.length === 2 ? all.slice(0, 1) : all;
}

/**
 * Where numbers over the grid pass 0: in each square between four points, a straight piece from side to side.
 * @param {CanvasRenderingContext2D} context
 * @param {number} size of the picture
 * @param {number} side points of the grid
 * @param {Float64Array[]} all
 */
export function line(context, size, side, all) {
  const unit = size / (side - 1); // the first point of the grid stands at one end of the axis, the last one at the other
  context.beginPath();
  for (const at of all) {
    for (let row = 0; row + 1 < side; row++) {
      for (let k = row * side; k + 1 < (row + 1) * side; k++) {
        const corners = [at[k], at[k + 1], at[k + side + 1], at[k + side]];
        const signs = (corners[0] > 0 ? 1 : 0) + (corners[1] > 0 ? 2 : 0) + (corners[2] > 0 ? 4 : 0) + (corners[3] > 0 ? 8 : 0);
        if (signs === 0 || signs === 15) continue;
        const crossed = SIDES.filter(([a, b]) => corners[a] > 0 !== corners[b] > 0).map(([a, b]) => {
          const share = corners[a] / (corners[a] - corners[b]);
          const [x, y] = [0, 1].map((d) => CORNERS[a][d] + share * (CORNERS[b][d] - CORNERS[a][d]));
          return [(k - row * side + x) * unit, (row + y) * unit];
        });
        for (let c = 0; c + 1 < crossed.length; c += 2) {
          context.moveTo(crossed[c][0], crossed[c][1]);
          context.lineTo(crossed[c + 1][0], crossed[c + 1][1]);
        }
      }
    }
  }
  context.strokeStyle = "#1f2430";
  context.lineWidth = 1.6;
  context.stroke();
}

const CORNERS = [[0, 0], [1, 0], [1, 1], [0, 1]];
const SIDES = [[0, 1], [1, 2], [2, 3], [3, 0]];

/**
 * Under the pointer: the inputs, and the answer of the grid's points around them, which is therefore about right.
 * @param {Store} store
 */
function probing(store) {
  const marks = part("plane-marks");
  const said = part("probe");
  /** @type {[number, number] | null} */
  let place = null;
  const say = () => {
    said.textContent = place && store.plane && store.answers ? answerAt(store, place) : "\u00a0";
  };
  marks.addEventListener("pointermove", (event) => {
    place = placeAt(store, event);
    say();
  });
  marks.addEventListener("pointerleave", () => {
    place = null;
    say();
  });
  store.on(["answers"], () => {
    if (place) say();
  });
}

/**
 * @param {Store} store
 * @param {[number, number]} place
 */
function answerAt(store, place) {
  const { plane, frame, words } = store;
  const x = plane.axes.map((axis, k) => `${frame.inputs[axis]} = ${shown(Number(place[k].toPrecision(3)), 3)}`).join(", ");
  const outputs = outputsOf(store);
  if (!outputs.length || outputs.some((one) => !one.data)) return x;
  const found = outputs.map((one) => between(store, unpacked(one), place));
  if (!frame.classes.length) return filled(words.probe, { x, answer: found.map((one) => shown(one, 2)).join(", ") });
  const shares = found.length === 1 ? [1 - found[0], found[0]] : found;
  const named = shares.map((share, k) => /** @type {[number, string]} */ ([share, frame.classes[k]])).sort((a, b) => b[0] - a[0]);
  const answer = named.slice(0, 3).map(([share, name]) => `${name}: ${Math.round(100 * share)} %`).join(", ");
  return filled(words.probe, { x, answer });
}

/**
 * A number between those of the grid's points around a place.
 * @param {Store} store
 * @param {Float64Array} values
 * @param {[number, number]} place
 */
function between(store, values, place) {
  const { side, ends, axes } = store.plane;
  const [u, v] = place.map((at, k) => ((at - ends[k][0]) / (ends[k][1] - ends[k][0])) * (side - 1));
  const column = Math.min(side - 2, Math.max(0, Math.floor(u)));
  const across = u - column;
  const along = (/** @type {number} */ from) => (1 - across) * values[from + column] + across * values[from + column + 1];
  if (axes.length === 1) return along(0);
  const up = side - 1 - v;
  const row = Math.min(side - 2, Math.max(0, Math.floor(up)));
  return (1 - (up - row)) * along(row * side) + (up - row) * along((row + 1) * side);
}

/**
 * Which two inputs span the plane, where there are more.
 * @param {Store} store
 */
function axes(store) {
  const { plane, frame, words } = store;
  if (!plane || !frame) return;
  const box = part("axes");
  if (frame.inputs.length <= 2) {
    box.replaceChildren();
    return;
  }
  const titles = Object.fromEntries(frame.inputs.map((name, k) => [String(k), name]));
  const [first, second] = plane.axes;
  const set = (/** @type {number} */ one, /** @type {number} */ other) => store.change("view", { axes: [one, other] });
  box.replaceChildren(
    h("label", {}, h("span", { title: words.axis }, "→"), choice("axis-1", titles, String(first), (k) => set(Number(k), Number(k) === second ? first : second))),
    h("label", {}, h("span", { title: words.axis }, "↑"), choice("axis-2", titles, String(second), (k) => set(Number(k) === first ? second : first, Number(k)))),
  );
}
