"""The training of several members that answer together, each ended by rows that the others learn from."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clearprop.estimators.folds import folds_of
from clearprop.estimators.preparation import Part, Prepared
from clearprop.estimators.recipe import Recipe
from clearprop.estimators.training import TrainedPredictor, fit_options, network_for, trained
from clearprop.network import Network, ensemble_of
from clearprop.table.target import Target
from clearprop.train import EarlyStopping, History

Array = NDArray[Any]


def trained_on(ready: Prepared, recipe: Recipe, **options: Any) -> TrainedPredictor:
    """Train what a recipe asks for, one network or several, on a table that is ready.

    Args:
        ready: target, and the rows of each part.
        recipe: which networks, and how.
        options: of `Network.fit`: a checkpoint, callbacks, threads.

    Raises:
        ClearpropError: for data that does not fit, or an option out of range.
    """
    train, validation = ready.learned_from("train"), ready.learned_from("validation")
    if recipe.members == 1:
        return trained(recipe, ready.target, train, validation, **options)
    folds = None
    if not len(validation[1]) and len(train[1]) > recipe.members:
        folds = folds_of(ready.division, ready.target, train[1], recipe.members, recipe.seed)
    return trained_members(recipe, ready.target, train, folds, validation, options["n_threads"])


def trained_members(
    recipe: Recipe, target: Target, train: Part, folds: Array | None, validation: Part, n_threads: int | None = None
) -> TrainedPredictor:
    """Train the members of an ensemble, side by side, one thread each.

    Args:
        recipe: which networks, how many, and how.
        target: what is learned.
        train: X (N, n), y (N,), and how much the rows count (N,), or None.
        folds: the fold of each row (N,): member k learns the rows of all folds but k. None where all members learn all
            rows, and are ended by the validation rows.
        validation: rows that end all members, where there are no folds; perhaps none.
        n_threads: how many members at a time.

    Raises:
        ClearpropError: for data that does not fit, or an option out of range.
    """
    X, y, _ = train
    count = recipe.members if folds is None else int(folds.max()) + 1
    first = network_for(recipe, target, X, recipe.seed)
    networks = [first, *(_drawn_anew(first, recipe.seed + k) for k in range(1, count))]
    parts = [_parts_of(train, folds, k, validation) for k in range(count)]
    fit = fit_options(recipe, len(y))
    histories = _fitted(networks, parts, fit, recipe.patience, n_threads)
    held_out = None
    if folds is not None:
        held_out = np.empty((len(y), first.architecture.n_outputs), X.dtype)
        for k, network in enumerate(networks):
            held_out[folds == k] = network.predict(X[folds == k])
    return TrainedPredictor(ensemble_of(networks), histories[0], fit["optimizer"], fit["batch_size"], held_out)


def _drawn_anew(network: Network, seed: int) -> Network:
    """The same network with other first weights."""
    a = network.architecture
    return Network(a.n_inputs, a.layers, a.loss, seed=seed, l1=a.l1, l2=a.l2)


def _parts_of(train: Part, folds: Array | None, k: int, validation: Part) -> tuple[Part, Part]:
    if folds is None:
        return train, validation
    return _rows(train, folds != k), _rows(train, folds == k)


def _rows(part: Part, rows: Array) -> Part:
    X, y, weights = part
    return X[rows], y[rows], None if weights is None else weights[rows]


def _fitted(
    networks: Sequence[Network],
    parts: Sequence[tuple[Part, Part]],
    fit: dict[str, Any],
    patience: int,
    n_threads: int | None,
) -> list[History]:
    def one(k: int) -> History:
        (X, y, weights), validation = parts[k]
        held_out = validation if len(validation[1]) else None
        stopping = EarlyStopping(patience=patience) if held_out else None
        return networks[k].fit(
            X, y, **fit, metrics=[], validation=held_out, early_stopping=stopping, sample_weight=weights, n_threads=1
        )

    with ThreadPoolExecutor(n_threads or 2) as pool:
        return list(pool.map(one, range(len(networks))))
