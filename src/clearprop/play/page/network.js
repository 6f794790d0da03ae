// The network as circles: each neuron with its heat map and numbers, each edge with its weight and gradient.

import { cell } from "./cells.js";
import { h, part, svg } from "./dom.js";
import { filled } from "./data.js";
import { heat } from "./plane.js";

/** @typedef {import("./store.js").Store} Store */
/** @typedef {{x: number[], y: (l: number, j: number) => number, drawn: number[], sizes: number[], height: number}} Places */

const LINE = 14; // pixels that a line of numbers on an edge needs
const MOST_DRAWN = 32; // units of a layer that are drawn; the others are counted
const MOST_LABELS = 64; // edges between two layers whose numbers may stand on them
const CARD = { "": 138, small: 104, tiny: 60 }; // widths of neurons, by the room that they have
const LABEL = 58;

/** @param {Store} store */
export function circles(store) {
  const stage = part("circles");
  const build = () => {
    if (!store.frame || stage.hidden || !stage.clientWidth) return;
    stage.replaceChildren(...built(store, stage.clientWidth, stage.clientHeight));
    redraw(store, stage);
  };
  store.on(["frame", "view"], build);
  new ResizeObserver(build).observe(stage);
  store.on(["numbers", "answers"], () => {
    if (!stage.hidden) redraw(store, stage);
  });
  store.on(["selected"], () => mark(store, stage));
}

/** @param {number} room */
const sizeOf = (room) => (room >= 70 ? "" : room >= 32 ? "small" : "tiny");

/**
 * @param {Store} store
 * @param {number} width
 * @param {number} height
 * @returns {Element[]}
 */
function built(store, width, height) {
  const sizes = [store.frame.inputs.length, ...store.frame.layers.map((layer) => layer.units)];
  const drawn = sizes.map((size) => Math.min(size, MOST_DRAWN));
  const half = sizes.map((_, l) => (l === 0 ? 56 : CARD[sizeOf(height / drawn[l])] / 2));
  const inner = width - half[0] - half[half.length - 1] - 8;
  const x = sizes.map((_, l) => 4 + half[0] + (sizes.length > 1 ? (inner * l) / (sizes.length - 1) : 0));
  const y = (/** @type {number} */ l, /** @type {number} */ j) => (height * (j + 0.5)) / drawn[l];
  const places = { x, y, drawn, sizes, height };
  const lines = svg("svg", { class: "edges", width, height, "aria-hidden": "true" });
  /** @type {Element[]} */
  const labels = [];
  for (let l = 1; l < sizes.length; l++) {
    const gap = x[l] - x[l - 1];
    const from = (half[l - 1] + LABEL / 2) / gap;
    const room = roomOfLabels(places, l, from, 1 - (half[l] + LABEL / 2) / gap);
    eachEdge(places, l, (i, j, ends) => {
      const data = { "data-name": `W${l}`, "data-index": `${i},${j}` };
      lines.append(svg("line", { ...ends, class: "edge", ...data }), svg("line", { ...ends, class: "reach", ...data }));
      if (room.least >= LINE) labels.push(edgeLabel(store, l, [i, j], ends, room.at, room.least >= 2 * LINE));
    });
  }
  return [lines, ...labels, ...sizes.flatMap((_, l) => layer(store, l, places))];
}

/**
 * @param {Places} places
 * @param {number} l
 * @param {(i: number, j: number, ends: {x1: number, y1: number, x2: number, y2: number}) => void} act
 */
function eachEdge({ x, y, drawn }, l, act) {
  for (let i = 0; i < drawn[l - 1]; i++)
    for (let j = 0; j < drawn[l]; j++) act(i, j, { x1: x[l - 1], y1: y(l - 1, i), x2: x[l], y2: y(l, j) });
}

/**
 * Where on the edges between two layers their numbers stand furthest apart, and how far.
 * @param {Places} places
 * @param {number} l
 * @param {number} from share of the way
 * @param {number} to
 */
function roomOfLabels(places, l, from, to) {
  let best = { at: 0.5, least: 0 };
  if (places.drawn[l - 1] * places.drawn[l] > MOST_LABELS) return best;
  for (let at = from; at <= to; at += 0.01) {
    /** @type {number[]} */
    const tops = [];
    eachEdge(places, l, (_i, _j, { y1, y2 }) => tops.push(y1 + at * (y2 - y1)));
    tops.sort((a, b) => a - b);
    let least = 3 * LINE;
    for (let k = 1; k < tops.length; k++) least = Math.min(least, tops[k] - tops[k - 1]);
    if (least > best.least + 0.5) best = { at, least };
  }
  return best;
}

/**
 * @param {Store} store
 * @param {number} l
 * @param {number[]} index
 * @param {{x1: number, y1: number, x2: number, y2: number}} ends
 * @param {number} at
 * @param {boolean} both whether there is room for the gradient, too
 */
