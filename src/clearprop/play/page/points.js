// Points drawn on the plane: added, moved and taken away, while the network keeps its weights.

import { h, part } from "./dom.js";
import { numberField } from "./fields.js";
import { pixelsOf, placeAt, pointAt } from "./place.js";
import { dotOf } from "./plane.js";

/** @typedef {import("./store.js").Store} Store */

const NEAR = { mouse: 9, pen: 12, touch: 20 }; // pixels from a point within which it is meant
const LONG = 550; // milliseconds of a press that removes a point
const MOST = 2000; // points; the bench has the same bound
const EMPTY = ["plane", "line"]; // the examples that are there to be drawn on

/** What the next click does. */
const drawing = { on: false, kind: 0, value: 0, chosen: -1 };

/** @param {Store} store */
export function drawnPoints(store) {
  const marks = /** @type {HTMLCanvasElement} */ (part("plane-marks"));
  let example = "";
  store.on(["state"], () => {
    const { kind, name } = store.state.data;
    if (kind !== "preset" || name === example) return;
    example = name;
    drawing.on = EMPTY.includes(name);
    drawing.chosen = -1;
    drawing.kind = 0;
    tools(store);
  });
  store.on(["frame", "words", "state"], () => tools(store));
  store.on(["plane"], () => mark(store, marks));
  pointing(store, marks);
  marks.addEventListener("keydown", (event) => typed(store, event));
  part("points").addEventListener("keydown", (event) => typed(store, event));
}

/**
 * Whether the samples can be drawn: one or two inputs, classes or one target, and all of them shown.
 * @param {Store} store
 */
function isDrawable(store) {
  const { frame, plane } = store;
  const targets = store.values.get("y")?.shape.reduce((a, b) => a * b, 1) ?? 1;
  return frame.inputs.length <= 2 && (frame.classes.length > 0 || targets === 1) && !plane.left_out && plane.points.x.length <= MOST;
}

/** @param {Store} store */
function tools(store) {
  const { words, frame } = store;
  if (!frame || !store.plane) return;
  const can = isDrawable(store);
  drawing.on = drawing.on && can;
  const marks = part("plane-marks");
  marks.classList.toggle("drawing", drawing.on);
  marks.setAttribute("aria-label", words.draw ?? "");
  const toggle = h("button", { id: "draw", class: "quiet", disabled: !can, "aria-pressed": String(drawing.on), onclick: () => {
    drawing.on = !drawing.on;
    drawing.chosen = -1;
    tools(store);
    mark(store, /** @type {HTMLCanvasElement} */ (marks));
  } }, words.draw ?? "");
  const row = h("div", { class: "drawing-tools" }, toggle, ...(drawing.on ? kinds(store) : []));
  part("points").replaceChildren(row, ...(can ? [] : [h("p", { class: "note" }, words.draw_not ?? "")]),
    ...(drawing.on ? [h("p", { class: "note" }, words.draw_how ?? "")] : []));
}

/**
 * A button for each class; of numbers over two inputs a field for the value.
 * @param {Store} store
 */
function kinds(store) {
  const { frame, words } = store;
  if (!frame.classes.length) {
    if (frame.inputs.length === 1) return [];
    const field = numberField("draw-value", drawing.value, (value) => { drawing.value = value; });
    field.title = words.draw_value ?? "";
    return [h("label", {}, "y = ", field)];
  }
  const buttons = frame.classes.map((name, k) =>
    h("button", { class: "kind", "data-kind": String(k), "aria-pressed": String(k === drawing.kind), title: `${k + 1}`, onclick: () => choose(store, k) },
      dotOf(k), name));
  const more = h("button", { id: "draw-class", class: "kind", title: words.draw_class, onclick: async () => {
    const answer = await store.ask({ do: "sample", class: true });
    if (!answer.error) choose(store, store.frame.classes.length - 1);
  } }, "+");
  return [...buttons, ...(frame.classes.length < 10 ? [more] : [])];
}

/**
 * @param {Store} store
 * @param {number} kind
 */
function choose(store, kind) {
  drawing.kind = kind;
  for (const one of part("points").querySelectorAll("[data-kind]")) one.setAttribute("aria-pressed", String(Number(/** @type {HTMLElement} */ (one).dataset.kind) === kind));
}

/**
 * Number keys choose a class; arrows move the chosen point, Delete removes it, Enter adds one in the middle.
 * @param {Store} store
 * @param {KeyboardEvent} event
 */
function typed(store, event) {
  if (!drawing.on || /** @type {HTMLElement} */ (event.target).closest("input")) return;
  const kind = Number(event.key) - 1;
  const onPlane = /** @type {HTMLElement} */ (event.target).id === "plane-marks";
  const by = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
  const { ends } = store.plane;
  if (kind >= 0 && kind < store.frame.classes.length) choose(store, kind);
  else if (!onPlane) return;
  else if (by && drawing.chosen >= 0) {
    const [x, y] = pointAt(store, drawing.chosen);
    move(store, within(store, [x + (by[0] * (ends[0][1] - ends[0][0])) / 50, y + (by[1] * (ends[1][1] - ends[1][0])) / 50]));
  } else if (["Delete", "Backspace"].includes(event.key) && drawing.chosen >= 0) remove(store, drawing.chosen);
  else if (event.key === "Enter") add(store, [(ends[0][0] + ends[0][1]) / 2, (ends[1][0] + ends[1][1]) / 2]);
  else return;
  event.preventDefault();
  event.stopPropagation();
}

