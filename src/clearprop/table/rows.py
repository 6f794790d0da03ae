"""Rows that have a target, and rows that errors name: those of the table that someone has, not of a part of it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, NamedTuple

import narwhals.stable.v1 as nw
import numpy as np
from numpy.typing import NDArray

from clearprop.errors import TableError, unknown_name
from clearprop.table.encoder import as_frame
from clearprop.table.marks import without_marks
from clearprop.table.values import Series


@contextmanager
def rows_counted(of: int | Callable[[], NDArray[Any]]) -> Iterator[None]:
    """Let errors in the block, which know only some rows of a table, name the row as it is counted in the table.

    Args:
        of: how many rows of the table stand before those in the block; or what gives the number of each of them, called
            only if there is an error.

    Example:
        >>> with rows_counted(100_000):
        ...     raise TableError("column 'x' is infinite", row=5)
        Traceback (most recent call last):
        clearprop.errors.TableError: column 'x' is infinite in row 100005 (counted from 0)
    """
    try:
        yield
    except TableError as error:
        if error.row is not None:
            error.row = error.row + of if isinstance(of, int) else int(of()[error.row])
        raise


class Targeted(NamedTuple):
    """The rows of a table whose target is there."""

    table: nw.DataFrame[Any]  # these rows
    dropped: int  # how many others the table has
    numbers: NDArray[np.int64]  # of these rows in it (n,)

    def counted(self) -> AbstractContextManager[None]:
        """A block in which errors about one of these rows name it as it is counted in the whole table."""
        return rows_counted(lambda: self.numbers)


def with_target(frame: Any, target: str, missing: Collection[str] = (), may_be_empty: bool = False) -> Targeted:
    """The rows whose target is there.

    Args:
        frame: a data frame.
        target: name of the column.
        missing: texts that stand for a missing value.
        may_be_empty: whether there may be no such row.

    Raises:
        UnknownNameError: if there is no such column.
        TableError: if no row is left.

    Example:
        >>> import polars as pl
        >>> found = with_target(pl.DataFrame({"x": [1, 2, 3], "y": [None, "a", "?"]}), "y", ["?"])
        >>> len(found.table), found.dropped, found.numbers.tolist()
        (1, 2, [1])
    """
    table = as_frame(frame)
    given = target_column(table, target)
    column: Any = without_marks(given, ("", *missing))
    there = ~column.is_null()
    there = there & ~column.is_nan() if column.dtype.is_float() else there
    kept = (table if column is given else table.with_columns(column)).filter(there)
    if not len(kept) and not may_be_empty:
        raise TableError(f"target {target!r} is missing in every row", "a target in some rows")
    return Targeted(kept, len(table) - len(kept), np.flatnonzero(there.to_numpy().astype(bool)))


def target_column(table: nw.DataFrame[Any], target: str) -> Series:
    """The target column."""
    if target not in table.columns:
        raise unknown_name("target column", target, list(table.columns))
    return table[target]
