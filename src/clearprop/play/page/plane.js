// What the network answers over the plane of two inputs, or along one; and the samples.

import { filled } from "./data.js";
import { h, part } from "./dom.js";
import { shown } from "./numbers.js";

/** @typedef {import("./store.js").Store} Store */
/** @typedef {import("./types.js").Packed} Packed */

const COLD = [43, 95, 168];
const WARM = [214, 110, 22];
const KINDS = ["#d66e16", "#2b5fa8", "#2c7a3f", "#b3261e", "#7b3fa0", "#0f7c87", "#7a5230", "#c2417f", "#7d7a12", "#5b6472"];

/**
 * The colour of a class; the second one is orange, as is what is above 0.
 * @param {number} k
 */
export const kindOf = (k) => (k < 2 ? 1 - k : k) % KINDS.length;

/**
 * A dot in the colour of a class.
 * @param {number} k
 */
export const dotOf = (k) => h("i", { class: "dot", style: { background: KINDS[kindOf(k)] } });

const COLOURS = KINDS.map((hex) => [1, 3, 5].map((k) => parseInt(hex.slice(k, k + 2), 16)));

/**
 * The numbers of a neuron over the grid, from one byte each or from two.
 * @param {Packed} unit
 */
export function unpacked(unit) {
  const low = Number(unit.low);
  const high = Number(unit.high);
  const bytes = bytesOf(unit.data);
  const fine = unit.fine ? bytesOf(unit.fine) : null;
  const values = new Float64Array(bytes.length);
  for (let k = 0; k < bytes.length; k++) {
    const share = fine ? (256 * bytes[k] + fine[k]) / 65535 : bytes[k] / 255;
    values[k] = low + (high - low) * share;
  }
  return values;
}

/**
 * The colour of a number: blue below 0, orange above, the paler the nearer to 0.
 * @param {number} value
 * @param {number} largest
 */
export function tone(value, largest) {
  const share = Math.min(1, Math.abs(value) / (largest || 1));
  const end = value < 0 ? COLD : WARM;
  return end.map((part) => Math.round(248 + share * (part - 248)));
}

/**
 * The activation without a colour: of a probability 1/2.
 * @param {Store} store
 * @param {number} l
 */
export const middleOf = (store, l) => (["sigmoid", "softmax"].includes(store.frame.layers[l - 1].activation) ? 0.5 : 0);

/**
 * A heat map, or along one input a curve, in a canvas; its title tells the range.
 * @param {HTMLCanvasElement} canvas
 * @param {Packed} unit
 * @param {number} side
 * @param {boolean} along
 * @param {number} digits
 * @param {number} middle the number without a colour
 */
export function heat(canvas, unit, side, along, digits, middle) {
  canvas.title = `${shown(unit.low, digits)} … ${shown(unit.high, digits)}`;
  const context = canvas.getContext("2d");
  if (!context || !unit.data) return;
  const values = unpacked(unit);
  const low = Number(unit.low);
  const high = Number(unit.high);
  if (along) {
    context.clearRect(0, 0, canvas.width, canvas.height);
    context.beginPath();
    values.forEach((value, k) => {
      const y = high > low ? (high - value) / (high - low) : 0.5;
      context.lineTo((k / (side - 1)) * canvas.width, 3 + y * (canvas.height - 6));
    });
    context.strokeStyle = "#d66e16";
    context.lineWidth = 2;
    context.stroke();
    return;
  }
  paint(canvas, side, toned(unit, fullAt(low, high, middle), (x) => x - middle));
}

/**
 * How far from the middle a colour is full: the farther end of the range; of a probability always 0 and 1.
 * @param {number} low
 * @param {number} high
 * @param {number} middle
 */
export const fullAt = (low, high, middle) => middle || Math.max(Math.abs(low), Math.abs(high));

/**
 * Bytes that came as letters. (Loops: this runs for every neuron and picture, and they are ten times faster.)
 * @param {string} text
 */
function bytesOf(text) {
  const letters = atob(text);
  const bytes = new Uint8Array(letters.length);
  for (let k = 0; k < bytes.length; k++) bytes[k] = letters.charCodeAt(k);
  return bytes;
}

/**
 * The colour of each point of the grid, as the four bytes of a pixel in one number; a table holds those of all bytes.
 * @param {Packed} unit
 * @param {number} largest
 * @param {(value: number) => number} [value] what is shown of a number
 */
function toned(unit, largest, value = (x) => x) {
  const low = Number(unit.low);
  const high = Number(unit.high);
  const table = Uint32Array.from({ length: 256 }, (_, byte) => pixel(tone(value(low + ((high - low) * byte) / 255), largest)));
  const bytes = bytesOf(unit.data);
  const pixels = new Uint32Array(bytes.length);
  for (let k = 0; k < bytes.length; k++) pixels[k] = table[bytes[k]];
  return pixels;
}

/** @param {number[]} colour */
const pixel = ([red, green, blue]) => ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;

/**
 * A picture with a pixel for each point of the grid; the page's style makes it as large as it is to be.
 * @param {HTMLCanvasElement} canvas
 * @param {number} side
 * @param {Uint32Array} pixels
 */
export function paint(canvas, side, pixels) {
  if (canvas.width !== side) canvas.width = canvas.height = side;
  const image = new ImageData(new Uint8ClampedArray(/** @type {ArrayBuffer} */ (pixels.buffer)), side);
  canvas.getContext("2d")?.putImageData(image, 0, 0);
}

