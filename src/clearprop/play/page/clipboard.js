// The clipboard, where the browser lets a page have it.

import { h } from "./dom.js";

/**
 * Copy a text; whether it could be.
 * @param {string} text
 */
export async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copiedByHand(text);
  }
}

/**
 * The old way, for a frame that was not given the clipboard, and for an address without https.
 * @param {string} text
 */
function copiedByHand(text) {
  const field = h("textarea", { readonly: true });
  field.value = text;
  (document.querySelector("dialog[open]") ?? document.body).append(field); // outside a dialog nothing can be selected
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  return done;
}
