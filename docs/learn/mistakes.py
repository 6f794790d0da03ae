"""Mistakes that circulate in published notes: what is wrong, what is right, and a demonstration with its numbers.

The words are in mistakes.toml. `python docs/learn/mistakes.py` prints all in English and Chinese. Those without a
demonstration here are planted in a backward pass, see planted.py.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from phrase import Phrase

import clearprop as cp
from clearprop.messages import Language

Numbers = dict[str, Any]


@dataclass(frozen=True)
class Mistake:
    """One mistake.

    Attributes:
        id: of the syllabus.
        wrong, right: what is written, and what should be.
        shown: what the demonstration shows, with the names of its numbers in braces.
        demo: computes them; None where the mistake is planted in a backward pass instead.
    """

    id: str
    wrong: Phrase
    right: Phrase
    shown: Phrase | None = None
    demo: Callable[[], Numbers] | None = None

    def demonstration(self, lang: Language = "en") -> str:
        """The sentence with its numbers; empty where there is none."""
        return self.shown(lang, **self.demo()) if self.shown and self.demo else ""


# --- the demonstrations


def a_row_for_each_neuron() -> Numbers:
    """E1: z of a layer, neuron by neuron and as one product; W in the column convention."""
    rng = np.random.default_rng(0)
    W, b, x = rng.normal(size=(4, 3)), rng.normal(size=4), rng.normal(size=3)
    by_neuron = np.array([w @ x + b_i for w, b_i in zip(W, b, strict=True)])
    return {"weights": W.size, "biases": b.size, "difference": round(float(np.abs(by_neuron - (W @ x + b)).max()), 12)}


def da_is_not_the_slope() -> Numbers:
    """E2: σ′(z) beside ∂L/∂a, which is measured too."""
    net = cp.Network(3, [cp.Dense(4, "sigmoid"), cp.Dense(1, "sigmoid")], "binary_cross_entropy", seed=0)
    t = net.trace([1.0, -2.0, 0.5], 0)
    a, h = float(t.a[2][0, 0]), 1e-6
    measured = (-np.log(1 - (a + h)) + np.log(1 - (a - h))) / (2 * h)  # of the loss −ln(1 − a), as y = 0
    return {"slope": a * (1 - a), "da": float(t.da[2][0, 0]), "dz": float(t.dz[2][0, 0]), "measured": measured}


def one_bias_for_two_neurons() -> Numbers:
    """E3: the targets x + 1 and x − 1 with one b for both neurons, and with one each."""
    x = np.linspace(-1, 1, 21)
    targets = np.stack([x + 1, x - 1], axis=1)
    shared = float(np.mean(targets - x[:, None]))
    own = np.mean(targets - x[:, None], axis=0)
    return {
        "shared": float(np.mean((x[:, None] + shared - targets) ** 2)),
        "own": float(np.mean((x[:, None] + own - targets) ** 2)),
    }


def tanh_far_from_zero() -> Numbers:
    """E9: the slopes of tanh and sigmoid at 0, at 5, and where they are equal."""

    def sigmoid_slope(x: float) -> float:
        return float(np.exp(-x) / (1 + np.exp(-x)) ** 2)

    def tanh_slope(x: float) -> float:
        return float(1 / np.cosh(x) ** 2)

    low, high = 1.0, 2.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if tanh_slope(middle) > sigmoid_slope(middle) else (low, middle)
    return {
        "tanh_0": tanh_slope(0.0),
        "sigmoid_0": sigmoid_slope(0.0),
        "tanh_5": tanh_slope(5.0),
        "sigmoid_5": sigmoid_slope(5.0),
        "equal": low,
    }


def mean_of_tanh() -> Numbers:
    """E10: the mean of tanh z for z ~ N(0, 1) and z ~ N(1, 1), by Gauss–Hermite quadrature."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    weights = weights / weights.sum()
    return {"centred": abs(float(weights @ np.tanh(nodes))), "shifted": float(weights @ np.tanh(nodes + 1))}


def randn_of_a_tuple() -> Numbers:
    """E11: np.random.randn wants one argument per axis."""
    draw = np.random.RandomState(0).randn
    try:
        draw((2, 2))
    except TypeError as error:
        return {"error": f"{type(error).__name__}: {error}", "shape": draw(2, 2).shape}
    raise AssertionError("randn took a tuple")


def small_weights_in_a_deep_net() -> Numbers:
    """E12: the spread of a[10] in ten tanh layers of 100, with weights × 0.01 and × 1/√100."""
    X = np.random.default_rng(0).normal(size=(200, 100))

    def spread(std: float) -> float:
        layers = [cp.Dense(100, "tanh", init=cp.Normal(std)) for _ in range(10)]
        return float(cp.Network(100, layers, seed=0, dtype="float64").predict(X).std())

    return {"small": spread(0.01), "scaled": spread(0.1)}


def all_weights_zero() -> Numbers:
    """E13: OR, from weights that are all 0, with sigmoid units."""
    X, y = np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), np.array([0, 1, 1, 1])
    layers = [cp.Dense(4, "sigmoid", init="zeros"), cp.Dense(1, "sigmoid", init="zeros")]
    net = cp.Network(2, layers, "binary_cross_entropy", dtype="float64")
    options = {"optimizer": cp.GradientDescent(1.0), "batch_size": 4, "executor": cp.Reference(fixed_order=True)}
    before = net.evaluate(X, y)["loss"]
    net.fit(X, y, epochs=500, **options)
    W = net.parameters["W1"]
    return {"before": before, "after": net.evaluate(X, y)["loss"], "apart": float(np.ptp(W, axis=1).max())}


