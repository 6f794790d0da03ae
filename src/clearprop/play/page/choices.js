// Data, layers, training and view as fields: each one changes the state, and the bench builds what follows.

import { dataFields } from "./data.js";
import { h, part } from "./dom.js";
import { choice, labelled, numberField } from "./fields.js";

/** @typedef {import("./store.js").Store} Store */

const ACTIVATIONS = ["identity", "sigmoid", "tanh", "relu", "softmax", "softplus", "gelu", "silu", "elu", "leaky_relu", "selu", "mish", "softsign"];
const LOSSES = ["squared_error", "mean_squared_error", "mean_absolute_error", "huber", "binary_cross_entropy", "cross_entropy"];
const OPTIMIZERS = ["gradient_descent", "sgd", "adagrad", "rmsprop", "adam", "adamw"];
const INITS = ["zeros", "small", "glorot", "he", "lecun", "normal"];

/** @param {Store} store */
export function choices(store) {
  store.on(["state", "frame", "words"], () => {
    if (!store.state || !store.frame) return;
    part("data").replaceChildren(...dataFields(store));
    part("layers").replaceChildren(...layers(store));
    part("training").replaceChildren(...training(store));
    part("view").replaceChildren(...view(store));
    for (const one of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-word]"))) one.textContent = store.words[one.dataset.word ?? ""] ?? "";
    document.documentElement.lang = store.state.view.lang === "zh" ? "zh-Hans" : "en";
    document.title = `${store.words.title} · clearprop`;
  });
}

/** @param {string[]} names */
const named = (names) => Object.fromEntries(names.map((name) => [name, name]));

/** @param {Store} store */
function layers(store) {
  const { layers: all } = store.state.network;
  const set = (/** @type {any[]} */ changed) => store.change("network", { layers: changed });
  const rows = all.map((layer, l) =>
    h(
      "div",
      { class: "layer" },
      h("span", {}, `${l + 1}`),
      numberField(`units-${l + 1}`, layer.units, (units) => set(all.map((one, k) => (k === l ? { ...one, units: Math.round(units) } : one))), { min: 1, step: 1 }),
      choice(`activation-${l + 1}`, named(ACTIVATIONS), layer.activation, (activation) => set(all.map((one, k) => (k === l ? { ...one, activation } : one)))),
      h("button", { class: "quiet", title: store.words.remove_layer, disabled: all.length === 1, onclick: () => set(all.filter((_, k) => k !== l)) }, "−"),
    ),
  );
  const add = () => set([...all.slice(0, -1), { units: 4, activation: "tanh" }, ...all.slice(-1)]);
  return [
    ...rows,
    h("button", { id: "add-layer", class: "quiet", onclick: add }, store.words.add_layer ?? "+"),
    labelled(store.words.loss ?? "", choice("loss", named(LOSSES), store.state.network.loss, (loss) => store.change("network", { loss }))),
    labelled(store.words.init ?? "", choice("init", { ...named(INITS), small: "N(0, 0.01²)" }, store.state.network.init, (init) => store.change("network", { init }))),
    labelled(store.words.seed ?? "", numberField("seed", store.state.network.seed, (seed) => store.change("network", { seed: Math.round(seed) }), { min: 0, step: 1 })),
  ];
}

/** @param {Store} store */
function training(store) {
  const { optimizer, learning_rate, batch_size, l1, l2 } = store.state.training;
  const set = (/** @type {object} */ changes) => store.change("training", changes);
  return [
    labelled(store.words.optimizer ?? "", choice("optimizer", named(OPTIMIZERS), optimizer, (chosen) => set({ optimizer: chosen }))),
    labelled("η", numberField("learning-rate", learning_rate, (rate) => set({ learning_rate: rate }))),
    labelled(store.words.batch_size ?? "", numberField("batch-size", batch_size, (size) => set({ batch_size: Math.round(size) }), { min: 0, step: 1 })),
    ...(l1 ? [labelled("λ (L1)", numberField("l1", l1, (size) => set({ l1: size }), { min: 0 }))] : []),
    ...(l2 ? [labelled("λ (L2)", numberField("l2", l2, (size) => set({ l2: size }), { min: 0 }))] : []),
  ];
}

/** @param {Store} store */
function view(store) {
  const { lang, notation, convention, digits } = store.state.view;
  const set = (/** @type {object} */ changes) => store.change("view", changes);
  return [
    choice("lang", { en: "English", zh: "中文" }, lang, (chosen) => set({ lang: chosen })),
    choice("notation", { delta: "δ, ∂L/∂W", d: "dz, dW" }, notation, (chosen) => set({ notation: chosen })),
    choice("convention", { row: "a W + b", column: "W a + b" }, convention, (chosen) => set({ convention: chosen })),
    numberField("digits", digits, (chosen) => set({ digits: Math.round(chosen) }), { min: 1, max: 17, step: 1 }),
  ];
}
