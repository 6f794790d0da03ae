// What one unit looks at: its heat map, its weights by the names of its inputs, and on which rows it is on.

import { line } from "./boundary.js";
import { symbolOf } from "./cells.js";
import { filled } from "./data.js";
import { h, part } from "./dom.js";
import { paintBar } from "./legend.js";
import { shown } from "./numbers.js";
import { fit, heat, middleOf, unpacked } from "./plane.js";

/** @typedef {import("./store.js").Store} Store */
/** @typedef {import("./types.js").Unit} Unit */

const SIZE = 300; // pixels of the line's picture

/** @param {Store} store */
export function units(store) {
  const panel = part("unit");
  const picture = pictureOf(store);
  const facts = h("div", { class: "facts" });
  let asked = 0;
  const show = async () => {
    if (!store.unit || !store.frame) return panel.replaceChildren();
    if (store.running) return;
    const mine = ++asked;
    const { unit, error } = await store.line({ do: "unit", ...store.unit });
    if (mine !== asked || !store.unit) return;
    picture.draw(unit);
    facts.replaceChildren(...(unit ? told(store, unit) : [h("p", { class: "note" }, error ?? "")]));
    const { layer, unit: j } = store.unit;
    facts.prepend(h("h2", {}, filled(store.words.unit_title, { layer, unit: j + 1, name: symbolOf(store, `a${layer}`, [j]) })));
    panel.replaceChildren(picture.element, facts);
  };
  store.on(["selected", "numbers", "frame", "running", "words"], show);
}

/**
 * The heat map of the unit that is selected, the line where it turns on, and the range.
 * @param {Store} store
 */
function pictureOf(store) {
  const ground = h("canvas", { width: 48, height: 48 });
  const edge = h("canvas", { width: SIZE, height: SIZE });
  const bar = h("canvas", { class: "scale", width: 64, height: 1 });
  const [low, high, rule] = [h("span", {}), h("span", {}), h("p", { class: "note" })];
  const element = h("figure", {}, h("div", { class: "plane" }, ground, edge), h("div", { class: "range" }, low, bar, high), rule);
  const draw = (/** @type {Unit | undefined} */ unit) => {
    const { layer, unit: j } = /** @type {{layer: number, unit: number}} */ (store.unit);
    const found = store.answers.units[`a${layer}`]?.[j];
    const { side, axes } = store.plane;
    if (!found) return;
    const along = axes.length === 1;
    if (along) ground.width = ground.height = SIZE;
    else fit(ground, side);
    heat(ground, found, side, along, 3, middleOf(store, layer));
    [low.textContent, high.textContent] = [shown(found.low, 3), shown(found.high, 3)];
    bar.hidden = along;
    paintBar(bar, Number(found.low), Number(found.high), middleOf(store, layer));
    rule.textContent = unit ? filled(store.words.unit_line, { rule: unit.rule.replace(">", "=") }) : "";
    const context = /** @type {CanvasRenderingContext2D} */ (edge.getContext("2d"));
    context.clearRect(0, 0, SIZE, SIZE);
    if (!unit?.edge.data) return;
    if (along) turns(context, side, unpacked(unit.edge));
    else line(context, SIZE, side, [unpacked(unit.edge)]);
  };
  return { element, draw };
}

/**
 * Along one input: upright where the number passes 0.
 * @param {CanvasRenderingContext2D} context
 * @param {number} side
 * @param {Float64Array} heights
 */
function turns(context, side, heights) {
  for (let k = 0; k + 1 < side; k++) {
    const [from, to] = [heights[k], heights[k + 1]];
    if (from > 0 !== to > 0) context.fillRect(((k + from / (from - to)) / (side - 1)) * SIZE, 0, 1.6, SIZE);
  }
}

/**
 * @param {Store} store
 * @param {Unit} unit
 */
function told(store, unit) {
  const { words } = store;
  const number = (/** @type {any} */ x) => shown(x, 3);
  const weight = (/** @type {{name: string, index: number[], w: any}} */ { name, index, w }) =>
    h("td", { "data-name": name, "data-index": index.join(",") }, number(w));
  const on = unit.on.map(({ of, share, rows }) => h("tr", {}, h("td", {}, of), h("td", {}, percent(share)), h("td", {}, `${rows}`)));
  const bias = unit.bias === null ? [] : [row(h("td", {}, "b"), weight({ name: `b${unit.layer}`, index: [unit.unit], w: unit.bias }))];
  const incoming = unit.incoming.map((one) => row(h("td", {}, one.of), weight(one), h("td", {}, number(one.spread)), h("td", {}, number(one.moved))));
  const outgoing = unit.outgoing.map((one) => row(h("td", {}, one.of), weight(one)));
  const note = (/** @type {string | undefined} */ text, /** @type {number} */ n) => (n ? h("p", { class: "note" }, filled(text, { n })) : null);
  return [
    h("p", { class: "looks" }, unit.said),
    h("div", { class: "tables" },
      h("div", {}, table([words.unit_input, "w", words.unit_spread, words.unit_moved], [...incoming, ...bias]), note(words.unit_more, unit.more)),
      h("div", {}, table([filled(words.unit_on, { rule: unit.rule }), "", words.unit_rows], on), note(words.more_units, unit.more_classes)),
      outgoing.length ? h("div", {}, table([words.unit_out, "w"], outgoing), note(words.unit_more, unit.more_outgoing)) : null),
  ];
}

const row = (/** @type {HTMLElement[]} */ ...cells) => h("tr", {}, ...cells);

/** @param {number} share */
const percent = (share) => `${share > 0 && share < 0.005 ? "< 1" : share < 1 && share >= 0.995 ? "> 99" : Math.round(100 * share)} %`;

/**
 * @param {(string | undefined)[]} head
 * @param {HTMLElement[]} rows
 */
function table(head, rows) {
  return h("table", {}, h("thead", {}, h("tr", {}, ...head.map((one) => h("th", {}, one ?? "")))), h("tbody", {}, ...rows));
}