/**
 * @param {Store} store
 * @param {HTMLCanvasElement} marks
 */
function pointing(store, marks) {
  let dragging = false;
  let moved = false;
  let pressed = 0;
  /** @type {[number, number]} */
  let begun = [0, 0];
  const hold = () => {
    dragging = false;
    moved = true; // nothing is added when the finger leaves
    remove(store, drawing.chosen);
  };
  marks.addEventListener("pointerdown", (event) => {
    if (!drawing.on || event.button !== 0) return;
    marks.setPointerCapture(event.pointerId);
    drawing.chosen = nearest(store, event);
    dragging = drawing.chosen >= 0;
    moved = false;
    begun = [event.clientX, event.clientY];
    if (dragging && event.pointerType !== "mouse") pressed = setTimeout(hold, LONG);
    mark(store, marks);
  });
  marks.addEventListener("pointermove", (event) => {
    if (!drawing.on || !event.buttons) return;
    if (Math.hypot(event.clientX - begun[0], event.clientY - begun[1]) < 4 && !moved) return;
    clearTimeout(pressed);
    moved = true;
    if (dragging) move(store, placeAt(store, event));
  });
  marks.addEventListener("pointerup", (event) => {
    clearTimeout(pressed);
    if (drawing.on && event.button === 0 && !dragging && !moved) add(store, placeAt(store, event));
    dragging = false;
  });
  marks.addEventListener("pointercancel", () => {
    clearTimeout(pressed);
    dragging = false;
  });
  marks.addEventListener("contextmenu", (event) => {
    if (!drawing.on) return;
    event.preventDefault();
    const near = nearest(store, event);
    if (near >= 0 && !dragging) remove(store, near);
  });
}

/**
 * The point that is meant by a pointer; -1 for none.
 * @param {Store} store
 * @param {MouseEvent} pointer
 */
function nearest(store, pointer) {
  const box = part("plane-marks").getBoundingClientRect();
  const kind = pointer instanceof PointerEvent ? pointer.pointerType : "mouse";
  let best = -1;
  let least = NEAR[/** @type {"mouse"} */ (kind)] ?? NEAR.mouse;
  for (let k = 0; k < store.plane.points.x.length; k++) {
    const [x, y] = pixelsOf(store, pointAt(store, k), box);
    const far = Math.hypot(box.left + x - pointer.clientX, box.top + y - pointer.clientY);
    if (far < least) [best, least] = [k, far];
  }
  return best;
}

/**
 * Numbers inside the plane, with as many digits as a hand can mean.
 * @param {Store} store
 * @param {[number, number]} place
 */
const within = (store, place) => /** @type {[number, number]} */ (place.map((value, k) => {
  const [low, high] = store.plane.ends[k];
  const unit = 10 ** Math.floor(Math.log10((high - low) / 200));
  return Math.min(high, Math.max(low, Number((Math.round(value / unit) * unit).toPrecision(12))));
}));

/**
 * The inputs at a place, in the order of the network.
 * @param {Store} store
 * @param {[number, number]} place
 */
function inputsAt(store, place) {
  const { axes } = store.plane;
  if (axes.length === 1) return [place[0]];
  return axes[0] === 0 ? [place[0], place[1]] : [place[1], place[0]];
}

/** @param {Store} store */
const isCurve = (store) => store.plane.axes.length === 1 && !store.frame.classes.length;

/**
 * @param {Store} store
 * @param {[number, number]} given
 */
async function add(store, given) {
  const place = within(store, given);
  const y = store.frame.classes.length ? drawing.kind : isCurve(store) ? place[1] : drawing.value;
  const answer = await store.ask({ do: "sample", add: inputsAt(store, place), y: [y], drawn: true });
  if (answer.error) return;
  drawing.chosen = store.plane.points.x.length - 1;
  mark(store, /** @type {HTMLCanvasElement} */ (part("plane-marks")));
}

/** Where the dragged point is to go next, while the answer to the last move is awaited. @type {[number, number] | null} */
let wanted = null;
let moving = false;

/**
 * @param {Store} store
 * @param {[number, number]} given
 */
async function move(store, given) {
  wanted = within(store, given);
  if (moving) return;
  moving = true;
  while (wanted && drawing.chosen >= 0) {
    const place = wanted;
    wanted = null;
    const y = isCurve(store) ? { y: [place[1]] } : {};
    const answer = await store.ask({ do: "sample", set: drawing.chosen, x: inputsAt(store, place), ...y, drawn: true });
    if (answer.error) break;
  }
  moving = false;
}

/**
 * @param {Store} store
 * @param {number} k
 */
async function remove(store, k) {
  wanted = null;
  drawing.chosen = -1;
  await store.ask({ do: "sample", remove: k, drawn: true });
}

/**
 * A ring around the chosen point.
 * @param {Store} store
 * @param {HTMLCanvasElement} marks
 */
function mark(store, marks) {
  const context = marks.getContext("2d");
  if (!context) return;
  context.clearRect(0, 0, marks.width, marks.height);
  if (!drawing.on || drawing.chosen < 0 || drawing.chosen >= store.plane.points.x.length) return;
  const [x, y] = pixelsOf(store, pointAt(store, drawing.chosen), marks);
  context.beginPath();
  context.arc(x, y, 7, 0, 2 * Math.PI);
  for (const [colour, width] of /** @type {[string, number][]} */ ([["#fff", 4], ["#111", 1.8]])) {
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.stroke();
  }
}
