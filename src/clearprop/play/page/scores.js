// How good the answers are: the losses and scores of both parts, and which classes are taken for which.

import { filled } from "./data.js";
import { h, part } from "./dom.js";
import { shown } from "./numbers.js";

/** @typedef {import("./store.js").Store} Store */

/** @param {Store} store */
export function scores(store) {
  const table = part("scores");
  const confusion = part("confusion");
  store.on(["scores", "losses", "words"], () => {
    const { scores, losses, words } = store;
    if (!scores || !losses) return;
    const percent = (/** @type {any} */ x) => (typeof x === "number" ? `${(100 * x).toFixed(1)} %` : "–");
    const score = scores.what === "accuracy" ? percent : (/** @type {any} */ x) => (x === undefined ? "–" : shown(x, 4));
    const loss = (/** @type {any} */ x) => (x === null ? "–" : shown(x, 4));
    const row = (/** @type {"train" | "test"} */ name) =>
      h("tr", { class: name }, h("td", {}, words[name] ?? ""),
        h("td", { id: `loss-${name}` }, loss(losses[name])), h("td", { id: `score-${name}` }, score(scores[name])));
    table.replaceChildren(
      h("tr", {}, h("th", {}), h("th", {}, words.loss_rows ?? ""), h("th", {}, (scores.what === "accuracy" ? words.accuracy : "R²") ?? "")),
      row("train"), row("test"));
    confusion.replaceChildren(...confused(store));
  });
}

/** @param {Store} store */
function confused(store) {
  const { confusion, of } = store.scores;
  const { classes } = store.frame;
  if (!confusion || !classes.length) return [];
  const most = Math.max(1, ...confusion.flat());
  const cell = (/** @type {number} */ n, /** @type {boolean} */ right) =>
    h("td", { class: right ? "right" : "wrong", style: { "--share": String(n / most) } }, String(n));
  return [
    h("p", { class: "note" }, filled(store.words.confusion, { part: store.words[of] ?? "" })),
    h("table", { class: "confusion" },
      h("tr", {}, h("th", {}), ...classes.map((name) => h("th", {}, name))),
      ...confusion.map((row, i) => h("tr", {}, h("th", {}, classes[i]), ...row.map((n, j) => cell(n, i === j))))),
  ];
}
