"""The training itself: features and coded targets to a predictor, as a recipe says, and what a recipe leaves open."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from clearprop.estimators.codes import NO_CODES, Codes, embedded
from clearprop.estimators.cuts import cuts_of
from clearprop.estimators.kernel import Kernel
from clearprop.estimators.overrun import Overrun
from clearprop.estimators.predictor import Predictor
from clearprop.estimators.preparation import Part, Prepared
from clearprop.estimators.race import Race
from clearprop.estimators.recipe import Recipe
from clearprop.estimators.several.targets import Targets
from clearprop.estimators.suited import suited
from clearprop.estimators.temperature import Calibration
from clearprop.network import Network
from clearprop.nn import Cosine, Dense, Dropout, Layer, PiecewiseLinear, Quantile, first_value
from clearprop.table.number_target import NumberTarget
from clearprop.table.target import ClassTarget, Target
from clearprop.train import EarlyStopping, History, Optimizer, resolve_optimizer

Array = NDArray[Any]


@dataclass(frozen=True)
class TrainedPredictor:
    """A predictor that was trained, and how.

    Attributes:
        predictor: what answers.
        history: of the training; of several members that of the first.
        optimizer, batch_size: what it was trained with.
        held_out: what each training row is answered by the member that did not learn it (n, k), if members held out
            rows in turn.
        folds: the fold of each training row (n,), from 0, which that member held out, if members did so.
        others: histories of the other members.
        seconds: that the training took.
        calibration: the temperature that these rows gave, if they have classes.
        beyond: how far the members went on from their best epoch, as these rows had it.
        race: whether members with an encoding of numbers or without it were better, if both were tried.
        kernel: whether a kernel machine answers with them, if the recipe asks for one.
    """

    predictor: Predictor
    history: History
    optimizer: Optimizer
    batch_size: int
    held_out: Array | None = None
    folds: Array | None = None
    others: tuple[History, ...] = ()
    seconds: float = 0.0
    calibration: Calibration | None = None
    beyond: Overrun | None = None
    race: Race | None = None
    kernel: Kernel | None = None

    @property
    def histories(self) -> tuple[History, ...]:
        """Of each member."""
        return self.history, *self.others


def trained(
    recipe: Recipe, target: Target | Targets, train: Part, validation: Part, codes: Codes = NO_CODES, **options: Any
) -> TrainedPredictor:
    """Train a network.

    Args:
        recipe: which network, and how.
        target: what is learned.
        train: X (N, n), y (N,), and how much the rows count (N,), or None.
        validation: the same of the rows that end the training, perhaps none.
        codes: which features are codes of levels; see `TableEncoder.codes`.
        options: of `Network.fit`: a checkpoint, callbacks, threads.

    Raises:
        ClearpropError: for data that does not fit, or an option out of range.
    """
    X, y, weights = train
    recipe = suited(recipe, len(y))
    network = network_for(recipe, target, X, recipe.seed, codes)
    held_out = validation if len(validation[1]) else None
    fit = fit_options(recipe)
    history = network.fit(
        X,
        y,
        **fit,
        validation=held_out,
        early_stopping=EarlyStopping(patience=recipe.patience) if held_out else None,
        sample_weight=weights,
        **options,
    )
    seconds = sum(history.columns.get("seconds", ()))
    return TrainedPredictor(network, history, fit["optimizer"], fit["batch_size"], seconds=seconds)


def fit_options(recipe: Recipe) -> dict[str, Any]:
    """Optimizer, epochs and batch size of a training by a recipe that leaves nothing open."""
    optimizer = resolve_optimizer(recipe.optimizer, recipe.learning_rate)
    if recipe.schedule == "cosine":
        optimizer = replace(optimizer, learning_rate=Cosine(first_value(optimizer.schedule)))
    return {"optimizer": optimizer, "epochs": recipe.epochs, "batch_size": recipe.batch_size}


def default_pieces(X: Array) -> int:
    """Few intervals for small tables, where they only help to overfit, and fewer the more columns are cut; of more than
    500 columns none."""
    some = X[:: max(1, len(X) // 1000)]
    cut = sum(len(np.unique(column)) > 2 for column in some.T)
    most = min(2000 // max(cut, 1), 64)
    return int(np.clip(len(X) // 60, 8, most)) if most >= 4 else 0


def network_for(recipe: Recipe, target: Target | Targets, X: Array, seed: int, codes: Codes = NO_CODES) -> Network:
    """The network that a recipe, which leaves nothing open but `pieces`, makes of these training rows."""
    n_inputs = X.shape[1]
    layers, X = embedded(X, codes)
    cuts = cuts_of(X, default_pieces(X) if recipe.pieces is None else recipe.pieces)
    if any(map(len, cuts)):
        layers.append(PiecewiseLinear(cuts))
    for units in cast(tuple[int, ...], recipe.hidden):
        layers.append(Dense(units, recipe.activation))
        if recipe.dropout:
            layers.append(Dropout(recipe.dropout))
    output, loss = _answer(target)
    return Network(n_inputs, [*layers, output], loss, seed=seed, l2=recipe.l2 or 0.0)


def _answer(target: Target | Targets) -> tuple[Layer, Any]:
    """The last layer, and the loss, that suit a target; of several a head and a loss for each."""
    if isinstance(target, Targets):
        return target.joined([_answer(each) for each in target.each])
    if not isinstance(target, ClassTarget):
        return Dense(1), "mean_squared_error" if target.quantile is None else Quantile(target.quantile)
    if len(target.classes) == 2:
        return Dense(1, "sigmoid"), "binary_cross_entropy"
    return Dense(len(target.classes), "softmax"), "cross_entropy"


_MOST_ROWS, _EPOCHS = 5000, 60  # of a trial


def tried(ready: Prepared, recipe: Recipe, n_threads: int | None = None) -> Prepared:
    """The same, or with a plain target, if the logarithm of one that spans decades makes answers worse.

    The logarithm stays where neither the mean absolute error nor the root mean square error, which is mostly that of
    the few largest values, is larger with it. Without validation rows there is no trial, and it stays, too. So it does
    for a quantile, which is the same with it and without it.
    """
    logs = ready.target
    if not isinstance(logs, NumberTarget) or logs.log_unit is None or logs.quantile is not None:
        return ready
    if not len(ready.part("validation")[1]):
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
    run = trained(
        replace(recipe, members=1, epochs=min(recipe.epochs or _EPOCHS, _EPOCHS)),
        target,
        train,
        validation,
        ready.encoder.codes,
        n_threads=n_threads,
    )
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
