// The bar of steps: value by value, sample by sample, epoch by epoch, and running.

import { part } from "./dom.js";

/** @typedef {import("./store.js").Store} Store */

const FRAME = 1000 / 40; // milliseconds from one picture to the next while it trains, at least

/** @param {Store} store */
export function controls(store) {
  const at = () => Math.min(store.shown, store.sequence.length);
  const showUpTo = (/** @type {number} */ count) => {
    store.shown = count;
    const value = store.sequence[count - 1];
    store.tell(["shown"]);
    if (value) store.select(value.name, null);
  };
  const endOf = (/** @type {import("./types.js").Value["phase"]} */ phase) => store.sequence.map((value) => value.phase).lastIndexOf(phase) + 1;
  const actions = {
    rewind: () => stop(() => store.ask({ do: "rewind" })),
    back: () => stop(async () => {
      if (at() > 0 && store.shown !== Infinity) return showUpTo(at() - 1);
      if (store.shown === Infinity) return showUpTo(store.sequence.length - 1);
      if (store.position.place === 0) return undefined;
      await store.ask({ do: "go", place: store.position.place - 1 });
      return showUpTo(store.sequence.length);
    }),
    step: () => stop(async () => {
      if (store.shown === Infinity) return showUpTo(1);
      if (at() < store.sequence.length) return showUpTo(at() + 1);
      await store.ask({ do: "step", steps: 1 });
      return showUpTo(1);
    }),
    forward: () => stop(() => showUpTo(endOf("forward"))),
    backward: () => stop(() => showUpTo(endOf("backward"))),
    update: () => stop(() => showUpTo(endOf("update"))),
    sample: () => stop(() => store.ask({ do: "step", steps: 1 })),
    epoch: () => stop(() => store.ask({ do: "epoch" })),
    run: () => (store.running ? stop(() => undefined) : run(store)),
  };
  /** @param {() => unknown} then */
  async function stop(then) {
    store.running = false;
    store.tell(["running"]);
    await then();
  }
  for (const [name, action] of Object.entries(actions)) part(`do-${name}`).addEventListener("click", action);
  const place = /** @type {HTMLInputElement} */ (part("place"));
  place.addEventListener("input", () => {
    const chosen = Number(place.value); // before anything that is told sets it back
    stop(() => store.ask({ do: "go", place: chosen }));
  });
  document.addEventListener("keydown", (event) => {
    const target = /** @type {HTMLElement} */ (event.target);
    if (target.closest("input, select, textarea") || event.ctrlKey || event.metaKey || event.altKey) return;
    const action = { " ": actions.run, ArrowRight: actions.step, ArrowLeft: actions.back, n: actions.sample, e: actions.epoch, r: actions.rewind }[event.key];
    if (!action || (target.closest("button") && event.key === " ")) return;
    event.preventDefault();
    action();
  });
  store.on(["position", "running", "words", "shown"], () => {
    const { step, epoch, batch, per_epoch, place: now, places } = store.position;
    part("at").textContent = (store.words.at ?? "").replace("{step}", String(step)).replace("{epoch}", String(epoch)).replace("{batch}", String(batch)).replace("{n}", String(per_epoch));
    place.max = String(places - 1);
    place.value = String(now);
    document.body.classList.toggle("training-now", store.running);
    part("do-run").setAttribute("aria-pressed", String(store.running));
    part("do-run").textContent = (store.running ? store.words.pause : store.words.run) ?? "";
  });
}

/**
 * Train, picture by picture, until it is stopped.
 * @param {Store} store
 */
async function run(store) {
  store.running = true;
  store.shown = Infinity;
  store.tell(["running", "shown"]);
  const ask = () => {
    const speed = Number(/** @type {HTMLSelectElement} */ (part("speed")).value);
    return store.line({ do: "run", seconds: 0.008, steps: speed });
  };
  let next = ask(); // while one picture is drawn, the bench trains for the next one
  while (store.running) {
    const begun = performance.now();
    const answer = await next;
    if (answer.error) store.running = false;
    else if (store.running) next = ask();
    store.take(answer);
    await new Promise((done) => setTimeout(done, Math.max(0, FRAME - (performance.now() - begun))));
  }
  const ended = await next;
  store.tell(["running"]);
  await store.ask({ do: "numbers" });
  if (ended.error) store.fail(ended.error);
}
