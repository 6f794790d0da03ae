"""The records of delimited text, block by block."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from clearprop.errors import TableError
from clearprop.table.decode import decoded
from clearprop.table.delimited import Dialect
from clearprop.table.library import import_polars

_LONGEST_RECORD = 64 * 2**20  # characters
_FIRST_LINES = 30  # in which what is no record may be something above the header
_BLANK_LINES = re.compile(r"(?: *\n)+")


def text_blocks(dialect: Dialect, size: int, seen: Callable[[int], None] | None = None) -> Iterator[tuple[int, str]]:
    """Whole records without the header, in blocks of about `size` bytes, each with the number of its first line.

    `seen` is told how many bytes have been read.
    """
    source = dialect.source
    line, carry, above, header = 1, "", True, dialect.header
    with source.open() as file:
        for piece in decoded(source.path, file, dialect.encoding, size, seen=seen):
            text = carry + piece
            if above:
                text, line = _below(text, line, dialect.skip)
                above = line <= dialect.skip or not text
            if above:
                carry = text
                continue
            end = _last_record_end(text)
            block, carry = text[:end], text[end:]
            if len(carry) > max(_LONGEST_RECORD, 2 * size):
                raise TableError(
                    f"{source.path} is no regular table: quotes that do not pair", 'two " for one inside quotes'
                )
            if header and block:
                cut = _first_record_end(block, dialect.delimiter)
                line += block.count("\n", 0, cut)
                header, block = False, block[cut:]
            if block:
                yield line, block
                line += block.count("\n")
    if above:  # the file ends before its table begins
        return
    if header:
        carry = carry[_first_record_end(carry, dialect.delimiter) :]
    if carry:
        yield line, carry + "\n"


def _below(text: str, line: int, skip: int) -> tuple[str, int]:
    """The text below the lines to skip and the blank ones behind them, as far as it is there, and its first line."""
    at = 0
    while line <= skip:
        end = text.find("\n", at) + 1
        if not end:
            break
        line, at = line + 1, end
    text = text[at:]
    rest = text.lstrip("\n") if line > skip else text
    return rest, line + len(text) - len(rest)


def _last_record_end(text: str) -> int:
    """Where the last whole record ends: behind a line's end outside quotes; 0 if there is none."""
    end = text.rfind("\n") + 1
    if '"' not in text:
        return end
    inside = text.count('"', 0, end) % 2
    while end and inside:
        previous = text.rfind("\n", 0, end - 1) + 1
        inside = (inside + text.count('"', previous, end)) % 2
        end = previous
    return end


def _first_record_end(text: str, delimiter: str) -> int:
    """Where the first record ends."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        next(reader)
    except (csv.Error, StopIteration):
        return len(text)
    end = 0
    for _ in range(reader.line_num):
        end = text.find("\n", end) + 1 or len(text)
    return end


def parse_records(dialect: Dialect, line: int, text: str) -> Any:
    """Records as a Polars frame of text; nothing is made of marks for missing values yet."""
    pl = import_polars()
    if dialect.delimiter == " ":
        text = re.sub(r"(?m)^[ \t]+|[ \t]+$", "", re.sub(r"[ \t]+", " ", text))
    schema = dict.fromkeys(dialect.names, pl.String)
    if not dialect.delimiter.isascii():  # Polars takes one byte
        return _by_hand(dialect, line, text, schema)
    if len(dialect.names) > 1:  # Polars counts the fields of the first line, even of a blank one
        blank = _BLANK_LINES.match(text)
        line, text = (line + blank[0].count("\n"), text[blank.end() :]) if blank else (line, text)
        if not text:
            return pl.DataFrame(schema=schema)
    try:
        raw = pl.read_csv(text.encode(), has_header=False, separator=dialect.delimiter, schema=schema)
    except UnicodeEncodeError:
        raise TableError(
            f"{dialect.source.path} holds what is no character in {dialect.encoding}", "another encoding"
        ) from None
    except pl.exceptions.PolarsError:  # a ragged line, or a quote inside a field that is not quoted
        return _by_hand(dialect, line, text, schema)
    if raw.width > 1 and raw[:, -1].null_count():  # Polars fills up a short line, without a word
        if '"' in text:
            return _by_hand(dialect, line, text, schema)
        raw = raw.filter(pl.Series(_full_lines(dialect, line, text)))
    return raw


def _by_hand(dialect: Dialect, first: int, text: str, schema: dict[str, Any]) -> Any:
    """The same by Python's csv module, slower, which names the line that is at fault."""
    pl, width = import_polars(), len(dialect.names)
    limit = csv.field_size_limit(_LONGEST_RECORD)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=dialect.delimiter)
    records = []
    try:
        for fields in reader:
            blank = len(fields) < 2 and not "".join(fields).strip()
            if blank and width > 1:
                continue
            if len(fields) != width and not blank:
                raise _ragged(dialect, first + reader.line_num - 1, len(fields))
            records.append(tuple(field or None for field in fields) if fields else (None,))
    except csv.Error as error:
        line = first + reader.line_num - 1
        raise TableError(f"{dialect.source.path} is no regular table: {error} (line {line})") from None
    finally:
        csv.field_size_limit(limit)
    return pl.DataFrame(records, schema=schema, orient="row")


def _full_lines(dialect: Dialect, first: int, text: str) -> Any:
    """For each line, none of which has quotes, whether it has fields (True) or is blank (False)."""
    width = len(dialect.names)
    data = np.frombuffer(text.encode(), np.uint8)
    ends = np.flatnonzero(data == ord("\n"))
    delimiters = np.flatnonzero(data == ord(dialect.delimiter))
    fields = np.diff(np.searchsorted(delimiters, ends), prepend=0) + 1
    full = np.ones(len(ends), bool)
    for i in np.flatnonzero(fields != width):
        begin = ends[i - 1] + 1 if i else 0
        full[i] = bool(data[begin : ends[i]].tobytes().strip())
        if full[i]:
            raise _ragged(dialect, first + int(i), int(fields[i]))
    return full


def _ragged(dialect: Dialect, line: int, fields: int) -> TableError:
    what = f"{dialect.source.path} is no regular table: number of fields in line {line} is {fields}"
    hint = "if something stands above the header: --skip N lines, or skip=N in Python"
    return TableError(what, f"{len(dialect.names)}, as in the first line", hint if line <= _FIRST_LINES else None)
