// The weighted sums written out: each neuron's terms, forward, and backward what comes back to it.

import { cell } from "./cells.js";
import { filled } from "./data.js";
import { h, part } from "./dom.js";

/** @typedef {import("./store.js").Store} Store */

const MOST_TERMS = 12;
const MOST_UNITS = 16;

/** @param {Store} store */
export function sums(store) {
  const stage = part("sums");
  store.on(["frame", "view"], () => {
    if (stage.hidden) return;
    stage.replaceChildren(...built(store));
    mark(store, stage, true);
  });
  store.on(["selected"], () => mark(store, stage, false));
}

/**
 * The sums of the neuron that is selected stand out.
 * @param {Store} store
 * @param {HTMLElement} stage
 * @param {boolean} brought whether it is scrolled to where it can be seen
 */
function mark(store, stage, brought) {
  for (const one of stage.querySelectorAll(".unit.chosen")) one.classList.remove("chosen");
  const index = store.selected.index ?? [];
  const l = store.values.get(store.selected.name)?.layer;
  const found = l && index.length ? stage.querySelector(`[data-unit="${l},${index[index.length - 1]}"]`) : null;
  found?.classList.add("chosen");
  if (brought) found?.scrollIntoView({ block: "nearest" });
}

/** @param {Store} store */
function built(store) {
  return store.frame.layers.map((layer, k) => {
    const l = k + 1;
    const units = [...Array(Math.min(layer.units, MOST_UNITS)).keys()];
    const left = layer.units - units.length;
    return h("section", { class: "sums-of" }, h("h3", {}, `${l} · ${layer.activation}`),
      ...units.map((j) => h("div", { class: "unit", "data-unit": `${l},${j}` }, forward(store, l, j), backward(store, l, j))),
      left > 0 ? h("p", { class: "note" }, filled(store.words.more_units, { n: left })) : null);
  });
}

/**
 * z = w a + w a + b, and a = f(z).
 * @param {Store} store
 * @param {number} l
 * @param {number} j
 */
function forward(store, l, j) {
  const column = store.state.view.convention === "column";
  const before = l === 1 ? "X" : `a${l - 1}`;
  const n = l === 1 ? store.frame.inputs.length : store.frame.layers[l - 2].units;
  const made = h("div", { class: "sum" }, named(store, `z${l}`, j), " = ");
  terms(store, made, n, (i) => {
    const w = cell(store, `W${l}`, [i, j], { class: "weight" });
    const a = cell(store, before, [i], { class: "value" });
    return column ? [w, a] : [a, w];
  });
  if (store.values.has(`b${l}`)) made.append(" + ", cell(store, `b${l}`, [j], { class: "weight" }));
  made.append(" = ", cell(store, `z${l}`, [j], { class: "value" }));
  made.append(h("span", { class: "arrow" }, " → "), h("i", {}, store.frame.layers[l - 1].activation), h("span", { class: "arrow" }, " → "));
  made.append(named(store, `a${l}`, j), " = ", cell(store, `a${l}`, [j], { class: "value" }));
  return made;
}

/**
 * ∂L/∂a = δ w + δ w of the next layer, and δ = ∂L/∂a f′(z).
 * @param {Store} store
 * @param {number} l
 * @param {number} j
 */
function backward(store, l, j) {
  const made = h("div", { class: "sum back" }, named(store, `da${l}`, j), " = ");
  if (l < store.frame.depth) {
    terms(store, made, store.frame.layers[l].units, (k) => [
      cell(store, `dz${l + 1}`, [k], { class: "gradient" }),
      cell(store, `W${l + 1}`, [j, k], { class: "weight" }),
    ]);
    made.append(" = ");
  }
  made.append(cell(store, `da${l}`, [j], { class: "gradient" }), h("span", { class: "arrow" }, " → "));
  made.append(named(store, `dz${l}`, j), " = ", cell(store, `dz${l}`, [j], { class: "gradient" }));
  return made;
}

/**
 * @param {Store} store
 * @param {HTMLElement} made
 * @param {number} n
 * @param {(k: number) => HTMLElement[]} factors
 */
function terms(store, made, n, factors) {
  for (let k = 0; k < Math.min(n, MOST_TERMS); k++) {
    const [first, second] = factors(k);
    made.append(k ? " + " : "", h("span", { class: "term" }, first, " · ", second));
  }
  if (n > MOST_TERMS) made.append(" + … ", filled(store.words.more_terms, { n: n - MOST_TERMS }));
}

/**
 * @param {Store} store
 * @param {string} name
 * @param {number} j
 */
function named(store, name, j) {
  const symbols = store.values.get(name)?.elements;
  return h("b", { "data-name": name, "data-index": String(j) }, symbols?.[j] ?? name);
}
