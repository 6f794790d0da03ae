// The page: a store, and the parts that listen to it.

import { liveCells, refreshCells } from "./cells.js";
import { choices } from "./choices.js";
import { controls } from "./controls.js";
import { curve } from "./curve.js";
import { part } from "./dom.js";
import { formulas } from "./formula.js";
import { serverLine } from "./line.js";
import { circles } from "./network.js";
import { plane } from "./plane.js";
import { Store } from "./store.js";

const store = new Store(serverLine());
circles(store);
store.on(["numbers", "frame", "shown"], () => refreshCells(store));
store.on(["error"], () => {
  part("error").textContent = store.error;
  part("error").hidden = !store.error;
});
choices(store);
controls(store);
plane(store);
curve(store);
formulas(store);
liveCells(store);
await store.ask({ do: "open" });
document.documentElement.dataset.ready = "";
Object.assign(globalThis, { clearprop: store });
