// Edges and neurons under the pointer or the focus: the numbers that have no room; the edges of a neuron light up.

import { cell, focusOn } from "./cells.js";
import { h } from "./dom.js";

/** @typedef {import("./store.js").Store} Store */

/**
 * @param {Store} store
 * @param {HTMLElement} stage
 */
export function edges(store, stage) {
  const said = h("div", { class: "edge-said", hidden: true });
  const under = (/** @type {Event} */ event, /** @type {string} */ which) =>
    /** @type {SVGElement | null} */ (/** @type {Element} */ (event.target).closest(which));
  /** @param {number} x @param {number} y @param {[string, number[], string][]} numbers */
  const say = (x, y, numbers) => {
    said.style.left = `${x}px`;
    said.style.top = `${y}px`;
    said.replaceChildren(
      ...numbers
        .filter(([name]) => store.values.has(name))
        .map(([name, index, kind]) => {
          const number = cell(store, name, index, { class: kind });
          return h("div", {}, h("i", {}, number.dataset.label ?? ""), " = ", number);
        }),
    );
    stage.append(said);
    said.hidden = false;
  };
  const sayEdge = (/** @type {SVGElement} */ edge) => {
    const { name = "", index = "" } = edge.dataset;
    const place = index.split(",").map(Number);
    const middle = (/** @type {string} */ axis) =>
      (Number(edge.getAttribute(`${axis}1`)) + Number(edge.getAttribute(`${axis}2`))) / 2;
    said.classList.remove("passing");
    say(middle("x"), middle("y"), [
      [name, place, "weight"],
      [`d${name}`, place, "gradient"],
    ]);
  };
  const sayNeuron = (/** @type {HTMLElement} */ neuron) => {
    const { layer: l = "", unit = "" } = neuron.dataset;
    const j = [Number(unit)];
    const below = neuron.offsetTop < stage.clientHeight / 2;
    said.classList.add("passing");
    say(neuron.offsetLeft, neuron.offsetTop + (below ? 62 : -62), [
      [`b${l}`, j, "weight"],
      [`z${l}`, j, "value"],
      [`a${l}`, j, "value"],
      [`dz${l}`, j, "gradient"],
    ]);
  };
  const leave = (/** @type {Event} */ event) => {
    const focused = document.activeElement;
    if (under(event, ".edge-said") || said.contains(focused)) return;
    if (focused instanceof SVGElement && focused.matches(".reach.bare")) sayEdge(focused);
    else said.hidden = true;
  };
  stage.addEventListener("pointerover", (event) => {
    const edge = under(event, ".reach.bare");
    const neuron = /** @type {HTMLElement | null} */ (/** @type {unknown} */ (under(event, ".neuron[data-layer]")));
    if (edge) sayEdge(edge);
    else if (neuron?.matches('.small, .tiny:not([data-layer="0"])')) sayNeuron(neuron);
    else leave(event);
    near(stage, neuron);
  });
  stage.addEventListener("pointerleave", (event) => {
    leave(event);
    near(stage, null);
  });
  stage.addEventListener("focusin", (event) => {
    const edge = under(event, ".reach.bare");
    if (edge) sayEdge(edge);
    else if (!under(event, ".edge-said")) said.hidden = true;
    near(stage, under(event, ".neuron[data-layer]"));
  });
  stage.addEventListener("keydown", (event) => {
    const edge = under(event, ".reach.bare");
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!edge || (by === undefined && event.key !== "Enter")) return;
    event.preventDefault();
    if (by === undefined) return focusOn(edge.dataset.name ?? "", edge.dataset.index ?? "");
    const all = [.../** @type {NodeListOf<SVGElement>} */ (stage.querySelectorAll(".reach.bare"))];
    all[all.indexOf(edge) + by]?.focus();
  });
}

/**
 * The edges that come to a neuron, and that go from it.
 * @param {HTMLElement} stage
 * @param {SVGElement | HTMLElement | null} neuron
 */
function near(stage, neuron) {
  for (const one of stage.querySelectorAll(".near")) one.classList.remove("near");
  if (!neuron) return;
  const { layer, unit } = neuron.dataset;
  const to = `.edge[data-name="W${layer}"][data-index$=",${unit}"]`;
  const from = `.edge[data-name="W${Number(layer) + 1}"][data-index^="${unit},"]`;
  for (const edge of stage.querySelectorAll(`${to}, ${from}`)) edge.classList.add("near");
}
