// Elements made in one line.

/**
 * An element with attributes and children; `on…` attributes are listeners, texts are texts and never HTML.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, any>} [attributes]
 * @param {...(Node | string | null | undefined)} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function h(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  assign(made, attributes);
  for (const child of children) if (child !== null && child !== undefined) made.append(child);
  return made;
}

/**
 * The same for a picture.
 * @param {string} tag
 * @param {Record<string, any>} [attributes]
 * @param {...Node} children
 * @returns {SVGElement}
 */
export function svg(tag, attributes = {}, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  assign(made, attributes);
  made.append(...children);
  return made;
}

/**
 * @param {Element} made
 * @param {Record<string, any>} attributes
 */
function assign(made, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name === "style") {
      const { style } = /** @type {HTMLElement} */ (made);
      for (const [property, given] of Object.entries(value)) style.setProperty(property, given);
    }
    else if (name === "class") made.setAttribute("class", value);
    else if (made instanceof HTMLElement && name in made && typeof value !== "string") /** @type {any} */ (made)[name] = value;
    else made.setAttribute(name, value);
  }
}

/**
 * MathML that the bench has written, as nodes.
 * @param {string} text
 */
export function math(text) {
  const made = new DOMParser().parseFromString(text.replace("<math", '<math xmlns="http://www.w3.org/1998/Math/MathML"'), "application/xml");
  return document.importNode(made.documentElement, true);
}

/**
 * The element of the page with this id.
 * @param {string} id
 * @returns {HTMLElement}
 */
export function part(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`no #${id} in the page`);
  return found;
}