function edgeLabel(store, l, index, { x1, y1, x2, y2 }, at, both) {
  const place = { left: `${x1 + at * (x2 - x1)}px`, top: `${y1 + at * (y2 - y1)}px` };
  const weight = cell(store, `W${l}`, index, { class: "weight" });
  return h("div", { class: "edge-label", style: place }, weight, both ? cell(store, `dW${l}`, index, { class: "gradient" }) : null);
}

/**
 * A layer's title, its neurons, and how many of them are not drawn.
 * @param {Store} store
 * @param {number} l
 * @param {Places} places
 */
function layer(store, l, { x, y, drawn, sizes, height }) {
  const title = l === 0 ? (store.words.inputs ?? "") : `${l} · ${store.frame.layers[l - 1].activation}`;
  const left = `${x[l]}px`;
  const made = [h("div", { class: "layer-title", style: { left } }, title)];
  for (let j = 0; j < drawn[l]; j++) made.push(neuron(store, l, j, { left, top: `${y(l, j)}px` }, sizeOf(height / drawn[l])));
  const more = sizes[l] - drawn[l];
  if (more) made.push(h("div", { class: "layer-more", style: { left } }, filled(store.words.more_units, { n: more })));
  return made;
}

/**
 * @param {Store} store
 * @param {number} l
 * @param {number} j
 * @param {object} style
 * @param {"" | "small" | "tiny"} size
 */
function neuron(store, l, j, style, size) {
  const lines = h("div", { class: "lines" });
  const line = (/** @type {string} */ letter, /** @type {string} */ name, /** @type {string} */ kind) => {
    if (store.values.has(name)) lines.append(h("div", {}, h("i", {}, letter), cell(store, name, [j], { class: kind })));
  };
  const shared = { class: `neuron ${size}`, style, "data-layer": String(l), "data-unit": String(j) };
  if (l === 0) {
    line(store.frame.inputs[j], "X", "value");
    return h("div", { ...shared, title: store.frame.inputs[j] }, lines);
  }
  if (size === "") {
    line("b", `b${l}`, "weight");
    line("z", `z${l}`, "value");
  }
  line("a", `a${l}`, "value");
  if (l === store.frame.depth && size !== "tiny") line("y", "y", "value");
  if (size === "") line(store.state.view.notation === "d" ? "dz" : "δ", `dz${l}`, "gradient");
  const map = h("canvas", { width: 48, height: 48, class: "heat", "data-unit": String(j) });
  map.addEventListener("click", () => store.select(`a${l}`, [j]));
  return h("div", shared, map, lines);
}

/**
 * Edges as thick as their weights, heat maps of now with their range.
 * @param {Store} store
 * @param {HTMLElement} stage
 */
function redraw(store, stage) {
  const weights = store.frame.layers.map((_, l) => /** @type {any} */ (store.numbers.values[`W${l + 1}`]));
  const largest = weights.map((rows) => {
    let most = 1e-12;
    for (const row of rows ?? []) for (const w of row) if (Math.abs(w) > most) most = Math.abs(w);
    return most;
  });
  for (const line of /** @type {NodeListOf<SVGElement>} */ (stage.querySelectorAll(".edge"))) {
    const l = Number(line.dataset.name?.slice(1)) - 1;
    const [i, j] = (line.dataset.index ?? "").split(",").map(Number);
    const w = weights[l]?.[i]?.[j];
    line.setAttribute("stroke-width", (0.5 + (3.5 * Math.abs(w)) / largest[l]).toFixed(1));
    line.classList.toggle("negative", w < 0);
  }
  for (const map of /** @type {NodeListOf<HTMLCanvasElement>} */ (stage.querySelectorAll("canvas.heat"))) {
    const l = /** @type {HTMLElement} */ (map.closest(".neuron")).dataset.layer;
    const unit = store.answers.units[`a${l}`]?.[Number(map.dataset.unit)];
    if (unit) heat(map, unit, store.plane.side, store.plane.axes.length === 1, store.state.view.digits);
  }
}

/**
 * The neuron of what is selected, and the edges that come to it, stand out.
 * @param {Store} store
 * @param {HTMLElement} stage
 */
function mark(store, stage) {
  for (const one of stage.querySelectorAll(".chosen")) one.classList.remove("chosen");
  const value = store.values.get(store.selected.name);
  const index = store.selected.index;
  if (!value || !index?.length) return;
  const l = value.layer ?? 0;
  const unit = index[index.length - 1];
  stage.querySelector(`.neuron[data-layer="${l}"][data-unit="${unit}"]`)?.classList.add("chosen");
  for (const line of /** @type {NodeListOf<SVGElement>} */ (stage.querySelectorAll(`.edge[data-name="W${l}"]`))) {
    const [i, j] = (line.dataset.index ?? "").split(",").map(Number);
    if (j === unit && (index.length === 1 || i === index[0])) line.classList.add("chosen");
  }
}
