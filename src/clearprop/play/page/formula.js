// The formula of what is selected: its name, its symbols, its numbers, the result; of a weight those that follow from it.

import { symbolOf } from "./cells.js";
import { blocks } from "./document.js";
import { h, part } from "./dom.js";
import { shown } from "./numbers.js";

/** @typedef {import("./store.js").Store} Store */

/** @param {Store} store */
export function formulas(store) {
  const panel = part("derivation");
  let asked = "";
  let busy = false;
  const show = async () => {
    const { name, index } = store.selected;
    if (store.running || !store.frame) return;
    if (!name) {
      panel.replaceChildren(h("p", { class: "note" }, store.words.formula_hint ?? ""));
      return;
    }
    const symbols = store.hidden !== ""; // while a number is asked for, its formula is shown without numbers
    asked = JSON.stringify(withKin(store, name).map((one) => ({ name: one, index: fullIndex(store, one, index), symbols })));
    if (busy) return;
    busy = true;
    let answered = "";
    while (answered !== asked) {
      answered = asked;
      const made = [];
      for (const one of JSON.parse(answered)) made.push(heading(store, one), ...(await derived(store, one)));
      panel.replaceChildren(...made);
    }
    busy = false;
  };
  store.on(["selected"], () => {
    part("formula").scrollTop = 0;
  });
  store.on(["selected", "numbers", "frame", "running", "words", "shown"], show);
}

/**
 * A weight or bias is followed by its gradient and by its next value.
 * @param {Store} store
 * @param {string} name
 */
function withKin(store, name) {
  if (!store.frame.parameters.includes(name)) return [name];
  return [name, `d${name}`, `${name}'`].filter((one) => store.values.has(one));
}

/**
 * How a value comes about; a parameter is given.
 * @param {Store} store
 * @param {{name: string, index: number[] | null}} asked
 */
async function derived(store, asked) {
  if (store.frame.parameters.includes(asked.name) && asked.index !== null) return [];
  const answer = await store.line({ do: "formula", ...asked });
  return answer.formula ? blocks(answer.formula.blocks) : [h("p", { class: "note" }, answer.error ?? "")];
}

/**
 * What the formula is of, and its number.
 * @param {Store} store
 * @param {{name: string, index: number[] | null}} asked
 */
function heading(store, { name, index }) {
  const value = store.values.get(name);
  const place = index && value?.samples ? index.slice(1) : (index ?? []);
  const whole = (value?.shape.length ?? 0) > place.length;
  const symbol = whole ? (value?.text ?? name) : symbolOf(store, name, place);
  const number = whole ? ` (${value?.shape.join(" × ")})` : ` = ${shown(store.number(name, place), store.state.view.digits)}`;
  return h("h2", { "data-name": name, "data-index": whole ? undefined : place.join(",") }, symbol, number);
}

/**
 * The index of an element with the sample in front, where the value has a row for each.
 * @param {Store} store
 * @param {string} name
 * @param {number[] | null} index
 */
function fullIndex(store, name, index) {
  const value = store.values.get(name);
  if (!value || index === null || index.length !== value.shape.length || value.shape.length === 0) return null;
  return value.samples ? [store.numbers.row, ...index] : index;
}
