"""Which rows each training step sees: a pure function of seed and epoch, the same in every executor."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from clearprop.errors import InvalidValueError
from clearprop.execute.philox import permutation
from clearprop.execute.reference import Array


@dataclass(frozen=True)
class Batches:
    """The mini-batches of some epochs.

    A last batch of one row joins the one before it, where there is one.

    Attributes:
        rows: of the data.
        size: rows per batch, never more than there are.
        epochs: how many.
        first: number of the first epoch; the order of the rows depends on it.
        seed: of the order.
        shuffle: whether each epoch has an order of its own.
        among: the numbers of these rows in the data, int64, where they are only some of them; else None.

    Example:
        >>> [rows.tolist() for rows in Batches(7, 3, shuffle=False).of(0)]
        [[0, 1, 2], [3, 4, 5, 6]]
        >>> [rows.tolist() for rows in Batches(3, 2, shuffle=False, among=np.array([4, 0, 9])).of(0)]
        [[4, 0, 9]]
    """

    rows: int
    size: int
    epochs: int = 1
    first: int = 0
    seed: int = 0
    shuffle: bool = True
    among: Array | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        if self.rows < 1 or self.size < 1:
            raise InvalidValueError(f"{self.rows} rows in batches of {self.size}", "1 or more of both")
        if self.among is not None and (self.among.dtype != np.int64 or self.among.shape != (self.rows,)):
            raise InvalidValueError(f"row numbers of {self.among.dtype}, {self.among.shape}", f"int64, ({self.rows},)")
        object.__setattr__(self, "size", min(self.size, self.rows))

    @property
    def per_epoch(self) -> int:
        """Steps of an epoch."""
        n = -(-self.rows // self.size)
        return n - 1 if n > 1 and self.size > 1 and self.rows % self.size == 1 else n

    def __len__(self) -> int:
        """Steps of all epochs."""
        return self.epochs * self.per_epoch

    @property
    def shares(self) -> Array:
        """The share of the rows that is in each batch of an epoch."""
        rows = np.full(self.per_epoch, self.size)
        rows[-1] = self.rows - (self.per_epoch - 1) * self.size
        return rows / self.rows

    def of(self, epoch: int) -> Iterator[Array]:
        """Row numbers of the batches of an epoch, counted from 0, one batch after another."""
        order = permutation(self.seed, self.first + epoch, self.rows) if self.shuffle else np.arange(self.rows)
        order = order if self.among is None else self.among[order]
        last = self.per_epoch - 1
        for batch in range(last):
            yield order[batch * self.size : (batch + 1) * self.size]
        yield order[last * self.size :]


@dataclass
class Outcome:
    """What a run of training steps came to.

    Attributes:
        reports: one row per step that was run, float64.
        seconds: of each epoch that was finished.
        diverged: whether a reported number, or at the end of an epoch a kept array, was not finite. The kept arrays are
            then those of the start of `good_epoch`, and finite if those of the run's start were.
        good_epoch: the last epoch whose first report was finite, −1 if there is none: the start was bad already.
    """

    reports: Array
    seconds: list[float]
    diverged: bool = False
    good_epoch: int = 0
