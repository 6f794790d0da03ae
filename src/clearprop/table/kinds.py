"""Files that know their columns and types: Parquet, Arrow IPC, JSON and JSON lines, whole or in batches."""

from __future__ import annotations

import codecs
import io
import json
import os
import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from clearprop.errors import TableError
from clearprop.table.decode import open_binary
from clearprop.table.excel import OLD, is_excel
from clearprop.table.json_forms import document_to_frame, is_lines, line_batches, lines_to_frame
from clearprop.table.library import first_line, import_polars
from clearprop.table.packed import is_binary, packing, packing_of, unpacked

_MAGIC = {
    b"PAR1": "Parquet",
    b"ARROW1": "Arrow IPC",
    b"\xff\xff\xff\xff": "Arrow IPC stream",
    OLD: "Excel",
}
_JSON = re.compile(rb"\s*(?:(\[)\s*[{\]\[]|\{\s*[\"}])")  # a name of a column may begin with a bracket, too
_PATTERN = re.compile(r"[*?\[]")
_BEGIN = 256  # bytes that tell what a file is
_LINES = 8 * 2**20  # bytes of JSON lines at once


def kind_of(path: Path) -> str:
    """What a file is by its first bytes, unpacked if need be: "Parquet", "JSON", "Excel", …; "" for delimited text.

    Raises:
        FileError: if it cannot be read.
        TableError: if it is what people take for a table, and is none.
    """
    with open_binary(path) as file:
        head = file.read(_BEGIN)
        if known := _by_magic(head):
            return known
        if path.suffix.lower() == ".parquet":
            return "Parquet"
        if packing(head) == "zip" and is_excel(file):
            return "Excel"
        file.seek(0)
        with unpacked(path, file) as inner:
            head = inner.read(_BEGIN)
            if known := _by_magic(head):
                return known
            begins = _JSON.match(head.removeprefix(codecs.BOM_UTF8))
            if begins is None or begins[1]:
                return "JSON" if begins else ""
    with open_binary(path) as file, unpacked(path, file) as inner:
        inner.read(3 if head.startswith(codecs.BOM_UTF8) else 0)
        return "JSON lines" if is_lines(inner) else "JSON"


def _by_magic(head: bytes) -> str:
    return next((kind for magic, kind in _MAGIC.items() if head.startswith(magic) and is_binary(head)), "")


def read_frame(path: Path, kind: str) -> Any:
    """A file of a kind as a data frame.

    Raises:
        TableError: if it is none of this kind.
    """
    if kind == "JSON lines":
        return import_polars().concat(list(_lines(path, None)))
    if kind == "JSON":
        return _flat(_asked(path, kind, lambda file: document_to_frame(path, file.read())))
    return _flat(_asked(path, kind, lambda source: _lazy(kind, source).collect()))


def frame_batches(path: Path, kind: str, rows: int, seen: Callable[[float], None] | None) -> Iterator[Any]:
    """The same in data frames of at most so many rows, or of so many lines as hold a few megabytes.

    Raises:
        TableError: if it is none of this kind.
    """
    if kind == "JSON lines":
        yield from _lines(path, seen)
        return
    whole = None if kind in ("Parquet", "Arrow IPC") and not packing_of(path) else read_frame(path, kind)
    count = _asked(path, kind, lambda source: _count(kind, source)) if whole is None else whole.height
    for start in range(0, count, rows):
        if whole is None:
            batch = _asked(path, kind, partial(_rows, kind, start, rows))
        else:
            batch = whole[start : start + rows]
        yield _flat(batch)
        if seen is not None:
            seen(min(1.0, (start + rows) / count))


def pandas_indices(path: Path) -> list[str]:
    """The columns of a Parquet file that were the index of a pandas frame, and have a name."""
    pl = import_polars()
    try:
        names = json.loads(pl.read_parquet_metadata(path)["pandas"])["index_columns"]
    except (AttributeError, KeyError, ValueError, TypeError, OSError, pl.exceptions.PolarsError):  # written by others
        return []
    return [name for name in names if isinstance(name, str) and not name.startswith("__index_level_")]


def _lines(path: Path, seen: Callable[[float], None] | None) -> Iterator[Any]:
    """JSON lines block by block; the columns and their types are those of the whole file, which is read for them."""
    pl = import_polars()
    size = max(1, path.stat().st_size)

    def blocks(read: Callable[[bytes], Any], told: Callable[[float], None] | None) -> Iterator[Any]:
        with open_binary(path) as file, unpacked(path, file) as inner:
            for block in line_batches(inner, _LINES):
                yield _guarded(path, "JSON lines", partial(read, block))
                if told is not None:
                    told(min(1.0, file.tell() / size))

    schemas = list(blocks(lambda block: lines_to_frame(block).clear(), None))
    schema = _guarded(path, "JSON lines", lambda: pl.concat(schemas, how="diagonal_relaxed").schema)
    for frame in blocks(lambda block: lines_to_frame(block, schema), seen):
        yield _flat(frame)


def _asked(path: Path, kind: str, what: Callable[[Any], Any]) -> Any:
    """What is asked of a file: of its path where Polars takes that, of the open file, or of what was packed in it."""
    with open_binary(path) as file, unpacked(path, file) as inner:
        source: Any = inner
        if kind != "JSON" and inner is not file:
            source = io.BytesIO(inner.read())
        elif kind != "JSON" and _takes(path, kind):
            source = path
        return _guarded(path, kind, lambda: what(source))


def _takes(path: Path, kind: str) -> bool:
    """Whether Polars takes the name of a file: UTF-8, and no pattern where one cannot say that it is none."""
    is_text = str(path).encode(errors="ignore") == os.fsencode(path)
    return is_text and (kind == "Parquet" or not _PATTERN.search(str(path)))


def _guarded(path: Path, kind: str, what: Callable[[], Any]) -> Any:
    errors = import_polars().exceptions
    try:
        return what()
    except TableError:
        raise
    except (errors.PolarsError, errors.PanicException, OSError, RuntimeError, ValueError) as error:  # damage can panic
        raise TableError(f"{path} is no {kind} file: {first_line(error)}") from None


def _lazy(kind: str, source: Any) -> Any:
    pl = import_polars()
    if kind == "Parquet":
        return pl.scan_parquet(source, glob=False)
    if kind == "Arrow IPC":
        return pl.scan_ipc(source)
    return pl.read_ipc_stream(source).lazy()


def _rows(kind: str, start: int, rows: int, source: Any) -> Any:
    return _lazy(kind, source).slice(start, rows).collect()


def _count(kind: str, source: Any) -> int:
    return int(_lazy(kind, source).select(import_polars().len()).collect().item())


def _flat(frame: Any) -> Any:
    """Structures as a column for each of their fields behind the others: address.city."""
    pl = import_polars()
    while any(isinstance(dtype, pl.Struct) for dtype in frame.schema.values()):
        columns = {column.name: column for column in frame if not isinstance(column.dtype, pl.Struct)}
        for structure in (column for column in frame if isinstance(column.dtype, pl.Struct)):
            for field in structure.struct.unnest():
                name = f"{structure.name}.{field.name}"
                while name in columns:
                    name += "_"
                columns[name] = field.alias(name)
        frame = pl.DataFrame(list(columns.values()))
    return frame
