// Runs side by side: other first weights or other optimizers, the same data, the same number of steps.

import { chart } from "./chart.js";
import { filled } from "./data.js";
import { h, part } from "./dom.js";
import { labelled, numberField } from "./fields.js";
import { shown } from "./numbers.js";

/** @typedef {import("./store.js").Store} Store */
/** @typedef {NonNullable<import("./types.js").Answer["compared"]>} Compared */

const OPTIMIZERS = ["gradient_descent", "sgd", "adagrad", "rmsprop", "adam", "adamw"];
const TITLES = /** @type {Record<string, string>} */ ({ small: "N(0, 0.01²)", glorot: "Xavier (glorot)", he: "He" });
const COLOURS = ["#d66e16", "#3f7fd0", "#2c9a4f", "#b3261e", "#9a5fc0", "#0f8c97"];

/** What is to be compared. */
const wanted = { steps: 500, optimizers: new Set(["gradient_descent", "adam"]) };

/** @param {Store} store */
export function comparing(store) {
  let words = "";
  store.on(["words", "state"], () => {
    const spoken = store.state?.view.lang ?? "";
    if (!store.words.compare_inits || spoken === words) return;
    words = spoken;
    part("compare").replaceChildren(...fields(store), h("div", { id: "compared" }));
  });
}

/** @param {Store} store */
function fields(store) {
  const { words } = store;
  const boxes = OPTIMIZERS.map((name) => {
    const box = h("input", { type: "checkbox", checked: wanted.optimizers.has(name), onchange: () => {
      if (box.checked) wanted.optimizers.add(name);
      else wanted.optimizers.delete(name);
    } });
    return h("label", {}, box, ` ${name}`);
  });
  return [
    labelled(words.compare_steps ?? "", numberField("compare-steps", wanted.steps, (steps) => { wanted.steps = Math.round(steps); }, { min: 1, step: 100 })),
    h("div", { class: "pair" },
      h("button", { id: "compare-inits", onclick: () => compare(store, "init", ["zeros", "small", "glorot", "he"]) }, words.compare_inits ?? ""),
      h("button", { id: "compare-optimizers", onclick: () => compare(store, "optimizer", OPTIMIZERS.filter((name) => wanted.optimizers.has(name))) }, words.compare_optimizers ?? "")),
    h("details", {}, h("summary", {}, words.compare_which ?? ""), h("div", { class: "boxes" }, ...boxes)),
  ];
}

/**
 * @param {Store} store
 * @param {string} what
 * @param {string[]} of
 */
async function compare(store, what, of) {
  const box = part("compared");
  const waiting = h("p", { class: "note" }, store.words.comparing ?? "");
  box.prepend(waiting);
  const { compared } = await store.ask({ do: "compare", what, of, steps: wanted.steps });
  waiting.remove();
  if (compared) box.replaceChildren(...result(store, compared, what));
}

/**
 * @param {Store} store
 * @param {Compared} compared
 * @param {string} what
 */
function result(store, { runs, taken, said }, what) {
  const { words, scores, state } = store;
  const canvas = h("canvas", { class: "compared-curves" });
  const log = h("input", { type: "checkbox", id: "compare-log", checked: true, onchange: () => show() });
  const draw = chart(canvas, 150);
  const series = runs.map(({ curve }, k) => ({ step: curve.step, loss: curve.train, colour: COLOURS[k % COLOURS.length], dash: k % 2 ? [5, 3] : [] }));
  const show = () => draw(series, { log: log.checked, steps: words.steps ?? "" });
  setTimeout(show);
  const percent = (/** @type {any} */ x) => (typeof x !== "number" ? "–" : scores.what === "accuracy" ? `${Math.round(100 * x)} %` : shown(x, 2));
  const rows = runs.map((run, k) => h("tr", {},
    h("td", {}, h("i", { class: "dot", style: { background: COLOURS[k % COLOURS.length] } }), TITLES[run.name] ?? run.name, run.diverged ? ` (${words.run_diverged})` : ""),
    h("td", {}, shown(run.losses.train, 3)),
    h("td", {}, run.losses.test === null ? percent(run.score.train) : percent(run.score.test)),
    h("td", {}, h("button", { class: "take-run", "data-run": String(k), title: words.take_run, onclick: () => store.ask({ do: "take", run: k }) }, words.take ?? ""))));
  const judged = runs[0].losses.test === null ? words.train : words.test;
  const score = scores.what === "accuracy" ? words.accuracy : "R²";
  return [
    canvas,
    h("label", { class: "log" }, log, " ", words.log_scale ?? ""),
    h("table", { class: "compared" },
      h("tr", {}, h("th", {}), h("th", {}, words.losses, h("br"), words.train), h("th", {}, score, h("br"), judged), h("th", {})), ...rows),
    h("p", { class: "note" }, filled(what === "init" ? words.compared_inits : words.compared_optimizers, { n: taken, rate: state.training.learning_rate })),
    ...said.map((one) => h("p", { class: "note" }, one)),
  ];
}
