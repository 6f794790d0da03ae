"""What stands for a table on the command line: a file, or demo:NAME."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from clearprop.errors import InvalidValueError
from clearprop.table import TARGET, load_demo, read_table

_DEMO = "demo:"


def open_table(table: str, target: str | None, header: bool, na: Sequence[str]) -> tuple[Any, str]:
    """The data frame and the name of its target column.

    Raises:
        InvalidValueError: if no target is named for a file.
        ClearpropError: if the table cannot be read.
    """
    if table.startswith(_DEMO):
        return load_demo(table.removeprefix(_DEMO)), target or TARGET
    frame = read_table(table, header=header, na=na)
    if target is None:
        raise InvalidValueError("no target column", "--target COL", "columns: " + ", ".join(frame.columns))
    return frame, target
