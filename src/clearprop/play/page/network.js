// The network as circles: each neuron with its heat map and numbers, each edge with its weight and gradient.

import { cell, symbolOf } from "./cells.js";
import { filled } from "./data.js";
import { h, part, svg } from "./dom.js";
import { edges } from "./edges.js";
import { eachEdge, layoutOf, roomOfLabels } from "./layout.js";
import { legend } from "./legend.js";
import { heat, middleOf } from "./plane.js";

/** @typedef {import("./store.js").Store} Store */
/** @typedef {import("./layout.js").Layout} Layout */

const MANY = 200; // edges between two layers; so many are drawn paler

/** @param {Store} store */
export function circles(store) {
  const stage = part("circles");
  const key = legend(store, stage);
  let size = "";
  const sizeOf = () => `${stage.offsetWidth} × ${stage.offsetHeight}`; // without a scroll bar, which is of our making
  const build = () => {
    if (!store.frame || stage.hidden || !stage.offsetWidth) return;
    size = sizeOf();
    let layout = layoutOf(store, stage.offsetWidth, stage.offsetHeight);
    const wide = layout.width > stage.offsetWidth;
    stage.classList.toggle("wide", wide);
    if (wide) layout = layoutOf(store, stage.offsetWidth, stage.clientHeight); // beside the scroll bar
    stage.replaceChildren(...built(store, layout), key.element);
    redraw(store, stage);
    mark(store, stage);
    key.redraw();
  };
  store.on(["frame", "view"], build);
  new ResizeObserver(() => {
    if (size !== sizeOf()) build();
  }).observe(stage);
  store.on(["numbers", "answers"], () => {
    if (!stage.hidden) redraw(store, stage);
  });
  store.on(["selected"], () => mark(store, stage));
  edges(store, stage);
  looking(store, stage);
}

/**
 * A click on a card beside its numbers, or Enter on its heat map, looks into the unit.
 * @param {Store} store
 * @param {HTMLElement} stage
 */
function looking(store, stage) {
  const look = (/** @type {Event} */ event) => {
    const target = /** @type {Element} */ (event.target);
    const card = /** @type {HTMLElement | null} */ (target.closest(".neuron[data-layer]"));
    if (!card || card.dataset.layer === "0" || target.closest(".cell, input")) return;
    event.preventDefault();
    store.selectUnit(Number(card.dataset.layer), Number(card.dataset.unit));
  };
  stage.addEventListener("click", look);
  stage.addEventListener("keydown", (event) => {
    if (event.key === "Enter" || event.key === " ") look(event);
  });
}

/**
 * In the order in which a textbook gives the numbers: inputs, weights to each neuron, biases, and so on; the targets.
 * @param {Store} store
 * @param {Layout} layout
 * @returns {Element[]}
 */
function built(store, layout) {
  const lines = svg("svg", { class: "edges", width: layout.width, height: layout.height, role: "group" });
  /** @type {Element[]} */
  const made = [lines, ...column(store, 0, layout)];
  for (let l = 1; l < layout.sizes.length; l++) {
    const room = roomOfLabels(layout, l);
    const pale = layout.drawn[l - 1] * layout.drawn[l] > MANY ? "pale" : "";
    let first = true;
    eachEdge(layout, l, (i, j, ends) => {
      const data = { "data-name": `W${l}`, "data-index": `${i},${j}` };
      lines.append(svg("line", { ...ends, class: `edge ${pale}`, ...data }));
      const bare = {
        class: "reach bare",
        tabindex: first ? "0" : "-1",
        role: "button",
        "aria-label": symbolOf(store, `W${l}`, [i, j]),
      };
      lines.append(svg("line", { ...ends, ...(room.lines ? { class: "reach", tabindex: "-1" } : bare), ...data }));
      if (room.lines) made.push(edgeLabel(store, l, [i, j], ends, room));
      first = false;
    });
    made.push(...column(store, l, layout));
  }
  return [...made, ...targets(store, layout, lines)];
}

/**
 * @param {Store} store
 * @param {number} l
 * @param {number[]} index
 * @param {import("./layout.js").Ends} ends
 * @param {{at: number, lines: number}} room with one line there is none for the gradient
 */
function edgeLabel(store, l, index, { x1, y1, x2, y2 }, { at, lines }) {
  const place = { left: `${x1 + at * (x2 - x1)}px`, top: `${y1 + at * (y2 - y1)}px` };
  const weight = cell(store, `W${l}`, index, { class: "weight" });
  const gradient = lines > 1 ? cell(store, `dW${l}`, index, { class: "gradient" }) : null;
  return h("div", { class: "edge-label", style: place }, weight, gradient);
}

/**
 * A layer's title, its neurons, and how many of them are not drawn.
 * @param {Store} store
 * @param {number} l
 * @param {Layout} layout
 */
