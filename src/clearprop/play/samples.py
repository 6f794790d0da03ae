"""The samples that a bench trains on: numbers as the network sees them, with the names that people gave them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from clearprop.errors import InvalidValueError, ShapeError, plural
from clearprop.execute import Array
from clearprop.messages import Message
from clearprop.play.presets import PRESETS
from clearprop.play.state import DataChoice
from clearprop.table.split import split_rows


@dataclass(frozen=True)
class Samples:
    """What is learned from.

    Attributes:
        X: (N, n) inputs, as the network sees them.
        y: (N,) class numbers, (N, 1) of 0 and 1, or (N, k) numbers: what the loss wants is made of it by `targets`.
        inputs: a name for each column of X.
        classes: of a classification; empty where y are numbers.
        train, test: numbers of the rows.
        said: what was guessed, left out or bounded.
        names: of the columns of a table, the target among them.
        columns: of a table: each one's name, kind, and what the encoder made of it.
        target: name of the table's column that is predicted.
        named: whether the first line of the table named them.
    """

    X: Array
    y: Array
    inputs: tuple[str, ...]
    classes: tuple[str, ...]
    train: Array
    test: Array
    said: tuple[Message, ...] = ()
    names: tuple[str, ...] = ()
    columns: tuple[tuple[str, Message, Message], ...] = ()
    target: str = ""
    named: bool = True

    @property
    def is_typed(self) -> bool:
        """Whether there are so few numbers that each can be typed."""
        return self.X.size <= 400

    def targets(self, loss_target: str, n_outputs: int) -> Array:
        """y in the form that a loss takes: class numbers, 0 and 1, or numbers.

        Raises:
            ShapeError: if the network's outputs and the targets do not match.
        """
        if not self.classes:
            if self.y.shape[1] != n_outputs:
                raise ShapeError(
                    f"{plural(n_outputs, 'unit')} in the last layer", f"{self.y.shape[1]}, as many as targets"
                )
            return self.y
        k = len(self.classes)
        if loss_target == "classes" or n_outputs > 1:
            if n_outputs != k:
                raise ShapeError(f"{plural(n_outputs, 'unit')} in the last layer", f"{k}, one for each class")
            return self.y if loss_target == "classes" else np.eye(k)[self.y]
        if k > 2:
            raise ShapeError(
                f"one unit in the last layer for {plural(k, 'class')}", f"{plural(k, 'unit')} with softmax"
            )
        return self.y[:, None].astype(np.float64)


def samples_of(choice: DataChoice) -> Samples:
    """The samples that a state asks for.

    Raises:
        ClearpropError: if they cannot be had.
    """
    return _KINDS[_known(choice.kind)](choice)


def _known(kind: str) -> str:
    if kind not in _KINDS:
        raise InvalidValueError(f"data of kind {kind!r}", "one of: " + ", ".join(_KINDS))
    return kind


def _of_preset(choice: DataChoice) -> Samples:
    if choice.name not in PRESETS:
        raise InvalidValueError(f"a preset called {choice.name!r}", "one of: " + ", ".join(PRESETS))
    made = PRESETS[choice.name].data(choice)
    return _split(made.X, made.y, made.inputs, made.classes, choice)


def _of_numbers(choice: DataChoice) -> Samples:
    """What was typed or drawn: rows of numbers; of classes, y holds their numbers."""
    X, y = _matrix("x", choice.X), _matrix("y", choice.y)
    if len(X) != len(y):
        raise ShapeError(f"{plural(len(X), 'sample')} and {plural(len(y), 'target')}", "as many of both")
    names = choice.inputs if len(choice.inputs) == X.shape[1] else _named(X.shape[1])
    if not choice.classes:
        return _split(X, y, names, (), choice)
    labels = y[:, 0]
    if y.shape[1] != 1 or not np.isin(labels, np.arange(len(choice.classes))).all():
        raise InvalidValueError("targets that are no numbers of classes", f"0 … {len(choice.classes) - 1}")
    return _split(X, labels.astype(np.int64), names, choice.classes, choice)


def _matrix(what: str, rows: tuple[tuple[float, ...], ...]) -> Array:
    if not rows or not rows[0]:
        raise ShapeError(f"no {what}", "one sample or more")
    if any(len(row) != len(rows[0]) for row in rows):
        raise ShapeError(f"samples with different numbers of {what}", f"{len(rows[0])} in each")
    return np.array(rows, np.float64)


def _named(n: int) -> tuple[str, ...]:
    return tuple(f"x{'₀₁₂₃₄₅₆₇₈₉'[k] if k < 10 else k}" for k in range(1, n + 1))


def _split(X: Array, y: Array, inputs: tuple[str, ...], classes: tuple[str, ...], choice: DataChoice) -> Samples:
    inputs = inputs or _named(X.shape[1])
    if not choice.test:
        every = np.arange(len(X))
        return Samples(X, y, inputs, classes, every, every[:0])
    parts = split_rows(len(X), seed=choice.seed, fractions=(0.0, choice.test), stratify=y if classes else None)
    return Samples(X, y, inputs, classes, parts.train, parts.test)


def _of_table(choice: DataChoice) -> Samples:
    from clearprop.play.tables import samples_of_table

    return samples_of_table(choice)


_KINDS: dict[str, Callable[[DataChoice], Samples]] = {
    "preset": _of_preset,
    "numbers": _of_numbers,
    "points": _of_numbers,
    "table": _of_table,
}
