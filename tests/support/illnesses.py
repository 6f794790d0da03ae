"""Every illness made on purpose, found, and cured by the advice. As a script it prints the table:

python tests/support/illnesses.py
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np

import clearprop as cp
from clearprop.explain.doctor import ILLNESSES, Diagnosis, diagnose
from clearprop.table import load_demo

Rows = tuple[np.ndarray, np.ndarray]


ADAM = cp.Adam(0.01)


def as_given(values: np.ndarray) -> np.ndarray:
    return values


@dataclass(frozen=True)
class Recipe:
    """A network and its training by the arguments that the doctor speaks of; `X` and `y` change the data."""

    data: Callable[[], tuple[Rows, Rows]]
    hidden: tuple[int, ...] = (16,)
    activation: str | None = "relu"
    init: Any = None
    bias_init: Any = "zeros"
    l2: float = 0.0
    optimizer: Any = ADAM
    epochs: int = 150
    X: Callable[[np.ndarray], np.ndarray] = as_given
    y: Callable[[np.ndarray], np.ndarray] = as_given

    def changed(self, change: dict[str, Any]) -> Recipe:
        """The recipe with the arguments that the advice names; what it does to the data comes after what was done."""
        new = dict(change)
        for name in {"X", "y"} & set(new):
            before, after = getattr(self, name), new[name]
            new[name] = lambda values, before=before, after=after: after(before(values))
        return replace(self, **new)

    def network(self, rows: Rows) -> cp.Network:
        X, y = rows
        layers = [cp.Dense(n, self.activation, init=self.init, bias_init=self.bias_init) for n in self.hidden]
        if y.dtype.kind == "f":
            return cp.Network(X.shape[1], [*layers, cp.Dense(1, init=self.init)], "mean_squared_error", l2=self.l2)
        k = int(y.max()) + 1
        if k == 2:
            layers.append(cp.Dense(1, "sigmoid", init=self.init))
            return cp.Network(X.shape[1], layers, "binary_cross_entropy", l2=self.l2)
        return cp.Network(X.shape[1], [*layers, cp.Dense(k, "softmax", init=self.init)], "cross_entropy", l2=self.l2)


@dataclass(frozen=True)
class Outcome:
    """A trained recipe: what the doctor says, and the scores (accuracy or R²) on training and validation rows."""

    net: cp.Network
    diagnosis: Diagnosis
    seen: float
    unseen: float


def tried(recipe: Recipe) -> Outcome:
    """Train by the recipe, as far as it goes, and call the doctor."""
    (X, y), (X_new, y_new) = recipe.data()
    X, X_new = recipe.X(X), recipe.X(X_new)
    if y.dtype.kind == "f":
        y, y_new = recipe.y(y[:, None]), recipe.y(y_new[:, None])
    net = recipe.network((X, y))
    try:
        history = net.fit(X, y, optimizer=recipe.optimizer, epochs=recipe.epochs, validation=(X_new, y_new))
    except cp.DivergenceError:
        history = None
    found = diagnose(net, X, y, history, validation=(X_new, y_new), optimizer=recipe.optimizer)
    metric = "r2" if y.dtype.kind == "f" else "accuracy"
    seen, unseen = (net.evaluate(*rows)[metric] for rows in ((X, y), (X_new, y_new)))
    return Outcome(net, found, seen, unseen)


# --- data


@cache
def demo(name: str) -> tuple[Rows, Rows]:
    """A demo table, standardised, and cut in two."""
    frame = load_demo(name)
    X, labels = frame.drop("target").to_numpy(), frame["target"].to_numpy()
    X, y = (X - X.mean(0)) / X.std(0), np.unique(labels, return_inverse=True)[1]
    half = len(X) // 2
    return (X[:half], y[:half]), (X[half:], y[half:])


def moons() -> tuple[Rows, Rows]:
    return demo("moons")


def xor() -> tuple[Rows, Rows]:
    return demo("xor")


def spiral() -> tuple[Rows, Rows]:
    return demo("spiral")


@cache
def waves() -> tuple[Rows, Rows]:
    """A number that two columns decide, with a little noise."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 2))
    y = np.sin(2 * X[:, 0]) + X[:, 1] + 0.1 * rng.normal(size=400)
    y = (y - y.mean()) / y.std()
    return (X[:200], y[:200]), (X[200:], y[200:])


@cache
def noisy() -> tuple[Rows, Rows]:
    """60 rows of 20 columns, of which one decides; a fifth of the labels is wrong."""
    rng = np.random.default_rng(3)
    X = rng.normal(size=(360, 20))
    y = ((X[:, 0] > 0) ^ (rng.random(360) < 0.2)).astype(int)
    return (X[:60], y[:60]), (X[60:], y[60:])


