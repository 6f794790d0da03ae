"""A table that does not fit into memory: as many of its rows, drawn at random, as do."""

from __future__ import annotations

import os
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from clearprop.errors import TableError, checked_integer, checked_seed
from clearprop.table.encoder import TableEncoder
from clearprop.table.library import import_polars
from clearprop.table.look import files_of_table, looked_into
from clearprop.table.memory import COPIES, available_memory
from clearprop.table.options import ReadOptions
from clearprop.table.packed import packing_of
from clearprop.table.read import index_names, read_batches, typed

_PACKED = 10  # times that a packed file may hold of its own size, usually
_HEAD, _FIRST = 10_000, 2**20  # rows by which is measured, and bytes in which lines are counted
_WIDEST = 1000  # bytes of memory for each byte of the file: files that so much would do for are not measured
_FRAMES = 4  # of a table in memory: as text, as what it holds, and rows of it


class Sample(NamedTuple):
    """Some rows of a table."""

    frame: Any  # the rows, in their order
    total: int  # how many the table has
    rows: NDArray[Any]  # the number of each row in the table, (n,)


def rows_that_fit(path: str | os.PathLike[str], **options: Any) -> int | None:
    """How many rows of a table may be read at once, by the memory that is free and what its first rows take; None: all.

    Args:
        path, options: as of `read_table`.
    """
    free = available_memory()
    files = [part.path for part in files_of_table(path) if part.path.is_file()]
    size = sum(file.stat().st_size * (_PACKED if packing_of(file) else 1) for file in files)
    if free is None or size * _WIDEST < free:
        return None
    head = next(iter(read_batches(path, **options))).head(_HEAD)
    with looked_into(path, ReadOptions.of(**options)) as found:
        dialect = found[0].dialect
        head = typed(head, dialect) if dialect else head
        of_file = head.estimated_size() / head.height  # bytes of a row, which in a file of text are counted
        if dialect:
            with dialect.source.open() as file:
                first = file.read(_FIRST)
            of_file = len(first) / max(1, first.count(b"\n"))
    of_row = memory_of_row(head)
    return None if size / of_file * of_row < free else max(1000, int(free / of_row))


def memory_of_row(head: Any) -> float:
    """Bytes that a row takes while a network is trained, by the features that the first rows have."""
    try:
        features = len(TableEncoder.fit(head).feature_names)
    except TableError:  # which whoever trains is told
        features = head.width
    return float(_FRAMES * head.estimated_size() / head.height + 4 * COPIES * features)


def sample_table(path: str | os.PathLike[str], rows: int, *, seed: int = 0, **options: Any) -> Sample:
    """Rows drawn at random from a table of any length; it is read in batches.

    Args:
        path, options: as of `read_table`.
        rows: how many, at most.
        seed: the same seed draws the same rows.
    """
    pl, most = import_polars(), checked_integer("rows", rows)
    rng = np.random.Generator(np.random.Philox(checked_seed(seed)))
    kept: list[Any] = []
    total = held = 0
    for batch in read_batches(path, **options):
        number = pl.Series("\0row", range(total, total + batch.height))
        kept.append(batch.with_columns(number, pl.Series("\0key", rng.random(batch.height))))
        total, held = total + batch.height, held + batch.height
        if held > 2 * most:
            kept = [_smallest(pl, kept, most)]
            held = most
    drawn = _smallest(pl, kept, most).sort("\0row")
    frame = drawn.drop("\0row", "\0key")
    with looked_into(path, ReadOptions.of(**options)) as files:
        first = files[0]
        frame = typed(frame, first.dialect) if first.dialect else frame.rename(index_names(first, frame))
    return Sample(frame, total, drawn["\0row"].to_numpy())


def _smallest(pl: Any, parts: list[Any], rows: int) -> Any:
    """The rows with the smallest keys: a sample of all that came by."""
    return pl.concat(parts, how="vertical_relaxed").sort("\0key").head(rows)
