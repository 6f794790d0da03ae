// The line to the bench: a message goes out, an answer comes back, one after the other.

/** @typedef {import("./types.js").Answer} Answer */
/** @typedef {(message: object) => Promise<Answer>} Ask */

/**
 * The line to the local server. The token is kept for this tab alone, and leaves the address bar.
 * @returns {Ask}
 */
export function serverLine() {
  const given = new URLSearchParams(location.search).get("token");
  if (given) {
    sessionStorage.setItem("token", given);
    history.replaceState(null, "", location.pathname + location.hash);
  }
  const page = sessionStorage.getItem("page") ?? crypto.randomUUID();
  sessionStorage.setItem("page", page);
  let begun = false; // whether the server has had a bench for this page
  return inTurn(async (message) => {
    const headers = {
      "X-Clearprop-Begun": String(begun),
      "Content-Type": "application/json",
      "X-Clearprop-Token": sessionStorage.getItem("token") ?? "",
      "X-Clearprop-Page": page,
    };
    const answer = await fetch("/api", { method: "POST", headers, body: JSON.stringify(message) });
    const found = await answer.json();
    begun = found.gone ? false : begun || answer.status === 200;
    return { ...found, refused: answer.status === 401 };
  });
}

/**
 * Each message waits for the answer to the one before it.
 * @param {Ask} ask
 * @returns {Ask}
 */
export function inTurn(ask) {
  /** @type {Promise<unknown>} */
  let last = Promise.resolve();
  return (message) => {
    const next = last.then(() => ask(message));
    last = next.catch(() => {});
    return next;
  };
}
