"""What a network for a table looks like if nobody says."""

from __future__ import annotations

from collections.abc import Sequence

from clearprop.network import Network
from clearprop.nn import Dense
from clearprop.table.target import ClassTarget, Target


def default_hidden(rows: int) -> tuple[int, ...]:
    """One wide layer for small tables, which a second layer only helps to overfit."""
    return (128,) if rows < 5000 else (64, 64)


def default_batch_size(rows: int) -> int:
    """Small batches for small tables, where each epoch has few steps."""
    return 32 if rows < 5000 else 64 if rows < 20000 else 128 if rows < 200_000 else 256


def default_l2(rows: int) -> float:
    """One prior on the weights, whatever the size of the table."""
    return 2.5 / rows


def network_for(target: Target, n_inputs: int, hidden: Sequence[int], activation: str, seed: int, l2: float) -> Network:
    """Hidden layers, and the output and the loss that suit the target."""
    inner = [Dense(units, activation) for units in hidden]
    if not isinstance(target, ClassTarget):
        return Network(n_inputs, [*inner, Dense(1)], "mean_squared_error", seed=seed, l2=l2)
    k = len(target.classes)
    if k == 2:
        return Network(n_inputs, [*inner, Dense(1, "sigmoid")], "binary_cross_entropy", seed=seed, l2=l2)
    return Network(n_inputs, [*inner, Dense(k, "softmax")], "cross_entropy", seed=seed, l2=l2)
