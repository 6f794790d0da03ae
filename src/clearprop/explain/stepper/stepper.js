// Shows one step after another. Everything there is to show is in the page already: numbers are made visible, nodes and
// edges are lit up, and the panel's text is exchanged.
"use strict";
(() => {
  const { steps, words } = JSON.parse(document.getElementById("steps").textContent);
  const [main, stage, panel, say, slider, play, speed, counter] =
    ["main", "#stage", "#panel", "#say", "#slider", "#play", "#speed", "#counter"].map((s) => document.querySelector(s));
  const phases = [...document.querySelectorAll(".phases button")];
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const PAUSE = 2600, FLIGHT = 600; // milliseconds: between two steps, and of a number along an edge

  const parts = [...stage.querySelectorAll("[data-part]")];
  const vertices = parts.filter((part) => part.dataset.part === "vertex");
  const edges = parts.filter((part) => part.dataset.part === "edge");
  const labels = parts.filter((part) => ["value", "gradient", "contribution", "new"].includes(part.dataset.part));
  const nameOf = (part, node) => part + " " + node;

  // The step at which each number appears; pointing at it shows all its digits.
  const since = new Map();
  steps.forEach((step, i) => step.shows.forEach(([part, node, value]) => since.set(nameOf(part, node), { i, value })));
  for (const label of labels) {
    const value = since.get(nameOf(label.dataset.part, label.dataset.node))?.value ?? null;
    const title = document.createElementNS("http://www.w3.org/2000/svg", "title");
    title.textContent = value === null ? "" : JSON.stringify(value);
    if (value !== null) label.append(title);
  }
  const shownAt = (part, node) => since.get(nameOf(part, node))?.i ?? Infinity;

  let at = 0, timer = null;

  function go(k, moving = true) {
    const before = at;
    at = Math.min(Math.max(k, 0), steps.length - 1);
    const step = steps[at], flow = new Set(step.flow), forward = at === before + 1;
    main.dataset.phase = step.phase;
    for (const label of labels) {
      const { part, node } = label.dataset, i = shownAt(part, node);
      label.classList.toggle("shown", i <= at);
      label.classList.toggle("fresh", i === at && at > 0);
      label.classList.toggle("replaced", part === "value" && shownAt("new", node) <= at);
    }
    for (const vertex of vertices) vertex.classList.toggle("lit", vertex.dataset.node === step.at);
    for (const edge of edges) edge.classList.toggle("lit", flow.has(edge.dataset.node));
    panel.innerHTML = step.panel;
    showWholePanel();
    say.textContent = step.say;
    slider.value = at;
    counter.textContent = `${at + 1} / ${steps.length}`;
    slider.setAttribute("aria-valuetext", words.counter.replace("{k}", at + 1).replace("{n}", steps.length));
    const current = phases.findLast((phase) => Number(phase.dataset.step) <= at);
    for (const phase of phases) phase.toggleAttribute("aria-current", false);
    current?.setAttribute("aria-current", "step");
    for (const id of ["first", "back"]) document.getElementById(id).ariaDisabled = at === 0;
    for (const id of ["step", "last"]) document.getElementById(id).ariaDisabled = at === steps.length - 1;
    remember();
    bringIntoView(moving);
    clearPulses();
    if (moving && forward && !calm.matches) sendPulses(step);
  }

  // A long explanation is set tighter; if that is not enough, the panel takes room from the graph while it is shown.
  function showWholePanel() {
    panel.style.height = "";
    panel.scrollTop = 0;
    panel.classList.remove("tight");
    const isCut = () => panel.scrollHeight > panel.clientHeight;
    if (isCut()) panel.classList.add("tight");
    if (isCut()) panel.style.height = Math.min(panel.scrollHeight + 2, 0.5 * innerHeight) + "px";
  }

  // The address says the step, so that it can be sent to someone. A frame within a notebook has no address of its own,
  // and some browsers refuse when it changes too often.
  function remember() {
    try {
      if (location.protocol !== "about:") history.replaceState(null, "", "#step=" + (at + 1));
    } catch (error) {
      if (error.name !== "SecurityError") throw error;
    }
  }

  // --- the graph: whole where it can be read so, else large enough to be read; or as large as the reader wants it

  const svg = stage.querySelector("svg"), width = svg.width.baseVal.value, height = svg.height.baseVal.value;
  const SMALLEST = 0.7, LARGEST = 1.5, NEAREST = 4, STEP = 1.25;
  let chosen = null, scale = 1; // "whole", or a number, where the reader has chosen

  const whole = () => Math.min((stage.clientWidth - 2) / width, (stage.clientHeight - 2) / height);
  const high = () => Math.min(Math.max(stage.clientHeight / height, 0.8), 1);
  const readable = () => (whole() >= SMALLEST ? Math.min(whole(), LARGEST) : high());

  function fit() {
    scale = chosen === null ? readable() : chosen === "whole" ? Math.min(whole(), LARGEST) : chosen;
    svg.style.width = width * scale + "px";
    svg.style.height = height * scale + "px";
    svg.style.minWidth = 0;
    stage.classList.toggle("movable", stage.scrollWidth > stage.clientWidth || stage.scrollHeight > stage.clientHeight);
  }

  // What stands at a place of the window stays there; without one, what stands in the middle.
  function zoomTo(size, place) {
    const frame = stage.getBoundingClientRect();
    const { x, y } = place ?? { x: frame.left + frame.width / 2, y: frame.top + frame.height / 2 };
    const before = svg.getBoundingClientRect(), at = { x: (x - before.left) / scale, y: (y - before.top) / scale };
    chosen = size === "whole" ? size : Math.min(Math.max(size, Math.min(whole(), SMALLEST)), NEAREST);
    fit();
    const after = svg.getBoundingClientRect();
    stage.scrollLeft += after.left + at.x * scale - x;
    stage.scrollTop += after.top + at.y * scale - y;
  }

  const zooms = { zoom_in: () => zoomTo(scale * STEP), zoom_out: () => zoomTo(scale / STEP), zoom_whole: () => zoomTo("whole") };
  for (const [id, action] of Object.entries(zooms)) document.getElementById(id).addEventListener("click", action);

  stage.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey) return; // without a key the wheel scrolls
    event.preventDefault();
    zoomTo(scale * Math.exp(-event.deltaY / 300), event);
  }, { passive: false });

  // Two fingers zoom; one pans, as everywhere.
  let pinch = null;
  const spread = ([a, b]) => Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY);
  stage.addEventListener("touchstart", ({ touches }) => {
    pinch = touches.length === 2 ? { spread: spread(touches), scale } : null;
  }, { passive: true });
  stage.addEventListener("touchmove", (event) => {
    if (!pinch || event.touches.length !== 2) return;
    event.preventDefault();
    const [a, b] = event.touches, place = { x: (a.clientX + b.clientX) / 2, y: (a.clientY + b.clientY) / 2 };
    zoomTo((pinch.scale * spread(event.touches)) / pinch.spread, place);
  }, { passive: false });

  // The mouse drags; a click on a node stays a click.
  let drag = null;
  stage.addEventListener("pointerdown", (event) => {
    const onBar = event.offsetX > stage.clientWidth || event.offsetY > stage.clientHeight;
    if (event.pointerType !== "mouse" || event.button !== 0 || (event.target === stage && onBar)) return;
    drag = { x: event.clientX, y: event.clientY, left: stage.scrollLeft, top: stage.scrollTop };
  });
  addEventListener("pointermove", (event) => {
    if (!drag) return;
    stage.classList.add("moving");
    stage.scrollTo({ left: drag.left + drag.x - event.clientX, top: drag.top + drag.y - event.clientY, behavior: "instant" });
  });
  addEventListener("pointerup", () => {
    drag = null;
    stage.classList.remove("moving");
  });

  // --- motion

  function bringIntoView(moving) {
    const lit = stage.querySelector(".lit[data-part=vertex]");
    if (!lit && at > 0) return;
    const frame = stage.getBoundingClientRect(), box = lit?.getBoundingClientRect();
    const middle = (low, high, start, end) => (low + high) / 2 - (start + end) / 2;
    stage.scrollTo({
      left: box ? stage.scrollLeft + middle(box.left, box.right, frame.left, frame.right) : 0,
      top: box ? stage.scrollTop + middle(box.top, box.bottom, frame.top, frame.bottom) : 0,
      behavior: moving && !calm.matches ? "smooth" : "auto",
    });
  }

  let flight = 0;

  function clearPulses() {
    cancelAnimationFrame(flight);
    stage.querySelectorAll(".pulse").forEach((pulse) => pulse.remove());
  }

  // A dot runs along every lit edge: towards the node in the forward pass, away from it in the backward pass.
  function sendPulses(step) {
    const runs = edges.filter((edge) => edge.classList.contains("lit")).map((edge) => {
      const path = edge.querySelector("path"), pulse = document.createElementNS(path.namespaceURI, "circle");
      pulse.setAttribute("r", 5);
      pulse.setAttribute("class", "pulse");
      edge.append(pulse);
      return { path, pulse, length: path.getTotalLength() };
    });
    const start = performance.now(), back = step.phase === "backward";
    const move = (now) => {
      const done = Math.min((now - start) / FLIGHT, 1), eased = done * done * (3 - 2 * done);
      for (const { path, pulse, length } of runs) {
        const { x, y } = path.getPointAtLength(length * (back ? 1 - eased : eased));
        pulse.setAttribute("cx", x);
        pulse.setAttribute("cy", y);
      }
      if (done < 1) flight = requestAnimationFrame(move);
      else clearPulses();
    };
    move(start);
  }

  // --- playing

  function stop() {
    clearTimeout(timer);
    timer = null;
    showPlaying();
  }

  function start() {
    if (at === steps.length - 1) go(0);
    const next = () => {
      timer = setTimeout(() => {
        go(at + 1);
        if (at < steps.length - 1) next();
        else stop();
      }, PAUSE / Number(speed.value));
    };
    next();
    showPlaying();
  }

  function showPlaying() {
    play.classList.toggle("playing", timer !== null);
    play.setAttribute("aria-label", timer === null ? words.play : words.pause);
    play.title = play.getAttribute("aria-label");
  }

  const toggle = () => (timer === null ? start() : stop());
  const by = (k) => { stop(); go(k); };

  // --- what people do

  const actions = { first: () => by(0), back: () => by(at - 1), step: () => by(at + 1), last: () => by(steps.length - 1) };
  for (const [id, action] of Object.entries(actions)) document.getElementById(id).addEventListener("click", action);
  play.addEventListener("click", toggle);
  slider.addEventListener("input", () => by(Number(slider.value)));
  for (const phase of phases) phase.addEventListener("click", () => by(Number(phase.dataset.step)));
  for (const vertex of vertices) vertex.addEventListener("click", () => by(stepOf(vertex.dataset.node)));

  // A node's own step in the phase that is shown, or the first one it has.
  function stepOf(node) {
    const own = steps.flatMap((step, i) => (step.at === node ? [i] : []));
    return own.find((i) => steps[i].phase === steps[at].phase) ?? own[0] ?? at;
  }

  const keys = { ArrowRight: actions.step, ArrowLeft: actions.back, Home: actions.first, End: actions.last, " ": toggle,
    "+": zooms.zoom_in, "=": zooms.zoom_in, "-": zooms.zoom_out, 0: zooms.zoom_whole };
  document.addEventListener("keydown", (event) => {
    const own = event.target.matches?.(event.key === " " ? "button, select, a" : "input, select");
    if (event.altKey || event.ctrlKey || event.metaKey || own || !(event.key in keys)) return;
    event.preventDefault();
    keys[event.key]();
  });

  const fromAddress = () => Number(/step=(\d+)/.exec(location.hash)?.[1] ?? 1) - 1;
  addEventListener("resize", () => {
    panel.style.height = "";
    fit();
    showWholePanel();
    bringIntoView(false);
  });
  addEventListener("hashchange", () => fromAddress() !== at && by(fromAddress()));
  fit();
  go(fromAddress(), false);
})();
