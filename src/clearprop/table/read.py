"""Files to data frames: CSV, TSV and Parquet, whole or in batches, through Polars."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clearprop.errors import TableError
from clearprop.files import checked_path, unchanged
from clearprop.table.delimited import Dialect, find_dialect, open_binary, parse, text_blocks
from clearprop.table.library import first_line, import_polars

if TYPE_CHECKING:
    import polars

_WHOLE = 64 * 2**20  # bytes of text that are parsed at once
BATCH_BYTES = 8 * 2**20
BATCH_ROWS = 100_000  # of Parquet
_DECIMAL_COMMA = r"^[+-]?(\d{1,3}(\.\d{3})+|\d*)(,\d+)?([eE][+-]?\d+)?$"


def read_table(
    path: str | os.PathLike[str], *, header: bool = True, na: Sequence[str] = (), encoding: str | None = None
) -> polars.DataFrame:
    """Read a CSV, TSV or Parquet file.

    The delimiter is found among , ; tab and |; a decimal comma, where fields such as 3,14 stand between other
    delimiters; the encoding, by the mark at the start of the file (UTF-8, UTF-16 and UTF-32; without one UTF-8 or
    UTF-16). Blanks around values do not count, nor do blank lines, except in a table of one column, where one is a
    missing value. Column types follow from the whole file: numbers where every value is one, else text. A column
    without a name is called by its place: c0, c1, ….

    Args:
        path: the file; `.parquet` (in any case) is read as Parquet, everything else as delimited text.
        header: whether the first line names the columns; if not they are called c0, c1, ….
        na: a mark or marks for missing values beside the usual ones (`MISSING_MARKS`).
        encoding: of the text, such as "gb18030"; found out if not given.

    Raises:
        FileError: if the file cannot be read, or is written to meanwhile.
        TableError: if it holds no table: empty, no rows, ragged lines, a column name twice, another encoding.
        MissingDependencyError: if Polars is not installed.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     file = Path(folder) / "flowers.csv"
        ...     _ = file.write_text("petal; species\\n1,4; setosa\\n?; virginica\\n")
        ...     read_table(file).rows()
        [(1.4, 'setosa'), (None, 'virginica')]
    """
    source = Path(checked_path(path))
    with unchanged(source):
        if _is_parquet(source):
            frame: polars.DataFrame = _marked(_from_parquet(source, lambda lazy: lazy), _marks(na))
        else:
            frame = _from_text(source, header, _marks(na), encoding)
        if not frame.height:
            raise TableError(f"{path} has no rows", "at least one row of data")
    return frame


def _from_text(path: Path, header: bool, na: Sequence[str], encoding: str | None) -> Any:
    pl, dialect = import_polars(), find_dialect(path, header, na, encoding)
    parts = [parse(path, dialect, *block) for block in text_blocks(path, dialect, _WHOLE)]
    return typed(pl.concat(parts) if parts else pl.DataFrame(schema=dict.fromkeys(dialect.names, pl.String)), dialect)


def read_batches(
    path: str | os.PathLike[str],
    *,
    header: bool = True,
    na: Sequence[str] = (),
    encoding: str | None = None,
    decimal: str | None = None,
    numbers: Collection[str] = (),
    seen: Callable[[float], None] | None = None,
) -> Iterator[polars.DataFrame]:
    """The same file in batches of bounded size, whatever its length.

    Of delimited text the columns stay text, None where missing, because what a column is follows from all of it.

    Args:
        path, header, na, encoding: as of `read_table`.
        decimal: "," or ".", if nothing in the file speaks against it.
        numbers: columns in which a decimal comma becomes a point, in a file that has them.
        seen: told now and then which share of the file has been read, 0 … 1.

    Raises:
        FileError, TableError, MissingDependencyError: as `read_table`, when the batch in question is reached.
    """
    source = Path(checked_path(path))
    with unchanged(source):
        if _is_parquet(source):
            yield from _parquet_batches(source, _marks(na), seen)
        else:
            yield from _text_batches(source, find_dialect(source, header, _marks(na), encoding, decimal), numbers, seen)


def _text_batches(
    source: Path, dialect: Dialect, numbers: Collection[str], seen: Callable[[float], None] | None
) -> Iterator[Any]:
    pl, found = import_polars(), False
    size = max(1, source.stat().st_size)
    told = None if seen is None else lambda read: seen(read / size)
    for block in text_blocks(source, dialect, BATCH_BYTES, told):
        frame = parse(source, dialect, *block)
        columns = [_present(column, dialect) for column in frame]
        if dialect.decimal == ",":
            columns = [_pointed(pl, column) if column.name in numbers else column for column in columns]
        if frame.height:
            found = True
            yield pl.DataFrame(columns)
    if not found:
        raise TableError(f"{source} has no rows", "at least one row of data")


def _is_parquet(path: Path) -> bool:
    return path.suffix.lower() == ".parquet"


def _marks(na: Sequence[str]) -> Sequence[str]:
    return (na,) if isinstance(na, str) else tuple(na)


def _from_parquet(path: Path, what: Any) -> Any:
    """What is asked of a lazy frame of the file."""
    pl = import_polars()
    named = str(path).encode(errors="ignore") == os.fsencode(path)  # Polars takes no name that is no UTF-8
    with open_binary(path) as file:
        try:
            return what(pl.scan_parquet(path if named else file, glob=False)).collect()
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:  # a damaged file can panic
            raise TableError(f"{path} is no Parquet file: {first_line(error)}") from None


def _marked(frame: Any, na: Sequence[str]) -> Any:
    """A frame of a Parquet file, which has gaps of its own, with one's own marks as gaps, too."""
    pl, marks = import_polars(), [str(mark).strip() for mark in na]
    numbers = [float(mark) for mark in marks if re.fullmatch(r"[+-]?\d+(\.\d*)?", mark)]
    for column in frame if marks else ():
        if column.dtype == pl.String:
            frame = frame.with_columns(column.set(column.str.strip_chars().is_in(marks), None))
        elif column.dtype.is_numeric() and numbers:
            frame = frame.with_columns(column.set(column.cast(pl.Float64).is_in(numbers), None))
    return frame


