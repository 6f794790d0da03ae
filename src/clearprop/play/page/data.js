// Data of one's own: files opened, dropped or pasted, and what became of each column of a table.

import { choice, labelled, numberField } from "./fields.js";
import { h } from "./dom.js";

/** @typedef {import("./store.js").Store} Store */

const MOST = 40e6; // bytes of a file

/**
 * The data part of the left pane.
 * @param {Store} store
 * @returns {HTMLElement[]}
 */
export function dataFields(store) {
  const { words, frame } = store;
  const { kind, name } = store.state.data;
  const chosen = kind === "preset" ? name : "";
  const own = kind === "table" ? filled(words.own_table, { name }) : (words.own ?? "");
  const titles = chosen ? store.presets : { "": own, ...store.presets };
  const file = h("input", { type: "file", id: "file", accept: ".csv,.tsv,.txt,.json,text/*", hidden: true });
  file.addEventListener("change", () => {
    const found = file.files?.[0];
    if (found) openFile(store, found);
    file.value = "";
  });
  return [
    labelled(words.example ?? "", choice("preset", titles, chosen, (preset) => store.ask({ do: "open", preset }))),
    h("div", { class: "pair" },
      h("button", { id: "open-file", onclick: () => file.click() }, words.open_file ?? ""),
      h("button", { id: "paste", onclick: () => pasting(store) }, words.paste ?? "")),
    file,
    ...(frame.table ? tableFields(store) : []),
    ...drawnFields(store),
    h("p", { class: "note" }, filled(words.rows_split, { train: frame.rows[0], test: frame.rows[1] })),
    ...frame.said.map((sentence) => h("p", { class: "note" }, sentence)),
  ];
}

/**
 * How many rows are drawn, with how much noise, how many of them for testing, and by which seed.
 * @param {Store} store
 */
function drawnFields(store) {
  const { words, frame, state } = store;
  const limits = /** @type {Record<string, object>} */ ({ rows: { min: 1, step: 1 }, noise: { min: 0, step: 0.05 }, test: { min: 0, max: 0.9, step: 0.05 }, seed: { min: 0, step: 1 } });
  const titles = /** @type {Record<string, string | undefined>} */ ({ rows: words.data_rows, noise: words.data_noise, test: words.data_test, seed: words.seed });
  return frame.drawn.map((name) =>
    labelled(titles[name] ?? name, numberField(`data-${name}`, state.data[name], (value) => store.change("data", { [name]: value }), limits[name])));
}

/**
 * The target, and every column with what the encoder made of it.
 * @param {Store} store
 */
function tableFields(store) {
  const { names, target, columns, named } = store.frame.table ?? { names: [], target: "", columns: [], named: true };
  const titles = Object.fromEntries(names.map((name) => [name, name]));
  const rows = columns.map(([name, kind, made]) => h("tr", {}, h("td", {}, name), h("td", {}, `${kind}: ${made}`)));
  const first = h("input", { type: "checkbox", id: "header", checked: named });
  first.addEventListener("change", () => store.ask({ do: "table", header: first.checked ? "names" : "values" }));
  return [
    labelled(store.words.header ?? "", first),
    labelled(store.words.target ?? "", choice("target", titles, target, (chosen) => store.ask({ do: "table", target: chosen }))),
    h("details", {}, h("summary", {}, store.words.columns ?? ""), h("table", { class: "columns" }, ...rows)),
  ];
}

/**
 * A sentence with its places filled.
 * @param {string | undefined} words
 * @param {Record<string, string | number>} values
 */
export function filled(words, values) {
  return (words ?? "").replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ""));
}

/**
 * Open a file: a saved network, or a table.
 * @param {Store} store
 * @param {File} file
 */
async function openFile(store, file) {
  const { name, size } = file;
  if (size > MOST) {
    store.fail(filled(store.words.too_big, { name, n: (size / 1e6).toFixed(0), most: MOST / 1e6 }));
    return;
  }
  store.say(filled(store.words.reading, { name }));
  const bytes = new Uint8Array(await file.arrayBuffer());
  const text = decoded(bytes);
  if (text === undefined) store.fail(filled(store.words.no_text, { name }));
  else if (name.endsWith(".json") && text.trimStart().startsWith("{")) await openState(store, name, text);
  else await store.ask({ do: "table", name, text });
  store.say("");
}

/**
 * @param {Store} store
 * @param {string} name
 * @param {string} text
 */
async function openState(store, name, text) {
  let state;
  try {
    state = JSON.parse(text);
  } catch {
    store.fail(filled(store.words.no_text, { name }));
    return;
  }
  await store.ask({ do: "open", state });
}

/**
 * Bytes as text: by their mark, else UTF-8, else as spreadsheets of the West or of China write it.
 * @param {Uint8Array<ArrayBuffer>} bytes
 */
export function decoded(bytes) {
  const wide = bytes[0] === 0xff && bytes[1] === 0xfe ? "utf-16le" : bytes[0] === 0xfe && bytes[1] === 0xff ? "utf-16be" : "";
  if (!wide && bytes.subarray(0, 4096).includes(0)) return undefined;
  for (const encoding of wide ? [wide] : ["utf-8", "gb18030", "windows-1252"]) {
    try {
      return new TextDecoder(encoding, { fatal: true }).decode(bytes);
    } catch {
      continue;
    }
  }
  return undefined;
}

/** @param {Store} store */
function pasting(store) {
  const field = h("textarea", { id: "pasted", rows: 12, spellcheck: false });
  const dialog = h("dialog", { class: "pasting" },
    h("p", {}, store.words.paste_here ?? ""),
    field,
    h("div", { class: "pair" },
      h("button", { id: "paste-take", onclick: take }, store.words.take ?? ""),
      h("button", { onclick: () => dialog.close() }, store.words.cancel ?? "")));
  async function take() {
    const answer = await store.ask({ do: "table", name: "pasted.csv", text: field.value });
    if (!answer.error) dialog.close();
  }
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

/**
 * Files that are dropped anywhere on the page.
 * @param {Store} store
 */
export function dropping(store) {
  document.addEventListener("dragover", (event) => event.preventDefault());
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    const file = event.dataTransfer?.files[0];
    if (file) openFile(store, file);
  });
}
