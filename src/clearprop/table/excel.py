"""Excel files: the sheet with the table, as text like any other, so that it is read by the same rules."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO

from clearprop.errors import MissingDependencyError, TableError, listed
from clearprop.table.library import first_line, import_polars
from clearprop.table.packed import LEAST, RATIO

OLD = b"\xd0\xcf\x11\xe0"  # begins a workbook of before 2007, and other files of that time
_CELL = re.compile(rb"""\sr=["']([A-Za-z]{1,3})(\d{1,7})["']""")
_LONGEST_CELL = 32  # bytes of the beginning of a cell
_MOST_CELLS = 2**26  # of the rectangle around all of a sheet, which is held in memory at once


@dataclass(frozen=True)
class Sheet:
    """One sheet of a workbook."""

    name: str  # of the sheet
    others: tuple[str, ...]  # the other sheets that hold something
    content: bytes  # its cells as CSV in UTF-8


def is_excel(file: BinaryIO) -> bool:
    """Whether an archive is an Excel file."""
    try:
        return "xl/workbook.xml" in zipfile.ZipFile(file).namelist()
    except zipfile.BadZipFile:
        return False


def read_sheet(path: Path, wanted: str | None) -> Sheet:
    """A sheet by its name, or by its number from 1 if none is called so; without one the first that holds something.

    Raises:
        TableError: if there is none, or if the file is damaged, or far larger than it looks.
        MissingDependencyError: without fastexcel, which reads it.
    """
    try:
        excel: Any = import_module("fastexcel")
    except ImportError:
        raise MissingDependencyError(
            f"{path} is an Excel file, which fastexcel reads", "fastexcel", 'pip install "clearprop[files]"'
        ) from None
    pl = import_polars()
    try:
        _check_size(path)
        book = excel.read_excel(path.read_bytes())  # a name that ends otherwise would be refused
        names = list(book.sheet_names)
        chosen = None if wanted is None else _chosen(path, names, wanted)
        frames = {
            name: pl.DataFrame(book.load_sheet(name, header_row=None, dtypes="string"))
            for name in ([chosen] if chosen else names)
        }
    except (excel.FastExcelError, zipfile.BadZipFile, pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        raise TableError(f"{path} is no Excel file that can be read: {first_line(error)}") from None
    filled = [name for name, frame in frames.items() if frame.height]
    if not filled:
        what = f"sheet {chosen!r} of {path}" if chosen else f"{path}"
        raise TableError(f"{what} is empty", "a table", f"sheets: {listed(names)}" if chosen else None)
    others = [name for name in (names if chosen else filled) if name != filled[0]]
    return Sheet(filled[0], tuple(others), frames[filled[0]].write_csv(include_header=False).encode())


def _chosen(path: Path, names: Sequence[str], wanted: str) -> str:
    if wanted in names:
        return wanted
    if wanted.isdecimal() and 1 <= int(wanted) <= len(names):
        return names[int(wanted) - 1]
    raise TableError(f"{path} has no sheet {wanted!r}", "one of: " + listed(names))


def _check_size(path: Path) -> None:
    """Refuse a workbook that unpacks to far more than it looks, or has cells so far apart that nothing holds them.

    The library that reads it takes the memory of the whole rectangle, and ends the process where there is not enough.
    """
    if not zipfile.is_zipfile(path):
        return  # an old one, of 65,536 rows and 256 columns at most
    most = max(LEAST, RATIO * path.stat().st_size)
    with zipfile.ZipFile(path) as archive:
        if sum(info.file_size for info in archive.infolist()) > most:
            raise TableError(f"{path} unpacks to more than {most >> 20:,} MB, {RATIO} times its size", "a table")
        for info in archive.infolist():
            with archive.open(info) as file:
                rows, columns = _extent(file)
            if rows * columns > _MOST_CELLS:
                raise TableError(
                    f"{path} has a sheet of {rows:,} rows and {columns:,} columns, most of it empty",
                    f"at most {_MOST_CELLS:,} cells",
                    "delete what stands far from the table, or save the table as CSV",
                )


def _extent(file: Any) -> tuple[int, int]:
    """The last row and column of a sheet that have a cell."""
    rows = columns = 0
    carry = b""
    while piece := file.read(2**20):
        text = carry + piece
        cells = _CELL.findall(text)
        if cells:
            rows = max(rows, *(int(row) for _, row in cells))
            columns = max(columns, *(_number(letters) for letters in {letters for letters, _ in cells}))
        carry = text[-_LONGEST_CELL:]
    return rows, columns


def _number(letters: bytes) -> int:
    """A column by its letters: A is 1, Z 26, AA 27."""
    number = 0
    for letter in letters.upper():
        number = 26 * number + letter - ord("A") + 1
    return number
