// The line to a recording: a page that was saved shows what the bench answered then, without it.

import { part } from "./dom.js";

/** @typedef {import("./types.js").Answer} Answer */
/** @typedef {import("./line.js").Ask} Ask */

/**
 * What `play --save` wrote into the page.
 * @typedef {object} Recording
 * @property {Answer} open everything at the first step
 * @property {Answer[]} frames numbers, answers, position and losses at each recorded step
 * @property {import("./types.js").Curve} curve of all of them
 * @property {Record<string, any>[]} formulas by the name of the value, for each frame that has them
 * @property {{svg: string, title: string}} figure
 */

/** The recording in the page, if it is a saved one. */
export function recordingInPage() {
  const found = document.getElementById("recording");
  return found ? /** @type {Recording} */ (JSON.parse(found.textContent ?? "null")) : null;
}

/** What cannot work without a bench; the headings above these are of nothing then. */
const NEEDS_BENCH = ["left", "view", "do-share", "do-export", "do-file", "doctor", "points", "axes", "compare", "exercise", "nudge", "speed"];

/** Leave out what needs a bench, so that neither the mouse nor the keyboard comes to it. */
function leaveOut() {
  for (const id of NEEDS_BENCH) {
    part(id).hidden = true;
    const before = part(id).previousElementSibling;
    if (before instanceof HTMLHeadingElement && before.tagName === "H2") before.hidden = true;
  }
  for (const id of ["row-back", "row-next"]) part(id).setAttribute("disabled", "");
  for (const name of ["tabindex", "role"]) part("plane-marks").removeAttribute(name); // where points would be drawn
}

/**
 * @param {Recording} recording
 * @returns {Ask}
 */
export function recordedLine(recording) {
  document.body.classList.add("recorded");
  leaveOut();
  document.querySelector("h1")?.setAttribute("data-recorded", recording.open.words?.recorded ?? "");
  const { frames, curve, formulas } = recording;
  let now = 0;
  const frame = () => {
    const found = frames[now];
    const step = found.position?.step ?? 0;
    const n = curve.step.filter((one) => one <= step).length;
    const part = { step: curve.step.slice(0, n), train: curve.train.slice(0, n), test: curve.test?.slice(0, n) ?? null };
    const place = { place: now, places: frames.length };
    return { ...found, curve: part, position: { .../** @type {any} */ (found.position), ...place } };
  };
  const go = (/** @type {number} */ to) => {
    now = Math.max(0, Math.min(frames.length - 1, to));
    return frame();
  };
  const last = () => now === frames.length - 1;
  const nextEpoch = () => {
    const epoch = frames[now].position?.epoch ?? 0;
    const found = frames.findIndex(({ position }) => (position?.epoch ?? 0) > epoch);
    return found < 0 ? frames.length - 1 : found;
  };
  /** @type {Record<string, (message: any) => Answer>} */
  const actions = {
    open: (message) => (message.state || message.preset ? { error: words().needs_bench } : { ...recording.open, ...go(0) }),
    numbers: frame,
    state: () => ({}),
    step: () => (last() ? { error: words().recorded_end } : go(now + 1)),
    epoch: () => (last() ? { error: words().recorded_end } : go(nextEpoch())),
    run: () => (last() ? { ...frame(), error: words().recorded_end } : go(now + 1)),
    go: (message) => go(message.place),
    rewind: () => go(0),
    formula: (message) => {
      const found = formulas[now]?.[message.name];
      return found ? { formula: found } : { error: words().not_recorded };
    },
    unit: () => ({ error: words().unit_not_recorded }),
    figure: () => (now === 0 ? { figure: recording.figure } : { error: words().not_recorded }),
  };
  const words = () => recording.open.words ?? {};
  return async (message) => {
    const action = actions[/** @type {any} */ (message).do];
    return action ? action(message) : { error: words().needs_bench };
  };
}

/**
 * A line through the page that this one is framed in, to the bench in a notebook's kernel.
 * @param {() => void} look called when the bench has changed by another hand
 * @returns {Ask}
 */
export function framedLine(look) {
  /** @type {Map<number, (answer: Answer) => void>} */
  const waiting = new Map();
  const page = Math.random().toString(36); // a widget may be shown twice, or its page loaded again: each has a name
  let number = 0;
  addEventListener("message", (event) => {
    if (event.source !== parent || (event.data?.page ?? page) !== page) return; // without a name it is for all
    if (event.data?.look) look();
    waiting.get(event.data?.clearprop)?.(event.data.answer);
    waiting.delete(event.data?.clearprop);
  });
  return (message) =>
    new Promise((done) => {
      number += 1;
      waiting.set(number, done);
      parent.postMessage({ clearprop: number, page, message }, "*");
    });
}

/** Whether the page stands in a frame of a notebook. */
export const isFramed = () => part("bar").dataset.line === "frame";
