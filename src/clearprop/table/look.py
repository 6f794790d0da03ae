"""A table that is looked into before it is read: its files, what they are, and how they are written."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from clearprop.errors import FileError, InvalidValueError, TableError, listed
from clearprop.files import checked_path, unchanged
from clearprop.table.decode import Text
from clearprop.table.delimited import Dialect, find_dialect
from clearprop.table.excel import Sheet, read_sheet
from clearprop.table.kinds import kind_of
from clearprop.table.options import ReadOptions
from clearprop.table.packed import packing_of

_LAKES = {"_delta_log": "Delta Lake", ".hoodie": "Hudi"}  # rows that were deleted stand in their files, too
_NO_VALUE = "__HIVE_DEFAULT_PARTITION__"
_PATTERN = re.compile(r"[*?\[]")


@dataclass(frozen=True)
class Part:
    """A file of a table."""

    path: Path  # of the file
    # Column → value of all its rows, by the names of the folders that it lies in: year=2024.
    partition: dict[str, str | None]


def files_of_table(name: str | os.PathLike[str] | bytes) -> tuple[Part, ...]:
    """The files of a table, in the order of their names with numbers by their size; a plain name is one file.

    Files in folders of the folder belong to it; those whose name begins with a point or a low line do not.

    Raises:
        FileError: if a folder holds no file, or no file has such a name.
        TableError: for a folder of a format that keeps files with rows that are no more.
    """
    text = checked_path(name)
    path = Path(text)
    try:
        is_pattern = bool(_PATTERN.search(text)) and not path.exists()
        is_folder = path.is_dir()
    except (OSError, ValueError):  # no such name is possible; whoever opens it says so
        return (Part(path, {}),)
    if is_folder:
        return _parts(path, _within(path), f"the folder {text} holds no file of a table")
    if is_pattern:
        before = next(i for i, part in enumerate(path.parts) if _PATTERN.search(part))
        found = [Path(one) for one in glob.glob(text, recursive=True)]  # noqa: PTH207, a pattern may be absolute
        files = [file for one in found for file in (_within(one) if one.is_dir() else [one])]
        return _parts(Path(*path.parts[:before]), files, f"no file is called {text}")
    return (Part(path, {}),)


def _within(folder: Path) -> list[Path]:
    for name, lake in _LAKES.items():
        if (folder / name).exists():
            raise TableError(
                f"{folder} is a table of {lake}, whose files hold deleted rows, too", "files of Parquet", "export it"
            )
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [path for path in files if not any(p.startswith((".", "_")) for p in path.relative_to(folder).parts)]


def _parts(root: Path, files: list[Path], none: str) -> tuple[Part, ...]:
    if not files:
        raise FileError(none, "files of a table: CSV, Parquet, …")
    ordered = sorted(set(files), key=_natural)
    parts = tuple(Part(path, _partition(path.relative_to(root).parts[:-1])) for path in ordered)
    other = next((part for part in parts if part.partition.keys() != parts[0].partition.keys()), None)
    if other is not None:
        raise TableError(
            f"{other.path} lies in folders of other names than {parts[0].path}", "column=value in the same places"
        )
    return parts


def _natural(path: Path) -> list[tuple[int, int | str]]:
    """part-2 before part-10."""
    return [(0, int(word)) if word.isdecimal() else (1, word) for word in re.split(r"(\d+)", str(path)) if word]


def _partition(folders: tuple[str, ...]) -> dict[str, str | None]:
    pairs = [folder.partition("=") for folder in folders if re.match(r"[^=]+=.", folder)]
    return {unquote(name): None if value == _NO_VALUE else unquote(value) for name, _, value in pairs}


@dataclass(frozen=True)
class TableFile(Part):
    """A file of a table, looked into."""

    kind: str  # what it is; "" for delimited text
    dialect: Dialect | None = None  # how its text is written, or that of a sheet
    sheet: Sheet | None = None  # of an Excel file


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
        first, dialect, sheet = files[0], files[0].dialect, files[0].sheet
        found: dict[str, Any] = {"kind": first.kind or "delimited text", "files": len(files)}
        if packed := sorted({packing_of(file.path) for file in files} - {""} if first.kind != "Excel" else ()):
            found["packed"] = ", ".join(packed)
        if first.partition:
            found["columns_of_folders"] = list(first.partition)
        if sheet is not None:
            found |= {"sheet": sheet.name, "other_sheets": list(sheet.others)}
        if dialect is not None:
            found |= {name: getattr(dialect, name) for name in ("encoding", "delimiter", "decimal", "header")}
            if skipped := sum(file.dialect.skip for file in files if file.dialect is not None):
                found |= {"skipped": skipped, "above": dialect.above}
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
        return TableFile(**vars(part), kind=kind)
    sheet = read_sheet(part.path, options.sheet) if kind else None
    if sheet is not None:
        options = replace(options, encoding="utf-8", delimiter=",")
    dialect = find_dialect(Text(part.path, sheet.content if sheet else None), options)
    return TableFile(**vars(part), kind=kind, dialect=dialect, sheet=sheet)


def _agreed(files: tuple[TableFile, ...], options: ReadOptions) -> tuple[TableFile, ...]:
    """Files that are parts of one table: of one kind, with the same columns, and numbers written in one way."""
    first = files[0]
    for file in files:
        if file.kind != first.kind:
            kinds = f"{file.kind or 'delimited text'}, and {first.path} {first.kind or 'delimited text'}"
            raise TableError(f"{file.path} is {kinds}", "files of one kind", _NAME_THEM)
        if first.dialect is not None and file.dialect is not None:
            check_same_columns(file, file.dialect.names, first, first.dialect.names)
    if len({file.dialect.decimal for file in files if file.dialect}) < 2:
        return files
    options = replace(options, decimal=",")  # for files whose numbers say nothing against it
    again = tuple(replace(file, dialect=file.dialect and find_dialect(file.dialect.source, options)) for file in files)
    other = next((file for file in again if file.dialect and file.dialect.decimal != ","), None)
    if other is not None:
        raise TableError(f"{other.path} has decimal points, and another file commas", "one way to write numbers")
    return again


_NAME_THEM = "name those that belong together by a pattern in quotes, such as 'folder/*.csv'"


def check_same_columns(file: TableFile, names: Any, first: TableFile, wanted: Any) -> None:
    """Check that two files have the same columns, in whatever order."""
    other = sorted(set(names) ^ set(wanted))
    if other:
        raise TableError(
            f"{file.path} has other columns than {first.path}: only one has {listed(map(repr, other), 5)}",
            "files of one table",
            _NAME_THEM,
        )
