// The page in a cell of a notebook: a frame that may do nothing but run its script, and the line from it to the kernel.
// The notebook loads this file by itself, so that it imports nothing.

/** What anywidget gives of the widget in the kernel.
 * @typedef {object} Model
 * @property {(name: string) => any} get
 * @property {(message: object) => void} send
 * @property {(event: string, listener: (message: any) => void) => void} on
 * @property {(event: string, listener: (message: any) => void) => void} off
 */

const PATIENCE = 4000; // ms without an answer until the cell says so
const MOST = 8e6; // bytes of a message: a notebook's server cuts the line at one of 10 MiB

/**
 * Show the page; returns what takes it away again.
 * @param {{model: Model, el: HTMLElement}} view
 */
function render({ model, el }) {
  const words = model.get("words");
  const cell = document.createElement("div");
  cell.style.position = "relative";
  const late = document.createElement("p"); // over the buttons, where whoever has just pressed one looks
  Object.assign(late, { hidden: true, textContent: words.late, role: "status" });
  late.style.cssText = "position: absolute; inset: auto 1px 1px; margin: 0; padding: 0.7rem; background: Canvas; color: CanvasText; border-radius: 8px";
  const frame = document.createElement("iframe");
  frame.title = words.title;
  // Without allow-same-origin the page has an origin of its own: it reaches nothing of the notebook.
  frame.setAttribute("sandbox", "allow-scripts allow-downloads");
  frame.allow = "clipboard-write *";
  frame.style.cssText = "display: block; width: 100%; border: 1px solid #8884; border-radius: 8px; box-sizing: border-box";
  const resize = () => {
    frame.style.height = `${model.get("height")}px`;
  };
  const recolour = () => {
    cell.style.colorScheme = isDark(el) ? "dark" : "light";
  };
  const theme = new MutationObserver(recolour); // notebooks write the name of their theme to the body
  const waiting = new Waiting((isLate) => {
    late.hidden = !isLate;
  });

  const answer = (/** @type {any} */ message) => {
    waiting.over(message);
    frame.contentWindow?.postMessage(message, "*");
  };
  const ask = (/** @type {MessageEvent} */ event) => {
    if (event.source !== frame.contentWindow || typeof event.data?.clearprop !== "number") return;
    const { clearprop, page, message } = event.data;
    const { size } = new Blob([JSON.stringify(message)]);
    if (size > MOST) {
      answer({ clearprop, page, answer: { error: words.too_long.replace("{n}", (size / 1e6).toFixed(0)) } });
      return;
    }
    waiting.begun({ clearprop, page });
    try {
      model.send({ clearprop, page, message });
    } catch {
      answer({ clearprop, page, answer: { error: words.gone } });
    }
  };

  resize();
  addEventListener("message", ask);
  model.on("change:height", resize);
  model.on("msg:custom", answer);
  theme.observe(document.body, { attributes: true });
  cell.append(frame, late);
  el.append(cell);
  recolour();
  frame.srcdoc = model.get("page");
  return () => {
    theme.disconnect();
    removeEventListener("message", ask);
    model.off("change:height", resize);
    model.off("msg:custom", answer);
    waiting.stop();
    cell.remove();
  };
}

/** The questions that are under way, and whether one of them has been for long. */
class Waiting {
  /** @param {(isLate: boolean) => void} tell */
  constructor(tell) {
    this.tell = tell;
    /** @type {Map<string, number>} */
    this.timers = new Map();
  }

  /** @param {{clearprop: number, page: string}} asked */
  begun(asked) {
    this.timers.set(key(asked), setTimeout(() => this.tell(true), PATIENCE));
  }

  /** @param {{clearprop: number, page: string}} asked */
  over(asked) {
    clearTimeout(this.timers.get(key(asked)));
    if (this.timers.delete(key(asked))) this.tell(false);
  }

  stop() {
    for (const timer of this.timers.values()) clearTimeout(timer);
  }
}

/** @param {{clearprop: number, page: string}} asked */
const key = (asked) => `${asked.page} ${asked.clearprop}`;

/**
 * Whether the notebook is dark, which need not be what the system is: its text is light.
 * @param {HTMLElement} el
 */
function isDark(el) {
  const [red, green, blue] = (getComputedStyle(el).color.match(/[\d.]+/g) ?? ["0", "0", "0"]).map(Number);
  return red + green + blue > 3 * 128;
}

export default { render };
