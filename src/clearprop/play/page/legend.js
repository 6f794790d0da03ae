// What the colours of the circles mean, and the range of the heat map of a neuron.

import { symbolOf } from "./cells.js";
import { h } from "./dom.js";
import { shown } from "./numbers.js";
import { fullAt, middleOf, tone } from "./plane.js";

/** @typedef {import("./store.js").Store} Store */

const STEPS = 64; // pixels of the bar

/**
 * @param {Store} store
 * @param {HTMLElement} stage
 */
export function legend(store, stage) {
  const bar = h("canvas", { class: "scale", width: STEPS, height: 1 });
  const [name, low, high] = [h("i", {}), h("span", {}), h("span", {})];
  const words = h("span", { class: "keys" });
  const element = h("div", { class: "legend" }, h("span", { class: "range" }, name, low, bar, high), words);
  let pointed = /** @type {{l: number, j: number} | null} */ (null);
  const redraw = () => {
    if (!store.frame || !store.answers || stage.hidden) return;
    const { l, j } = pointed ?? chosen(store);
    const unit = store.answers.units[`a${l}`]?.[j];
    if (!unit) return;
    name.textContent = symbolOf(store, `a${l}`, [j]);
    const curve = store.plane.axes.length === 1; // along one input: a curve, without colours
    low.textContent = shown(unit.low, 3) + (curve ? " …" : "");
    high.textContent = shown(unit.high, 3);
    bar.hidden = curve;
    paintBar(bar, Number(unit.low), Number(unit.high), middleOf(store, l));
  };
  stage.addEventListener("pointerover", (event) => {
    const over = /** @type {HTMLElement | null} */ (
      /** @type {Element} */ (event.target).closest(".neuron[data-layer]")
    );
    const l = Number(over?.dataset.layer ?? 0);
    pointed = l > 0 ? { l, j: Number(over?.dataset.unit) } : null;
    redraw();
  });
  store.on(["answers", "selected"], redraw);
  store.on(["frame"], () => {
    const key = (/** @type {string} */ kind, /** @type {string} */ text) =>
      h("span", {}, h("i", { class: `key ${kind}` }), text);
    const gradient = store.state.view.notation === "d" ? "dw, dz" : "∂L/∂w, δ";
    words.replaceChildren(key("above", "w > 0"), key("below", "w < 0"), h("span", { class: "of-gradient" }, gradient));
  });
  return { element, redraw };
}

/**
 * The neuron of what is selected; the first output, where there is none.
 * @param {Store} store
 */
function chosen(store) {
  const layer = store.values.get(store.selected.name)?.layer;
  const index = store.selected.index;
  return layer && index?.length ? { l: layer, j: index[index.length - 1] } : { l: store.frame.depth, j: 0 };
}

/**
 * From the lowest to the highest number, in the colours of the heat map.
 * @param {HTMLCanvasElement} bar
 * @param {number} low
 * @param {number} high
 * @param {number} middle the number without a colour
 */
export function paintBar(bar, low, high, middle) {
  const context = bar.getContext("2d");
  if (!context) return;
  const largest = fullAt(low, high, middle);
  for (let k = 0; k < STEPS; k++) {
    context.fillStyle = `rgb(${tone(low + ((high - low) * k) / (STEPS - 1) - middle, largest).join(" ")})`;
    context.fillRect(k, 0, 1, 1);
  }
}
