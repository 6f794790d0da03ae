"""Metrics: one number from targets and predictions."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from clearprop.errors import DTypeError, InvalidValueError, a_or_an, unknown_name
from clearprop.execute import Array
from clearprop.nn import Loss


def _labels(y: Array) -> Array:
    """Class numbers from labels (N,), probabilities (N, k), or one probability (N, 1)."""
    if y.ndim == 1:
        return y
    return np.argmax(y, axis=1) if y.shape[1] > 1 else _truth(y[:, 0]).astype(np.int64)


def _truth(y: Array) -> Array:
    return y >= 0.5


def right_classes(y: Array, a: Array) -> Array:
    """Of each row whether its most probable class is the right one, (N,)."""
    return np.asarray(_labels(y) == _labels(a))


def right_answers(y: Array, a: Array) -> Array:
    """Of each output whether it is on the right side of ½, (N, k)."""
    return np.asarray(_truth(y) == _truth(a))


def accuracy(y: Array, a: Array) -> float:
    """The share of rows whose most probable class is the right one.

    Example:
        >>> accuracy(np.array([0, 1]), np.array([[0.9, 0.1], [0.6, 0.4]]))
        0.5
    """
    return float(np.mean(right_classes(y, a)))


def binary_accuracy(y: Array, a: Array) -> float:
    """The share of outputs on the right side of ½, each a question of its own: accuracy where several may be true.

    Example:
        >>> binary_accuracy(np.array([[1.0, 1.0], [0.0, 1.0]]), np.array([[0.8, 0.9], [0.6, 0.7]]))
        0.75
    """
    return float(np.mean(right_answers(y, a)))


def r2(y: Array, a: Array) -> float:
    """1 − Σ(y − a)²/Σ(y − ȳ)², the mean over the outputs; 0 for a constant target."""
    y = np.asarray(y, np.float64)  # in float32 the mean of a long column loses its digits
    residual = np.sum((y - a) ** 2, axis=0)
    total = np.sum((y - np.mean(y, axis=0)) ** 2, axis=0)
    return float(np.mean(np.where(total > 0, 1.0 - residual / np.where(total > 0, total, 1.0), 0.0)))


def rmse(y: Array, a: Array) -> float:
    """√ of the mean of (y − a)²."""
    return float(np.sqrt(np.mean((y - a) ** 2, dtype=np.float64)))


def mae(y: Array, a: Array) -> float:
    """The mean of |y − a|."""
    return float(np.mean(np.abs(y - a), dtype=np.float64))


@dataclass(frozen=True)
class Metric:
    """A named function of (targets, predictions), and whether more is better."""

    name: str
    function: Callable[[Array, Array], float]
    higher_is_better: bool

    def __call__(self, y: Array, a: Array) -> float:
        """The metric's value.

        Raises:
            DTypeError: if the function gives no number.
        """
        value = self.function(y, a)
        try:
            if np.ndim(value) == 0 and not isinstance(value, str | bytes):
                return float(value)
        except (TypeError, ValueError):
            pass
        raise DTypeError(f"metric {self.name!r} gave {a_or_an(type(value).__name__)}", "a number")


METRICS = {
    "accuracy": Metric("accuracy", accuracy, True),
    "r2": Metric("r2", r2, True),
    "rmse": Metric("rmse", rmse, False),
    "mae": Metric("mae", mae, False),
}


_RESERVED = ("loss", "validation_loss", "learning_rate", "seconds")  # what else is told of an epoch


def resolve_metrics(given: Any, loss: Loss) -> tuple[Metric, ...]:
    """Metrics given by name or as functions (y, a) → number; None is the usual one for the loss.

    "accuracy" is `binary_accuracy` for binary targets. None is none for several tasks, whose columns differ in kind.

    Raises:
        UnknownNameError, DTypeError: for what is neither.
        InvalidValueError: for two of one name, or one whose name is that of another number of an epoch.
    """
    if given is None and loss.target == "several":
        return ()
    if given is None:
        given = "r2" if loss.target == "numbers" else "accuracy"
    if isinstance(given, str) or callable(given):
        given = [given]
    elif not isinstance(given, Iterable):
        raise DTypeError(f"metrics {given!r}", "names or functions (y, a) → number")
    metrics = tuple(_resolve(m, loss) for m in given)
    names = [m.name for m in metrics]
    for name in names:
        if name in _RESERVED or names.count(name) > 1:
            raise InvalidValueError(
                f"a metric named {name!r}" if name in _RESERVED else f"two metrics named {name!r}",
                "a name of its own for each, and none of: " + ", ".join(_RESERVED),
                "a function's name is function.__name__: define it by def, or assign another",
            )
    return metrics


def _resolve(given: Any, loss: Loss) -> Metric:
    if isinstance(given, Metric):
        return given
    if isinstance(given, str):
        if given not in METRICS:
            raise unknown_name("metric", given, sorted(METRICS))
        if loss.target == "several":
            raise InvalidValueError(
                f"{given} of several tasks", "a function of (y, a)", "of one: net.heads[k].evaluate"
            )
        if given == "accuracy" and loss.target == "binary":
            return Metric("accuracy", binary_accuracy, True)
        return METRICS[given]
    if callable(given):
        return Metric(str(getattr(given, "__name__", "metric")), given, True)
    raise DTypeError(f"metric {given!r}", "a name or a function (y, a) → number")
