"""What follows a training: what its answers need, its scores, and what a model remembers of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from clearprop.errors import InvalidValueError
from clearprop.estimators.about import digest, training_facts
from clearprop.estimators.evaluation import Evaluation, evaluation_of
from clearprop.estimators.predictor import Predictor
from clearprop.estimators.preparation import Prepared
from clearprop.estimators.recipe import Recipe
from clearprop.estimators.scores import answers_on
from clearprop.estimators.threshold import choose
from clearprop.estimators.training import TrainedPredictor
from clearprop.table.target import ClassTarget, Target
from clearprop.version import installed_version


def deciding(ready: Prepared, predictor: Predictor, metric: str) -> Prepared:
    """With the decision that makes a score best on the validation rows, or on the training rows if there are none."""
    target = ready.target
    if not isinstance(target, ClassTarget):
        return ready
    part = "validation" if len(ready.part("validation")[1]) and len(target.classes) == 2 else "train"
    (X, y, weights), (_, learned, counted) = ready.part(part), ready.learned_from("train")
    mass = np.bincount(learned, counted, minlength=len(target.classes))
    decision = choose(metric, target, y, predictor.predict(X), weights, mass, part)
    return replace(ready, target=replace(target, decision=decision))


def smeared(ready: Prepared, predictor: Predictor) -> Target:
    """The target with what its predictions are multiplied by, found on validation rows, if there are any."""
    if isinstance(ready.target, ClassTarget):
        return ready.target
    X, y, _ = ready.part("validation" if len(ready.part("validation")[1]) else "train")
    return ready.target.smeared(y, predictor.predict(X)[:, 0])


def evaluated(ready: Prepared, predictor: Predictor) -> dict[str, Evaluation]:
    """The evaluation of each part that has rows, the last of them with intervals."""
    parts = {name: ready.part(name) for name in ("train", "validation", "test")}
    parts = {name: part for name, part in parts.items() if len(part[1])}
    last = list(parts)[-1]
    return {
        name: evaluation_of(
            *(ready.target, answers_on(ready.target, predictor.predict, X, y, weights), ready.without_target),
            intervals=name == last,
            units=ready.units(name) if name == last else None,
            past=ready.past(predictor) if name == last else None,
        )
        for name, (X, y, weights) in parts.items()
    }


def about_of(run: TrainedPredictor, recipe: Recipe, ready: Prepared) -> dict[str, Any]:
    """What a model remembers of its training, as plain data."""
    return {
        "clearprop": installed_version(),
        "seed": recipe.seed,
        "dropped": list(recipe.drop),
        "recipe": _written(recipe),
        "split": {"how": ready.division.how, "column": ready.division.column, "own": sorted(ready.frames)},
        "digest": digest(ready.y),
        "weighting": ready.weighting.to_dict(),
        "epochs": run.history.epochs,
        "best_epoch": run.history.best_epoch,
        "training": training_facts(run.history, run.optimizer, run.batch_size),
    }


def _written(recipe: Recipe) -> dict[str, Any] | None:
    """The recipe as plain data; None if there is an object of the user's own in it, which no file can carry."""
    try:
        return recipe.to_dict()
    except InvalidValueError:
        return None
