// Predict first, then reveal; and find the mistake that was planted into the backward pass.

import { focusOn, symbolOf } from "./cells.js";
import { blocks } from "./document.js";
import { h, part } from "./dom.js";
import { choice } from "./fields.js";
import { read } from "./numbers.js";

/** @typedef {import("./store.js").Store} Store */

/** @param {Store} store */
export function exercises(store) {
  const panel = part("exercise");
  const count = { asked: 0, right: 0 };
  let seed = 0;
  /** What happens when a value is clicked while a mistake is looked for. @type {(name: string) => void} */
  let clicked = () => {};
  store.on(["selected"], () => clicked(store.selected.name));
  const start = () => {
    clicked = () => {};
    store.hidden = "";
    store.puzzle = null;
    panel.replaceChildren(
      h("div", { class: "pair" },
        h("button", { id: "ask", onclick: ask }, store.words.ask ?? ""),
        h("button", { id: "plant", onclick: plant }, store.words.plant ?? "")));
    store.tell(["shown"]);
  };
  const close = () => h("button", { class: "quiet", id: "exercise-close", onclick: start }, store.words.close ?? "");

  async function ask() {
    seed += 1;
    const { exercise, error } = await store.line({ do: "exercise", seed });
    if (!exercise) {
      store.fail(error ?? "");
      return;
    }
    store.hidden = `${exercise.name}|${exercise.index.join(",")}`;
    store.tell(["shown"]);
    const field = h("input", { id: "guess", inputmode: "decimal", "aria-label": store.words.answer });
    const said = h("div", { id: "judged", "aria-live": "polite" });
    const judge = async (/** @type {any} */ given) => {
      const { judged } = await store.line({ do: "exercise", seed, answer: given });
      if (!judged) return;
      count.asked += 1;
      count.right += judged.right ? 1 : 0;
      store.hidden = "";
      store.tell(["shown"]);
      focusOn(exercise.name, exercise.index.join(","));
      const total = `${count.right} / ${count.asked}`;
      said.replaceChildren(h("p", { class: judged.right ? "good" : "bad" }, `${judged.said} (${total})`), ...blocks(judged.formula.blocks),
        h("button", { id: "ask-next", onclick: ask }, store.words.next ?? ""));
    };
    const typed = () => {
      const value = read(field.value);
      if (value === undefined) store.fail(store.words.no_number ?? "");
      else judge(value);
    };
    field.addEventListener("keydown", (event) => {
      if (event.key === "Enter") typed();
    });
    const answer = exercise.choices.length
      ? exercise.choices.map((one) => h("button", { class: "sign", onclick: () => judge(one) }, one.replace("-", "−")))
      : [field, h("button", { id: "guess-done", onclick: typed }, store.words.reveal ?? "")];
    panel.replaceChildren(h("p", {}, exercise.ask), h("div", { class: "pair" }, ...answer, close()), said);
  }

  async function plant() {
    seed += 1;
    const planted = seed;
    const { puzzle, error } = await store.line({ do: "puzzle", seed: planted });
    if (!puzzle) {
      store.fail(error ?? "");
      return;
    }
    store.puzzle = puzzle.values;
    store.tell(["shown"]);
    const said = h("div", { id: "judged", "aria-live": "polite" });
    const names = Object.fromEntries(Object.keys(puzzle.values).map((name) => [name, symbolOf(store, name, [])]));
    const value = choice("wrong-value", names, Object.keys(names)[0], () => {});
    const mistake = choice("which-mistake", puzzle.choices, Object.keys(puzzle.choices)[0], () => {});
    clicked = (name) => {
      if (name in names) value.value = name;
    };
    const judge = async () => {
      const { judged } = await store.line({ do: "puzzle", seed: planted, name: value.value, mistake: mistake.value });
      if (!judged) return;
      said.replaceChildren(h("p", { class: judged.right ? "good" : "bad" }, judged.said), ...(judged.formula ? blocks(judged.formula.blocks) : []));
      if (judged.right) {
        store.puzzle = null;
        store.tell(["shown"]);
      }
    };
    panel.replaceChildren(h("p", { class: "bad" }, puzzle.ask), value, mistake,
      h("div", { class: "pair" }, h("button", { id: "puzzle-done", onclick: judge }, store.words.reveal ?? ""), close()), said);
  }
  store.on(["words", "frame"], start);
  store.on(["numbers"], () => {
    if (!store.puzzle && !store.hidden) return;
    start();
    store.fail(store.words.exercise_over ?? "");
  });
}
