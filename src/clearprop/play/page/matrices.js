// The step as matrices: every value with its symbol and all its numbers, in the convention of the view.

import { cell } from "./cells.js";
import { filled } from "./data.js";
import { h, math, part } from "./dom.js";

/** @typedef {import("./store.js").Store} Store */
/** @typedef {import("./types.js").Value} Value */

const MOST = 24; // rows or columns that are written out

/** @param {Store} store */
export function matrices(store) {
  const stage = part("matrices");
  store.on(["frame", "view"], () => {
    if (!stage.hidden) stage.replaceChildren(...built(store));
  });
  let sent = "";
  store.on(["numbers"], () => {
    const now = JSON.stringify(store.numbers.sent);
    if (!stage.hidden && now !== sent) stage.replaceChildren(...built(store));
    sent = now;
  });
}

/** @param {Store} store */
function built(store) {
  const phases = /** @type {const} */ (["given", "forward", "backward", "update"]);
  return phases.map((phase) => {
    const values = store.frame.values.filter((value) => value.phase === phase);
    return h("section", { class: `matrices-of ${phase}` }, h("h3", {}, store.words[phase] ?? ""),
      h("div", { class: "row" }, ...values.map((value) => matrix(store, value))));
  });
}

/**
 * A value with its symbol, as the convention turns it.
 * @param {Store} store
 * @param {Value} value
 */
export function matrix(store, value) {
  const column = store.state.view.convention === "column";
  const kind = { given: "weight", forward: "value", backward: "gradient", update: "new" }[value.phase];
  const make = (/** @type {number[]} */ index, /** @type {number | undefined} */ row) => cell(store, value.name, index, { row, class: kind });
  /** @type {(HTMLElement | string)[][]} */
  let rows;
  if (value.samples) {
    const units = [...Array(value.shape[0] ?? 1).keys()].slice(0, MOST);
    rows = store.numbers.sent.map((row) => units.map((j) => make(value.shape.length ? [j] : [], row)));
  } else if (value.shape.length === 2) {
    const [n, m] = value.shape.map((size) => [...Array(size).keys()].slice(0, MOST));
    rows = n.map((i) => m.map((j) => make([i, j], undefined)));
  } else {
    const units = value.shape.length ? [...Array(value.shape[0]).keys()].slice(0, MOST) : [-1];
    rows = [units.map((j) => make(j < 0 ? [] : [j], undefined))];
  }
  if (column) rows = rows[0].map((_, j) => rows.map((row) => row[j]));
  const cut = value.shape.some((size) => size > MOST);
  const left = value.samples ? store.numbers.size - store.numbers.sent.length : 0;
  const notes = [
    cut ? filled(store.words.of_shape, { shape: (column ? [...value.shape].reverse() : value.shape).join(" × ") }) : "",
    left ? filled(store.words.more_rows, { n: left }) : "",
  ].filter(Boolean);
  return h("figure", { class: "matrix-of", "data-of": value.name },
    h("figcaption", {}, math(value.mathml), notes.length ? h("span", { class: "note" }, notes.join(" ")) : null),
    h("table", { class: "brackets" }, ...rows.map((row) => h("tr", {}, ...row.map((one) => h("td", {}, one))))));
}
