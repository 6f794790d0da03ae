// Where the circles stand: columns of neurons, as wide as their numbers, with room for the numbers of edges between.

import { shown } from "./numbers.js";

/** @typedef {import("./store.js").Store} Store */
/** @typedef {"" | "slim" | "twin" | "small" | "tiny"} Size of a neuron's card */
/** @typedef {{x1: number, y1: number, x2: number, y2: number}} Ends */

/**
 * @typedef {object} Layout
 * @property {number} width of the sheet; more than that of the stage where it has to be scrolled
 * @property {number} height
 * @property {number[]} sizes units of each layer, the inputs first
 * @property {number[]} drawn of which so many are drawn
 * @property {Size[]} cards
 * @property {number[]} half widths of the cards
 * @property {number[]} x middles of the columns; the last one is that of the targets
 * @property {(l: number, j: number) => number} y
 * @property {number} label width of a number on an edge
 */

export const TOP = 24; // pixels for the titles of the layers
const BOTTOM = 24; // for the legend
const MORE = 16; // for "and 40 more"
const LEAST = 16; // pixels that a neuron needs, at least
const LINE = 13.4; // that a line of numbers on an edge needs
const MOST_DRAWN = 32; // units of a layer that are drawn; the others are counted
const MOST_LABELS = 64; // edges between two layers whose numbers may stand on them
const LETTER = 6.7; // widths of a digit: in a card, in a tiny one
const SMALL_LETTER = 5.6;

/**
 * @param {Store} store
 * @param {number} room width of the stage
 * @param {number} height
 * @returns {Layout}
 */
export function layoutOf(store, room, height) {
  const { inputs, layers } = store.frame;
  const sizes = [inputs.length, ...layers.map((layer) => layer.units)];
  const all = height - TOP - BOTTOM;
  const most = Math.max(1, Math.min(MOST_DRAWN, Math.floor((all - MORE) / LEAST)));
  const drawn = sizes.map((size) => (size * LEAST <= all && size <= MOST_DRAWN ? size : Math.min(size, most)));
  const high = sizes.map((size, l) => (size > drawn[l] ? all - MORE : all));
  const widths = widthsOf(store, drawn[0]);
  const columns = (/** @type {boolean} */ narrow, /** @type {boolean} */ twin) => {
    const cards = sizes.map((_, l) => sizeOf(high[l] / drawn[l], narrow, twin && l > 0));
    const half = cards.map((card, l) => (l === 0 ? widths.input(card) : widths[card]) / 2);
    const last = narrow ? widths.slim - 26 : widths.target;
    const taken = half.reduce((sum, one) => sum + 2 * one, 8 + last + (narrow ? 10 : 18));
    return { cards, half, last, taken, needed: taken + layers.length * (narrow ? 20 : widths.label + 4) };
  };
  const choices = [columns(false, true), columns(false, false), columns(true, false)];
  const { cards, half, last, taken, needed } = choices.find((one) => one.needed <= room) ?? choices[2];
  const width = Math.max(room, needed);
  const gap = (width - taken) / layers.length;
  const x = [4 + half[0]];
  for (let l = 1; l < sizes.length; l++) x.push(x[l - 1] + half[l - 1] + gap + half[l]);
  x.push(width - 4 - last / 2);
  const y = (/** @type {number} */ l, /** @type {number} */ j) => TOP + (high[l] * (j + 0.5)) / drawn[l];
  return { width, height, sizes, drawn, cards, half, x, y, label: widths.label };
}

/**
 * How wide cards have to be for numbers of so many digits: −0.0001234.
 * @param {Store} store
 * @param {number} inputs that are drawn
 */
function widthsOf(store, inputs) {
  const digits = store.state.view.digits + 6;
  const number = LETTER * digits;
  const letters = Math.min(8, Math.max(...store.frame.inputs.slice(0, inputs).map((name) => name.length)));
  const X = /** @type {import("./types.js").Num[][]} */ (store.numbers?.values.X ?? []);
  const lengths = X.flatMap((row) => row.slice(0, inputs).map((x) => shown(x, store.state.view.digits).length));
  // Of few samples all inputs are known; those of a step to come may be longer.
  const entry = store.frame.typed ? Math.min(digits, 3 + Math.max(1, ...lengths)) : digits;
  return {
    "": 72 + number,
    slim: 24 + number,
    twin: 76 + 2 * number,
    small: 58 + number,
    tiny: 34 + SMALL_LETTER * digits,
    target: 26 + number - LETTER,
    label: number,
    input: (/** @type {Size} */ card) =>
      card === "slim"
        ? 14 + LETTER * entry
        : card === "tiny"
          ? 14 + SMALL_LETTER * (entry + letters)
          : 22 + LETTER * (entry + letters),
  };
}

/**
 * @param {number} room pixels from one neuron to the next
 * @param {boolean} narrow whether the columns have to be narrow
 * @param {boolean} twin whether numbers may stand in two columns
 * @returns {Size}
 */
function sizeOf(room, narrow, twin) {
  if (narrow && room >= 86) return "slim";
  if (room >= 72 && !narrow) return "";
  return room < 36 ? "tiny" : twin ? "twin" : "small";
}

/**
 * @param {Layout} layout
 * @param {number} l
 * @param {(i: number, j: number, ends: Ends) => void} act for each edge to layer l, neuron by neuron
 */
export function eachEdge({ x, y, drawn }, l, act) {
  for (let j = 0; j < drawn[l]; j++)
    for (let i = 0; i < drawn[l - 1]; i++) act(i, j, { x1: x[l - 1], y1: y(l - 1, i), x2: x[l], y2: y(l, j) });
}

/**
 * Where on the edges between two layers their numbers stand furthest apart, and how many lines there is room for.
 * @param {Layout} layout
 * @param {number} l
 */
export function roomOfLabels(layout, l) {
  const { x, half, drawn, label } = layout;
  const best = { at: 0.5, lines: 0 };
  if (drawn[l - 1] * drawn[l] > MOST_LABELS) return best;
  const gap = x[l] - x[l - 1];
  let widest = 0;
  const last = 1 - (half[l] + label / 2) / gap;
  for (let at = (half[l - 1] + label / 2) / gap; at <= last + 1e-9; at += 0.01) {
    /** @type {number[]} */
    const tops = [];
    eachEdge(layout, l, (_i, _j, { y1, y2 }) => tops.push(y1 + at * (y2 - y1)));
    tops.sort((a, b) => a - b);
    let least = 3 * LINE;
    for (let k = 1; k < tops.length; k++) least = Math.min(least, tops[k] - tops[k - 1]);
    if (least <= widest + 0.5) continue;
    widest = least;
    Object.assign(best, { at, lines: Math.min(2, Math.floor(least / LINE)) });
  }
  return best;
}