# --- cases


@dataclass(frozen=True)
class Case:
    illness: str
    made: str
    recipe: Recipe


def thousandfold(values: np.ndarray) -> np.ndarray:
    return 1000 * values


def in_another_unit(values: np.ndarray) -> np.ndarray:
    return 5e4 + 2e4 * values


CASES = [
    Case("unscaled_inputs", "inputs × 1000", Recipe(moons, X=thousandfold)),
    Case("unscaled_targets", "targets of 50,000 ± 20,000", Recipe(waves, y=in_another_unit)),
    Case("symmetry", 'init="zeros", sigmoid', Recipe(spiral, activation="sigmoid", init="zeros")),
    Case("symmetry", 'init="zeros", relu', Recipe(moons, init="zeros")),
    Case("symmetry", "init=0.3, tanh", Recipe(moons, activation="tanh", init=0.3)),
    Case("linear_collapse", "two hidden layers without activation", Recipe(xor, (16, 16), None)),
    Case("initial_loss", "init=cp.Normal(3)", Recipe(spiral, (32, 32), init=cp.Normal(3.0))),
    Case("dead_units", "bias_init=-100", Recipe(moons, bias_init=-100)),
    Case("dead_units", "optimizer=cp.Adam(10)", Recipe(moons, optimizer=cp.Adam(10.0))),
    Case("saturated_units", "tanh, init=cp.Normal(10)", Recipe(moons, (16, 16), "tanh", init=cp.Normal(10.0))),
    Case("saturated_units", "sigmoid, inputs × 1000", Recipe(spiral, activation="sigmoid", X=thousandfold)),
    Case(
        "vanishing_gradients",
        "10 layers of 50 sigmoids, N(0, 1/n)",
        Recipe(moons, (50,) * 10, "sigmoid", init="lecun", epochs=60, optimizer=cp.SGD(0.01, 0.9)),
    ),
    Case(
        "vanishing_gradients",
        "4 relu layers, init=cp.Normal(0.01)",
        Recipe(moons, (32,) * 4, init=cp.Normal(0.01), optimizer=cp.SGD(0.02, 0.9)),
    ),
    Case(
        "exploding_gradients", "5 relu layers, weights × 10", Recipe(moons, (32,) * 5, init=cp.Normal(2.5), epochs=10)
    ),
    Case("small_learning_rate", "optimizer=cp.Adam(1e-7)", Recipe(moons, optimizer=cp.Adam(1e-7))),
    Case(
        "small_learning_rate",
        "optimizer=cp.GradientDescent(1e-7)",
        Recipe(moons, optimizer=cp.GradientDescent(1e-7), epochs=1500),
    ),
    Case("large_learning_rate", "optimizer=cp.Adam(10)", Recipe(moons, optimizer=cp.Adam(10.0))),
    Case(
        "large_learning_rate",
        "optimizer=cp.GradientDescent(10)",
        Recipe(waves, optimizer=cp.GradientDescent(10.0), epochs=1500),
    ),
    Case("linear_limit", "no hidden layer", Recipe(xor, (), epochs=300)),
    Case("underfitting", "1 hidden unit on a spiral", Recipe(spiral, (1,))),
    Case("underfitting", "l2=5", Recipe(moons, l2=5.0)),
    Case("underfitting", "epochs=3", Recipe(spiral, (64, 64), epochs=3)),
    Case("overfitting", "256 units on 60 noisy rows", Recipe(noisy, (256,))),
]


@cache
def ill(case: Case) -> Outcome:
    """The recipe as it is."""
    return tried(case.recipe)


@cache
def cured(case: Case) -> Outcome:
    """The recipe with the advice of the doctor followed to the letter."""
    return tried(case.recipe.changed(dict(ill(case).diagnosis[case.illness].change)))


def table() -> str:
    """Markdown: what was made, found, advised, and how it was afterwards."""
    lines = [
        "| illness | made how | found | advice | after the advice | score (training, validation) |",
        "|---|---|---|---|---|---|",
    ]
    for case in CASES:
        before, after = ill(case), cured(case)
        finding = before.diagnosis[case.illness]
        then = next(e for e in after.diagnosis.examined if e.illness == case.illness)
        scores = " → ".join(f"{x.seen:.2f}, {x.unseen:.2f}" for x in (before, after))
        then_found = ("**still there:** " if then.finding else "") + then.measured("en")
        row = [
            ILLNESSES[case.illness]("en"),
            case.made,
            finding.measured("en"),
            finding.advice("en"),
            then_found,
            scores,
        ]
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(table())
