"""JSON: lines of objects, and the forms of one document in which tables are written."""

from __future__ import annotations

import codecs
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from clearprop.errors import TableError
from clearprop.table.library import import_polars

_FORMS = '[{"a": 1, …}, …], lines of {"a": 1, …}, {"columns": […], "data": [[…], …]} or {"a": {…}, …}'
_LONGEST_LINE = 64 * 2**20  # bytes


def is_lines(file: BinaryIO) -> bool:
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


def line_batches(file: BinaryIO, size: int) -> Iterator[bytes]:
    """Whole lines in blocks of about `size` bytes."""
    carry = file.read(len(codecs.BOM_UTF8)).removeprefix(codecs.BOM_UTF8)
    while piece := file.read(size):
        text = carry + piece
        end = text.rfind(b"\n") + 1
        carry = text[end:]
        if text[:end].strip():
            yield text[:end]
    if carry.strip():
        yield carry


def lines_to_frame(block: bytes, schema: Any = None) -> Any:
    """Lines of objects as a data frame; without a schema its types are found from all of them."""
    return import_polars().read_ndjson(io.BytesIO(block), schema=schema, infer_schema_length=None)


def document_to_frame(path: Path, content: bytes) -> Any:
    """One JSON document as a data frame, in any of the forms that pandas writes, or an answer with one list of objects.

    Raises:
        TableError: if it holds no table.
        ValueError, RecursionError: if it is no JSON.
    """
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
