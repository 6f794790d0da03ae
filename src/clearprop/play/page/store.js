// What the page knows: the newest of everything that the bench has sent, and who wants to hear of what.

/** @typedef {import("./types.js").Answer} Answer */
/** @typedef {import("./line.js").Ask} Ask */
/** @typedef {"words" | "frame" | "state" | "numbers" | "plane" | "answers" | "position" | "losses" | "curve" | "scores" | "presets" | "exports" | "selected" | "shown" | "running" | "error" | "note" | "view"} Topic */

export class Store {
  /** @param {Ask} ask */
  constructor(ask) {
    this.wire = ask;
    /** @type {Record<string, string>} */
    this.words = {};
    this.frame = /** @type {import("./types.js").Frame} */ (/** @type {unknown} */ (null));
    this.state = /** @type {import("./types.js").State} */ (/** @type {unknown} */ (null));
    this.numbers = /** @type {import("./types.js").Numbers} */ (/** @type {unknown} */ (null));
    this.plane = /** @type {import("./types.js").PlaneFrame} */ (/** @type {unknown} */ (null));
    this.answers = /** @type {import("./types.js").Answers} */ (/** @type {unknown} */ (null));
    this.position = /** @type {import("./types.js").Position} */ (/** @type {unknown} */ (null));
    this.losses = /** @type {{train: any, test: any}} */ ({ train: null, test: null });
    this.scores = /** @type {import("./types.js").Scores} */ (/** @type {unknown} */ (null));
    this.curve = /** @type {import("./types.js").Curve} */ ({ step: [], train: [], test: null });
    /** @type {Record<string, string>} */
    this.presets = {};
    /** @type {Record<string, string>} */
    this.exports = {};
    /** The values of a step, by name. @type {Map<string, import("./types.js").Value>} */
    this.values = new Map();
    /** Where each of them stands in the order in which they are computed. @type {Map<string, number>} */
    this.places = new Map();
    /** What the formula is shown of. @type {{name: string, index: number[] | null}} */
    this.selected = { name: "", index: null };
    /** The unit that is looked into, counted from 0 in a layer from 1. @type {{layer: number, unit: number} | null} */
    this.unit = null;
    /** How many values of the step are shown; the rest is still to come. */
    this.shown = Infinity;
    this.running = false;
    /** The number that an exercise asks for: "dW1|0,1". */
    this.hidden = "";
    /** The wrong numbers of a puzzle, by name. @type {Record<string, any> | null} */
    this.puzzle = null;
    /** Whether a number is being changed by hand: what moves with it is marked. */
    this.typed = false;
    this.error = "";
    this.note = "";
    /** Whether the training that just ended has diverged. */
    this.diverged = false;
    /** @type {Map<Topic, (() => void)[]>} */
    this.listeners = new Map();
  }

  /**
   * Call a function whenever one of these has changed.
   * @param {Topic[]} topics
   * @param {() => void} listener
   */
  on(topics, listener) {
    for (const topic of topics) this.listeners.set(topic, [...(this.listeners.get(topic) ?? []), listener]);
  }

  /**
   * Something has changed: everyone who wants to know is told once.
   * @param {Topic[]} topics
   */
  tell(topics) {
    const told = new Set(topics.flatMap((topic) => this.listeners.get(topic) ?? []));
    for (const listener of told) listener();
  }

  /**
   * The bench's answer, which is not taken over. Where the bench was given up, all is opened anew as it last was.
   * @param {object} message
   * @returns {Promise<Answer>}
   */
  async line(message) {
    let answer;
    try {
      answer = await this.wire(message);
    } catch {
      return { error: this.words.gone ?? "The program does not answer: is it still running?" };
    }
    if (answer.woken) this.say(this.words.woken ?? "");
    if (!answer.gone) return answer;
    const anew = await this.wire({ do: "open", state: this.state });
    this.take(anew);
    const error = [this.words.given_up, anew.error].filter(Boolean).join(" ");
    this.say(error);
    return { error };
  }

  /**
   * Ask the bench, and take over what it answers.
   * @param {object} message
   * @returns {Promise<Answer>}
   */
  async ask(message) {
    const answer = await this.line(message);
    this.take(answer);
    return answer;
  }

  /**
   * Say what went wrong.
   * @param {string} why
   */
  fail(why) {
    this.error = why;
    this.tell(["error"]);
  }

  /**
   * Say what has happened; it stays until something else is said.
   * @param {string} what
   */
  say(what) {
    this.note = what;
    this.tell(["note"]);
  }

  /** @param {Answer} answer */
  take(answer) {
    /** @type {Topic[]} */
    const changed = ["error"];
    const before = this.state?.data;
    this.error = answer.error ?? "";
    if (answer.diverged) this.diverged = true;
    if (answer.frame || answer.taken) this.diverged = false;
    for (const topic of /** @type {const} */ (["words", "frame", "state", "numbers", "plane", "answers", "position", "losses", "curve", "scores", "presets", "exports"])) {
      if (answer[topic] === undefined) continue;
      /** @type {any} */ (this)[topic] = answer[topic];
      changed.push(topic);
    }
    if (answer.state && before && answer.state.data.kind + answer.state.data.name !== before.kind + before.name) this.unit = null;
    if (answer.frame) {
      this.values = new Map(answer.frame.values.map((value) => [value.name, value]));
      if (this.unit && !(this.unit.unit < (answer.frame.layers[this.unit.layer - 1]?.units ?? 0))) this.unit = null;
      if (!this.values.has(this.selected.name)) this.selected = { name: "", index: null };
      this.places = new Map(this.sequence.map((value, k) => [value.name, k]));
    }
    this.tell(changed);
  }

  /**
   * A field of the state, changed by the bench.
   * @param {"data" | "network" | "training" | "view"} part
   * @param {object} changes
   */
  change(part, changes) {
    return this.ask({ do: "change", part, changes });
  }

  /**
   * @param {string} name
   * @param {number[] | null} index
   */
  select(name, index) {
    this.selected = { name, index };
    this.unit = null;
    this.tell(["selected"]);
  }

  /**
   * Look into a unit: its activation is what the formula is shown of.
   * @param {number} layer
   * @param {number} unit
   */
  selectUnit(layer, unit) {
    this.selected = { name: `a${layer}`, index: [unit] };
    this.unit = { layer, unit };
    this.tell(["selected"]);
  }

  /** The values of a step that are computed one after the other. */
  get sequence() {
    return this.frame.values.filter((value) => value.phase !== "given");
  }

  /**
   * Whether a value has been reached by the step that is shown.
   * @param {string} name
   */
  isShown(name) {
    return (this.places.get(name) ?? -1) < this.shown;
  }

  /**
   * The number of an element: of a sample's value that of the chosen sample.
   * @param {string} name
   * @param {number[]} index
   * @param {number} [row] of the batch
   * @returns {import("./types.js").Num | undefined}
   */
  number(name, index, row = this.numbers.row) {
    if (this.hidden === `${name}|${index.join(",")}`) return undefined;
    let found = /** @type {any} */ ((this.puzzle ?? {})[name] ?? this.numbers.values[name]);
    if (found === undefined) return undefined;
    if (this.values.get(name)?.samples) found = found[this.numbers.sent.indexOf(row)];
    for (const k of index) found = found?.[k];
    return found;
  }
}
