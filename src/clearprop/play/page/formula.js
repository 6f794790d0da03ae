// The formula of what is selected: its symbols, its numbers, the result.

import { part } from "./dom.js";
import { blocks } from "./document.js";

/** @typedef {import("./store.js").Store} Store */

/** @param {Store} store */
export function formulas(store) {
  const panel = part("formula");
  let asked = "";
  let busy = false;
  const show = async () => {
    const { name, index } = store.selected;
    if (!name || store.running) return;
    const symbols = store.hidden !== ""; // while a number is asked for, its formula is shown without numbers
    asked = JSON.stringify({ name, index: fullIndex(store, name, index), symbols });
    if (busy) return;
    busy = true;
    let answered = "";
    while (answered !== asked) {
      answered = asked;
      const answer = await store.line({ do: "formula", ...JSON.parse(answered) });
      if (answer.formula) panel.replaceChildren(...blocks(answer.formula.blocks));
      else panel.textContent = answer.error ?? "";
    }
    busy = false;
  };
  store.on(["selected", "numbers", "frame", "running", "shown"], show);
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
