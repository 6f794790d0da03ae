// A quiet line under the network: what the doctor found, why, and the button that mends it.

import { openDocument } from "./document.js";
import { h, part } from "./dom.js";

/** @typedef {import("./store.js").Store} Store */

const PAUSE = 1500; // milliseconds between two looks while it trains
const QUIET = 300; // milliseconds without a change before a look: whoever drags a number is not kept waiting
const SLOW = 100; // a diagnosis that takes longer is made on pause only

/** @param {Store} store */
export function doctor(store) {
  const line = part("doctor");
  let last = 0;
  let slow = false;
  let asked = "";
  const look = async () => {
    const now = performance.now();
    const state = JSON.stringify([store.position, store.losses, store.state, store.numbers?.values]);
    if (state === asked || (store.running && (slow || now - last < PAUSE))) return;
    asked = state;
    last = now;
    const { diagnosis } = await store.line({ do: "doctor" });
    slow = performance.now() - now > SLOW;
    if (store.diverged) line.replaceChildren(smaller(store));
    else if (diagnosis) show(store, line, diagnosis);
  };
  let soon = 0;
  store.on(["numbers", "frame", "running"], () => {
    clearTimeout(soon);
    if (store.running) look();
    else soon = setTimeout(look, QUIET);
  });
}

/**
 * After a training that diverged: a smaller η.
 * @param {Store} store
 */
function smaller(store) {
  const rate = Number((store.state.training.learning_rate / 10).toPrecision(2));
  const act = async () => {
    await store.ask({ do: "rewind" });
    await store.change("training", { learning_rate: rate });
  };
  const told = h("b", {}, store.words.diverged ?? "");
  return h("span", {}, h("span", { class: "serious" }, "● "), told, " ", h("button", { id: "mend-rate", onclick: act }, `η = ${rate}`));
}

/**
 * The worst finding in one line; all of them behind it.
 * @param {Store} store
 * @param {HTMLElement} line
 * @param {import("./types.js").Diagnosis} diagnosis
 */
function show(store, line, diagnosis) {
  const [worst] = diagnosis.findings;
  if (!worst) {
    line.replaceChildren(store.position.step ? h("span", { class: "good" }, "✓ ") : "", diagnosis.said, more(store));
    return;
  }
  const mend = async () => {
    await store.ask({ do: "mend", illness: worst.illness });
  };
  const count = diagnosis.findings.length > 1 ? ` (+${diagnosis.findings.length - 1})` : "";
  line.replaceChildren(
    h("span", { class: worst.severity }, worst.severity === "serious" ? "● " : "○ "),
    h("b", {}, worst.title + count),
    h("span", { class: "advice", title: `${worst.advice} ${worst.measured} ${worst.why}` }, ` ${worst.advice} `),
    ...(worst.mends ? [h("button", { id: "mend", onclick: mend }, store.words.mend ?? "")] : []),
    more(store),
  );
}

/** @param {Store} store */
function more(store) {
  return h("button", { id: "doctor-more", class: "quiet", onclick: () => open(store) }, store.words.more ?? "");
}

/** @param {Store} store */
async function open(store) {
  const { diagnosis } = await store.line({ do: "doctor", whole: true });
  if (diagnosis?.document) openDocument(store, diagnosis.document.blocks);
}
