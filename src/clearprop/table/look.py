"""A table that is looked into before it is read: its files, what they are, and how they are written."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import Any

from clearprop.errors import InvalidValueError, TableError, listed
from clearprop.files import unchanged
from clearprop.table.decode import Text
from clearprop.table.delimited import Dialect, find_dialect
from clearprop.table.excel import Sheet, read_sheet
from clearprop.table.kinds import kind_of
from clearprop.table.options import ReadOptions
from clearprop.table.packed import packing_of
from clearprop.table.places import Part, files_of_table


@dataclass(frozen=True)
class TableFile:
    """A file of a table.

    Attributes:
        part: where it is.
        kind: what it is; "" for delimited text.
        text: its text, or that of a sheet.
        dialect: how that is written.
        sheet: of an Excel file.
    """

    part: Part
    kind: str
    text: Text | None = None
    dialect: Dialect | None = None
    sheet: Sheet | None = None


@contextmanager
def looked_into(name: str | os.PathLike[str] | bytes, options: ReadOptions) -> Iterator[tuple[TableFile, ...]]:
    """The files of a table, which must stay as they are until the block ends.

    Raises:
        FileError: if one cannot be read, or changes meanwhile.
        TableError: if they hold no table, or more than one.
        InvalidValueError: for an option that says nothing of such a file.
    """
    parts = files_of_table(name)
    with ExitStack() as stack:
        for part in parts:
            stack.enter_context(unchanged(part.path))
        files = tuple(_look(part, options) for part in parts)
        yield _agreed(files, options)


def how_it_is_written(name: str | os.PathLike[str] | bytes, options: ReadOptions) -> dict[str, Any]:
    """What was found about a table's files, as plain data: what they are, and whatever was skipped or guessed.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     file = Path(folder) / "t.csv"
        ...     _ = file.write_text("From the lab\\nx;y\\n1;2\\n3;4\\n5;6\\n")
        ...     found = how_it_is_written(file, ReadOptions())
        >>> found["delimiter"], found["skipped"], found["above"]
        (';', 1, 'From the lab')
    """
    with looked_into(name, options) as files:
        first = files[0]
        found: dict[str, Any] = {"kind": first.kind or "delimited text", "files": len(files)}
        if packed := sorted({packing_of(file.part.path) for file in files} - {""} if first.kind != "Excel" else ()):
            found["packed"] = ", ".join(packed)
        if first.part.partition:
            found["columns_of_folders"] = list(first.part.partition)
        if first.sheet is not None:
            found |= {"sheet": first.sheet.name, "other_sheets": list(first.sheet.others)}
        if first.dialect is not None:
            found |= _of_text(first.dialect, [file.dialect.skip for file in files if file.dialect is not None])
        return found


def _of_text(dialect: Dialect, skipped: list[int]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "encoding": dialect.encoding,
        "delimiter": dialect.delimiter,
        "decimal": dialect.decimal,
        "header": dialect.header,
    }
    if sum(skipped):
        found |= {"skipped": sum(skipped), "above": dialect.above}
    if dialect.again:
        found["renamed"] = dict(dialect.again)
    if dialect.row_names:
        found["row_names"] = dialect.names[0]
    return found


def _look(part: Part, options: ReadOptions) -> TableFile:
    kind = kind_of(part.path)
    if beside := options.beside(kind):
        what = "delimited text" if not kind else f"of the kind {kind}"
        raise InvalidValueError(f"{beside[0]} for {part.path}, which is {what}", "none: it says nothing of such a file")
    if kind not in ("", "Excel"):
        return TableFile(part, kind)
    sheet = read_sheet(part.path, options.sheet) if kind else None
    text = Text(part.path, sheet.content if sheet else None)
    if sheet is not None:
        options = replace(options, encoding="utf-8", delimiter=",")
    return TableFile(part, kind, text, find_dialect(text, options), sheet)


def _agreed(files: tuple[TableFile, ...], options: ReadOptions) -> tuple[TableFile, ...]:
    """Files that are parts of one table: of one kind, with the same columns, and numbers written in one way.

    Raises:
        TableError: if they are not.
    """
    first = files[0]
    for file in files:
        if file.kind != first.kind:
            kinds = f"{file.kind or 'delimited text'}, and {first.part.path} {first.kind or 'delimited text'}"
            raise TableError(f"{file.part.path} is {kinds}", "files of one kind", _NAME_THEM)
        if first.dialect is not None and file.dialect is not None:
            check_same_columns(file, file.dialect.names, first, first.dialect.names)
    if len({file.dialect.decimal for file in files if file.dialect}) < 2:
        return files
    again = tuple(replace(file, dialect=_with_comma(file, options)) for file in files)
    other = next((file for file in again if file.dialect and file.dialect.decimal != ","), None)
    if other is not None:
        raise TableError(f"{other.part.path} has decimal points, and another file commas", "one way to write numbers")
    return again


def _with_comma(file: TableFile, options: ReadOptions) -> Dialect | None:
    """The dialect of a file whose numbers say nothing against a decimal comma, which other files have."""
    return None if file.text is None else find_dialect(file.text, replace(options, decimal=","))


_NAME_THEM = "name those that belong together by a pattern in quotes, such as 'folder/*.csv'"


def check_same_columns(file: TableFile, names: Any, first: TableFile, wanted: Any) -> None:
    """Check that two files have the same columns, in whatever order.

    Raises:
        TableError: if they do not.
    """
    other = sorted(set(names) ^ set(wanted))
    if other:
        raise TableError(
            f"{file.part.path} has other columns than {first.part.path}: only one has {listed(map(repr, other), 5)}",
            "files of one table",
            _NAME_THEM,
        )
