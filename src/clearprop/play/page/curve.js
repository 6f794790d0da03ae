// The losses on the way up to now, of training and of test.

import { part } from "./dom.js";

/** @typedef {import("./store.js").Store} Store */

/** @param {Store} store */
export function curve(store) {
  const canvas = /** @type {HTMLCanvasElement} */ (part("curve"));
  store.on(["curve", "losses", "words"], () => {
    const { step, train, test } = store.curve;
    const context = canvas.getContext("2d");
    if (!context) return;
    context.clearRect(0, 0, canvas.width, canvas.height);
    const finite = [...train, ...(test ?? [])].filter((x) => typeof x === "number");
    const high = Math.max(...finite, 1e-300);
    const last = Math.max(1, step[step.length - 1] ?? 1);
    const draw = (/** @type {import("./types.js").Num[]} */ losses, /** @type {string} */ colour) => {
      context.beginPath();
      losses.forEach((loss, k) => {
        if (typeof loss === "number") context.lineTo((step[k] / last) * canvas.width, canvas.height - 3 - (loss / high) * (canvas.height - 8));
      });
      context.strokeStyle = colour;
      context.lineWidth = 1.8;
      context.stroke();
    };
    if (test) draw(test, "#2b5fa8");
    draw(train, "#d66e16");
  });
}
