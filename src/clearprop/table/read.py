"""Files to data frames: delimited text, Parquet, Arrow IPC, JSON and Excel, whole or in batches, through Polars."""

from __future__ import annotations

import codecs
import json
import os
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clearprop.errors import MissingDependencyError, TableError
from clearprop.files import checked_path, unchanged
from clearprop.table.delimited import Dialect, find_dialect, open_binary, parse, text_blocks
from clearprop.table.library import first_line, import_polars
from clearprop.table.packed import is_excel, packing

if TYPE_CHECKING:
    import polars

_WHOLE = 64 * 2**20  # bytes of text that are parsed at once
BATCH_BYTES = 8 * 2**20
BATCH_ROWS = 100_000  # of Parquet
_JSON = re.compile(rb"\s*(?:(\[)\s*[{\]]|\{\s*[\"}])")  # a name of a column may begin with a bracket, too
_DECIMAL_COMMA = r"^[+-]?(\d{1,3}(\.\d{3})+|\d*)(,\d+)?([eE][+-]?\d+)?$"


def read_table(
    path: str | os.PathLike[str], *, header: bool = True, na: Sequence[str] = (), encoding: str | None = None
) -> polars.DataFrame:
    """Read a file: CSV, TSV and other delimited text, Parquet, Arrow IPC (Feather), JSON, JSON lines or Excel.

    What it is follows from its first bytes; text may be packed by gzip, bzip2, xz, zip or zstd.

    The delimiter is found among , ; tab and |; a decimal comma, where fields such as 3,14 stand between other
    delimiters; the encoding, by the mark at the start of the file (UTF-8, UTF-16 and UTF-32; without one UTF-8 or
    UTF-16). Blanks around values do not count, nor do blank lines, except in a table of one column, where one is a
    missing value. Column types follow from the whole file: numbers where every value is one, else text. A column
    without a name is called by its place, "unnamed 0"; an index of pandas in a Parquet file that numbers the rows,
    "index: NAME".

    Args:
        path: the file.
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
        kind = kind_of(source)
        if kind:
            frame: polars.DataFrame = _marked(_asked(source, kind, lambda lazy: lazy), _marks(na))
            frame = frame.rename(_indices(source, frame)) if kind == "Parquet" else frame
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
        kind = kind_of(source)
        if kind:
            yield from _lazy_batches(source, kind, _marks(na), seen)
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


def kind_of(path: Path) -> str:
    """What a file is by its first bytes, if it is no delimited text: "Parquet", "Arrow IPC", "JSON", …; else ""."""
    with open_binary(path) as file:
        head = file.read(256)
        begins = {b"PAR1": "Parquet", b"ARROW1": "Arrow IPC"}
        known = next((kind for magic, kind in begins.items() if head.startswith(magic)), "")
        if known or path.suffix.lower() == ".parquet":
            return known or "Parquet"
        if packing(head) == "zip" and is_excel(file):
            return "Excel"
    json_begins = _JSON.match(head.removeprefix(codecs.BOM_UTF8))
    return "" if json_begins is None else "JSON" if json_begins[1] else "JSON lines"


def _marks(na: Sequence[str]) -> Sequence[str]:
    return (na,) if isinstance(na, str) else tuple(na)


def _asked(path: Path, kind: str, what: Any) -> Any:
    """What is asked of a lazy frame of the file."""
    pl = import_polars()
    named = str(path).encode(errors="ignore") == os.fsencode(path)  # Polars takes no name that is no UTF-8
    with open_binary(path) as file:
        source = path if named else file
        try:
            return what(_lazy(pl, kind, source)).collect()
        except ModuleNotFoundError:
            raise MissingDependencyError("Excel files are read by fastexcel", "it", "pip install fastexcel") from None
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:  # a damaged file can panic
            raise TableError(f"{path} is no {kind} file: {first_line(error)}") from None


def _lazy(pl: Any, kind: str, source: Any) -> Any:
    if kind == "Parquet":
        return pl.scan_parquet(source, glob=False)
    if kind == "Arrow IPC":
        return pl.scan_ipc(source, glob=False)
    if kind == "JSON lines":
        return pl.scan_ndjson(source, infer_schema_length=None)
    return (pl.read_json(source, infer_schema_length=None) if kind == "JSON" else pl.read_excel(source)).lazy()


def _indices(path: Path, frame: Any) -> dict[str, str]:
    """What the columns are called that were the index of a pandas frame, where they are whole numbers, each its own."""
    pl = import_polars()
    try:
        names = json.loads(pl.read_parquet_metadata(path)["pandas"])["index_columns"]
    except (AttributeError, KeyError, ValueError, TypeError, OSError, pl.exceptions.PolarsError):  # written by others
        return {}
    columns = [frame[name] for name in names if isinstance(name, str) and name in frame.columns]
    numbers = [column for column in columns if column.dtype.is_integer() and column.n_unique() == len(column)]
    return {c.name: f"index: {c.name}" for c in numbers if not c.name.startswith("__index_level_")}


def _marked(frame: Any, na: Sequence[str]) -> Any:
    """A frame of a Parquet file, which has gaps of its own, with one's own marks as gaps, too."""
    pl, marks = import_polars(), [str(mark).strip() for mark in na]
    numbers = _numbers_among(marks)
    for column in frame if marks else ():
        if column.dtype == pl.String:
            frame = frame.with_columns(column.set(column.str.strip_chars().is_in(marks), None))
        elif column.dtype.is_numeric() and numbers:
            frame = frame.with_columns(column.set(column.cast(pl.Float64).is_in(numbers), None))
    return frame


def _lazy_batches(path: Path, kind: str, na: Sequence[str], seen: Callable[[float], None] | None) -> Iterator[Any]:
    pl = import_polars()
    rows = int(_asked(path, kind, lambda lazy: lazy.select(pl.len())).item())
    if not rows:
        raise TableError(f"{path} has no rows", "at least one row of data")
    for start in range(0, rows, BATCH_ROWS):
        yield _marked(_asked(path, kind, lambda lazy, start=start: lazy.slice(start, BATCH_ROWS)), na)
        if seen is not None:
            seen(min(1.0, (start + BATCH_ROWS) / rows))


def _present(column: Any, dialect: Dialect) -> Any:
    """Text without blanks around it, None where it is missing; -200 as a mark means -200.0, too."""
    stripped = column.str.strip_chars()
    gone, numbers = stripped.is_in(list(dialect.missing)), _numbers_among(dialect.missing)
    if numbers:
        gone |= stripped.cast(import_polars().Float64, strict=False).is_in(numbers).fill_null(False)
    return stripped.set(gone, None)


def _numbers_among(marks: Sequence[str]) -> list[float]:
    return [float(mark) for mark in marks if re.fullmatch(r"[+-]?\d+(\.\d*)?", mark)]


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
