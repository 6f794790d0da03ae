"""How far members go on from the weights of their best epoch to those of their last: what held-out rows say of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clearprop.estimators.scores import class_probabilities
from clearprop.estimators.several.targets import Targets
from clearprop.estimators.temperature import fitted_temperature, log_loss, tempered
from clearprop.network import Network
from clearprop.table.target import ClassTarget, Target

Array = NDArray[Any]

SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True)
class Overrun:
    """How far all members went on from their best epoch.

    Attributes:
        share: α of θ = (1 − α)·θ(best epoch) + α·θ(last epoch).
        losses: that the held-out rows had with each of `SHARES`: the log loss after a temperature, the mean square, or
            the mean pinball loss.
    """

    share: float
    losses: tuple[float, ...]

    def to_dict(self) -> dict[str, Any]:
        """As plain data."""
        return {**asdict(self), "losses": list(self.losses)}


def overrun(
    members: Sequence[Network], X: Array, y: Array, folds: Array, target: Target | Targets, weights: Array | None
) -> tuple[Array, Overrun]:
    """Put each member between the weights of its best epoch and its last, where held-out rows have the least loss.

    The best epoch is best for one member, by the few rows that it held out. The mean of several may go on: what each
    has learned by heart differs, and is averaged away. How far is one number for all members, by all rows.

    Args:
        members: whose last training kept both; changed.
        X: features (n, k).
        y: coded targets (n,).
        folds: which member held out each row (n,), from 0.
        target: how y is coded.
        weights: of the rows (n,) as they counted in training, or None.

    Returns:
        What each row is answered by the member that did not learn it, (n, outputs), and what was chosen.

    Source: Wortsman et al. (2022), "Robust fine-tuning of zero-shot models", for weights between two ends of one
    training.
    """
    ends = [(member.best_arrays(), member.arrays()) for member in members]
    losses, best = [], (np.inf, 0.0, np.empty(0))
    for share in SHARES:
        _go(members, ends, share)
        outputs = held_out_outputs(members, X, folds)
        losses.append(_loss(target, outputs, y, weights))
        best = min(best, (losses[-1], share, outputs), key=lambda found: found[0])
    _go(members, ends, best[1])
    return best[2], Overrun(best[1], tuple(losses))


def least_loss(
    members: Sequence[Network], X: Array, y: Array, folds: Array, target: Target | Targets, weights: Array | None
) -> float:
    """The loss that `overrun` would find, with the members left where they are."""
    last = [member.arrays() for member in members]
    _, found = overrun(members, X, y, folds, target, weights)
    _go(members, [(arrays, arrays) for arrays in last], 0.0)
    return min(found.losses)


def back_to_best(members: Sequence[Network]) -> None:
    """Put each member back to its best epoch, where not all have held out their rows."""
    _go(members, [(member.best_arrays(), member.arrays()) for member in members], 0.0)


def held_out_outputs(members: Sequence[Network], X: Array, folds: Array) -> Array:
    """What each row is answered by the member that held it out (n, outputs)."""
    outputs = np.empty((len(X), members[0].architecture.n_outputs), X.dtype)
    for k, member in enumerate(members):
        outputs[folds == k] = member.predict(X[folds == k])
    return outputs


def _go(members: Sequence[Network], ends: Sequence[tuple[Mapping[str, Array], Mapping[str, Array]]], a: float) -> None:
    """θ = (1 − α)·θ(best epoch) + α·θ(last epoch), of each member."""
    for member, (best, last) in zip(members, ends, strict=True):
        for part in (member.parameters, member.running):
            part.assign_all({name: (1 - a) * best[name] + a * last[name] for name in part})


def _loss(target: Target | Targets, outputs: Array, y: Array, weights: Array | None) -> float:
    if isinstance(target, Targets):
        return sum(_loss_of_one(one, outputs[:, at], y[:, at], weights) for one, at in target.columns)
    if not isinstance(target, ClassTarget):
        return float(np.average(target.losses(y, outputs[:, 0]), weights=weights))
    p = class_probabilities(outputs)
    return log_loss(tempered(p, fitted_temperature(p, y, weights)), y, weights)


def _loss_of_one(target: Target, outputs: Array, y: Array, weights: Array | None) -> float:
    """The same of one of several targets, as in training: the mean over the rows that have it."""
    known = ~np.isnan(y[:, 0])
    there = y[known]
    coded = there[:, 0] if there.shape[1] == 1 else there.argmax(axis=1)
    coded = coded.astype(np.int64) if isinstance(target, ClassTarget) else coded
    return _loss(target, outputs[known], coded, None if weights is None else weights[known])
