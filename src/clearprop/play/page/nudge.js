// Nudge the selected weight: the slope by differences beside the gradient, and the loss along it with its tangent.

import { symbolOf } from "./cells.js";
import { openDocument } from "./document.js";
import { h, part } from "./dom.js";
import { shown } from "./numbers.js";

/** @typedef {import("./store.js").Store} Store */

const QUIET = 120; // milliseconds without a change before it is computed

/** @param {Store} store */
export function nudging(store) {
  const panel = part("nudge");
  let asked = "";
  const show = async () => {
    const { name, index } = store.selected;
    const parameter = store.values.get(name)?.of || name;
    const fits = store.frame?.parameters.includes(parameter) && index !== null && index.length > 0;
    if (!fits || store.running || store.hidden) {
      if (!fits || store.hidden) panel.replaceChildren(h("p", { class: "note" }, store.words.nudge_select ?? ""));
      return;
    }
    const now = JSON.stringify([parameter, index, store.numbers.values.L, store.numbers.values[parameter], store.state.view]);
    if (now === asked) return;
    asked = now;
    const { nudge } = await store.line({ do: "nudge", name: parameter, index });
    if (nudge && asked === now) panel.replaceChildren(...built(store, nudge));
  };
  let soon = 0;
  store.on(["selected", "numbers", "running", "frame"], () => {
    clearTimeout(soon);
    soon = setTimeout(show, QUIET);
  });
}

/**
 * Every gradient of the network against differences of the loss.
 * @param {Store} store
 */
async function check(store) {
  const { checked, error } = await store.line({ do: "check" });
  if (!checked) {
    store.fail(error ?? "");
    return;
  }
  openDocument(store, checked.blocks);
}

/**
 * @param {Store} store
 * @param {import("./types.js").Nudge} nudge
 */
function built(store, nudge) {
  const digits = Math.max(store.state.view.digits, 6);
  const w = symbolOf(store, nudge.name, nudge.index);
  const [left, here, right] = nudge.losses;
  const row = (/** @type {string} */ what, /** @type {any} */ value, more = 0) =>
    h("tr", {}, h("td", {}, what), h("td", {}, shown(value, digits + more)));
  return [
    h("table", { class: "nudge" },
      row(`L(${w} − ${shown(nudge.h, 2)})`, left, 4),
      row(`L(${w})`, here, 4),
      row(`L(${w} + ${shown(nudge.h, 2)})`, right, 4), // h is small: their difference stands in the last digits
      row("ΔL / 2h", nudge.difference),
      row(symbolOf(store, `d${nudge.name}`, nudge.index), nudge.gradient)),
    h("p", { class: "note" }, `${nudge.said} (${shown(nudge.relative, 2)})`),
    curve(nudge),
    h("button", { id: "check", onclick: () => check(store) }, store.words.check_all ?? ""),
  ];
}

/** @param {import("./types.js").Nudge} nudge */
function curve(nudge) {
  const canvas = h("canvas", { width: 280, height: 90, class: "slope" });
  const context = canvas.getContext("2d");
  if (!context) return canvas;
  const { w, loss } = nudge.curve;
  const finite = /** @type {number[]} */ (loss.filter((one) => typeof one === "number"));
  const low = Math.min(...finite);
  const high = Math.max(...finite, low + 1e-12);
  const x = (/** @type {number} */ at) => ((at - w[0]) / (w[w.length - 1] - w[0])) * canvas.width;
  const y = (/** @type {number} */ at) => 6 + ((high - at) / (high - low)) * (canvas.height - 12);
  context.lineWidth = 2;
  context.strokeStyle = "#d66e16";
  context.beginPath();
  loss.forEach((one, k) => {
    if (typeof one === "number") context.lineTo(x(w[k]), y(one));
  });
  context.stroke();
  const here = Number(nudge.losses[1]);
  const slope = Number(nudge.gradient);
  context.strokeStyle = "#2b5fa8";
  context.lineWidth = 1.5;
  context.beginPath();
  context.moveTo(x(nudge.w - 1), y(here - slope));
  context.lineTo(x(nudge.w + 1), y(here + slope));
  context.stroke();
  context.fillStyle = "#2b5fa8";
  context.beginPath();
  context.arc(x(nudge.w), y(here), 4, 0, 7);
  context.fill();
  return canvas;
}
