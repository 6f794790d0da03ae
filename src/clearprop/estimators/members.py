"""The training of several members that answer together, each ended by rows that the others learn from."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clearprop.errors import InvalidValueError
from clearprop.estimators.codes import NO_CODES, Codes
from clearprop.estimators.kernel import Kernel, beside
from clearprop.estimators.overrun import back_to_best, least_loss, overrun
from clearprop.estimators.preparation import Part, Prepared
from clearprop.estimators.race import drawn, is_raced, raced, racers
from clearprop.estimators.recipe import Recipe
from clearprop.estimators.several.preparation import PreparedTargets
from clearprop.estimators.several.targets import Targets
from clearprop.estimators.suited import suited
from clearprop.estimators.temperature import calibrated_members
from clearprop.estimators.training import TrainedPredictor, fit_options, network_for, trained
from clearprop.network import Network, ensemble_of, fit_together
from clearprop.network.arguments import as_callbacks
from clearprop.table.target import ClassTarget, Target
from clearprop.train import EarlyStopping, History

Array = NDArray[Any]
Progress = Callable[[Sequence[int]], object]


def trained_on(
    ready: Prepared | PreparedTargets,
    recipe: Recipe,
    callbacks: Any = (),
    progress: Progress | None = None,
    first: int | None = None,
    **options: Any,
) -> TrainedPredictor:
    """Train what a recipe asks for, one network or several, on a table that is ready.

    Args:
        ready: target, and the rows of each part.
        recipe: which networks, and how.
        callbacks: called after each epoch of a single network.
        progress: told how many epochs each network has done; returning True stops the training.
        first: train only so many members, the first ones, with the folds that they have among all.
        options: of `Network.fit` and `fit_together`: a checkpoint and threads.

    Raises:
        ClearpropError: for data that does not fit, or an option out of range.
    """
    train, validation = ready.learned_from("train"), ready.learned_from("validation")
    codes = ready.encoder.codes
    if recipe.members == 1:
        told = as_callbacks(callbacks, None)
        told += [] if progress is None else [lambda epoch: bool(progress((epoch.number,)))]
        run = trained(recipe, ready.target, train, validation, codes, callbacks=told, **options)
        return replace(run, kernel=Kernel(why="held_out")) if recipe.kernel else run
    if as_callbacks(callbacks, None):
        raise InvalidValueError(
            f"callbacks after each epoch of {recipe.members} members", "members=1", "progress= is told of all members"
        )
    folds = None
    if not len(validation[1]) and len(train[1]) > recipe.members:
        folds = ready.folds(recipe.members, recipe.seed)
        folds = folds if first is None else np.where(folds < first, folds, -1)
    return trained_members(recipe, ready.target, train, folds, validation, codes, progress=progress, **options)


def trained_members(
    recipe: Recipe,
    target: Target | Targets,
    train: Part,
    folds: Array | None,
    validation: Part,
    codes: Codes = NO_CODES,
    **options: Any,
) -> TrainedPredictor:
    """Train the members of an ensemble, side by side, one thread each.

    Where that is interrupted, those answer whose turn had come; the rows that others were to hold out have no answer of
    one that had not learned them, and so none has.

    Args:
        recipe: which networks, how many, and how.
        target: what is learned.
        train: X (N, n), y (N,), and how much the rows count (N,), or None.
        folds: the fold of each row (N,): member k learns the rows of all folds but k, and those of fold -1, which no
            member holds out. None where all members learn all rows, and are ended by the validation rows.
        validation: rows that end all members, where there are no folds; perhaps none.
        codes: which features are codes of levels; see `TableEncoder.codes`.
        options: of `fit_together`: how many members at a time, who is told how far they are, a checkpoint.

    Raises:
        ClearpropError: for data that does not fit, or an option out of range.
    """
    X, y, weights = train
    recipe = suited(recipe, len(y))
    count = recipe.members if folds is None else int(folds.max()) + 1
    first = network_for(recipe, target, X, recipe.seed, codes)
    fit, start, race = fit_options(recipe), time.perf_counter(), None

    def fitted(some: list[Network], numbers: Sequence[int], **told: Any) -> list[History]:
        return _fitted(some, numbers, train, folds, validation, recipe.patience, fit | told)

    plain = first
    if folds is not None and is_raced(recipe.pieces, count):
        plain = network_for(replace(recipe, pieces=0), target, X, recipe.seed, codes)
    if plain.architecture == first.architecture:
        networks = drawn(first, 0, count)
        histories = fitted(networks, range(count), **options)
    else:
        assert folds is not None
        apart = (folds >= 0) & (folds < racers(count))
        seen = X[apart], y[apart], folds[apart], target, None if weights is None else weights[apart]
        networks, histories, race = raced(first, plain, count, fitted, lambda some: least_loss(some, *seen), **options)
    begun = [k for k, history in enumerate(histories) if history.epochs] or [0]
    networks, histories = [networks[k] for k in begun], [histories[k] for k in begun]
    held_out, beyond, calibration = None, None, None
    if folds is not None and len(begun) < count:
        back_to_best(networks)
        folds = None
    elif folds is not None:
        some = folds >= 0 if folds.min() < 0 else slice(None)  # no copy where each row was held out
        counted = None if weights is None else weights[some]
        answers, beyond = overrun(networks, X[some], y[some], folds[some], target, counted)
        if isinstance(target, ClassTarget):
            answers, calibration = calibrated_members(networks, answers, y[some], counted)
        held_out = np.full((len(y), networks[0].architecture.n_outputs), np.nan, X.dtype)
        held_out[some] = answers
    if recipe.kernel:
        whole, held_out, kernel = beside(networks, X, y, folds, target, held_out, weights)
    else:
        whole, kernel = ensemble_of(networks), None
    first_history, *others = histories
    return TrainedPredictor(
        *(whole, first_history, fit["optimizer"], fit["batch_size"], held_out, folds),
        tuple(others),
        time.perf_counter() - start,
        calibration,
        beyond,
        race,
        kernel,
    )


def _fitted(
    networks: list[Network],
    numbers: Sequence[int],
    train: Part,
    folds: Array | None,
    validation: Part,
    patience: int,
    fit: dict[str, Any],
) -> list[History]:
    """Train members, which have these numbers among all."""
    X, y, weights = train
    stopping = EarlyStopping(patience=patience, restore_best=folds is None)  # else `overrun` chooses
    if folds is not None:
        parts = [np.flatnonzero(folds != k) for k in numbers]
        held_out = [np.flatnonzero(folds == k) for k in numbers]
    elif len(validation[1]):
        (X, y, weights), n = _one_behind_the_other(train, validation), len(y)
        parts, held_out = ([rows] * len(networks) for rows in (np.arange(n), np.arange(n, len(y))))
    else:
        return fit_together(networks, X, y, sample_weight=weights, **fit)
    return fit_together(
        *(networks, X, y),
        rows=parts,
        validation_rows=held_out,
        sample_weight=weights,
        early_stopping=stopping,
        **fit,
    )


def _one_behind_the_other(one: Part, other: Part) -> Part:
    """Two parts as one; rows of a part without weights count as one row of mean weight."""
    X, y = (np.concatenate([one[i], other[i]]) for i in (0, 1))
    if one[2] is None and other[2] is None:
        return X, y, None
    weights = [np.ones(len(part[1])) if part[2] is None else part[2] for part in (one, other)]
    return X, y, np.concatenate(weights)
