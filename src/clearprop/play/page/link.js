// A link holds the whole state in its fragment, compressed, and never the token. Large data go into a file instead.

import { copied } from "./clipboard.js";
import { h, part } from "./dom.js";
import { isFramed } from "./replay.js";

/** @typedef {import("./store.js").Store} Store */

const MOST_DATA = 100_000; // characters of one's own data in a link
const MOST = 20_000_000; // of a state that is unpacked: a small fragment may hold a huge one

/**
 * The state as the text of a fragment.
 * @param {object} state
 */
export async function packed(state) {
  const stream = new Blob([JSON.stringify(state)]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  let letters = "";
  for (const byte of bytes) letters += String.fromCharCode(byte);
  return btoa(letters).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/**
 * The state in a fragment.
 * @param {string} text
 * @returns {Promise<unknown>}
 */
export async function unpacked(text) {
  const letters = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  const bytes = Uint8Array.from(letters, (letter) => letter.charCodeAt(0));
  const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw")).getReader();
  const parts = [];
  for (let size = 0; ; ) {
    const { done, value } = await reader.read();
    if (done) break;
    parts.push(value);
    size += value.length;
    if (size > MOST) throw new Error("too large");
  }
  return JSON.parse(await new Blob(parts).text());
}

/**
 * The state that the page's address brings, if any; "broken" where it cannot be read.
 * @returns {Promise<unknown>}
 */
export async function fromAddress() {
  const found = /^#s=([\w-]+)$/.exec(location.hash);
  if (!found) return location.hash.startsWith("#s=") ? "broken" : undefined;
  try {
    return await unpacked(found[1]);
  } catch {
    return "broken";
  }
}

/**
 * What was looked at when the link was made: the tab, how far the step was shown, and what was selected.
 * @param {Store} store
 */
export function lookAgain(store) {
  const { tab, shown, selected } = store.state.view;
  document.getElementById(`tab-${tab}`)?.click();
  store.shown = shown < 0 ? Infinity : shown;
  store.tell(["shown"]);
  const found = /^([^[]+)(?:\[([\d,]*)\])?$/.exec(selected);
  if (found && store.values.has(found[1])) store.select(found[1], found[2] ? found[2].split(",").map(Number) : null);
}

/**
 * Buttons to share what there is, and files that are opened.
 * @param {Store} store
 */
export function links(store) {
  const share = part("do-share");
  share.addEventListener("click", async () => {
    const { state, error, letters = 0 } = await store.line({ do: "state" });
    if (!state) {
      store.fail(error ?? store.words.needs_bench ?? "");
      return;
    }
    if (letters + JSON.stringify([state.data.X, state.data.y]).length > MOST_DATA) {
      await saveFile();
      store.say(store.words.too_large ?? "");
      return;
    }
    const { name, index } = store.selected;
    const selected = name && index ? `${name}[${index.join(",")}]` : name;
    const view = { ...state.view, tab: store.state.view.tab, selected, shown: store.shown === Infinity ? -1 : store.shown };
    const origin = isFramed() ? "http://127.0.0.1" : location.origin; // a frame has neither an origin nor an address bar
    const link = `${origin}/#s=${await packed({ ...state, view })}`;
    share.dataset.link = link;
    if (!isFramed()) history.replaceState(null, "", link);
    const isCopied = await copied(link);
    if (isFramed() && !isCopied) store.fail(store.words.not_copied ?? "");
    else store.say((isFramed() ? store.words.copied_in_cell : isCopied ? store.words.copied : store.words.in_address) ?? "");
  });
  const saveFile = async () => {
    const { state, error } = await store.line({ do: "state", whole: true });
    if (!state) {
      store.fail(error ?? store.words.needs_bench ?? "");
      return;
    }
    download("network.play.json", JSON.stringify(state, null, 1), "application/json");
  };
  part("do-file").addEventListener("click", saveFile);
}

/**
 * A text as a file of the user's.
 * @param {string} name
 * @param {string} text
 * @param {string} type
 */
export function download(name, text, type) {
  const href = URL.createObjectURL(new Blob([text], { type }));
  h("a", { href, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(href), 10_000);
}
