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
from typing import Any, BinaryIO

from clearprop.errors import TableError
from clearprop.table.decode import open_binary
from clearprop.table.excel import OLD, is_excel
from clearprop.table.library import first_line, import_polars
from clearprop.table.packed import is_binary, packing, packing_of, unpacked

_MAGIC = {b"PAR1": "Parquet", b"ARROW1": "Arrow IPC", b"\xff\xff\xff\xff": "Arrow IPC stream", OLD: "Excel"}
_JSON = re.compile(rb"\s*(?:(\[)\s*[{\]\[]|\{\s*[\"}])")  # a name of a column may begin with a bracket, too
_PATTERN = re.compile(r"[*?\[]")
_BEGIN = 256  # bytes that tell what a file is
_LINES, _LONGEST_LINE = 8 * 2**20, 64 * 2**20  # bytes of JSON lines at once, and of one
_FORMS = '[{"a": 1, …}, …], lines of {"a": 1, …}, {"columns": […], "data": [[…], …]} or {"a": {…}, …}'


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
        return "JSON lines" if _is_lines(inner) else "JSON"


def _by_magic(head: bytes) -> str:
    return next((kind for magic, kind in _MAGIC.items() if head.startswith(magic) and is_binary(head)), "")


def read_frame(path: Path, kind: str) -> Any:
    """A file of a kind as a data frame."""
    if kind == "JSON lines":
        return import_polars().concat(list(_lines(path)))
    if kind == "JSON":
        return _flat(_asked(path, kind, lambda file: _document_to_frame(path, file.read())))
    return _flat(_asked(path, kind, lambda source: _lazy(kind, source).collect()))


def frame_batches(path: Path, kind: str, rows: int, seen: Callable[[float], None]) -> Iterator[Any]:
    """The same in data frames of at most so many rows, or of so many lines as hold a few megabytes."""
    if kind == "JSON lines":
        yield from _lines(path, seen)
        return
    if kind in ("Parquet", "Arrow IPC") and not packing_of(path):
        pl = import_polars()
        count = int(_asked(path, kind, lambda source: _lazy(kind, source).select(pl.len()).collect().item()))
        for start in range(0, count, rows):
            yield _flat(_asked(path, kind, partial(_rows, kind, start, rows)))
            seen(min(1.0, (start + rows) / count))
    else:
        whole = read_frame(path, kind)
        for start in range(0, whole.height, rows):
            yield whole[start : start + rows]
            seen(min(1.0, (start + rows) / whole.height))


def pandas_indices(path: Path) -> list[str]:
    """The columns of a Parquet file that were the index of a pandas frame, and have a name."""
    pl = import_polars()
    try:
        names = json.loads(pl.read_parquet_metadata(path)["pandas"])["index_columns"]
    except (AttributeError, KeyError, ValueError, TypeError, OSError, pl.exceptions.PolarsError):  # written by others
        return []
    return [name for name in names if isinstance(name, str) and not name.startswith("__index_level_")]


def _lines(path: Path, seen: Callable[[float], None] = lambda share: None) -> Iterator[Any]:
    """JSON lines block by block; the columns and their types are those of the whole file, which is read for them."""
    pl = import_polars()
    size = max(1, path.stat().st_size)

    def frames(schema: Any = None) -> Iterator[tuple[Any, int]]:
        """Each block, and how far the file has been read; without a schema its types are found from all of it."""
        with open_binary(path) as file, unpacked(path, file) as inner:
            for block in _line_blocks(inner):
                read = partial(pl.read_ndjson, io.BytesIO(block), schema=schema, infer_schema_length=None)
                yield _guarded(path, "JSON lines", read), file.tell()

    schemas = [frame.clear() for frame, _ in frames()]
    schema = _guarded(path, "JSON lines", lambda: pl.concat(schemas, how="diagonal_relaxed").schema)
    for frame, read in frames(schema):
        yield _flat(frame)
        seen(min(1.0, read / size))


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


def _is_lines(file: BinaryIO) -> bool:
    """Whether a file that begins with { holds an object in each line, and not one object that holds the table."""
    first = file.readline(_LONGEST_LINE)
    while first and not first.strip():
        first = file.readline(_LONGEST_LINE)
    try:
        found = json.loads(first)
    except (ValueError, RecursionError):
        return b"}" in first  # damaged, if not the first line of a document that is spread over many
    if not isinstance(found, dict) or not all(isinstance(value, list | dict) for value in found.values()):
        return True
    return any(line.strip() for line in file)


def _line_blocks(file: BinaryIO) -> Iterator[bytes]:
    """Whole lines in blocks of about 8 MB."""
    carry = file.read(len(codecs.BOM_UTF8)).removeprefix(codecs.BOM_UTF8)
    while piece := file.read(_LINES):
        text = carry + piece
        end = text.rfind(b"\n") + 1
        carry = text[end:]
        if text[:end].strip():
            yield text[:end]
    if carry.strip():
        yield carry


def _document_to_frame(path: Path, content: bytes) -> Any:
    """A JSON document as a data frame, in any form that pandas writes, or an answer with one list of objects."""
    content = content.removeprefix(codecs.BOM_UTF8).strip()
    if content.startswith(b"["):
        if not content[1:].lstrip().startswith((b"{", b"]")):
            raise TableError(f"{path} is a JSON list without names of columns", _FORMS)
    else:
        found = json.loads(content, parse_constant=lambda word: None)
        content = json.dumps(_records(path, found)).encode()
    if not content[1:-1].strip():
        return import_polars().DataFrame()
    return import_polars().read_json(io.BytesIO(content), infer_schema_length=None)


def _records(path: Path, found: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows of a table in an object."""
    names, rows = found.get("columns"), found.get("data")
    if isinstance(names, list) and isinstance(rows, list) and all(isinstance(row, list) for row in rows):
        if len(set(map(str, names))) < len(names) or any(len(row) != len(names) for row in rows):
            raise TableError(f"{path} is no regular table", "one name for each column, and a value for each name")
        return [dict(zip(map(str, names), row, strict=True)) for row in rows]
    lists = [value for value in found.values() if isinstance(value, list) and value]
    objects = [value for value in lists if all(isinstance(row, dict) for row in value)]
    if len(objects) == 1:
        return list(objects[0])
    if found and len(lists) == len(found) and len({len(value) for value in lists}) == 1:
        return [dict(zip(found, row, strict=True)) for row in zip(*lists, strict=True)]
    columns = list(found.values())
    if columns and all(isinstance(column, dict) and column for column in columns):
        inner = list(dict.fromkeys(key for column in columns for key in column))
        if all(key.isdecimal() for key in found) and not all(key.isdecimal() for key in inner):
            return columns  # row → column → value
        return [{name: column.get(key) for name, column in found.items()} for key in inner]
    raise TableError(f"{path} is a JSON object that is no table", _FORMS)
