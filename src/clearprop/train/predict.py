"""Predictions and scores of given parameters: X → a[L], loss and metrics on held-out data."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from clearprop.cached import cached_property
from clearprop.errors import InvalidValueError, plural
from clearprop.execute import Array, Executor, HeldOut, Program
from clearprop.graph import Graph, simplify
from clearprop.nn import Architecture, Loss, MultiTask, TargetForm
from clearprop.table.split import split_rows
from clearprop.train.metrics import Metric

LOOKED_AT = 1000  # rows
_NOT_ZERO = 1 / 4  # share of the numbers, at most: of a third dense products are as fast; images of digits have a fifth


def mostly_zero(X: Array) -> bool:
    """Whether at most a quarter of the numbers are not 0.

    Example:
        >>> mostly_zero(np.eye(8)), mostly_zero(np.ones((4, 4)))
        (True, False)
    """
    return X.size > 0 and int(np.count_nonzero(X)) <= _NOT_ZERO * int(X.size)


@dataclass(frozen=True)
class Data:
    """Features and targets, checked and in the shapes and dtypes that the graphs have.

    Attributes:
        X, y: features and targets.
        form: of the targets.
        weights: of the rows, float64; only their ratios count. None where all rows count alike.
        among: the numbers of these rows in X, y and weights, int64, where they are only some of them; else None.
    """

    X: Array
    y: Array
    form: TargetForm
    weights: Array | None = None
    among: Array | None = None

    def __len__(self) -> int:
        return len(self.X) if self.among is None else len(self.among)

    def view(self, among: Array) -> Data:
        """Some of the rows, where they are; what is read of them is gathered row by row."""
        return replace(self, among=np.asarray(among, np.int64))

    def rows(self, index: Array) -> Data:
        """Some of the rows, as copies."""
        index = index if self.among is None else self.among[index]
        return Data(self.X[index], self.y[index], self.form, None if self.weights is None else self.weights[index])

    @property
    def zeros(self) -> tuple[str, ...]:
        """The inputs that are mostly 0, by their names in the graphs."""
        some = self.X[:LOOKED_AT] if self.among is None else self.X[self.among[:LOOKED_AT]]
        return ("X",) if mostly_zero(some) else ()

    @cached_property
    def w(self) -> Array | None:
        """The weights with mean 1 over these rows, unless all are 0, in the dtype of X.

        They are scaled before they are cast: a weight that is small beside those of other rows only stays above 0.
        """
        weights = self._weights
        if weights is None or self.weights is None:
            return None
        if not self.weightless:
            up_to_one = weights / weights.max()
            weights = up_to_one / up_to_one.mean()
        if self.among is None:
            return weights.astype(self.X.dtype)
        scaled = np.zeros(len(self.weights), self.X.dtype)
        scaled[self.among] = weights
        return scaled

    @property
    def _weights(self) -> Array | None:
        return self.weights if self.weights is None or self.among is None else self.weights[self.among]

    @property
    def weightless(self) -> bool:
        """Whether no row counts: nothing can be learned from them, and no loss is defined."""
        return self._weights is not None and not self._weights.any()

    def arrays(self) -> dict[str, Array]:
        """By the names they have in the graphs; of `view`s all rows, w being 0 for others than these."""
        return {"X": self.X, "y": self.y} | ({} if self.w is None else {"w": self.w})


def split_data(data: Data, share: float, seed: int) -> tuple[Data, Data]:
    """Hold out a share of the rows, stratified by class where there are labels: (rest, held out).

    Raises:
        InvalidValueError: if the share is not between 0 and 1, or leaves no rows on one side.
    """
    if not 0 < share < 1:
        raise InvalidValueError(f"validation share {share!r}", "a number between 0 and 1, or (X, y)")
    labels = data.y if data.form == "labels" else None
    split = split_rows(len(data), seed=seed, fractions=(share, 0.0), stratify=labels)
    if not len(split.train) or not len(split.validation):
        raise InvalidValueError(
            f"validation share {share!r} of {plural(len(data), 'row')}", "at least one row on each side"
        )
    rest, held_out = data.rows(split.train), data.rows(split.validation)
    if rest.weightless:
        raise InvalidValueError("training rows that all have weight 0", "some that count", "try another seed")
    return rest, held_out


def made_up(architecture: Architecture, rows: int) -> tuple[Array, Array]:
    """Random features, and targets of the kind that the loss wants.

    Raises:
        MemoryError: for more rows than there can be.
    """
    if rows * architecture.n_inputs >= 2**59:
        raise MemoryError(f"{rows:,} rows of random numbers")
    rng = np.random.default_rng(0)
    X = rng.normal(size=(rows, architecture.n_inputs))
    loss = architecture.checked_loss()
    if isinstance(loss, MultiTask):
        return X, np.concatenate([_made_up(part, width, rows, rng) for part, width in loss.parts], axis=1)
    if loss.target == "classes":
        return X, rng.integers(0, architecture.n_outputs, rows)
    return X, _made_up(loss, architecture.n_outputs, rows, rng)


def _made_up(loss: Loss, k: int, rows: int, rng: np.random.Generator) -> Array:
    """Random targets of one kind (rows, k), classes one-hot."""
    if loss.target == "classes":
        return np.eye(k)[rng.integers(0, k, rows)]
    return rng.integers(0, 2, (rows, k)) if loss.target == "binary" else rng.normal(size=(rows, k))


class Scorer:
    """Loss and metrics of a network on held-out data."""

    def __init__(
        self, architecture: Architecture, metrics: tuple[Metric, ...], data: Data, executor: Executor, dtype: str
    ) -> None:
        graph = architecture.loss_graph(dtype, False, data.form, data.weights is not None)
        self.metrics = metrics
        self.data = data if data.among is None or not metrics else data.rows(np.arange(len(data)))
        self.held_out = HeldOut(executor.load(simplify(Graph({"loss": graph["loss"]}))), data.arrays(), data.among)
        self.outputs = prediction_program(architecture, executor, dtype)

    def scores(self, parameters: dict[str, Array]) -> dict[str, float]:
        """`validation_loss` and the metrics."""
        row = {"validation_loss": math.nan if self.data.weightless else self.held_out.loss(parameters)}
        if self.metrics:
            y, a = self.data.y.view(), self.outputs.bind(parameters)(self.data.X).view()
            y.flags.writeable = a.flags.writeable = False  # y may be the user's own, the next metric sees both
            row |= {f"validation_{m.name}": m(y, a) for m in self.metrics}
        return row


def prediction_program(architecture: Architecture, executor: Executor, dtype: str) -> Program:
    """The program of X → a[L]."""
    try:
        graph = _remembered(architecture, dtype)
    except TypeError:  # a layer of the user's that cannot be hashed
        graph = _output(architecture, dtype)
    return executor.load(graph, reuse=False)  # what follows from parameters alone is kept from call to call


def _output(architecture: Architecture, dtype: str) -> Graph:
    return simplify(Graph({"a": next(iter(architecture.prediction_graph(dtype).outputs.values()))}))


_remembered = lru_cache(maxsize=32)(_output)
