"""A table that does not fit into memory: as many of its rows, drawn at random, as do."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from clearprop.errors import checked_integer, checked_seed
from clearprop.table.delimited import find_dialect, open_binary
from clearprop.table.library import import_polars
from clearprop.table.packed import packing, unpacked
from clearprop.table.read import kind_of, read_batches, typed

_PACKED = 10  # times that a packed file may hold of its own size, usually
_ROOM = 8  # bytes of memory that training may take for each byte of the file


def rows_that_fit(path: str | os.PathLike[str]) -> int | None:
    """How many rows of a file may be read at once, by its first lines and the memory that is free; None if all may.

    Raises:
        FileError: if it cannot be read.
    """
    source, free = Path(path), available_memory()
    with open_binary(source) as file:
        packed = _PACKED if packing(file.read(16)) else 1
        if free is None or os.fstat(file.fileno()).st_size * packed * _ROOM < free:
            return None
        with unpacked(source, file) as text:
            lines = text.read(2**20).count(b"\n")
    per_row = 1000 if kind_of(source) else 2**20 / max(1, lines)
    return max(1000, int(free / (_ROOM * per_row)))


def sample_table(
    path: str | os.PathLike[str],
    rows: int,
    *,
    seed: int = 0,
    header: bool = True,
    na: Sequence[str] = (),
    encoding: str | None = None,
) -> tuple[Any, int]:
    """Rows drawn at random from a file of any length, in their order, and how many it has; it is read in batches.

    Args:
        path, header, na, encoding: as of `read_table`.
        rows: how many, at most.
        seed: the same seed draws the same rows.

    Raises:
        FileError, TableError: as `read_table`.
    """
    pl, most = import_polars(), checked_integer("rows", rows)
    rng = np.random.Generator(np.random.Philox(checked_seed(seed)))
    kept: list[Any] = []
    total = held = 0
    for batch in read_batches(path, header=header, na=na, encoding=encoding):
        number = pl.Series("\0row", range(total, total + batch.height))
        kept.append(batch.with_columns(number, pl.Series("\0key", rng.random(batch.height))))
        total, held = total + batch.height, held + batch.height
        if held > 2 * most:
            kept = [_smallest(pl, kept, most)]
            held = most
    frame = _smallest(pl, kept, most).sort("\0row").drop("\0row", "\0key")
    if kind_of(Path(path)):
        return frame, total
    return typed(frame, find_dialect(Path(path), header, (na,) if isinstance(na, str) else tuple(na), encoding)), total


def _smallest(pl: Any, parts: list[Any], rows: int) -> Any:
    """The rows with the smallest keys: a sample of all that came by."""
    return pl.concat(parts).sort("\0key").head(rows)


def available_memory() -> int | None:
    """Bytes that a process may still take: what the system says is free, within the control group's limit."""
    found = []
    try:
        with Path("/proc/meminfo").open() as file:
            found += [int(line.split()[1]) * 1024 for line in file if line.startswith("MemAvailable:")]
        limit, used = (Path(f"/sys/fs/cgroup/memory.{name}").read_text().strip() for name in ("max", "current"))
        found += [int(limit) - int(used)] if limit.isdigit() else []
    except (OSError, ValueError):
        pass
    return min(found) if found else None
