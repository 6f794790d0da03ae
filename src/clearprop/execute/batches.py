"""Which rows each training step sees: the same in every executor."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from clearprop.errors import InvalidValueError, plural
from clearprop.execute.philox import permutation
from clearprop.execute.reference import Array


@dataclass(frozen=True)
class Batches:
    """The mini-batches of some epochs.

    Attributes:
        rows: of the data.
        size: rows per batch, never more than there are.
        epochs: how many.
        first: number of the first epoch; the order of the rows depends on it.
        seed: of the order.
        shuffle: whether each epoch has an order of its own.
        among: the numbers of these rows in the data, int64, where they are only some of them; else None.
        joins: whether a last batch of one row joins the one before it, where there is one.
        order: which of these rows comes when in each epoch, (epochs, rows), numbered 0 … rows − 1, in an order that
            somebody else drew; None: as `shuffle` and `seed` have it.

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
    joins: bool = True
    order: Array | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        if self.rows < 1 or self.size < 1:
            raise InvalidValueError(f"{plural(self.rows, 'row')} in batches of {self.size}", "1 or more of both")
        if self.among is not None and (self.among.dtype != np.int64 or self.among.shape != (self.rows,)):
            raise InvalidValueError(f"row numbers of {self.among.dtype}, {self.among.shape}", f"int64, ({self.rows},)")
        object.__setattr__(self, "size", min(self.size, self.rows))
        if self.order is not None:
            self._check_order(self.order)

    def _check_order(self, order: Array) -> None:
        """Refuse row numbers that are none: the machine reads what they say."""
        wanted = self.epochs, self.rows
        if order.shape != wanted or order.dtype != np.int64 or not order.flags.c_contiguous:
            raise InvalidValueError(f"an order of {order.dtype} {order.shape}", f"contiguous int64 of shape {wanted}")
        if order.size and not (order.min() >= 0 and order.max() < self.rows):
            raise InvalidValueError(f"row numbers from {order.min()} to {order.max()}", f"0 … {self.rows - 1}")

    def owned(self) -> Batches:
        """The same with row numbers of its own, which nobody else changes once they were checked."""
        if self.among is None and self.order is None:
            return self
        among, order = (None if rows is None else rows.copy() for rows in (self.among, self.order))
        return replace(self, among=among, order=order)

    @property
    def per_epoch(self) -> int:
        """Steps of an epoch."""
        n = -(-self.rows // self.size)
        return n - 1 if self.joins and n > 1 and self.size > 1 and self.rows % self.size == 1 else n

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
        order = self._order_of(epoch)
        order = order if self.among is None else self.among[order]
        last = self.per_epoch - 1
        for batch in range(last):
            yield order[batch * self.size : (batch + 1) * self.size]
        yield order[last * self.size :]

    def _order_of(self, epoch: int) -> Array:
        if self.order is not None:
            row: Array = self.order[epoch]
            return row
        return permutation(self.seed, self.first + epoch, self.rows) if self.shuffle else np.arange(self.rows)


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
