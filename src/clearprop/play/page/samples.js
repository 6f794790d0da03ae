// The samples as a table: some rows at a time; a number chosen is typed, a row chosen is shown in the network.

import { filled } from "./data.js";
import { h, part } from "./dom.js";
import { choice } from "./fields.js";
import { read, shown } from "./numbers.js";

/** @typedef {import("./store.js").Store} Store */
/** @typedef {import("./types.js").Row} Row */
/** @typedef {import("./types.js").Samples} Samples */

const PAGE = 10; // rows at a time
const PAUSE = 120; // milliseconds after the last change of the data: whoever drags a point is not kept waiting

/** @param {Store} store */
export function sampleTable(store) {
  const fold = /** @type {HTMLDetailsElement} */ (part("samples"));
  let first = 0;
  let soon = 0;
  /** @type {Samples | undefined} */
  let last;
  const draw = async () => {
    if (!fold.open || !store.frame) return;
    const { samples } = await store.line({ do: "samples", first, count: PAGE });
    if (!samples) return;
    last = samples;
    first = samples.first - (samples.first % PAGE);
    if (first !== samples.first) return draw();
    show();
  };
  const show = () => {
    if (last) part("samples-table").replaceChildren(...drawn(store, last, (to) => { first = to; draw(); }));
  };
  fold.addEventListener("toggle", draw);
  store.on(["plane", "frame", "words"], () => {
    clearTimeout(soon);
    soon = setTimeout(draw, PAUSE);
  });
  store.on(["numbers"], () => mark(store));
}

/**
 * @param {Store} store
 * @param {Samples} samples
 * @param {(first: number) => void} turn
 */
function drawn(store, samples, turn) {
  const { words, frame } = store;
  const head = h("tr", {}, h("th", {}), ...[...samples.inputs, ...samples.targets].map((name) => h("th", {}, name)), h("th", {}));
  const { first, total, rows } = samples;
  const pages = h("div", { class: "pair pages" },
    h("button", { id: "samples-back", disabled: first === 0, onclick: () => turn(first - PAGE) }, "◀"),
    h("span", {}, `${first + 1} … ${first + rows.length} / ${total}`),
    h("button", { id: "samples-next", disabled: first + rows.length >= total, onclick: () => turn(first + PAGE) }, "▶"));
  const add = () => store.ask({ do: "sample", copy: total - 1 }).then((answer) => {
    if (!answer.error) turn(total - (total % PAGE));
  });
  const made = [
    h("div", { class: "samples" }, h("table", {}, head, ...rows.map((row) => line(store, row)))),
    pages,
    ...(frame.typed ? [h("button", { id: "samples-add", class: "quiet", onclick: add }, words.add_row ?? "+")] : [h("p", { class: "note" }, words.rows_not_typed ?? "")]),
    ...(samples.left_out ? [h("p", { class: "note" }, filled(words.columns_left, { n: samples.left_out }))] : []),
    h("p", { class: "note", id: "samples-said" }),
  ];
  setTimeout(() => mark(store));
  return made;
}

/**
 * @param {Store} store
 * @param {Row} row
 */
function line(store, row) {
  const { frame, words } = store;
  const set = (/** @type {"x" | "y"} */ of, /** @type {number} */ at, /** @type {number} */ value) =>
    store.ask({ do: "sample", set: row.row, [of]: { at, value } });
  const number = (/** @type {"x" | "y"} */ of, /** @type {number} */ at) => {
    const value = row[of][at];
    if (!frame.typed) return h("td", { title: String(value) }, shown(value, 4));
    const field = h("input", { value: String(value), "aria-label": `${row.row + 1}: ${of === "x" ? frame.inputs[at] : "y"}`, "data-at": `${row.row},${of},${at}` });
    field.addEventListener("change", () => {
      const typed = read(field.value);
      if (typed === undefined) store.fail(store.words.no_number ?? "");
      else set(of, at, typed);
    });
    return h("td", {}, field);
  };
  const kind = () => {
    const k = Number(row.y[0]);
    const titles = Object.fromEntries(frame.classes.map((name, at) => [String(at), name]));
    return h("td", {}, frame.typed ? choice(`class-${row.row + 1}`, titles, String(k), (to) => set("y", 0, Number(to))) : frame.classes[k]);
  };
  const remove = h("button", { class: "quiet", title: words.sample_removed, onclick: () => store.ask({ do: "sample", remove: row.row }) }, "−");
  return h("tr", { "data-sample": String(row.row) },
    h("td", {}, h("button", { class: row.test ? "test-row" : "", title: row.test ? words.test : words.show_row, onclick: () => look(store, row) }, String(row.row + 1))),
    ...row.x.map((_, at) => number("x", at)),
    ...(frame.classes.length ? [kind()] : row.y.map((_, at) => number("y", at))),
    h("td", {}, frame.typed ? remove : null));
}

/**
 * Show a row in the network, where it is in the batch of the next step; else say why it cannot be.
 * @param {Store} store
 * @param {Row} row
 */
async function look(store, row) {
  const place = store.numbers.batch.indexOf(row.row);
  if (place >= 0) await store.change("view", { row: place });
  else part("samples-said").textContent = filled(row.test ? store.words.row_is_test : store.words.row_not_now, { row: row.row + 1 });
}

/** @param {Store} store */
function mark(store) {
  const now = String(store.numbers?.batch[store.numbers.row] ?? "");
  for (const one of part("samples-table").querySelectorAll("tr[data-sample]")) one.classList.toggle("shown-row", /** @type {HTMLElement} */ (one).dataset.sample === now);
}
