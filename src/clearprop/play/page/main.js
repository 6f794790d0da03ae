// The page: a store, and the parts that listen to it.

import { boundary } from "./boundary.js";
import { liveCells, refreshCells } from "./cells.js";
import { choices } from "./choices.js";
import { comparing } from "./compare.js";
import { controls } from "./controls.js";
import { curve } from "./curve.js";
import { dropping } from "./data.js";
import { doctor } from "./doctor.js";
import { part } from "./dom.js";
import { exercises } from "./exercises.js";
import { exports } from "./export.js";
import { formulas } from "./formula.js";
import { graph } from "./graph.js";
import { inTurn, serverLine } from "./line.js";
import { fromAddress, links, lookAgain } from "./link.js";
import { matrices } from "./matrices.js";
import { circles } from "./network.js";
import { nudging } from "./nudge.js";
import { plane } from "./plane.js";
import { drawnPoints } from "./points.js";
import { framedLine, isFramed, recordedLine, recordingInPage } from "./replay.js";
import { scores } from "./scores.js";
import { sampleTable } from "./samples.js";
import { Store } from "./store.js";
import { sums } from "./sums.js";
import { tabs } from "./tabs.js";
import { askForToken } from "./token.js";
import { tried } from "./tried.js";
import { units } from "./unit.js";

const recording = recordingInPage();
/** @type {Store} */
const store = new Store(recording ? recordedLine(recording) : isFramed() ? inTurn(framedLine(() => store.ask({ do: "open" }))) : serverLine());
tabs(store);
circles(store);
sums(store);
matrices(store);
graph(store);
store.on(["numbers", "frame", "shown"], () => refreshCells(store));
store.on(["error"], () => {
  part("error").textContent = store.error;
  part("error").hidden = !store.error;
});
store.on(["note"], () => {
  part("told").textContent = store.note;
});
part("error").addEventListener("click", () => store.fail(""));
choices(store);
controls(store);
plane(store);
boundary(store);
drawnPoints(store);
curve(store);
comparing(store);
scores(store);
sampleTable(store);
units(store);
formulas(store);
doctor(store);
nudging(store);
exercises(store);
liveCells(store);
if (recording) tried(store, /** @type {any} */ (globalThis).clearpropNetwork);
links(store);
exports(store);
dropping(store);
Object.assign(globalThis, { clearprop: store });
begin().then(() => {
  document.documentElement.dataset.ready = "";
});

/** What the address brings, or what the bench of this tab has. */
async function begin() {
  const given = recording ? undefined : await fromAddress();
  const state = given === "broken" ? undefined : given;
  let answer = await store.ask({ do: "open", state });
  while (answer.refused) {
    await askForToken();
    answer = await store.ask({ do: "open", state });
  }
  if (state !== undefined && !answer.error) lookAgain(store);
  if (state !== undefined && answer.error) {
    await store.ask({ do: "open" });
    store.fail(answer.error);
  } else if (given === "broken") store.fail(store.words.broken_link ?? "");
}
