// The pictures of the network behind tabs, and the strip above them: the sample that is shown, and the loss.

import { cell } from "./cells.js";
import { h, part } from "./dom.js";
import { filled } from "./data.js";

/** @typedef {import("./store.js").Store} Store */

const TABS = ["circles", "sums", "matrices", "graph"];

/** @param {Store} store */
export function tabs(store) {
  const strip = part("tabs");
  const buttons = TABS.map((name) => {
    const made = h("button", { role: "tab", id: `tab-${name}`, "aria-controls": name, "data-word": `tab_${name}` });
    made.addEventListener("click", () => show(name));
    return made;
  });
  strip.replaceChildren(...buttons);
  const show = (/** @type {string} */ name) => {
    for (const tab of TABS) {
      part(tab).hidden = tab !== name;
      part(`tab-${tab}`).setAttribute("aria-selected", String(tab === name));
    }
    if (store.state) store.state.view.tab = name;
    if (store.frame) store.tell(["view"]);
  };
  strip.addEventListener("keydown", (event) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const now = TABS.findIndex((name) => !part(name).hidden);
    if (by === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    const next = TABS[(now + by + TABS.length) % TABS.length];
    show(next);
    part(`tab-${next}`).focus();
  });
  show("circles");
  store.on(["frame"], () => {
    const loss = cell(store, "L", [], { class: "value" });
    part("loss-now").replaceChildren(`${store.words.loss_batch ?? ""} `, h("i", {}, "L = "), loss);
  });
  const move = (/** @type {number} */ by) => {
    const { row, size } = store.numbers;
    store.change("view", { row: (row + by + size) % size });
  };
  part("row-back").addEventListener("click", () => move(-1));
  part("row-next").addEventListener("click", () => move(1));
  store.on(["numbers", "words"], () => {
    const { row, size, batch } = store.numbers;
    const places = { k: row + 1, n: size, row: (batch[row] ?? 0) + 1 };
    const said = filled(size === 1 ? store.words.one_row : store.words.row_of, places);
    part("row-now").textContent = part("row-now").title = said;
    for (const id of ["row-back", "row-next"]) part(id).hidden = size === 1;
  });
}
