"""The temperature: how much surer, or less sure, probabilities have to be so that they are right on held-out rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clearprop.estimators.scores import class_probabilities
from clearprop.network import Network
from clearprop.table.plain import Positive, RowCount

Array = NDArray[Any]

_LOWEST, _DEVIATION = 0.05, 0.5  # of T, and of what log T is thought to be before any row is seen
_OF_MEAN = 0.8  # power of a T above 1
_SMALLEST = float(np.finfo(np.float32).eps)  # of a probability
_GOLDEN, _STEPS = (5**0.5 - 1) / 2, 40
_BINS = 15


@dataclass(frozen=True)
class Calibration:
    """The temperature of a model of classes, and what it changed on the rows by which it was found.

    Attributes:
        temperature: T; the last weights and biases of each member are divided by it.
        rows: that were held out.
        log_loss, error: before and after; the error as `calibration_error`.
    """

    temperature: Positive
    rows: RowCount
    log_loss: tuple[float, float]
    error: tuple[float, float]

    def to_dict(self) -> dict[str, Any]:
        """As plain data."""
        return {**asdict(self), "log_loss": list(self.log_loss), "error": list(self.error)}


def calibrated_members(
    members: Sequence[Network], held_out: Array, y: Array, weights: Array | None
) -> tuple[Array, Calibration]:
    """Divide the last weights and biases of each member by the temperature, so that p = softmax(z/T).

    T is that of single members, on the rows that they did not learn from. Their mean is less sure than each of them, so
    of a T above 1, which says that single members are too sure, only T^0.8 is taken: on the inner splits of the open
    tables this was best for the mean, give or take 0.1.

    Args:
        members: networks that end in a layer with sigmoid or softmax; changed.
        held_out: their outputs (n, k) for rows that they did not learn.
        y: class numbers (n,).
        weights: of the rows (n,) as they counted in training, or None.

    Returns:
        The outputs (n, k) as they are now, and what was done.
    """
    p = class_probabilities(held_out)
    temperature = fitted_temperature(p, y, weights)
    temperature = min(temperature, temperature**_OF_MEAN)
    cooler = tempered(p, temperature)
    for member in members:
        _divide_last_layer(member, temperature)
    losses = log_loss(p, y, weights), log_loss(cooler, y, weights)
    errors = calibration_error(p, y, weights), calibration_error(cooler, y, weights)
    outputs = (cooler if held_out.shape[1] > 1 else cooler[:, 1:]).astype(held_out.dtype)
    return outputs, Calibration(temperature, len(y), losses, errors)


def fitted_temperature(p: Array, y: Array, weights: Array | None = None) -> float:
    """The T with the least Σ wᵢ·(−log pᵢ(yᵢ; T)) + (log T)²/(2·0.5²), p(T) = softmax(log p / T), within 0.05 … 20.

    The second term is a prior: a T of 1 give or take a factor of e^½. It decides where rows are few, or all are right,
    and the first term alone would have T go to 0. The sum is searched by golden sections of log T.

    Args:
        p: probabilities (n, k).
        y: class numbers (n,).
        weights: of the rows (n,), or None; only their ratios count.

    Source: Guo et al., On Calibration of Modern Neural Networks, ICML 2017, for the temperature.

    Example:
        >>> p, y = np.array([[0.6, 0.4], [0.4, 0.6]] * 500), np.array([0, 1] * 450 + [1, 0] * 50)  # 90 % are right
        >>> T = fitted_temperature(p, y)
        >>> tempered(p[:1], T).round(2)
        array([[0.9, 0.1]])
    """
    logs = _logs(p)

    def cost(t: float) -> float:
        return len(y) * _loss(logs / np.exp(t), y, weights) + t**2 / (2 * _DEVIATION**2)

    low, high = float(np.log(_LOWEST)), -float(np.log(_LOWEST))
    left, right = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
    at_left, at_right = cost(left), cost(right)
    for _ in range(_STEPS):
        if at_left <= at_right:
            high, right, at_right = right, left, at_left
            left = high - _GOLDEN * (high - low)
            at_left = cost(left)
        else:
            low, left, at_left = left, right, at_right
            right = low + _GOLDEN * (high - low)
            at_right = cost(right)
    return float(np.exp((low + high) / 2))


def tempered(p: Array, temperature: float) -> Array:
    """softmax(log p / T), (n, k)."""
    z = _logs(p) / temperature
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return np.asarray(e / e.sum(axis=1, keepdims=True))


def log_loss(p: Array, y: Array, weights: Array | None = None) -> float:
    """The mean of −log pᵢ(yᵢ)."""
    return _loss(_logs(p), y, weights)


def calibration_error(p: Array, y: Array, weights: Array | None = None) -> float:
    """Σ over bins of (weight in the bin)·|mean of the largest p − share of right answers|, the expected calibration
    error, with 15 bins of about equally many rows; rows that are equally sure stay together.

    Example:
        >>> p, y = np.array([[0.8, 0.2]] * 10), np.array([0] * 6 + [1] * 4)  # 80 % said, 60 % right
        >>> round(calibration_error(p, y), 3)
        0.2
    """
    w = np.full(len(y), 1 / len(y)) if weights is None else weights / weights.sum()
    sure, right = p.max(axis=1), p.argmax(axis=1) == y
    edges = np.quantile(sure, np.linspace(0, 1, _BINS + 1)[1:-1])
    return float(np.abs(np.bincount(np.searchsorted(edges, sure), w * (sure - right))).sum())


def _logs(p: Array) -> Array:
    return np.asarray(np.log(np.maximum(np.asarray(p, np.float64), _SMALLEST)))


def _loss(z: Array, y: Array, weights: Array | None) -> float:
    """The mean of −log softmax(z)_y."""
    z = z - z.max(axis=1, keepdims=True)
    losses = np.log(np.exp(z).sum(axis=1)) - z[np.arange(len(y)), y]
    return float(np.average(losses, weights=weights))


def _divide_last_layer(network: Network, temperature: float) -> None:
    front = network.architecture.layers[:-1]
    before = replace(network.architecture, layers=front).parameters if front else {}
    for name in network.architecture.parameters:
        if name not in before:
            network.parameters[name] = network.parameters[name] / temperature
