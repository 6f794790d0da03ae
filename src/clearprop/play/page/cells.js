// Every number on the page is a cell: it knows which number it shows, lights up with its like, and can be changed.

import { h } from "./dom.js";
import { read, shown } from "./numbers.js";

/** @typedef {import("./store.js").Store} Store */

/**
 * A number on the page.
 * @param {Store} store
 * @param {string} name of the value
 * @param {number[]} index of the element; of samples' values without the sample
 * @param {{row?: number, class?: string}} [options] a row of the batch other than the chosen one
 */
export function cell(store, name, index, options = {}) {
  const editable = isEditable(store, name);
  const made = h("span", {
    class: `cell ${options.class ?? ""}`,
    tabindex: "0",
    role: editable ? "spinbutton" : "button",
    "data-name": name,
    "data-index": index.join(","),
    "data-row": options.row,
    "data-editable": editable ? "" : undefined,
  });
  nameCell(store, made);
  refreshCell(store, made);
  return made;
}

/**
 * The symbol of a cell, for whoever asks what it is.
 * @param {Store} store
 * @param {HTMLElement} made
 */
function nameCell(store, made) {
  const { name, index } = placeOf(made);
  const label = symbolOf(store, name, index);
  made.dataset.label = label;
  made.setAttribute("aria-label", label);
  made.title = label;
}

/**
 * @param {Store} store
 * @param {string} name
 */
function isEditable(store, name) {
  return store.frame.parameters.includes(name) || ((name === "X" || name === "y") && store.frame.typed);
}

/** @param {HTMLElement} made */
export function placeOf(made) {
  const text = made.dataset.index ?? "";
  return { name: made.dataset.name ?? "", index: text === "" ? [] : text.split(",").map(Number) };
}

/**
 * The number of now; a value that the step has not reached is blank.
 * @param {Store} store
 * @param {HTMLElement} made
 */
function refreshCell(store, made) {
  const { name, index } = placeOf(made);
  const row = made.dataset.row === undefined ? store.numbers.row : Number(made.dataset.row);
  const value = store.isShown(name) ? store.number(name, index, row) : undefined;
  const text = shown(value, store.state.view.digits);
  if (made.textContent !== text) made.textContent = text;
  const exact = value === undefined ? "" : String(value);
  const moved = made.dataset.value !== undefined && made.dataset.value !== "" && exact !== "" && made.dataset.value !== exact;
  made.classList.toggle("moved", moved && store.typed);
  if (made.dataset.value !== exact) made.dataset.value = exact;
  made.classList.toggle("absent", value === undefined);
  made.classList.toggle("negative", typeof value === "number" && value < 0);
  if (made.dataset.editable !== undefined && typeof value === "number") made.setAttribute("aria-valuenow", exact);
}

/**
 * @param {Store} store
 * @param {string} name
 * @param {number[]} index
 * @returns {string}
 */
export function symbolOf(store, name, index) {
  const value = store.values.get(name);
  let found = value?.elements;
  for (const k of index) found = found?.[k];
  return typeof found === "string" ? found : (value?.text ?? name);
}

/**
 * All cells under an element show the numbers of now.
 * @param {Store} store
 */
export function refreshCells(store) {
  for (const made of document.querySelectorAll(".cell")) refreshCell(store, /** @type {HTMLElement} */ (made));
}

/**
 * Hovering, selecting, typing, dragging and arrow keys, for all cells at once.
 * @param {Store} store
 */
export function liveCells(store) {
  const under = (/** @type {Event} */ event) => /** @type {HTMLElement | null} */ (/** @type {Element} */ (event.target).closest?.("[data-name]"));
  document.addEventListener("pointerover", (event) => light(store, under(event)));
  document.addEventListener("focusin", (event) => {
    const found = under(event);
    light(store, found);
    if (found) {
      const { name, index } = placeOf(found);
      store.select(name, found.dataset.index === undefined ? null : index);
    }
  });
  document.addEventListener("keydown", (event) => {
    const found = under(event);
    if (found?.classList.contains("cell")) pressed(store, found, event);
  });
  document.addEventListener("dblclick", (event) => {
    const found = under(event);
    if (found?.dataset.editable !== undefined) type(store, found, found.dataset.value ?? "");
  });
  document.addEventListener("pointerdown", (event) => {
    const found = under(event);
    if (found?.dataset.editable !== undefined) drag(store, found, event);
  });
}

/**
 * What shows the same number lights up everywhere; quieter, what belongs to it: a weight, its gradient, its new value.
 * @param {Store} store
 * @param {HTMLElement | null} found
 */
