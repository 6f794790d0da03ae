// Fields of the page: a label with a choice or a number.

import { h } from "./dom.js";

/**
 * @param {string} label
 * @param {HTMLElement} field
 */
export const labelled = (label, field) => h("label", {}, h("span", {}, label), field);

/**
 * @param {string} id
 * @param {Record<string, string>} titles by value
 * @param {string} chosen
 * @param {(value: string) => void} changed
 */
export function choice(id, titles, chosen, changed) {
  const options = Object.entries(titles).map(([value, title]) => h("option", { value, selected: value === chosen }, title));
  const made = h("select", { id }, ...options);
  made.addEventListener("change", () => changed(made.value));
  return made;
}

/**
 * @param {string} id
 * @param {number} value
 * @param {(value: number) => void} changed
 * @param {Record<string, any>} [more]
 */
export function numberField(id, value, changed, more = {}) {
  const made = h("input", { id, type: "number", value: String(value), step: "any", ...more });
  made.addEventListener("change", () => {
    if (Number.isFinite(made.valueAsNumber)) changed(made.valueAsNumber);
  });
  return made;
}
