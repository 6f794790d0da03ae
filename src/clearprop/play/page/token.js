// Whoever opens a link without the token is asked for it; the terminal that `clearprop play` runs in shows it.

import { h, part } from "./dom.js";

// The words of the bench are out of reach without the token: these few are here, in both languages.
const ASK = "This page needs the token that `clearprop play` printed in the terminal (or open the address that it printed). · 此页需要 clearprop play 在终端里显示的令牌（或打开它显示的地址）。";

/** Wait until the user has given a token. */
export function askForToken() {
  return new Promise((done) => {
    const field = h("input", { id: "token", type: "text", autocomplete: "off", spellcheck: "false", "aria-label": "token" });
    const form = h("form", { class: "token" }, h("p", {}, ASK), field, h("button", {}, "OK"));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const text = field.value.trim();
      sessionStorage.setItem("token", new URLSearchParams(text.split("?")[1] ?? "").get("token") ?? text);
      form.remove();
      done(undefined);
    });
    part("error").after(form);
    field.focus();
  });
}
