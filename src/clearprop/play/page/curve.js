// The losses on the way up to now, of training and of test.

import { chart } from "./chart.js";
import { part } from "./dom.js";

/** @typedef {import("./store.js").Store} Store */

/** @param {Store} store */
export function curve(store) {
  const draw = chart(/** @type {HTMLCanvasElement} */ (part("curve")), 130);
  const log = /** @type {HTMLInputElement} */ (part("log-loss"));
  const show = () => {
    const { step, train, test } = store.curve;
    const series = [{ step, loss: train, colour: "#d66e16" }];
    if (test) series.unshift({ step, loss: test, colour: "#3f7fd0" });
    draw(series, { log: log.checked, steps: store.words.steps ?? "" });
  };
  store.on(["curve", "losses", "words"], show);
  log.addEventListener("change", show);
}
