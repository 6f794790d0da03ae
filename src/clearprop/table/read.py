"""Files to data frames: CSV, TSV and Parquet, through Polars."""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clearprop.errors import FileError, MissingDependencyError, TableError

if TYPE_CHECKING:
    import polars

MISSING_MARKS = ("", "NA", "N/A", "n/a", "nan", "NaN", "?", "null", "NULL", "None")
_DELIMITERS = (",", ";", "\t", "|")


def import_polars() -> Any:
    """Polars, which reads tables.

    Raises:
        MissingDependencyError: if it is not installed.
    """
    try:
        import polars
    except ImportError:
        raise MissingDependencyError(
            "Polars is not installed", "Polars, to read tables", 'pip install "clearprop[tables]"'
        ) from None
    return polars


def read_table(path: str | os.PathLike[str], *, header: bool = True, na: Sequence[str] = ()) -> polars.DataFrame:
    """Read a CSV, TSV or Parquet file.

    The delimiter is found among , ; tab and |. Blanks around values do not count, nor do blank lines, except in a table
    of one column, where one is a missing value. Column types follow from the whole file: numbers where every value is
    one, else text. A column without a name is called by its place: c0, c1, ….

    Args:
        path: the file; `.parquet` (in any case) is read as Parquet, everything else as delimited text.
        header: whether the first line names the columns; if not they are called c0, c1, ….
        na: a mark or marks for missing values beside the usual ones ("", NA, N/A, nan, ?, null, None).

    Raises:
        FileError: if the file cannot be read.
        TableError: if it holds no table: empty, no rows, ragged lines, a column name twice, not UTF-8.
        MissingDependencyError: if Polars is not installed.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     file = Path(folder) / "flowers.csv"
        ...     _ = file.write_text("petal; species\\n1.4; setosa\\n?; virginica\\n")
        ...     read_table(file).rows()
        [(1.4, 'setosa'), (None, 'virginica')]
    """
    source = Path(path)
    try:
        content = source.read_bytes()
    except OSError as error:
        reason = error.strerror or error.__class__.__name__
        raise FileError(f"cannot read {path}: {reason}", "a CSV, TSV or Parquet file") from None
    frame: polars.DataFrame = (
        _read_parquet(source, content)
        if source.suffix.lower() == ".parquet"
        else _read_text(source, content, header, (na,) if isinstance(na, str) else tuple(na))
    )
    if not frame.height:
        raise TableError(f"{path} has no rows", "at least one row of data")
    return frame


def _read_parquet(path: Path, content: bytes) -> Any:
    pl = import_polars()
    try:
        return pl.read_parquet(io.BytesIO(content))
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:  # a damaged file can panic
        raise TableError(f"{path} is no Parquet file: {_first_line(error)}") from None


def _read_text(path: Path, content: bytes, header: bool, na: tuple[str, ...]) -> Any:
    pl = import_polars()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise TableError(f"{path} is not UTF-8 (byte {error.start})", "UTF-8 text", "save the file as UTF-8") from None
    if not text.strip():
        raise TableError(f"{path} is empty", "a table")
    text = text.replace("\r\n", "\n").replace("\r", "\n").lstrip("\n")  # lines may end as on any system
    delimiter = _find_delimiter(text)
    try:
        raw = pl.read_csv(text.encode(), has_header=False, separator=delimiter, infer_schema=False)
    except pl.exceptions.PolarsError as error:
        _full_lines(path, text, delimiter)  # which names the line, if it finds one
        raise TableError(f"{path} is no regular table: {_first_line(error)}", "the same fields in every line") from None
    if raw.width > 1 and raw[:, -1].null_count():  # Polars fills up a short line, without a word
        full = _full_lines(path, text, delimiter)
        if len(full) != raw.height:
            raise TableError(f"{path} is no regular table: quotes that do not pair", 'two " for one inside quotes')
        raw = raw.filter(pl.Series(full))
    if header:
        names = [(name or "").strip() or f"c{i}" for i, name in enumerate(raw.row(0))]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise TableError(f"{path} has the column {twice!r} twice", "one name per column")
        raw = raw.slice(1)
    else:
        names = [f"c{i}" for i in range(raw.width)]
    missing = [*MISSING_MARKS, *(str(mark).strip() for mark in na)]
    return pl.DataFrame([_typed(pl, raw[:, i].alias(name), missing) for i, name in enumerate(names)])


def _full_lines(path: Path, text: str, delimiter: str) -> list[bool]:
    """For each record whether it has fields (True) or is blank (False).

    Raises:
        TableError: for one that has not as many fields as the first.
    """
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    full, width = [], 0
    try:
        for fields in reader:
            full.append(len(fields) > 1 or bool("".join(fields).strip()))
            width = width or len(fields)
            if full[-1] and len(fields) != width:
                raise TableError(
                    f"{path} is no regular table: number of fields in line {reader.line_num} is {len(fields)}",
                    f"{width}, as in the first line",
                )
    except csv.Error as error:
        raise TableError(f"{path} is no regular table: {error} (line {reader.line_num})") from None
    return full


def _find_delimiter(text: str) -> str:
    """The delimiter that cuts the first lines into the most fields, the same number in each; a comma if in doubt."""
    start = re.sub(r'"[^"]*"', "", "\n".join(text.split("\n", 20)[:20]))  # what is quoted delimits nothing
    lines = [line for line in start.split("\n") if line.strip()] or [""]
    counts = {d: [line.count(d) for line in lines] for d in _DELIMITERS}
    regular = {d: c[0] for d, c in counts.items() if c[0] and min(c) == max(c)}
    return max(regular, key=lambda d: regular[d]) if regular else max(_DELIMITERS, key=lambda d: counts[d][0])


def _typed(pl: Any, column: Any, missing: list[str]) -> Any:
    """Text as whole numbers, numbers, or text, whichever fits all values that are there."""
    stripped = column.str.strip_chars()
    values = stripped.set(stripped.is_in(missing), None)
    if values.str.contains(r"^[+-]?0\d").any():
        return values  # codes such as 007 are no numbers
    for dtype in (pl.Int64, pl.Float64):
        numbers = values.cast(dtype, strict=False)
        if numbers.null_count() == values.null_count():
            return numbers.fill_nan(None) if dtype == pl.Float64 else numbers
    return values


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
