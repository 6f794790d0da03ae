"""The training itself: features and coded targets to a predictor, as a recipe says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from clearprop.estimators.defaults import default_batch_size, default_hidden, default_l2, network_for
from clearprop.estimators.predictor import Predictor
from clearprop.estimators.preparation import Part
from clearprop.estimators.recipe import Recipe
from clearprop.table.target import Target
from clearprop.train import EarlyStopping, History, Optimizer, resolve_optimizer


@dataclass(frozen=True)
class TrainedPredictor:
    """A predictor that was trained, and how."""

    predictor: Predictor
    history: History
    optimizer: Optimizer
    batch_size: int


def trained(recipe: Recipe, target: Target, train: Part, validation: Part, **options: Any) -> TrainedPredictor:
    """Train a network.

    Args:
        recipe: which network, and how.
        target: what is learned.
        train: X (N, n), y (N,), and how much the rows count (N,), or None.
        validation: the same of the rows that end the training, perhaps none.
        options: of `Network.fit`: a checkpoint, callbacks, threads.

    Raises:
        ClearpropError: for data that does not fit, or an option out of range.
    """
    X, y, weights = train
    n = len(y)
    hidden = default_hidden(n) if recipe.hidden is None else cast(tuple[int, ...], recipe.hidden)
    l2 = default_l2(n) if recipe.l2 is None else recipe.l2
    network = network_for(target, X.shape[1], hidden, recipe.activation, recipe.seed, l2)
    size = recipe.batch_size or default_batch_size(n)
    optimizer = resolve_optimizer(recipe.optimizer, recipe.learning_rate)
    held_out = validation if len(validation[1]) else None
    history = network.fit(
        *(X, y),
        optimizer=optimizer,
        epochs=recipe.epochs,
        batch_size=size,
        validation=held_out,
        early_stopping=EarlyStopping(patience=recipe.patience) if held_out else None,
        sample_weight=weights,
        **options,
    )
    return TrainedPredictor(network, history, optimizer, size)
