// What can be taken along: code, pictures, documents, the state.

import { copied } from "./clipboard.js";
import { choice } from "./fields.js";
import { h, part } from "./dom.js";
import { download } from "./link.js";

/** @typedef {import("./store.js").Store} Store */

const TYPES = { py: "text/x-python", json: "application/json", svg: "image/svg+xml", html: "text/html", tex: "text/x-tex", md: "text/markdown" };

/** @param {Store} store */
export function exports(store) {
  part("do-export").addEventListener("click", () => open(store));
}

/** @param {Store} store */
function open(store) {
  const text = h("textarea", { id: "exported", rows: 18, readonly: true, spellcheck: false, wrap: "off" });
  const said = h("p", { class: "note", id: "export-said" });
  let name = "";
  const show = async (/** @type {string} */ to) => {
    const { exported, error } = await store.line({ do: "export", to });
    name = exported?.name ?? "";
    text.value = exported?.text ?? "";
    text.dataset.kind = to;
    said.textContent = error ?? exported?.said.join(" ") ?? "";
  };
  const copy = async () => {
    said.textContent = ((await copied(text.value)) ? store.words.code_copied : store.words.not_copied) ?? "";
  };
  const save = () => {
    const ending = /** @type {keyof typeof TYPES} */ (name.split(".").pop() ?? "py");
    if (name) download(name, text.value, TYPES[ending] ?? "text/plain");
  };
  const kinds = choice("export-to", store.exports, "clearprop", show);
  const dialog = h("dialog", { class: "pasting", "aria-label": store.words.take_along },
    h("div", { class: "pair" },
      kinds,
      h("button", { onclick: copy }, store.words.copy ?? ""),
      h("button", { onclick: save }, store.words.download ?? ""),
      h("button", { onclick: () => dialog.close() }, store.words.close ?? "")),
    said,
    text);
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  show("clearprop");
}
