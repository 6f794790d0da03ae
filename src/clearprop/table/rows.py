"""Rows that errors name: those of the table that someone has, not of the part of it that was at hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from numpy.typing import NDArray

from clearprop.errors import TableError


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
