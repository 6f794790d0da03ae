"""What follows a training: what its answers need, its scores, and what a model remembers of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clearprop.errors import InvalidValueError
from clearprop.estimators.about import HELD_OUT, digest, ending_facts, training_facts
from clearprop.estimators.division import Division
from clearprop.estimators.evaluation import Evaluation, evaluation_of
from clearprop.estimators.preparation import Prepared
from clearprop.estimators.recipe import Recipe
from clearprop.estimators.scores import Answers, answers_of, answers_on
from clearprop.estimators.threshold import choose
from clearprop.estimators.training import TrainedPredictor
from clearprop.estimators.uncertainty import calibrated
from clearprop.messages import Message
from clearprop.table.number_target import NumberTarget
from clearprop.table.target import ClassTarget, Target
from clearprop.version import installed_version

Array = NDArray[Any]


def deciding(ready: Prepared, run: TrainedPredictor, metric: str) -> Prepared:
    """With the decision that makes a score best on the validation rows, or on the training rows if there are none."""
    target = ready.target
    if not isinstance(target, ClassTarget):
        return ready
    part = "validation" if _has_validation(ready, run) and len(target.classes) == 2 else "train"
    y, a, weights = _answers(ready, run, part)
    _, learned, counted = ready.learned_from("train")
    mass = np.bincount(learned, counted, minlength=len(target.classes))
    name = part if part == "train" or run.held_out is None else HELD_OUT
    return replace(ready, target=replace(target, decision=choose(metric, target, y, a, weights, mass, name)))


def finished(ready: Prepared, run: TrainedPredictor) -> Target:
    """The target with what its answers need beside the network, found on rows that were not learned from.

    That is what predictions of logarithms are multiplied by, found on the training rows where no others are, and how
    far off the answers to rows that were held out were, of which intervals and sets are made.
    """
    target, has_validation = ready.target, _has_validation(ready, run)
    if isinstance(target, ClassTarget) and not has_validation:
        return target
    y, a, weights = _answers(ready, run, "validation" if has_validation else "train")
    if isinstance(target, NumberTarget):
        target = target.smeared(y, a[:, 0])
    return calibrated(target, y, a, weights) if has_validation else target


def evaluated(ready: Prepared, run: TrainedPredictor) -> dict[str, Evaluation]:
    """The evaluation of each part that has rows, the last of them with intervals.

    Where members held out rows in turn, the validation rows are the training rows, each answered by the one member that
    did not learn it.
    """
    there = {name: len(ready.part(name)[1]) > 0 for name in ("train", "test")}
    there["validation"] = _has_validation(ready, run)
    parts = [name for name in ("train", "validation", "test") if there[name]]
    found = {}
    for name in parts:
        last = name == parts[-1]
        found[name] = evaluation_of(
            *(ready.target, _judged(ready, run, name), ready.without_target),
            intervals=last,
            units=ready.units("train" if run.held_out is not None and name == "validation" else name) if last else None,
            past=ready.past(run.predictor, run.held_out) if last else None,
            covered=name == "test",
        )
    return found


def held_out_answers(
    ready: Prepared, run: TrainedPredictor, optimize: str | None = None
) -> tuple[Target, Answers, Array | None]:
    """The answers on the validation rows, or on those that members held out, with their target and their units.

    Args:
        ready: the rows.
        run: the training.
        optimize: the score that a threshold is chosen for, if one is.
    """
    ready = replace(ready, target=finished(ready, run))
    ready = ready if optimize is None else deciding(ready, run, optimize)
    units = ready.units("validation" if run.folds is None else "train")
    units = units if units is None or run.folds is None else units[run.folds >= 0]
    return ready.target, answers_of(ready.target, *_answers(ready, run, "validation")), units


def told_of_members(ready: Prepared, run: TrainedPredictor, recipe: Recipe) -> Division:
    """The division, and what each member held out of the training rows; or why there are fewer, or none is held out.

    Args:
        ready: the rows.
        run: the training.
        recipe: what was asked for.
    """
    division, n, said, members = ready.division, len(run.histories), [], recipe.members
    stopped = any(history.stopped_by in ("interrupt", "callback") for history in run.histories)
    if n < members:
        said.append(Message("division.begun" if stopped else "division.fewer", n=n, of=members))
    if run.held_out is not None:
        said.append(Message(f"division.folds.{division.how}", n=n))
        if recipe.validation != Recipe.validation:
            said.append(Message("division.no_share", share=recipe.validation))
    elif n == members > 1 and not len(ready.part("validation")[1]):
        said.append(Message("division.no_folds", n=len(ready.part("train")[1])))
    return replace(division, said=(*division.said, *said))


def _has_validation(ready: Prepared, run: TrainedPredictor) -> bool:
    return run.held_out is not None or len(ready.part("validation")[1]) > 0


def _judged(ready: Prepared, run: TrainedPredictor, part: str) -> Answers:
    """The answers on a part, some rows at a time where there are very many classes."""
    if part == "validation" and run.held_out is not None:
        y, a, weights = _answers(ready, run, part)
        return answers_of(ready.target, y, a, weights)
    X, y, weights = ready.part(part)
    return answers_on(ready.target, run.predictor.predict, X, y, weights)


def _answers(ready: Prepared, run: TrainedPredictor, part: str) -> tuple[Array, Array, Array | None]:
    """Targets, outputs and weights of the rows of a part."""
    if part == "validation" and run.held_out is not None and run.folds is not None:
        _, y, weights = ready.part("train")
        some = run.folds >= 0
        return y[some], run.held_out[some], None if weights is None else weights[some]
    X, y, weights = ready.part(part)
    return y, run.predictor.predict(X), weights


def about_of(run: TrainedPredictor, recipe: Recipe, ready: Prepared) -> dict[str, Any]:
    """What a model remembers of its training, as plain data."""
    return {
        "clearprop": installed_version(),
        "seed": recipe.seed,
        "dropped": list(recipe.drop),
        "recipe": _written(recipe),
        "preset": {"name": recipe.base, "changed": list(recipe.altered)},
        "split": {
            "how": ready.division.how,
            "column": ready.division.column,
            "own": sorted(ready.frames),
            "folds": 0 if run.held_out is None else len(run.histories),
        },
        "digest": digest(ready.y),
        "weighting": ready.weighting.to_dict(),
        "epochs": run.history.epochs,
        "best_epoch": run.history.best_epoch,
        "training": training_facts(run.history, run.optimizer, run.batch_size),
        "members": [ending_facts(history) for history in run.histories],
        **({} if run.beyond is None else {"overrun": run.beyond.to_dict()}),
        **({} if run.race is None else {"race": run.race.to_dict()}),
        **({} if run.kernel is None else {"kernel": run.kernel.to_dict()}),
        **({} if run.calibration is None else {"calibration": run.calibration.to_dict()}),
    }


def _written(recipe: Recipe) -> dict[str, Any] | None:
    """The recipe as plain data; None if there is an object of the user's own in it, which no file can carry."""
    try:
        return recipe.to_dict()
    except InvalidValueError:
        return None
