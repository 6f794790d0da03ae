"""What a recipe leaves open, as suits the number of training rows. Chosen on inner splits of open tables
(`python benchmarks/tabular.py DATA_DIR --inner`)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from clearprop.estimators.recipe import Recipe

MOST_EPOCHS = 200  # that a recipe without a number of epochs has
_MANY = 2500  # rows, from which a second layer and a higher rate pay off


def suited(recipe: Recipe, rows: int) -> Recipe:
    """The recipe with its open fields filled in, but for `pieces`, which depend on the columns.

    Args:
        recipe: which may have None in some fields.
        rows: of the training.

    Example:
        >>> found = suited(Recipe.preset("default"), 20_000)
        >>> found.hidden, found.activation, found.dropout, found.learning_rate, found.batch_size, found.epochs
        ((128, 32), 'mish', 0.1, 0.005, 128, 60)
    """
    several = recipe.members > 1
    deep = several and rows >= _MANY
    usual: dict[str, Any] = {
        "hidden": (128, 32) if deep else (256,) if several else _hidden(rows),
        "activation": "mish" if deep else "relu",
        "dropout": 0.1 if deep else 0.2 if several else 0.0,
        "l2": _l2(rows, several),
        "batch_size": _batch_size(rows, several),
        "epochs": int(np.clip(112_000 // rows, 60 if deep else 40, MOST_EPOCHS)),
        "learning_rate": (5e-3 if deep and recipe.hidden is None else 3e-3) if _may_begin_high(recipe, rows) else None,
    }
    return replace(recipe, **{name: value for name, value in usual.items() if getattr(recipe, name) is None})


def _hidden(rows: int) -> tuple[int, ...]:
    """Of a single network: one wide layer for small tables, which a second layer only helps to overfit."""
    return (128,) if rows < 5000 else (64, 64)


def _batch_size(rows: int, several: bool) -> int:
    """Small batches for small tables, where each epoch has few steps."""
    steps = ((32, 2500), (64, 10_000), (128, 200_000)) if several else ((32, 5000), (64, 20_000), (128, 200_000))
    return next((size for size, below in steps if rows < below), 256)


def _l2(rows: int, several: bool) -> float:
    """One prior on the weights, whatever the size of the table; the mean of several networks needs less of it."""
    return (1.0 if several else 2.5) / rows


def _may_begin_high(recipe: Recipe, rows: int) -> bool:
    """Whether Adam's rate may begin higher than its own: it falls to nothing, and there are rows to keep it calm."""
    return recipe.schedule == "cosine" and recipe.optimizer in ("adam", "adamw") and rows >= _MANY
