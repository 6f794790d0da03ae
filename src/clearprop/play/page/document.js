// Documents of the bench as elements: paragraphs, equations, tables, figures, folds, sections.

import { h, math } from "./dom.js";

/** @param {any} words */
export const said = (words) => (typeof words === "string" ? words : (words?.text ?? ""));

/**
 * A document in a dialog of its own, from its top.
 * @param {import("./store.js").Store} store
 * @param {any[]} found
 */
export function openDocument(store, found) {
  const close = h("button", { onclick: () => dialog.close() }, store.words.close ?? "");
  const inside = blocks(found);
  const pictured = inside.some((one) => one.querySelector("figure"));
  const colours = pictured ? h("p", { class: "note" }, store.words.picture_colours ?? "") : null;
  const dialog = h("dialog", { class: "pasting document" }, h("div", { class: "closing" }, close), colours, ...inside);
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  close.focus();
  dialog.scrollTop = 0;
}

/**
 * @param {any[]} blocks
 * @returns {HTMLElement[]}
 */
export function blocks(blocks) {
  return blocks.map(block);
}

/**
 * @param {any} one
 * @returns {HTMLElement}
 */
function block(one) {
  switch (one.type) {
    case "paragraph":
      return h("p", { class: one.kind }, one.words.map(said).join(" "));
    case "equations":
      return h("div", { class: "equations" }, ...one.equations.map(equation));
    case "table":
      return table(one);
    case "figure":
      return figure(one);
    case "fold":
      return h("details", {}, h("summary", {}, said(one.summary)), ...blocks(one.blocks));
    default: {
      const title = said(one.title);
      return h("section", { class: one.kind }, title ? h("h3", {}, title) : null, ...blocks(one.blocks));
    }
  }
}

const SHORT = 90; // letters of all sides that stand in one line

/**
 * Its sides with = between them: in one line where they are short, otherwise below each other.
 * @param {any[]} sides
 */
function equation(sides) {
  const letters = sides.reduce((sum, side) => sum + (side.text ?? "").length, 0);
  const made = h("div", { class: letters > SHORT || sides.some(isTall) ? "equation high" : "equation" });
  sides.forEach((side, k) => {
    if (k > 0) made.append(h("span", { class: "equals" }, "="));
    made.append(h("span", { class: "side" }, math(side.mathml)));
  });
  return made;
}

/** @param {any} side whether it holds a matrix of several rows */
const isTall = (side) => /<mtr>.*<mtr>/s.test(side.mathml ?? "");

/** @param {any} one */
function table(one) {
  const head = one.head.some((/** @type {any} */ title) => said(title));
  const cells = (/** @type {any} */ found) => (found?.mathml ? math(found.mathml) : said(found?.value ?? found));
  return h(
    "table",
    { class: one.kind },
    head ? h("thead", {}, h("tr", {}, ...one.head.map((/** @type {any} */ title) => h("th", {}, said(title))))) : null,
    h("tbody", {}, ...one.rows.map((/** @type {any[]} */ row) => h("tr", {}, ...row.map((found) => h("td", {}, cells(found)))))),
  );
}

/** @param {any} one */
function figure(one) {
  const image = h("img", { alt: said(one.caption), src: `data:image/svg+xml,${encodeURIComponent(one.svg)}` });
  return h("figure", {}, image, h("figcaption", {}, said(one.caption)));
}
