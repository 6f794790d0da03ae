"""Scores of a network with their intervals: accuracy, R², log loss; and the vote of nearest neighbours beside them."""

from __future__ import annotations

import numpy as np

from clearprop.execute import Array
from clearprop.explain.doctor.judgement import Measure, Measures, defined
from clearprop.explain.doctor.patient import Patient
from clearprop.messages import Message
from clearprop.train import Data
from clearprop.train.metrics import right_answers, right_classes

NEIGHBOURS = 5  # that vote
SMALLEST = 1e-7  # of a probability, so that its logarithm is finite
_Z = 1.96  # of a 95% interval
_RESAMPLES, _MOST_RESAMPLED = 500, 5000


def measures_of(patient: Patient, data: Data) -> Measures:
    """Accuracy or R² on some rows, and for classes that exclude each other log loss; only those that are defined."""
    y, known = patient.targets_as_rows(data), patient.targets_as_rows(patient.scored)
    a, weights = _outputs(patient, data.X), patient.row_weights(data)
    constant = np.average(known, axis=0, weights=patient.row_weights(patient.scored))  # shares or mean of the training
    baseline = np.broadcast_to(constant, y.shape)
    if not patient.is_classification:
        errors, spread = (((y - answer) ** 2).sum(axis=1) * weights for answer in (a, baseline))
        return defined({"r2": _explained(Message("verdict.names.r2"), errors, spread)} if spread.sum() > 0 else {})
    share, trivial = (float(np.average(_right(patient, answer, y), weights=weights)) for answer in (a, baseline))
    bounds = _wilson(share, float(weights.sum() ** 2 / (weights**2).sum()))
    found = {"accuracy": Measure(Message("verdict.names.accuracy"), share, *bounds, trivial)}
    if patient.is_one_of_several:
        errors, spread = (_log_losses(answer, y) * weights for answer in (a, baseline))
        found["log_loss"] = _explained(Message("doctor.log_loss_removed"), errors, spread)
    return defined(found)


def _explained(name: Message, errors: Array, baseline: Array) -> Measure:
    """1 − Σ errors/Σ the baseline's errors: R², or the same of the log loss."""
    interval = _bootstrapped(errors, baseline)
    return Measure(name, 1 - float(errors.sum() / baseline.sum()), *interval, 0.0)


def _log_losses(a: Array, y: Array) -> Array:
    """−Σ y ln a of each row, (N,)."""
    a, y = (v if v.shape[1] > 1 else np.concatenate([v, 1 - v], axis=1) for v in (a, y))
    return np.asarray(-(y * np.log(np.clip(a, SMALLEST, 1.0))).sum(axis=1))


def _outputs(patient: Patient, X: Array) -> Array:
    """a[L], held within ±1e60: the fourth powers of that are finite."""
    return np.clip(np.asarray(patient.net.predict(X), np.float64), -1e60, 1e60)


def _right(patient: Patient, a: Array, y: Array) -> Array:
    """How right each row is, 0 … 1: whether its most probable class is, or the share of right answers yes and no."""
    right = right_classes(y, a) if patient.loss.target == "classes" else right_answers(y, a).mean(axis=1)
    return right.astype(np.float64)


def _wilson(p: float, n: float) -> tuple[float, float]:
    """The interval of a share p of n rows (Wilson, 1927), which unlike p ± z·√(p(1 − p)/n) also holds near 0 and 1."""
    middle, half = p + _Z**2 / (2 * n), _Z * (p * (1 - p) / n + _Z**2 / (4 * n**2)) ** 0.5
    return (middle - half) / (1 + _Z**2 / n), (middle + half) / (1 + _Z**2 / n)


def _bootstrapped(errors: Array, baseline: Array) -> tuple[float, float]:
    """The interval of 1 − Σ errors/Σ baseline by the bootstrap over rows."""
    n, rng = min(len(errors), _MOST_RESAMPLED), np.random.Generator(np.random.Philox(0))
    rows = rng.permutation(len(errors))[:n]
    counts = rng.multinomial(n, np.full(n, 1 / n), _RESAMPLES)
    drawn = 1 - (counts @ errors[rows]) / np.maximum(counts @ baseline[rows], 1e-300)
    low, high = np.quantile(drawn, [0.025, 0.975])
    return float(low), float(high)


def gain_of_neighbours(patient: Patient) -> tuple[float, float, float]:
    """By how much the vote of the nearest other rows beats the network on the same rows, its standard error, its score.

    The vote has not seen the row that it answers for, the network has: so a gain means that there is more to learn.
    """
    data = patient.sample
    y, a, weights = patient.targets_as_rows(data), _outputs(patient, data.X), patient.row_weights(data)
    vote = _vote(data.X, y, weights)
    if patient.is_classification:
        theirs, ours = _right(patient, vote, y), _right(patient, a, y)
    else:
        squares = ((y - np.average(y, axis=0, weights=weights)) ** 2).sum(axis=1)
        scale = np.average(squares, weights=weights) or 1.0
        theirs, ours = (1 - ((y - x) ** 2).sum(axis=1) / scale for x in (vote, a))
    gain = theirs - ours
    mean = float(np.average(gain, weights=weights))
    error = float(np.sqrt((weights**2 * (gain - mean) ** 2).sum()) / weights.sum())
    return mean, error, float(np.average(theirs, weights=weights))


def _vote(X: Array, y: Array, weights: Array) -> Array:
    """The mean target of each row's nearest other rows, by Euclidean distance of the standardised columns."""
    std = X.std(axis=0)
    Z = (X - X.mean(axis=0))[:, std > 0] / std[std > 0]
    squares = (Z**2).sum(axis=1)
    distance = squares[:, None] + squares - 2 * Z @ Z.T
    np.fill_diagonal(distance, np.inf)
    k = min(NEIGHBOURS, len(X) - 1)
    if k < 1:
        return np.broadcast_to(y.mean(axis=0), y.shape)
    nearest = np.argpartition(distance, k - 1, axis=1)[:, :k]
    votes = weights[nearest][:, :, None]
    mean: Array = (votes * y[nearest]).sum(axis=1) / np.maximum(votes.sum(axis=1), 1e-300)
    return mean
