"""Files to data frames, whole or in batches, through Polars."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from clearprop.errors import TableError
from clearprop.table.delimited import Dialect
from clearprop.table.kinds import frame_batches, pandas_indices, read_frame
from clearprop.table.library import first_line, import_polars
from clearprop.table.look import TableFile, check_same_columns, looked_into
from clearprop.table.marks import numbers_among
from clearprop.table.options import ReadOptions
from clearprop.table.records import parse_records, text_blocks

if TYPE_CHECKING:
    import polars

_WHOLE = 64 * 2**20  # bytes of text that are parsed at once
BATCH_BYTES = 8 * 2**20
BATCH_ROWS = 100_000  # of Parquet
_DECIMAL_COMMA = r"^[+-]?(\d{1,3}(\.\d{3})+|\d*)(,\d+)?([eE][+-]?\d+)?$"


def read_table(
    path: str | os.PathLike[str],
    *,
    header: bool = True,
    na: Sequence[str] = (),
    keep_na: Sequence[str] = (),
    default_na: bool = True,
    encoding: str | None = None,
    delimiter: str | None = None,
    skip: int | None = None,
    sheet: str | None = None,
) -> polars.DataFrame:
    """Read a file: CSV, TSV and other delimited text, Parquet, Arrow IPC (Feather), JSON, JSON lines or Excel.

    What it is follows from its first bytes; it may be packed by gzip, bzip2, xz, zip or zstd. A folder, or a pattern
    such as "data/*.csv", is one table of all its files; folders called year=2024 in it become a column "year".

    The delimiter is found among , ; tab | and blanks; a decimal comma, where fields such as 3,14 stand between other
    delimiters; the encoding, by the mark at the start of the file (UTF-8, UTF-16 and UTF-32; without one UTF-8 or
    UTF-16). Comments (#) and a title above the header are skipped. Blanks around values do not count, nor do blank
    lines, except in a table of one column, where one is a missing value. Column types follow from the whole file:
    numbers where every value is one, else text. A column without a name is called by its place, "unnamed 0"; a name
    that stands there again as pandas calls it, "x.1"; an index of pandas in a Parquet file that numbers the rows,
    "index: NAME"; a field of a structure "address.city".

    Args:
        path: the file, the folder or the pattern.
        header: whether the first line names the columns; if not they are called c0, c1, ….
        na: a mark or marks for missing values beside the usual ones (`MISSING_MARKS`). Those that may be values
            (- ? -- NA None 无) count as missing here among numbers only; elsewhere `TableEncoder` decides.
        keep_na: marks that are values.
        default_na: whether the usual marks count.
        encoding: of the text, such as "gb18030"; found out if not given.
        delimiter: one character, or "tab", or "space" for any number of blanks; found out if not given.
        skip: lines above the header; found out if not given.
        sheet: of an Excel file, its name or its number from 1; the first that holds something if not given.

    Raises:
        FileError: if the file cannot be read, or is written to meanwhile.
        TableError: if it holds no table: empty, no rows, ragged lines, another encoding; or files of several tables.
        InvalidValueError: for an option that says nothing of such a file.
        MissingDependencyError: if Polars is not installed, or what reads Excel or unpacks zstd.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     file = Path(folder) / "flowers.csv"
        ...     _ = file.write_text("petal; species\\n1,4; setosa\\n?; virginica\\n")
        ...     read_table(file).rows()
        [(1.4, 'setosa'), (None, 'virginica')]
    """
    text: dict[str, Any] = {"encoding": encoding, "delimiter": delimiter, "skip": skip, "sheet": sheet}
    options = ReadOptions.of(header=header, na=na, keep_na=keep_na, default_na=default_na, **text)
    with looked_into(path, options) as files:
        dialect = files[0].dialect
        frame: polars.DataFrame = _from_text(files, dialect) if dialect else _from_frames(files, options.na)
        if not frame.height:
            raise TableError(f"{path} has no rows", "at least one row of data")
    return frame


def _from_text(files: Sequence[TableFile], dialect: Dialect) -> Any:
    texts = [(file, file.dialect) for file in files if file.dialect]
    parts = [_placed(f, files, parse_records(d, *block)) for f, d in texts for block in text_blocks(d, _WHOLE)]
    return typed(import_polars().concat(parts) if parts else _without_rows(files), dialect)


def _from_frames(files: Sequence[TableFile], na: Sequence[str]) -> Any:
    frames = [_placed(file, files, read_frame(file.path, file.kind)) for file in files]
    frame = _marked(_joined(files, frames), na)
    return frame.rename(index_names(files[0], frame))


def _joined(files: Sequence[TableFile], frames: Sequence[Any]) -> Any:
    """The rows of all files; numbers of several types become those of the widest."""
    if len(frames) == 1:
        return frames[0]
    pl, first = import_polars(), frames[0]
    for file, frame in zip(files, frames, strict=True):
        check_same_columns(file, frame.columns, files[0], first.columns)
    try:
        return pl.concat([frame.select(first.columns) for frame in frames], how="vertical_relaxed")
    except pl.exceptions.PolarsError as error:
        what = f"columns of {files[0].path} and the files beside it have other types: {first_line(error)}"
        raise TableError(what, "one type for each column") from None


def _placed(file: TableFile, files: Sequence[TableFile], frame: Any) -> Any:
    """A frame of a file with the columns that the names of its folders give, and those of a text in one order."""
    pl = import_polars()
    if files[0].dialect is not None:
        frame = frame.select(files[0].dialect.names)
    for name, value in file.partition.items():
        if name not in frame.columns:
            whole = file.dialect is None and all(_is_whole(other.partition[name]) for other in files)
            dtype = pl.Int64 if whole else pl.String
            frame = frame.with_columns(pl.lit(value, pl.String).cast(dtype).alias(name))
    return frame


def _is_whole(value: str | None) -> bool:
    return value is None or bool(re.fullmatch(r"0|-?[1-9]\d{0,17}", value))


def read_batches(
    path: str | os.PathLike[str],
    *,
    numbers: Collection[str] = (),
    seen: Callable[[float], None] = lambda share: None,
    may_be_empty: bool = False,
    **options: Any,
) -> Iterator[polars.DataFrame]:
    """The same table in batches of bounded size, whatever its length; JSON, Excel and packed Parquet are read whole.

    Of delimited text the columns stay text, None where missing, because what a column is follows from all of it.

    Args:
        path: as of `read_table`.
        numbers: columns in which a decimal comma becomes a point, in a file that has them.
        seen: told now and then which share of the file has been read, 0 … 1.
        may_be_empty: whether a table without rows is one frame without rows; else it is an error.
        options: as of `read_table`; also decimal ("," or ".", if nothing in the file speaks against it), and blanks
            (whether fields stand between blanks, if nothing else delimits them).

    Raises:
        FileError, TableError, InvalidValueError, MissingDependencyError: as `read_table`, when the batch in question is
            reached.
    """
    given = ReadOptions.of(**options)
    with looked_into(path, given) as files:
        columns, before, sizes = None, 0.0, [max(1, file.path.stat().st_size) for file in files]
        for file, size in zip(files, sizes, strict=True):
            told = partial(_tell, seen, before / sum(sizes), size / sum(sizes))
            for frame in _batches(file, numbers, told):
                frame = _placed(file, files, frame)
                frame = frame if file.dialect else _marked(frame, given.na)
                if frame.height:
                    columns = frame.columns if columns is None else columns
                    check_same_columns(file, frame.columns, files[0], columns)
                    yield frame.select(columns)
            before += size
        if columns is None and not may_be_empty:
            raise TableError(f"{path} has no rows", "at least one row of data")
        if columns is None:
            yield _placed(files[0], files, _without_rows(files))


def _tell(seen: Callable[[float], None], before: float, own: float, share: float) -> None:
    """Say which share of all files has been read, from that of one."""
    seen(min(1.0, before + own * share))


def _without_rows(files: Sequence[TableFile]) -> Any:
    """The columns of a table, and no rows."""
    pl, first = import_polars(), files[0]
    if first.dialect is None:
        return read_frame(first.path, first.kind).head(0)
    return pl.DataFrame(schema=dict.fromkeys(first.dialect.names, pl.String))


def _batches(file: TableFile, numbers: Collection[str], seen: Callable[[float], None]) -> Iterator[Any]:
    """One file of a table in batches."""
    pl, dialect, size = import_polars(), file.dialect, max(1, file.path.stat().st_size)
    if dialect is None:
        yield from frame_batches(file.path, file.kind, BATCH_ROWS, seen)
        return
    for block in text_blocks(dialect, BATCH_BYTES, lambda read: seen(min(1.0, read / size))):
        columns = [_present(column, dialect) for column in parse_records(dialect, *block)]
        if dialect.decimal == ",":
            columns = [_pointed(pl, column) if column.name in numbers else column for column in columns]
        yield pl.DataFrame(columns)


def index_names(file: TableFile, frame: Any) -> dict[str, str]:
    """What the columns are called that were the index of a pandas frame, where they are whole numbers, each its own."""
    if file.kind != "Parquet":
        return {}
    columns = [frame[name] for name in pandas_indices(file.path) if name in frame.columns]
    numbers = [column for column in columns if column.dtype.is_integer() and column.n_unique() == len(column)]
    return {c.name: f"index: {c.name}" for c in numbers}


def _marked(frame: Any, na: Sequence[str]) -> Any:
    """A frame of a Parquet file, which has gaps of its own, with one's own marks as gaps, too."""
    pl, marks = import_polars(), [str(mark).strip() for mark in na]
    numbers = numbers_among(marks)
    for column in frame if marks else ():
        if column.dtype == pl.String:
            frame = frame.with_columns(column.set(column.str.strip_chars().is_in(marks), None))
        elif column.dtype.is_numeric() and numbers:
            frame = frame.with_columns(column.set(column.cast(pl.Float64).is_in(numbers), None))
    return frame


def _present(column: Any, dialect: Dialect) -> Any:
    """Text without blanks around it, None where it is missing in any case."""
    return _gapped(column.str.strip_chars(), dialect.marks.always)


def _gapped(stripped: Any, marks: Sequence[str]) -> Any:
    """Text with its marks as None; -200 as a mark means -200.0, too."""
    gone, numbers = stripped.is_in(list(marks)), numbers_among(marks)
    if numbers:
        gone |= stripped.cast(import_polars().Float64, strict=False).is_in(numbers).fill_null(False)
    return stripped.set(gone, None)


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
    text = _present(column, dialect)
    if text.str.contains(r"^[+-]?0\d").any():
        return text  # codes such as 007 are no numbers
    values = numbers = _gapped(text, dialect.marks.perhaps)
    if values.null_count() == len(values) > text.null_count():
        return text
    if dialect.decimal == ",":
        if not values.str.contains(_DECIMAL_COMMA).all():
            return text
        numbers = _pointed(pl, values)
    for dtype in (pl.Int64, pl.Float64):
        found = numbers.cast(dtype, strict=False)
        lost = dtype == pl.Float64 and bool((found.is_infinite() & values.str.contains(r"\d")).any())  # 1e1000, a code
        if found.null_count() == values.null_count() and not lost:
            return found.fill_nan(None) if dtype == pl.Float64 else found
    return text
