"""What follows a training: what its answers need, its scores, and what a model remembers of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np

from clearprop.estimators.evaluation import Evaluation, evaluate
from clearprop.estimators.preparation import Prepared
from clearprop.estimators.recall import digest, training_facts
from clearprop.estimators.recipe import Run
from clearprop.estimators.scores import answers_on
from clearprop.estimators.threshold import choose
from clearprop.network import Network
from clearprop.table import ClassTarget, Target
from clearprop.version import __version__


def deciding(ready: Prepared, network: Network, metric: str) -> Prepared:
    """With the decision that makes a score best on the validation rows, or on the training rows if there are none."""
    target = ready.target
    if not isinstance(target, ClassTarget):
        return ready
    part = "validation" if len(ready.part("validation")[1]) and len(target.classes) == 2 else "train"
    (X, y, weights), (_, learned, counted) = ready.part(part), ready.learned_from("train")
    mass = np.bincount(learned, counted, minlength=len(target.classes))
    decision = choose(metric, target, y, network.predict(X), weights, mass, part)
    return replace(ready, target=replace(target, decision=decision))


def smeared(ready: Prepared, network: Network) -> Target:
    """The target with what its predictions are multiplied by, found on validation rows, if there are any."""
    if isinstance(ready.target, ClassTarget):
        return ready.target
    X, y, _ = ready.part("validation" if len(ready.part("validation")[1]) else "train")
    return ready.target.smeared(y, network.predict(X)[:, 0])


def evaluated(ready: Prepared, network: Network) -> dict[str, Evaluation]:
    """The evaluation of each part that has rows, the last of them with intervals."""
    parts = {name: ready.part(name) for name in ("train", "validation", "test")}
    parts = {name: part for name, part in parts.items() if len(part[1])}
    last = list(parts)[-1]
    return {
        name: evaluate(
            *(ready.target, answers_on(ready.target, network.predict, X, y, weights), ready.without_target),
            intervals=name == last,
            units=ready.units(name) if name == last else None,
            past=ready.past(network) if name == last else None,
        )
        for name, (X, y, weights) in parts.items()
    }


def about_of(run: Run, seed: int, drop: Iterable[str], ready: Prepared) -> dict[str, Any]:
    """What a model remembers of its training, as plain data."""
    return {
        "clearprop": __version__,
        "seed": seed,
        "dropped": list(drop),
        "split": {"how": ready.division.how, "column": ready.division.column, "own": sorted(ready.frames)},
        "digest": digest(ready.y),
        "weighting": ready.weighting.to_dict(),
        "epochs": run.history.epochs,
        "best_epoch": run.history.best_epoch,
        "training": training_facts(run.history, run.optimizer, run.batch_size),
    }