def width_does_not_help_a_polynomial() -> Numbers:
    """E15: sin 3x on [−1, 1] by one hidden layer, its last layer fitted exactly; then the same far outside."""
    rng = np.random.default_rng(0)
    x = np.linspace(-1, 1, 400)[:, None]

    def error(activation: Callable[[Any], Any], units: int, at: Any) -> float:
        W, b = rng.normal(size=(1, units)), rng.normal(size=units)

        def hidden(x: Any) -> Any:
            return np.column_stack([activation(x @ W + b), np.ones(len(x))])

        last = np.linalg.lstsq(hidden(x), np.sin(3 * x), rcond=None)[0]
        return float(np.sqrt(np.mean((hidden(at) @ last - np.sin(3 * at)) ** 2)))

    def relu(z: Any) -> Any:
        return np.maximum(z, 0)

    return {
        "square_10": error(np.square, 10, x),
        "square_100": error(np.square, 100, x),
        "relu_10": error(relu, 10, x),
        "relu_100": error(relu, 100, x),
        "outside": error(relu, 100, np.linspace(9, 10, 100)[:, None]),
    }


def step(z: cp.Node) -> cp.Node:
    """1 for z > 0, else 0: its derivative is 0 wherever it has one."""
    return cp.where(z > 0, cp.ones_like(z), cp.zeros_like(z))


def a_step_learns_nothing() -> Numbers:
    """E16: the largest gradient that arrives at the first layer through a step, and through a sigmoid."""
    X, y = np.random.default_rng(0).normal(size=(20, 3)), np.arange(20) % 2

    def largest(activation: Any) -> float:
        net = cp.Network(3, [cp.Dense(4, activation), cp.Dense(1, "sigmoid")], "binary_cross_entropy", seed=0)
        return float(np.abs(net.trace(X, y).dW[1]).max())

    return {"step": largest(step), "sigmoid": largest("sigmoid")}


def two_things_called_delta() -> Numbers:
    """E20: activation and error of the worked example a = [0.8, 0.3], y = [1, 0] with sigmoid units."""
    a, y = np.array([0.8, 0.3]), np.array([1.0, 0.0])
    return {"activation": a[0], "error": (a - y)[0] * a[0] * (1 - a[0])}


class ForgetfulSigmoid:
    """The class as it circulates: forward does not store its output."""

    def forward(self, x: Any) -> Any:
        """1/(1 + e⁻ˣ)."""
        return 1 / (1 + np.exp(-x))

    def backward(self, dout: Any) -> Any:
        """Dout · out · (1 − out), but there is no out."""
        return dout * self.out * (1.0 - self.out)  # type: ignore[attr-defined]


def output_not_stored() -> Numbers:
    """E24: backward of a layer that remembers nothing, and of one that does."""
    forgetful, layer = ForgetfulSigmoid(), cp.layers.Sigmoid()
    forgetful.forward(0.0)
    layer.forward(0.0)
    try:
        forgetful.backward(1.0)
    except AttributeError as error:
        return {"error": str(error), "right": float(layer.backward(1.0))}
    raise AssertionError("backward had an output")


def sigmoid_as_written() -> Numbers:
    """E25: 1/(1 + exp(−x)) at −1000, and its logarithm, which the loss takes."""
    try:
        with np.errstate(over="raise"):
            np.exp(np.float64(1000.0))
    except FloatingPointError as error:
        message = str(error)
    with np.errstate(all="ignore"):
        log = float(np.log(1 / (1 + np.exp(1000.0))))
    z = cp.variable("z", (1,))
    loss = cp.sigmoid_cross_entropy(z, cp.ones_like(z))
    return {"message": message, "log": log, "stable": -float(cp.evaluate(loss, {z: [-1000.0]})[0])}


def conventions_mixed() -> Numbers:
    """E30: XW + b and WX + b of the same layer, and W of the one used in the other where the shapes do not object."""
    rng = np.random.default_rng(0)
    X, W, b = rng.normal(size=(5, 3)), rng.normal(size=(3, 3)), rng.normal(size=3)
    rows, columns = X @ W + b, W.T @ X.T + b[:, None]
    mixed = W @ X.T + b[:, None]
    return {"right": round(float(np.abs(rows - columns.T).max()), 12), "mixed": float(np.abs(rows - mixed.T).max())}


# --- the list

DEMONSTRATIONS: dict[str, Callable[[], Numbers]] = {
    "E1": a_row_for_each_neuron,
    "E2": da_is_not_the_slope,
    "E3": one_bias_for_two_neurons,
    "E9": tanh_far_from_zero,
    "E10": mean_of_tanh,
    "E11": randn_of_a_tuple,
    "E12": small_weights_in_a_deep_net,
    "E13": all_weights_zero,
    "E15": width_does_not_help_a_polynomial,
    "E16": a_step_learns_nothing,
    "E20": two_things_called_delta,
    "E24": output_not_stored,
    "E25": sigmoid_as_written,
    "E30": conventions_mixed,
}


TEXTS = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))

MISTAKES = tuple(
    Mistake(id, **{key: Phrase(**text) for key, text in said.items()}, demo=DEMONSTRATIONS.get(id))
    for id, said in TEXTS.items()
)


if __name__ == "__main__":
    for mistake in MISTAKES:
        for lang in ("en", "zh"):
            parts = (mistake.wrong(lang), mistake.right(lang), mistake.demonstration(lang) or "→ planted.py")
            print(mistake.id, *parts, sep="\n    ")
