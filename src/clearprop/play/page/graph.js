// The computational graph of the step, as the library draws it: values above edges, gradients below; linked, zoomed.

import { h, part } from "./dom.js";

/** @typedef {import("./store.js").Store} Store */

const ZOOM = 1.25;
const LEAST = 0.75; // of its size, to which it shrinks by itself, so that its numbers can be read

/** @param {Store} store */
export function graph(store) {
  const stage = part("graph");
  const sheet = h("div", { class: "sheet" });
  const button = (/** @type {string} */ text, /** @type {string} */ word, /** @type {() => void} */ onclick) =>
    h("button", { "data-title": word, onclick }, text);
  let zoom = 0; // 0: as the room wants it
  const size = () => {
    const picture = sheet.querySelector("svg");
    if (!picture || !stage.clientWidth) return;
    const [, , width, height] = (picture.getAttribute("viewBox") ?? "0 0 1 1").split(" ").map(Number);
    const fitting = Math.min(1.5, Math.max(LEAST, (stage.clientWidth - 28) / width));
    picture.style.width = `${width * (zoom || fitting)}px`;
    picture.style.height = `${height * (zoom || fitting)}px`;
  };
  const by = (/** @type {number} */ factor) => {
    const picture = sheet.querySelector("svg");
    const width = Number((picture?.getAttribute("viewBox") ?? "").split(" ")[2]) || 1;
    const now = zoom || (picture?.getBoundingClientRect().width ?? width) / width;
    zoom = factor ? Math.min(4, Math.max(0.25, now * factor)) : (stage.clientWidth - 28) / width;
    size();
  };
  const tools = h(
    "div",
    { class: "zoom" },
    button("−", "zoom_out", () => by(1 / ZOOM)),
    button("+", "zoom_in", () => by(ZOOM)),
    button("↔", "zoom_fit", () => by(0)),
  );
  stage.replaceChildren(tools, sheet);
  new ResizeObserver(size).observe(stage);
  pan(stage);
  stage.addEventListener(
    "wheel",
    (event) => {
      if (!event.ctrlKey) return;
      event.preventDefault();
      by(event.deltaY < 0 ? ZOOM : 1 / ZOOM);
    },
    { passive: false },
  );
  store.on(["words"], () => {
    for (const one of /** @type {NodeListOf<HTMLElement>} */ (tools.querySelectorAll("button"))) {
      one.title = store.words[one.dataset.title ?? ""] ?? "";
      one.setAttribute("aria-label", one.title);
    }
  });

  let drawn = "";
  const draw = async () => {
    if (stage.hidden || store.running || !store.numbers) return;
    const asked = JSON.stringify([store.numbers.values, store.numbers.row, store.state.view, store.position]);
    if (asked === drawn) return;
    drawn = asked;
    const { figure, error } = await store.line({ do: "figure", name: "graph" });
    if (asked !== drawn) return; // a newer one is on its way
    sheet.replaceChildren(figure ? linked(store, figure.svg) : h("p", { class: "note" }, error ?? ""));
    size();
  };
  store.on(["frame", "view", "numbers", "running"], draw);
}

/**
 * The picture as a part of the page, styled by library.css; its values and gradients know which numbers they show.
 * @param {Store} store
 * @param {string} text
 */
function linked(store, text) {
  const plain = text.replace(/<style>.*?<\/style>/gs, "").replace(/ style="[^"]*"/, "");
  const made = document.importNode(new DOMParser().parseFromString(plain, "image/svg+xml").documentElement, true);
  const picture = /** @type {SVGElement} */ (/** @type {unknown} */ (made));
  picture.setAttribute("role", "group");
  for (const group of /** @type {NodeListOf<SVGElement>} */ (picture.querySelectorAll("[data-node]"))) {
    const { node = "", part: shows } = group.dataset;
    const value = store.values.get(shows === "gradient" ? `d${node}` : node);
    if (!value || !group.childNodes.length) continue;
    group.dataset.name = value.name;
    group.setAttribute("role", "button");
    group.setAttribute("aria-label", value.text);
    group.setAttribute("tabindex", shows === "value" || shows === "gradient" ? "0" : "-1");
  }
  return picture;
}

/**
 * Dragging moves what is scrolled.
 * @param {HTMLElement} stage
 */
function pan(stage) {
  stage.addEventListener("pointerdown", (event) => {
    if (event.pointerType !== "mouse" || event.button !== 0 || /** @type {Element} */ (event.target).closest("button"))
      return;
    const start = { x: event.clientX + stage.scrollLeft, y: event.clientY + stage.scrollTop };
    const move = (/** @type {PointerEvent} */ moved) =>
      stage.scrollTo(start.x - moved.clientX, start.y - moved.clientY);
    stage.addEventListener("pointermove", move);
    addEventListener("pointerup", () => stage.removeEventListener("pointermove", move), { once: true });
  });
}
