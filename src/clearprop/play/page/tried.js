// Inputs that somebody types into a saved page, and what the network of the step that is shown answers.

import { h, part } from "./dom.js";
import { labelled } from "./fields.js";
import { read, shown } from "./numbers.js";

/** @typedef {import("./store.js").Store} Store */

const MOST_INPUTS = 30; // that get a field each
const MOST_OUTPUTS = 20;

/**
 * @param {Store} store
 * @param {((values: Record<string, any>) => (row: number[]) => number[]) | undefined} network from its parameters to what answers a row
 */
export function tried(store, network) {
  const place = part("tried");
  if (network) store.on(["frame", "words"], () => open(store, place, network));
}

/**
 * @param {Store} store
 * @param {HTMLElement} place
 * @param {(values: Record<string, any>) => (row: number[]) => number[]} network
 */
function open(store, place, network) {
  const { inputs, classes } = store.frame;
  const { words } = store;
  if (inputs.length > MOST_INPUTS) return;
  const first = /** @type {any} */ (store.numbers.values.X)[0];
  const fields = inputs.map((_, k) => h("input", { id: `tried-${k}`, value: shown(first[k], 4), inputmode: "decimal" }));
  const answers = h("table", { id: "tried-answers" });
  const answer = () => {
    const row = fields.map((/** @type {any} */ field) => read(field.value));
    fields.forEach((field, k) => field.classList.toggle("wrong", row[k] === undefined));
    if (row.some((x) => x === undefined)) return answers.replaceChildren(h("tr", {}, h("td", {}, words.no_number ?? "")));
    const a = network(store.numbers.values)(/** @type {number[]} */ (row));
    const most = Math.max(...a);
    const named = (/** @type {number} */ j) => (classes.length === a.length ? classes[j] : a.length > 1 ? `a${j + 1}` : "a");
    const rows = a.slice(0, MOST_OUTPUTS).map((x, j) =>
      h("tr", { class: a.length > 1 && x === most ? "most" : "" }, h("td", {}, named(j)), h("td", {}, shown(x, 6))));
    return answers.replaceChildren(...rows);
  };
  for (const field of fields) field.addEventListener("input", answer);
  store.on(["numbers"], answer);
  place.replaceChildren(
    h("h2", {}, words.tried_title ?? ""), h("p", { class: "note" }, words.tried_hint ?? ""),
    h("div", { class: "fields" }, ...inputs.map((name, k) => labelled(name, fields[k]))), answers);
  answer();
}
