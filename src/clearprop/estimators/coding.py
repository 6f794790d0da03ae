"""Whether a target that spans decades is learned by its logarithm: a trial decides, on rows that it does not learn."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clearprop.estimators.preparation import Part, Prepared
from clearprop.estimators.recipe import Recipe
from clearprop.estimators.training import trained
from clearprop.table.number_target import NumberTarget

Array = NDArray[Any]

_MOST_ROWS, _EPOCHS = 5000, 60  # of a trial


def tried(ready: Prepared, recipe: Recipe, n_threads: int | None = None) -> Prepared:
    """The same, or with a plain target, if the logarithm of one that spans decades makes answers worse.

    The logarithm stays where neither the mean absolute error nor the root mean square error, which is mostly that of
    the few largest values, is larger with it. Without validation rows there is no trial, and it stays, too.
    """
    logs = ready.target
    if not isinstance(logs, NumberTarget) or logs.log_unit is None or not len(ready.part("validation")[1]):
        return ready
    plain = ready.with_target(logs.without_log())
    (square, absolute), (plain_square, plain_absolute) = (_errors(one, recipe, n_threads) for one in (ready, plain))
    return ready if absolute <= plain_absolute and square <= plain_square else plain


def _errors(ready: Prepared, recipe: Recipe, n_threads: int | None) -> tuple[float, float]:
    """Root mean square and mean absolute error on validation rows after a short training on some rows."""
    target = ready.target
    assert isinstance(target, NumberTarget)
    train, validation = (_some(ready.learned_from(name)) for name in ("train", "validation"))
    X, y, weights = validation
    run = trained(replace(recipe, epochs=_EPOCHS), target, train, validation, n_threads=n_threads)
    a = run.predictor.predict(X)[:, 0]
    off = target.smeared(y, a).predictions(a) - target.decode(y)
    unit = target.usual[1]  # squares of very large numbers overflow
    square, absolute = (float(np.average(v, weights=weights)) for v in ((off / unit) ** 2, np.abs(off / unit)))
    return square**0.5, absolute


def _some(part: Part) -> Part:
    """At most 5,000 rows, evenly spread."""
    X, y, weights = part
    every = max(1, -(-len(y) // _MOST_ROWS))
    return X[::every], y[::every], None if weights is None else weights[::every]