function light(store, found) {
  for (const lit of document.querySelectorAll(".lit, .kin")) lit.classList.remove("lit", "kin");
  if (!found || !store.frame) return;
  const { name = "", index } = found.dataset;
  const root = store.values.get(name)?.of || name;
  for (const value of store.frame.values) {
    if (value.name !== root && value.of !== root) continue;
    for (const like of document.querySelectorAll(`[data-name="${CSS.escape(value.name)}"]`)) {
      const place = /** @type {HTMLElement} */ (like).dataset.index;
      const same = index === undefined || place === undefined || place === index;
      if (same) like.classList.add(value.name === name ? "lit" : "kin");
    }
  }
}

/**
 * @param {Store} store
 * @param {HTMLElement} found
 * @param {KeyboardEvent} event
 */
function pressed(store, found, event) {
  if (found.dataset.editable === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
  const steps = { ArrowUp: 1, ArrowDown: -1 }[event.key];
  if (steps !== undefined) {
    event.preventDefault();
    assign(store, found, Number(found.dataset.value) + steps * (event.shiftKey ? 0.01 : 0.1));
  } else if (event.key === "Enter" || /^[-−\d.]$/.test(event.key)) {
    event.preventDefault();
    event.stopPropagation();
    type(store, found, event.key === "Enter" ? (found.dataset.value ?? "") : event.key);
  }
}

/**
 * A field in the place of a cell; Enter takes the number and goes on to the next one, Escape leaves it.
 * @param {Store} store
 * @param {HTMLElement} found
 * @param {string} text
 */
function type(store, found, text) {
  const field = h("input", { class: "typing", value: text, inputmode: "decimal", "aria-label": found.dataset.label });
  const done = async (/** @type {boolean} */ taken, /** @type {boolean} */ onwards) => {
    const value = read(field.value);
    field.replaceWith(found);
    if (taken && value === undefined) {
      store.fail(store.words.no_number ?? "");
      found.focus();
    } else if (taken && value !== undefined) {
      const place = onwards ? nextEditable(found) : found;
      const { name, index, row } = place.dataset;
      await assign(store, found, value);
      focusOn(name ?? "", index ?? "", row);
    } else found.focus();
  };
  let over = false;
  field.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key !== "Enter" && event.key !== "Escape") return;
    event.preventDefault();
    over = true;
    done(event.key === "Enter", true);
  });
  field.addEventListener("blur", () => {
    if (!over) {
      over = true;
      done(true, false);
    }
  });
  found.replaceWith(field);
  field.focus();
  field.setSelectionRange(text.length > 1 ? 0 : text.length, text.length);
}

/**
 * The next number that can be typed, of those that can be seen.
 * @param {HTMLElement} found
 */
function nextEditable(found) {
  const all = seen(".cell[data-editable]");
  return all[all.indexOf(found) + 1] ?? found;
}

/** @param {string} which */
function seen(which) {
  const all = [.../** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(which))];
  return all.filter((one) => one.offsetParent !== null);
}

/**
 * The cell of a number, where it can be seen, gets the focus.
 * @param {string} name
 * @param {string} index
 * @param {string} [row]
 */
export function focusOn(name, index, row) {
  const all = seen(`.cell[data-name="${CSS.escape(name)}"][data-index="${index}"]`);
  (all.find((one) => one.dataset.row === row) ?? all[0])?.focus();
}

/**
 * @param {Store} store
 * @param {HTMLElement} found
 * @param {number} value
 */
function assign(store, found, value) {
  const { name, index } = placeOf(found);
  const row = found.dataset.row === undefined ? store.numbers.row : Number(found.dataset.row);
  const place = name === "X" || name === "y" ? [row, ...index] : index;
  store.typed = true;
  return store.ask({ do: "assign", name, index: place, value: Number(value.toPrecision(12)) }).finally(() => {
    store.typed = false;
  });
}

/**
 * Dragging sideways changes a number; while it moves, all that depends on it moves.
 * @param {Store} store
 * @param {HTMLElement} found
 * @param {PointerEvent} event
 */
function drag(store, found, event) {
  const from = event.clientX;
  const start = Number(found.dataset.value);
  let waiting = false;
  let newest = start;
  const move = async (/** @type {PointerEvent} */ moved) => {
    newest = start + Math.round(moved.clientX - from) / 100;
    if (waiting || newest === Number(found.dataset.value)) return;
    waiting = true;
    while (newest !== Number(found.dataset.value) && found.isConnected) {
      const asked = newest;
      const answer = await assign(store, found, asked);
      if (answer.error || asked === newest) break;
    }
    waiting = false;
  };
  const end = () => {
    document.removeEventListener("pointermove", move);
    document.removeEventListener("pointerup", end);
    document.body.classList.remove("dragging");
  };
  document.body.classList.add("dragging");
  document.addEventListener("pointermove", move);
  document.addEventListener("pointerup", end);
}
