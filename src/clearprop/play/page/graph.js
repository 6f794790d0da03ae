// The computational graph of the step, as the library draws it: values above the edges, gradients below.

import { h, part } from "./dom.js";

/** @typedef {import("./store.js").Store} Store */

/** @param {Store} store */
export function graph(store) {
  const stage = part("graph");
  let drawn = "";
  const draw = async () => {
    if (stage.hidden || store.running) return;
    const asked = JSON.stringify([store.numbers.values.L, store.numbers.row, store.state.view, store.position]);
    if (asked === drawn) return;
    drawn = asked;
    const { figure, error } = await store.line({ do: "figure", name: "graph" });
    if (!figure) {
      stage.replaceChildren(h("p", { class: "note" }, error ?? ""));
      return;
    }
    const image = h("img", { alt: figure.title, src: `data:image/svg+xml,${encodeURIComponent(figure.svg)}` });
    const old = stage.querySelector("img");
    if (old) old.replaceWith(image);
    else stage.replaceChildren(image);
  };
  store.on(["frame", "view", "numbers", "running"], draw);
}