def _parquet_batches(path: Path, na: Sequence[str], seen: Callable[[float], None] | None) -> Iterator[Any]:
    pl = import_polars()
    rows = int(_from_parquet(path, lambda lazy: lazy.select(pl.len())).item())
    if not rows:
        raise TableError(f"{path} has no rows", "at least one row of data")
    for start in range(0, rows, BATCH_ROWS):
        yield _marked(_from_parquet(path, lambda lazy, start=start: lazy.slice(start, BATCH_ROWS)), na)
        if seen is not None:
            seen(min(1.0, (start + BATCH_ROWS) / rows))


def _present(column: Any, dialect: Dialect) -> Any:
    """Text without blanks around it, None where it is missing."""
    stripped = column.str.strip_chars()
    return stripped.set(stripped.is_in(list(dialect.missing)), None)


def _pointed(pl: Any, column: Any) -> Any:
    """1.234,5 → 1234.5; what is no such number stays."""
    changed = column.str.replace_all(".", "", literal=True).str.replace(",", ".", literal=True)
    chosen = pl.when(pl.lit(column).str.contains(_DECIMAL_COMMA)).then(pl.lit(changed)).otherwise(pl.lit(column))
    return pl.select(chosen.alias(column.name)).to_series()


def typed(raw: Any, dialect: Dialect) -> Any:
    """A frame of text as what it holds: numbers where every value is one, else text."""
    pl = import_polars()
    return pl.DataFrame([_typed(pl, column, dialect) for column in raw])


def _typed(pl: Any, column: Any, dialect: Dialect) -> Any:
    """Text as whole numbers, numbers, or text, whichever fits all values that are there."""
    values = _present(column, dialect)
    if values.str.contains(r"^[+-]?0\d").any():
        return values  # codes such as 007 are no numbers
    numbers = values
    if dialect.decimal == ",":
        if not values.str.contains(_DECIMAL_COMMA).all():
            return values
        numbers = _pointed(pl, values)
    for dtype in (pl.Int64, pl.Float64):
        found = numbers.cast(dtype, strict=False)
        lost = dtype == pl.Float64 and bool((found.is_infinite() & values.str.contains(r"\d")).any())  # 1e1000, a code
        if found.null_count() == values.null_count() and not lost:
            return found.fill_nan(None) if dtype == pl.Float64 else found
    return values