/** @param {Store} store */
export function plane(store) {
  const ground = /** @type {HTMLCanvasElement} */ (part("plane-ground"));
  const canvas = /** @type {HTMLCanvasElement} */ (part("plane"));
  const said = part("plane-said");
  const draw = () => {
    const { plane, answers, frame } = store;
    if (!plane || !answers) return;
    const outputs = answers.units[`a${frame.depth}`] ?? [];
    const context = canvas.getContext("2d");
    if (!context || !outputs.length || !outputs[0].data) return;
    if (plane.axes.length === 1) along(store, canvas, context, outputs[0]);
    else {
      over(store, ground, outputs);
    }
  };
  store.on(["answers", "plane"], draw);
  store.on(["plane", "words"], () => {
    if (!store.plane || !store.frame) return;
    said.replaceChildren(...legend(store));
    const context = canvas.getContext("2d");
    context?.clearRect(0, 0, canvas.width, canvas.height);
    ground.hidden = store.plane.axes.length === 1;
    if (context && !ground.hidden) points(store, canvas, context);
    fit(ground, store.plane.side);
  });
}

/**
 * The ground, a little larger than what is seen of it: the points of its grid are the middles of its pixels, and the
 * first and the last of them stand at the ends of the axes.
 * @param {HTMLCanvasElement} ground
 * @param {number} side
 */
export function fit(ground, side) {
  for (const edge of ["left", "top"]) ground.style.setProperty(edge, `${-50 / (side - 1)}%`);
  for (const length of ["width", "height"]) ground.style.setProperty(length, `${(100 * side) / (side - 1)}%`);
}

/**
 * What the axes and the colours are, and what the other inputs are held at.
 * @param {Store} store
 */
function legend(store) {
  const { plane, frame, words } = store;
  const range = (/** @type {number} */ k) => plane.ends[k].map((end) => shown(end, 3)).join(" … ");
  const names = plane.axes.map((axis) => frame.inputs[axis]);
  const axes = [...names, "y"].slice(0, 2).map((name, k) => `${k === 0 ? "→" : "↑"} ${name}: ${range(k)}`);
  const dots = frame.classes.slice(0, KINDS.length).map((name, k) =>
    h("span", { class: "kind" }, dotOf(k), name));
  const notes = [
    frame.rows[1] ? (words.ringed ?? "") : "",
    plane.left_out ? filled(words.points_left, { n: plane.left_out }) : "",
    frame.inputs.length > plane.axes.length ? (words.held ?? "") : "",
  ].filter(Boolean);
  return [h("span", {}, axes.join("  ")), h("span", { class: "kinds" }, ...dots), h("span", {}, notes.join(" "))];
}

/**
 * @param {Store} store
 * @param {HTMLCanvasElement} canvas
 * @param {Packed[]} outputs
 */
function over(store, canvas, outputs) {
  const { side } = store.plane;
  if (outputs.length > 1 && store.frame.classes.length) {
    paint(canvas, side, likeliest(outputs.map(unpacked)));
    return;
  }
  const classes = store.frame.classes.length > 0;
  const middle = middleOf(store, store.frame.depth);
  const largest = fullAt(Number(outputs[0].low), Number(outputs[0].high), middle);
  paint(canvas, side, classes ? toned(outputs[0], 1.35, (p) => 2 * p - 1) : toned(outputs[0], largest, (x) => x - middle));
}

/**
 * The class of the largest output at each point, the paler the less sure.
 * @param {Float64Array[]} values
 */
function likeliest(values) {
  const pixels = new Uint32Array(values[0].length);
  for (let k = 0; k < pixels.length; k++) {
    let best = 0;
    for (let c = 1; c < values.length; c++) if (values[c][k] > values[best][k]) best = c;
    const share = 0.75 * Math.min(1, values[best][k]);
    pixels[k] = pixel(COLOURS[kindOf(best)].map((part) => Math.round(250 + share * (part - 250))));
  }
  return pixels;
}

/**
 * @param {Store} store
 * @param {HTMLCanvasElement} canvas
 * @param {CanvasRenderingContext2D} context
 */
function points(store, canvas, context) {
  const { points, ends } = store.plane;
  const classes = store.frame.classes.length;
  points.x.forEach(([x1, x2], k) => {
    const x = ((x1 - ends[0][0]) / (ends[0][1] - ends[0][0])) * canvas.width;
    const y = ((ends[1][1] - x2) / (ends[1][1] - ends[1][0])) * canvas.height;
    context.beginPath();
    context.arc(x, y, 3.2, 0, 2 * Math.PI);
    context.fillStyle = classes ? KINDS[kindOf(points.y[k])] : "#333";
    context.strokeStyle = points.test[k] ? "#000" : "#fff";
    context.lineWidth = 1;
    context.fill();
    context.stroke();
  });
}

/**
 * @param {Store} store
 * @param {HTMLCanvasElement} canvas
 * @param {CanvasRenderingContext2D} context
 * @param {Packed} output
 */
function along(store, canvas, context, output) {
  const { points, ends, side } = store.plane;
  const values = unpacked(output);
  const ys = points.y;
  const [low, high] = ends[1];
  const x = (/** @type {number} */ at) => ((at - ends[0][0]) / (ends[0][1] - ends[0][0])) * canvas.width;
  const y = (/** @type {number} */ at) => ((high - at) / (high - low)) * canvas.height;
  context.clearRect(0, 0, canvas.width, canvas.height);
  context.fillStyle = "#7a8494";
  points.x.forEach(([at], k) => context.fillRect(x(at) - 2, y(ys[k]) - 2, 4, 4));
  context.beginPath();
  values.forEach((value, k) => context.lineTo((k / (side - 1)) * canvas.width, y(value)));
  context.strokeStyle = "#d66e16";
  context.lineWidth = 2;
  context.stroke();
}