function column(store, l, { x, y, drawn, sizes, cards, half }) {
  const title = l === 0 ? (store.words.inputs ?? "") : `${l} · ${store.frame.layers[l - 1].activation}`;
  const left = `${x[l]}px`;
  const made = [h("div", { class: "layer-title", style: { left } }, title)];
  for (let j = 0; j < drawn[l]; j++) {
    // A number that is typed may be longer than those that there were: it is never cut off.
    const room = l ? "width" : store.frame.typed ? "" : "max-width";
    const style = { left, top: `${y(l, j)}px`, ...(room && { [room]: `${2 * half[l]}px` }) };
    made.push(l ? neuron(store, l, j, style, cards[l]) : input(store, j, style, cards[0]));
  }
  const more = sizes[l] - drawn[l];
  if (more) made.push(h("div", { class: "layer-more", style: { left } }, filled(store.words.more_units, { n: more })));
  return made;
}

/**
 * A letter and a number.
 * @param {Store} store
 * @param {string} letter
 * @param {string} name
 * @param {number} j
 * @param {string} kind
 */
const line = (store, letter, name, j, kind) =>
  h("div", {}, h("i", {}, letter), cell(store, name, [j], { class: kind }));

/**
 * @param {Store} store
 * @param {number} j
 * @param {object} style
 * @param {string} size
 */
function input(store, j, style, size) {
  const shared = { class: `neuron ${size}`, style, "data-layer": "0", "data-unit": String(j) };
  const name = store.frame.inputs[j];
  return h("div", { ...shared, title: name }, h("div", { class: "lines" }, line(store, name, "X", j, "value")));
}

/**
 * @param {Store} store
 * @param {number} l
 * @param {number} j
 * @param {object} style
 * @param {import("./layout.js").Size} size
 */
function neuron(store, l, j, style, size) {
  const lines = h("div", { class: "lines" });
  const add = (/** @type {string} */ letter, /** @type {string} */ name, /** @type {string} */ kind) => {
    if (store.values.has(name)) lines.append(line(store, letter, name, j, kind));
  };
  const whole = size === "" || size === "slim" || size === "twin";
  if (whole) {
    add("b", `b${l}`, "weight");
    add("z", `z${l}`, "value");
  }
  add(l === store.frame.depth ? "ŷ" : "a", `a${l}`, "value");
  if (size !== "tiny") add(store.state.view.notation === "d" ? "dz" : "δ", `dz${l}`, "gradient");
  const label = filled(store.words.unit_looks, { name: symbolOf(store, `a${l}`, [j]) });
  const looks = { tabindex: "0", role: "button", "aria-label": label };
  const map = h("canvas", { width: 48, height: 48, class: "heat", "data-unit": String(j), ...looks });
  return h("div", { class: `neuron ${size}`, style, "data-layer": String(l), "data-unit": String(j) }, map, lines);
}

/**
 * What the network should have answered, beside what it answers.
 * @param {Store} store
 * @param {Layout} layout
 * @param {SVGElement} lines
 */
function targets(store, { x, y, drawn, half, cards }, lines) {
  const l = store.frame.depth;
  const left = `${x[l + 1]}px`;
  const { classes, layers } = store.frame;
  const classOf = (/** @type {number} */ j) => (classes.length === 2 && layers[l - 1].units === 1 ? `1 = ${classes[1]}` : classes[j]);
  const which = classes.length && layers[l - 1].units === 1 ? h("div", { class: "which-class" }, classOf(0)) : null;
  const made = [h("div", { class: "layer-title", style: { left } }, store.words.targets ?? "", which)];
  for (let j = 0; j < drawn[l]; j++) {
    const [at, from] = [y(l, j), x[l] + half[l]];
    lines.append(svg("line", { x1: from - 30, y1: at, x2: x[l + 1], y2: at, class: "to-target" }));
    const style = { left, top: `${at}px` };
    made.push(
      h(
        "div",
        { class: `neuron wanted ${cards[0] === "slim" ? "slim" : ""}`, style, title: classes.length ? classOf(j) : undefined },
        h("div", { class: "lines" }, line(store, "y", "y", j, "value")),
      ),
    );
  }
  return made;
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
    const w = Number(weights[l]?.[i]?.[j]) || 0;
    line.setAttribute("stroke-width", (0.5 + (3.5 * Math.min(Math.abs(w), largest[l])) / largest[l]).toFixed(1));
    line.classList.toggle("negative", w < 0);
  }
  for (const map of /** @type {NodeListOf<HTMLCanvasElement>} */ (stage.querySelectorAll("canvas.heat"))) {
    const l = /** @type {HTMLElement} */ (map.closest(".neuron")).dataset.layer;
    const unit = store.answers.units[`a${l}`]?.[Number(map.dataset.unit)];
    if (unit) heat(map, unit, store.plane.side, store.plane.axes.length === 1, store.state.view.digits, middleOf(store, Number(l)));
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
