"""Validation while steps run: after every epoch the mean loss of rows held out, and early stopping by it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from clearprop.execute.reference import Array

if TYPE_CHECKING:
    from clearprop.execute.executor import Program

CHUNK = 4096  # rows whose loss is computed at once: bounds the memory


def improves(value: float, best: float | None, min_delta: float = 0.0, sign: int = -1) -> bool:
    """Whether a value is better than the best so far by more than `min_delta`; NaN never is.

    Args:
        value: the new one.
        best: the best so far, None before the first.
        min_delta: what it must be better by.
        sign: −1 where less is better, +1 where more is.

    Example:
        >>> improves(0.5, None), improves(0.5, 0.5), improves(0.25, 0.5, min_delta=0.2)
        (True, False, True)
    """
    return not math.isnan(value) and (best is None or sign * (value - best) > min_delta)


@dataclass(frozen=True)
class HeldOut:
    """Rows whose loss is looked at.

    Attributes:
        program: one output, "loss", the mean over the rows of a batch, of some state and of data.
        data: arrays with a row per example.
        rows: numbers of the rows that are held out, int64; None where all of them are.
    """

    program: Program
    data: Mapping[str, Array]
    rows: Array | None = None

    def __len__(self) -> int:
        return len(next(iter(self.data.values()))) if self.rows is None else len(self.rows)

    @property
    def numbers(self) -> Array:
        """Of the rows in the data."""
        return np.arange(len(self)) if self.rows is None else self.rows

    def loss(self, state: Mapping[str, Array]) -> float:
        """The mean loss with this state: chunk by chunk, in this order."""
        names, total = self.program.plan.inputs, 0.0
        bound = {name: a for name, a in state.items() if name in names}
        for start in range(0, len(self), CHUNK):
            n = min(CHUNK, len(self) - start)
            some = slice(start, start + n) if self.rows is None else self.rows[start : start + n]
            chunk = {name: a[some] for name, a in self.data.items() if name in names}
            total += float(self.program.run({**bound, **chunk}, n)["loss"]) * n
        return total / len(self)


@dataclass
class Validation:
    """What a session computes after every epoch, and what came of it. A session writes to all but the first three.

    Attributes:
        held_out: the rows.
        patience: epochs in a row without improvement that end the steps; None where nothing follows from the losses.
        min_delta: a loss must be less than the best so far by more than this to be an improvement.
        best: the best loss so far, None before the first.
        waited: epochs in a row without improvement.
        losses: of each epoch that was finished.
        best_epoch: the epoch of this call, from 0, that is the best so far; None if none of them is.
        best_state: what was kept at its end.
        stopped: whether patience ran out.
    """

    held_out: HeldOut
    patience: int | None = None
    min_delta: float = 0.0
    best: float | None = None
    waited: int = 0
    losses: list[float] = field(default_factory=list)
    best_epoch: int | None = None
    best_state: dict[str, Array] = field(default_factory=dict)
    stopped: bool = False

    def after_epoch(self, state: Mapping[str, Array], kept: Mapping[str, Array]) -> None:
        """Score the state at the end of an epoch; `kept` is what to remember of it if it is the best so far."""
        loss = self.held_out.loss(state)
        self.losses.append(loss)
        if self.patience is None:
            return
        if improves(loss, self.best, self.min_delta):
            self.best, self.waited, self.best_epoch = loss, 0, len(self.losses) - 1
            self.best_state = {name: a.copy() for name, a in kept.items()}
            return
        self.waited += 1
        self.stopped = self.waited >= self.patience
