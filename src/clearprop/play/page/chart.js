// Curves over steps in a canvas: two axes with round numbers, linear or logarithmic.

import { shown } from "./numbers.js";

/** @typedef {{step: number[], loss: import("./types.js").Num[], colour: string, dash?: number[]}} Series */

const LEFT = 42; // pixels beside the picture for the numbers of the losses, and under it for the steps
const UNDER = 17;
const ROOM = 6;

/**
 * What draws into a canvas; the picture keeps to the size that the page gives it.
 * @param {HTMLCanvasElement} canvas
 * @param {number} height
 * @returns {(series: Series[], options: {log: boolean, steps: string}) => void}
 */
export function chart(canvas, height) {
  let width = canvas.clientWidth || 258;
  /** @type {[Series[], {log: boolean, steps: string}] | undefined} */
  let last;
  const draw = () => {
    const context = canvas.getContext("2d");
    if (!context || !last) return;
    const scale = window.devicePixelRatio || 1;
    if (canvas.width !== Math.round(width * scale)) {
      canvas.width = Math.round(width * scale);
      canvas.height = Math.round(height * scale);
    }
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.clearRect(0, 0, width, height);
    picture(context, width, height, getComputedStyle(canvas).color, ...last);
  };
  new ResizeObserver(([{ contentRect }]) => {
    if (contentRect.width < 1 || contentRect.width === width) return;
    width = contentRect.width;
    draw();
  }).observe(canvas);
  canvas.style.setProperty("height", `${height}px`);
  return (series, options) => {
    last = [series, options];
    draw();
  };
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {number} width
 * @param {number} height
 * @param {string} ink
 * @param {Series[]} series
 * @param {{log: boolean, steps: string}} options
 */
function picture(context, width, height, ink, series, { log, steps }) {
  const there = series.flatMap(({ loss }) => loss.filter((y) => typeof y === "number" && (y > 0 || !log)));
  const all = /** @type {number[]} */ (there);
  const high = Math.max(...all, log ? 1e-300 : 0);
  let low = log ? Math.min(...all, high) : 0;
  if (log && high / low < 2) low = high / 2;
  const begin = Math.min(...series.map(({ step }) => step[0] ?? 0));
  const end = Math.max(begin + 1, ...series.map(({ step }) => step[step.length - 1] ?? 0));
  const share = (/** @type {number} */ y) => (log ? Math.log(y / low) / Math.log(high / low) : (y - low) / (high - low || 1));
  const xAt = (/** @type {number} */ step) => LEFT + ((step - begin) / (end - begin)) * (width - LEFT - ROOM);
  const yAt = (/** @type {number} */ y) => ROOM + (1 - share(y)) * (height - UNDER - 2 * ROOM);
  context.font = "10px system-ui, sans-serif";
  context.fillStyle = ink;
  context.strokeStyle = ink;
  context.lineWidth = 1;
  context.textBaseline = "middle";
  context.textAlign = "right";
  for (const y of log ? powers(low, high) : round(0, high, 3)) {
    context.globalAlpha = 0.15;
    line(context, [[LEFT, yAt(y)], [width - ROOM, yAt(y)]]);
    context.globalAlpha = 0.8;
    context.fillText(shown(y, 2), LEFT - 4, yAt(y));
  }
  context.textBaseline = "top";
  const named = context.measureText(steps).width;
  for (const step of round(begin, end, 3).filter((at) => at % 1 === 0)) {
    const text = step.toLocaleString("en");
    const half = context.measureText(text).width / 2;
    const x = Math.min(width - ROOM - half, Math.max(LEFT + half, xAt(step)));
    if (x - half < LEFT + named + 6 && step !== begin) continue;
    if (step === begin) continue; // its place is for the word
    context.textAlign = "center";
    context.fillText(text, x, height - UNDER + 3);
  }
  context.textAlign = "left";
  context.fillText(steps, LEFT, height - UNDER + 3);
  context.globalAlpha = 1;
  for (const { step, loss, colour, dash } of series) {
    context.strokeStyle = colour;
    context.lineWidth = 1.8;
    context.setLineDash(dash ?? []);
    line(context, loss.flatMap((y, k) => (typeof y === "number" && (y > 0 || !log) ? [[xAt(step[k]), yAt(y)]] : [])));
  }
  context.setLineDash([]);
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {number[][]} places
 */
function line(context, places) {
  context.beginPath();
  for (const [x, y] of places) context.lineTo(x, y);
  context.stroke();
}

/**
 * About so many round numbers from low to high.
 * @param {number} low
 * @param {number} high
 * @param {number} count
 */
function round(low, high, count) {
  const rough = (high - low) / count;
  if (!(rough > 0) || !Number.isFinite(rough)) return [low];
  const power = 10 ** Math.floor(Math.log10(rough));
  const unit = power * ([1, 2, 5, 10].find((one) => one * power >= rough) ?? 10);
  const found = [];
  for (let at = Math.ceil(low / unit); at * unit <= high * (1 + 1e-9); at++) found.push(Number((at * unit).toPrecision(12)));
  return found;
}

/**
 * Powers of ten between two numbers, not more than five; where there are none, the ends.
 * @param {number} low
 * @param {number} high
 */
function powers(low, high) {
  const [first, last] = [Math.ceil(Math.log10(low) - 1e-9), Math.floor(Math.log10(high) + 1e-9)];
  if (first >= last) return [low, high];
  const by = Math.ceil((last - first + 1) / 5);
  return Array.from({ length: Math.floor((last - first) / by) + 1 }, (_, k) => 10 ** (first + k * by));
}
