"""Networks and data to begin with: the textbooks' examples with their numbers, and the usual toy data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from clearprop.execute import Array
from clearprop.messages import Message
from clearprop.play.state import DataChoice, LayerChoice, NetworkChoice, Numbers, State, TrainingChoice
from clearprop.table.demo import TARGET, load_demo


@dataclass(frozen=True)
class Generated:
    """Inputs, and class numbers (N,) or numbers (N, k)."""

    X: Array
    y: Array
    inputs: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Preset:
    """An example to begin with.

    Attributes:
        data: makes the samples.
        title: what it is.
        network, training: that suit it.
        start: its parameters, where the example has its own.
        rows, noise, test: of data that is generated; 0 rows where it is not.
        ends: of the plane, where points are to be drawn on it.
    """

    data: Callable[[DataChoice], Generated]
    title: Message
    network: NetworkChoice = field(default_factory=NetworkChoice)
    training: TrainingChoice = field(default_factory=TrainingChoice)
    start: Numbers = field(default_factory=dict)
    rows: int = 0
    noise: float = 0.0
    test: float = 0.0
    ends: tuple[tuple[float, float], ...] = ()

    def state(self, name: str) -> State:
        """The whole state that it stands for."""
        rows = self.rows or DataChoice.rows
        data = DataChoice("preset", name, rows=rows, noise=self.noise, test=self.test, ends=self.ends)
        return State(data=data, network=self.network, training=self.training, start=self.start)


def _typed(X: list[list[float]], y: list[list[float]], *classes: str) -> Callable[[DataChoice], Generated]:
    """A few samples whose numbers are known."""
    targets = np.array([int(row[0]) for row in y]) if classes else np.array(y, np.float64)
    return lambda choice: Generated(np.array(X, np.float64), targets, (), classes)


def _generator(choice: DataChoice) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(choice.seed))


def _moons(choice: DataChoice) -> Generated:
    n, rng = choice.rows, _generator(choice)
    which = np.arange(n) % 2
    t = rng.uniform(0, np.pi, n)
    X = np.where(which[:, None] == 0, _pair(np.cos(t), np.sin(t)), _pair(1 - np.cos(t), 0.5 - np.sin(t)))
    return Generated(X + rng.normal(0, choice.noise, X.shape), which, (), ("0", "1"))


def _spiral(choice: DataChoice) -> Generated:
    n, rng = choice.rows, _generator(choice)
    which = np.arange(n) % 2
    r = np.sqrt(rng.uniform(0.02, 1, n))
    angle = 2 * np.pi * 1.25 * r + np.pi * which
    X = _pair(r * np.cos(angle), r * np.sin(angle))
    return Generated(X + rng.normal(0, choice.noise / 5, X.shape), which, (), ("0", "1"))


def _circles(choice: DataChoice) -> Generated:
    n, rng = choice.rows, _generator(choice)
    which = np.arange(n) % 2
    r, angle = np.where(which == 0, 1.0, 0.4), rng.uniform(0, 2 * np.pi, n)
    X = _pair(r * np.cos(angle), r * np.sin(angle))
    return Generated(X + rng.normal(0, choice.noise, X.shape), which, (), ("0", "1"))


def _wave(choice: DataChoice) -> Generated:
    n, rng = choice.rows, _generator(choice)
    x = np.sort(rng.uniform(-1, 1, n))
    y = np.sin(np.pi * x) + rng.normal(0, choice.noise, n)
    return Generated(x[:, None], y[:, None], ("x",))


def _digits(choice: DataChoice) -> Generated:
    found = load_demo("digits")
    X, y = found.drop(TARGET).to_numpy(), found[TARGET].cast(int).to_numpy()
    kept = _generator(choice).permutation(len(X))[: choice.rows]
    names = tuple(f"p{i}{j}" for i in range(1, 9) for j in range(1, 9))
    return Generated(X[kept] / 16, y[kept], names, tuple("0123456789"))


def _pair(x1: Array, x2: Array) -> Array:
    return np.stack([x1, x2], axis=1)


def _layers(*given: tuple[int, str]) -> tuple[LayerChoice, ...]:
    return tuple(LayerChoice(units, activation) for units, activation in given)


_XOR_X = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
_BATCHES = TrainingChoice("adam", 0.03, batch_size=10, shuffle=True)

PRESETS: dict[str, Preset] = {
    "xor": Preset(
        _typed(_XOR_X, [[0], [1], [1], [0]], "0", "1"),
        Message("play.presets.xor"),
        NetworkChoice(_layers((4, "tanh"), (1, "sigmoid"))),
        TrainingChoice("gradient_descent", 0.5, batch_size=0),
    ),
    "mazur": Preset(  # Matt Mazur, "A Step by Step Backpropagation Example"
        _typed([[0.05, 0.10]], [[0.01, 0.99]]),
        Message("play.presets.mazur"),
        NetworkChoice(_layers((2, "sigmoid"), (2, "sigmoid")), "squared_error"),
        TrainingChoice("gradient_descent", 0.5, batch_size=0),
        {"W1": [[0.15, 0.25], [0.2, 0.3]], "b1": [0.35, 0.35], "W2": [[0.4, 0.5], [0.45, 0.55]], "b2": [0.6, 0.6]},
    ),
    "cs231n": Preset(  # the neuron of CS231n's notes on backpropagation: w = (2, −3), b = −3, x = (−1, −2)
        _typed([[-1.0, -2.0]], [[1.0]]),
        Message("play.presets.cs231n"),
        NetworkChoice(_layers((1, "sigmoid")), "squared_error"),
        TrainingChoice("gradient_descent", 1.0, batch_size=0),
        {"W1": [[2.0], [-3.0]], "b1": [-3.0]},
    ),
    "three_four_one": Preset(
        _typed([[0.5, -1.0, 2.0], [1.0, 0.5, -0.5]], [[1], [0]], "0", "1"),
        Message("play.presets.three_four_one"),
        NetworkChoice(_layers((4, "tanh"), (1, "sigmoid"))),
        TrainingChoice("gradient_descent", 0.1, batch_size=1),
    ),
    "moons": Preset(
        _moons,
        Message("play.presets.moons"),
        NetworkChoice(_layers((8, "tanh"), (8, "tanh"), (2, "softmax")), "cross_entropy"),
        _BATCHES,
        rows=500,
        noise=0.15,
        test=0.3,
    ),
    "circles": Preset(
        _circles,
        Message("play.presets.circles"),
        NetworkChoice(_layers((4, "tanh"), (1, "sigmoid"))),
        _BATCHES,
        rows=300,
        noise=0.1,
        test=0.3,
    ),
    "spiral": Preset(
        _spiral,
        Message("play.presets.spiral"),
        NetworkChoice(_layers((16, "tanh"), (16, "tanh"), (1, "sigmoid"))),
        _BATCHES,
        rows=400,
        noise=0.1,
        test=0.3,
    ),
    "wave": Preset(
        _wave,
        Message("play.presets.wave"),
        NetworkChoice(_layers((8, "tanh"), (1, "identity")), "mean_squared_error"),
        _BATCHES,
        rows=100,
        noise=0.1,
        test=0.3,
    ),
    "digits": Preset(
        _digits,
        Message("play.presets.digits"),
        NetworkChoice(_layers((32, "relu"), (10, "softmax")), "cross_entropy", "he"),
        TrainingChoice("adam", 0.003, batch_size=32, shuffle=True),
        rows=1000,
        test=0.3,
    ),
    "plane": Preset(  # with one point of each class, since there is no network of no samples
        _typed([[-0.5, -0.5], [0.5, 0.5]], [[0], [1]], "0", "1"),
        Message("play.presets.plane"),
        NetworkChoice(_layers((4, "tanh"), (1, "sigmoid"))),
        TrainingChoice("adam", 0.03, batch_size=0),
        ends=((-1.0, 1.0), (-1.0, 1.0)),
    ),
    "line": Preset(
        _typed([[-0.5], [0.5]], [[-0.5], [0.5]]),
        Message("play.presets.line"),
        NetworkChoice(_layers((8, "tanh"), (1, "identity")), "mean_squared_error"),
        TrainingChoice("adam", 0.03, batch_size=0),
        ends=((-1.0, 1.0), (-1.0, 1.0)),
    ),
}
