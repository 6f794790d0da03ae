// The network as circles: each neuron with its heat map and numbers, each edge with its weight and gradient.

import { cell } from "./cells.js";
import { h, part, svg } from "./dom.js";
import { heat } from "./plane.js";

/** @typedef {import("./store.js").Store} Store */

const ROOM = 15; // pixels that a number on an edge needs
const MOST_DRAWN = 32; // units of a layer that are drawn; the others are counted

/** @param {Store} store */
export function circles(store) {
  const stage = part("circles");
  const build = () => stage.replaceChildren(...built(store, stage.clientWidth, stage.clientHeight));
  store.on(["frame"], () => {
    if (!stage.hidden) build();
  });
  store.on(["view"], () => {
    if (!stage.hidden) build();
  });
  new ResizeObserver(() => {
    if (store.frame && !stage.hidden) build();
  }).observe(stage);
  store.on(["numbers", "answers"], () => {
    if (!stage.hidden) redraw(store, stage);
  });
}

/**
 * @param {Store} store
 * @param {number} width
 * @param {number} height
 * @returns {Element[]}
 */
function built(store, width, height) {
  const sizes = [store.frame.inputs.length, ...store.frame.layers.map((layer) => layer.units)];
  const drawn = sizes.map((size) => Math.min(size, MOST_DRAWN));
  const step = width / sizes.length;
  const x = (/** @type {number} */ l) => step * (l + 0.5);
  const y = (/** @type {number} */ l, /** @type {number} */ j) => (height * (j + 0.5)) / drawn[l];
  const edges = svg("svg", { class: "edges", width, height, "aria-hidden": "true" });
  /** @type {Element[]} */
  const labels = [];
  for (let l = 1; l < sizes.length; l++) {
    const room = (height / Math.max(drawn[l - 1], drawn[l])) * (1 / Math.min(drawn[l - 1], drawn[l]));
    for (let i = 0; i < drawn[l - 1]; i++)
      for (let j = 0; j < drawn[l]; j++) {
        const ends = { x1: x(l - 1), y1: y(l - 1, i), x2: x(l), y2: y(l, j) };
        edges.append(svg("line", { ...ends, class: "edge", "data-name": `W${l}`, "data-index": `${i},${j}` }));
        if (room >= ROOM) labels.push(edgeLabel(store, l, i, j, ends, drawn, room >= 2 * ROOM));
      }
  }
  const neurons = [];
  for (let l = 0; l < sizes.length; l++) {
    const title = l === 0 ? store.words.inputs : store.frame.layers[l - 1].activation;
    neurons.push(h("div", { class: "layer-title", style: { left: `${x(l)}px` } }, title ?? ""));
    for (let j = 0; j < drawn[l]; j++) neurons.push(neuron(store, l, j, x(l), y(l, j), height / drawn[l]));
    if (drawn[l] < sizes[l]) {
      const more = (store.words.more_units ?? "").replace("{n}", String(sizes[l] - drawn[l]));
      neurons.push(h("div", { class: "layer-more", style: { left: `${x(l)}px` } }, more));
    }
  }
  queueMicrotask(() => redraw(store, part("circles")));
  return [edges, ...labels, ...neurons];
}

/**
 * The weight and its gradient, at a place of the edge where the numbers of all edges stand evenly below each other.
 * @param {Store} store
 * @param {number} l
 * @param {number} i
 * @param {number} j
 * @param {{x1: number, y1: number, x2: number, y2: number}} ends
 * @param {number[]} drawn
 * @param {boolean} both
 */
function edgeLabel(store, l, i, j, ends, drawn, both) {
  const share = drawn[l - 1] >= drawn[l] ? drawn[l - 1] / (drawn[l - 1] + 1) : 1 / (drawn[l] + 1);
  const t = Math.min(0.72, Math.max(0.28, share));
  const left = ends.x1 + t * (ends.x2 - ends.x1);
  const top = ends.y1 + t * (ends.y2 - ends.y1);
  return h(
    "div",
    { class: "edge-label", style: { left: `${left}px`, top: `${top}px` } },
    cell(store, `W${l}`, [i, j], { class: "weight" }),
    both ? cell(store, `dW${l}`, [i, j], { class: "gradient" }) : null,
  );
}

/**
 * @param {Store} store
 * @param {number} l
 * @param {number} j
 * @param {number} left
 * @param {number} top
 * @param {number} room
 */
function neuron(store, l, j, left, top, room) {
  const place = { left: `${left}px`, top: `${top}px` };
  const a = l === 0 ? "X" : `a${l}`;
  const has = (/** @type {string} */ name) => store.frame.values.some((value) => value.name === name);
  const size = room >= 66 ? "" : room >= 34 ? " small" : " tiny";
  const lines = h("div", { class: "lines" });
  const line = (/** @type {string} */ letter, /** @type {string} */ name, /** @type {string} */ kind) => {
    if (has(name)) lines.append(h("div", {}, h("i", {}, letter), cell(store, name, [j], { class: kind })));
  };
  if (l === 0) lines.append(h("div", {}, h("i", {}, store.frame.inputs[j]), cell(store, "X", [j], { class: "value" })));
  else if (size === "") {
    line("b", `b${l}`, "weight");
    line("z", `z${l}`, "value");
    line("a", a, "value");
    line(store.state.view.notation === "d" ? "dz" : "δ", `dz${l}`, "gradient");
  } else line("a", a, "value");
  const map = h("canvas", { width: 48, height: 48, class: "heat", "data-name": a, "data-index": String(j), tabindex: "-1" });
  map.addEventListener("click", () => store.select(a, [j]));
  return h("div", { class: `neuron${size}`, style: place, "data-layer": String(l) }, l === 0 ? null : map, lines);
}

/**
 * Edges as thick as their weights, heat maps of now.
 * @param {Store} store
 * @param {HTMLElement} stage
 */
function redraw(store, stage) {
  const largest = store.frame.layers.map((_, l) => {
    const all = /** @type {any} */ (store.numbers.values[`W${l + 1}`] ?? []).flat().map((/** @type {any} */ w) => Math.abs(Number(w)));
    return Math.max(1e-12, ...all.filter(Number.isFinite));
  });
  for (const line of /** @type {NodeListOf<SVGElement>} */ (stage.querySelectorAll(".edge"))) {
    const l = Number(line.dataset.name?.slice(1));
    const w = Number(store.number(`W${l}`, (line.dataset.index ?? "").split(",").map(Number)));
    line.setAttribute("stroke-width", String(0.4 + (3.6 * Math.abs(w)) / largest[l - 1]));
    line.classList.toggle("negative", w < 0);
  }
  for (const map of /** @type {NodeListOf<HTMLCanvasElement>} */ (stage.querySelectorAll("canvas.heat"))) {
    const unit = store.answers.units[map.dataset.name ?? ""]?.[Number(map.dataset.index)];
    if (unit) heat(map, unit, store.plane.side, store.plane.axes.length === 1);
  }
}
