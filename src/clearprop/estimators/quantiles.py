"""Quantiles of a number: what is learned instead of its mean, and the shift that makes held-out rows lie below."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clearprop.estimators.predictor import as_network
from clearprop.estimators.preparation import Prepared
from clearprop.estimators.training import TrainedPredictor
from clearprop.network import Network, ensemble_of
from clearprop.table.number_target import NumberTarget

Array = NDArray[Any]


def shifted(ready: Prepared, run: TrainedPredictor) -> tuple[Prepared, TrainedPredictor]:
    """The same, of a quantile with outputs so shifted that the share τ of rows that were not learned from lies below.

    The shift goes into the last bias of each member, so that every formula and file shows the network as it answers.
    Without such rows, or with too few for this τ, there is none, which the target tells.

    Args:
        ready: the rows; the target is told of the shift.
        run: the training; its networks are changed.
    """
    target = ready.target
    if not isinstance(target, NumberTarget) or target.quantile is None:
        return ready, run
    part = "validation" if run.folds is None else "train"
    X, y, weights = ready.part(part)
    if not len(y) or (run.held_out is None and run.folds is not None):
        return ready, run
    if run.held_out is None or run.folds is None:
        outputs = run.predictor.predict(X)[:, 0]
    else:
        some = run.folds >= 0
        outputs, y = run.held_out[some, 0], y[some]
        weights = None if weights is None else weights[some]
    shift = conformal_shift(y - outputs, target.quantile, weights)
    if not np.isfinite(shift):
        return ready, run
    held_out = None if run.held_out is None else run.held_out + run.held_out.dtype.type(shift)
    network = _with_shift(as_network(run.predictor), shift)
    return replace(ready, target=replace(target, shift=shift)), replace(run, predictor=network, held_out=held_out)


def conformal_shift(residuals: Array, tau: float, weights: Array | None = None) -> float:
    """The ⌈(n + 1)τ⌉-th smallest of n residuals y − ŷ; infinite where there are fewer.

    A new row that is exchangeable with them has a smaller residual with a probability of at least τ. With weights wᵢ it
    is the smallest residual whose rows weigh, with all smaller ones, τ·(Σwᵢ + w̄).

    Args:
        residuals: of rows that were not learned from (n,).
        tau: τ in (0, 1).
        weights: of the rows (n,), or None.

    Source: Romano, Patterson, Candès, Conformalized Quantile Regression, NeurIPS 2019.

    Example:
        >>> nine = np.arange(9.0)
        >>> conformal_shift(nine, 0.1), conformal_shift(nine, 0.9), conformal_shift(nine, 0.95)
        (0.0, 8.0, inf)
    """
    w = np.ones(len(residuals)) if weights is None else np.asarray(weights, np.float64)
    order = np.argsort(residuals, kind="stable")
    mass = np.cumsum(w[order])
    place = int(np.searchsorted(mass, tau * (mass[-1] + mass[-1] / len(w)) * (1 - 1e-12)))
    return float(residuals[order[place]]) if place < len(w) else float("inf")


def _with_shift(network: Network, shift: float) -> Network:
    """The network whose answers are so much larger: each member's last bias is."""
    members = network.members
    for member in members:
        bias = list(member.parameters)[-1]
        member.parameters[bias] = member.parameters[bias] + shift
    return network if len(members) == 1 else ensemble_of(members)
