"""Several targets of one table: the rows that have one of them at least, and which of these have which."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import AbstractContextManager
from typing import Any, NamedTuple

import narwhals.stable.v1 as nw
import numpy as np
from numpy.typing import NDArray

from clearprop.errors import TableError
from clearprop.table.encoder import as_frame
from clearprop.table.rows import Targeted, rows_counted, target_column, with_target


class SomeTarget(NamedTuple):
    """The rows of a table that have one of several targets at least."""

    table: nw.DataFrame[Any]  # these rows
    dropped: int  # how many others the table has
    numbers: NDArray[np.int64]  # of these rows in it (n,)
    each: dict[str, Targeted]  # target → its column, alone, in the rows that have it
    known: dict[str, NDArray[np.int64]]  # target → which of these rows have it, by their place among them

    def counted(self) -> AbstractContextManager[None]:
        """A block in which errors about one of these rows name it as it is counted in the whole table."""
        return rows_counted(lambda: self.numbers)


def with_some_target(frame: Any, missing: Mapping[str, Collection[str]], may_be_empty: bool = False) -> SomeTarget:
    """The rows that have one of several targets at least.

    Args:
        frame: a data frame.
        missing: target → texts that stand for a missing value in it.
        may_be_empty: whether there may be no such row, or none that has some of the targets.

    Raises:
        UnknownNameError: if there is no such column.
        TableError: if no row is left, or none has one of the targets.

    Example:
        >>> import polars as pl
        >>> table = pl.DataFrame({"a": [1, None, None], "b": ["x", "y", "?"]})
        >>> found = with_some_target(table, {"a": [], "b": ["?"]})
        >>> found.numbers.tolist(), found.dropped, {name: rows.tolist() for name, rows in found.known.items()}
        ([0, 1], 1, {'a': [0], 'b': [0, 1]})
    """
    table = as_frame(frame)
    each = {}
    for name, marks in missing.items():
        target_column(table, name)
        each[name] = with_target(table.select(name).to_native(), name, marks, may_be_empty)
    numbers = np.unique(np.concatenate([found.numbers for found in each.values()]))
    if not len(numbers) and not may_be_empty:
        raise TableError("every target is missing in every row", "a target in some rows")
    kept = table if len(numbers) == len(table) else table[numbers]
    known = {name: np.searchsorted(numbers, found.numbers) for name, found in each.items()}
    return SomeTarget(kept, len(table) - len(numbers), numbers, each, known)
