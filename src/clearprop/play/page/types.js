// What the bench sends, as types for the checker; nothing of this file is loaded.

/** @typedef {number | "NaN" | "Infinity" | "-Infinity"} Num */
/** @typedef {Num | Num[] | Num[][]} Nums */

/**
 * A value of a step.
 * @typedef {object} Value
 * @property {string} name as the network calls it: "dW2"
 * @property {string} of the parameter or value that a gradient or a new value is of
 * @property {string} role value, parameter, gradient, state, new
 * @property {string} letter
 * @property {number | null} layer
 * @property {"given" | "forward" | "backward" | "update"} phase
 * @property {boolean} samples whether it has a row for each sample
 * @property {number[]} shape of one sample's, or of a parameter
 * @property {string} text its symbol
 * @property {string} mathml its symbol
 * @property {any} [elements] the symbols of its elements
 */

/** @typedef {{units: number, activation: string}} Layer */

/**
 * @typedef {object} Frame
 * @property {Layer[]} layers
 * @property {string[]} inputs
 * @property {string[]} classes
 * @property {[number, number]} rows for training, for testing
 * @property {boolean} typed whether the data are so few that each number can be typed
 * @property {number} depth
 * @property {string[]} parameters
 * @property {Value[]} values in the order in which they are computed
 * @property {string[]} said
 * @property {string[]} drawn fields that say how the samples are drawn: rows, noise, test, seed
 * @property {{names: string[], target: string, columns: [string, string, string][], named: boolean} | null} table
 */

/**
 * @typedef {object} Numbers
 * @property {number[]} batch numbers of the rows
 * @property {number} size rows of the batch
 * @property {number} row of the batch, the one whose numbers stand at the neurons
 * @property {number[]} sent rows of the batch whose numbers are here
 * @property {Record<string, Nums>} values
 */

/** @typedef {{low: Num, high: Num, data: string, fine?: string}} Packed one byte a point between low and high; a second one */
/** @typedef {{units: Record<string, Packed[]>, held: number[]}} Answers */
/** @typedef {{x: number[][], y: number[], test: boolean[]}} Points */
/** @typedef {{axes: number[], ends: [number, number][], side: number, points: Points, left_out: number}} PlaneFrame */
/** @typedef {{step: number, epoch: number, batch: number, per_epoch: number, place: number, places: number, dropped: number}} Position */
/** @typedef {{step: number[], train: Num[], test: Num[] | null}} Curve */

/**
 * The plain object that a link holds; see state.py.
 * @typedef {object} State
 * @property {number} version
 * @property {any} data
 * @property {{layers: Layer[], loss: string, init: string, bias: boolean, seed: number}} network
 * @property {{optimizer: string, learning_rate: number, batch_size: number, shuffle: boolean, seed: number, l1: number, l2: number}} training
 * @property {{lang: string, notation: string, convention: string, digits: number, row: number, shown: number, selected: string, tab: string, axes: number[]}} view
 */

/** @typedef {{name: string, diverged: boolean, curve: {step: number[], train: Num[]}, losses: {train: Num, test: Num | null}, score: {train?: Num, test?: Num}}} ComparedRun */
/** @typedef {{row: number, test: boolean, x: Num[], y: Num[]}} Row */
/** @typedef {{first: number, total: number, inputs: string[], left_out: number, targets: string[], rows: Row[]}} Samples */
/** @typedef {{what: "accuracy" | "r2", train?: Num, test?: Num, of: "train" | "test", confusion: number[][] | null}} Scores */
/** @typedef {{name: string, index: number[], of: string, w: Num}} Weight */
/** @typedef {{layer: number, unit: number, symbol: string, said: string, incoming: (Weight & {spread: Num, moved: Num})[], more: number, bias: Num | null, outgoing: Weight[], more_outgoing: number, more_classes: number, rule: string, on: {of: string, share: number, rows: number}[], edge: Packed}} Unit */
/** @typedef {{illness: string, severity: string, title: string, measured: string, why: string, advice: string, mends: boolean}} Finding */
/** @typedef {{said: string, findings: Finding[], document?: any}} Diagnosis */
/** @typedef {{name: string, index: number[], w: number, h: number, losses: Num[], difference: Num, gradient: Num, relative: Num, said: string, curve: {w: number[], loss: Num[]}}} Nudge */

/**
 * What an answer may bring; what it lacks has not changed.
 * @typedef {object} Answer
 * @property {string} [error]
 * @property {boolean} [diverged] the training
 * @property {boolean} [gone] whether the bench was given up
 * @property {boolean} [woken] whether the bench was built anew from its state
 * @property {boolean} [refused] for want of the token
 * @property {Record<string, string>} [words]
 * @property {Frame} [frame]
 * @property {State} [state]
 * @property {Numbers} [numbers]
 * @property {PlaneFrame} [plane]
 * @property {Answers} [answers]
 * @property {Position} [position]
 * @property {{train: Num, test: Num | null}} [losses]
 * @property {Curve} [curve]
 * @property {Scores} [scores]
 * @property {Record<string, string>} [presets] titles by name
 * @property {Record<string, string>} [exports] titles by kind
 * @property {{name: string, text: string, said: string[]}} [exported]
 * @property {Diagnosis} [diagnosis]
 * @property {Nudge} [nudge]
 * @property {any} [checked]
 * @property {{ask: string, name: string, index: number[], choices: string[]}} [exercise]
 * @property {{ask: string, values: Record<string, any>, choices: Record<string, string>}} [puzzle]
 * @property {{right: boolean, said: string, formula?: any}} [judged]
 * @property {any} [formula]
 * @property {{svg: string, title: string}} [figure]
 * @property {Unit} [unit]
 * @property {Samples} [samples]
 * @property {{taken: number, runs: ComparedRun[], said: string[]}} [compared]
 * @property {number} [taken]
 * @property {number} [letters] of a table's text
 */

export {};
