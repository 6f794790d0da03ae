"""Delimited text: how a file is written, and its records, block by block."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from clearprop.errors import FileError, TableError
from clearprop.files import require_a_name
from clearprop.table.library import import_polars
from clearprop.table.packed import unpacked

MISSING_MARKS = (
    *(
        "",
        "NA",
        "N/A",
        "n/a",
        "N.A.",
        "#N/A",
        "<NA>",
        "nan",
        "NaN",
        "?",
        "-",
        "--",
        "null",
        "NULL",
        "None",
        "无",
        "缺失",
    ),
)
_DELIMITERS = (",", ";", "\t", "|")
_HEAD = 4 * 2**20  # bytes from which the dialect is found
_FEW_RECORDS = 100
_LONGEST_RECORD = 64 * 2**20  # characters
_MOST_ABOVE, _FEWEST_BELOW = 20, 3  # lines of a title, and of a table below it
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_ADDRESS = re.compile(r"(?i)(https?|ftp|s3|gs|file):/")
_BLANK_LINES = re.compile(r"(?: *\n)+")
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True)
class Dialect:
    """How a delimited file is written.

    Attributes:
        encoding: a codec of Python's.
        delimiter: between fields.
        decimal: "." or ",".
        names: of the columns.
        header: whether the first record holds the names.
        missing: marks for missing values.
        skip: lines above the header that are none of the table: a title, comments, Excel's sep=;.
    """

    encoding: str
    delimiter: str
    decimal: str
    names: tuple[str, ...]
    header: bool
    missing: tuple[str, ...]
    skip: int = 0


def find_dialect(
    path: Path, header: bool, na: Sequence[str], encoding: str | None, decimal: str | None = None
) -> Dialect:
    """The dialect of a file, from its first megabytes; `decimal` is what it has if nothing in it speaks against that.

    Raises:
        FileError: if it cannot be read.
        TableError: if it is empty, in another encoding, or its header is none.
    """
    with open_binary(path) as packed, unpacked(path, packed) as file:
        head = file.read(_HEAD)
        whole = not file.read(1)
    encoding = find_encoding(head) if encoding is None else _checked_encoding(encoding)
    text = next(_decoded(path, io.BytesIO(head), encoding, _HEAD, final=whole), "")
    if not whole and "\n" in text:
        text = text[: text.rfind("\n") + 1]
    if "\0" in text:
        raise TableError(f"{path} is no text: it holds NUL characters", "a CSV, TSV or Parquet file")
    if not text.strip():
        raise TableError(f"{path} is empty", "a table")
    skip, delimiter = _find_start(text)
    text = "\n".join(text.lstrip("\n").split("\n")[skip:])
    first = _first_record(path, text, delimiter)
    if header and _names_of_rows_lack_one(text, first, delimiter):
        first = ["", *first]
    given = [name.strip() for name in first] if header else [""] * len(first)
    names = _names(path, given, "unnamed {}" if header else "c{}")
    missing = (*MISSING_MARKS, *(str(mark).encode(errors="replace").decode().strip() for mark in na))
    return Dialect(encoding, delimiter, _find_decimal(text, delimiter, decimal), tuple(names), header, missing, skip)


def _names_of_rows_lack_one(text: str, first: list[str], delimiter: str) -> bool:
    """Whether every record has one field more than the header: R writes the names of rows, and no name for them."""
    reader = csv.reader(io.StringIO(text.lstrip("\n"), newline=""), delimiter=delimiter)
    try:
        widths = {len(fields) for fields in islice(reader, 1, 1 + _FEW_RECORDS) if len(fields) > 1 or "".join(fields)}
    except csv.Error:
        return False
    return widths == {len(first) + 1}


def _names(path: Path, given: list[str], place: str) -> list[str]:
    """A name for each column; one without is called by its place."""
    counts = Counter(given)
    twice = next((name for name in given if name and counts[name] > 1), None)
    if twice is not None:
        raise TableError(
            f"{path} has the column {twice!r} twice", "one name per column", "is its first line data? --no-header"
        )
    names = []
    for i, name in enumerate(given):
        made = place.format(i)
        while made in counts:
            made += "_"
        names.append(name or made)
    return names


def open_binary(path: Path) -> BinaryIO:
    """The file, open to be read.

    Raises:
        FileError: if that is not possible.
    """
    if _ADDRESS.match(str(path)):
        address, hint = str(path).replace(":/", "://", 1), "download it first: nothing is fetched from a network here"
        raise FileError(f"{address} is an address", "a file", hint)
    try:
        require_a_name(path)
        if path.exists() and not path.is_file() and not path.is_dir():
            raise FileError(f"{path} is no ordinary file", "a CSV, TSV or Parquet file", "save a pipe to a file first")
        return path.open("rb")
    except FileError:
        raise
    except OSError as error:
        reason = error.strerror or error.__class__.__name__
        raise FileError(f"cannot read {path}: {reason}", "a CSV, TSV or Parquet file") from None


def find_encoding(head: bytes) -> str:
    """By its mark at the start; UTF-16 by the zeros of plain letters; else UTF-8."""
    for mark, name in _BOMS:
        if head.startswith(mark):
            return name
    even, odd = head[:4096:2].count(0), head[1:4096:2].count(0)
    if len(head) >= 4 and max(even, odd) > len(head[:4096]) / 8 and min(even, odd) == 0:
        return "utf-16-le" if odd else "utf-16-be"
    return "utf-8"


def _checked_encoding(name: str) -> str:
    try:
        if not codecs.lookup(name)._is_text_encoding:
            raise LookupError
    except (LookupError, ValueError):  # such as a name that is no text
        raise TableError(f"unknown encoding {name!r}", "a codec of Python's: utf-8, gb18030, cp1252, …") from None
    return name


def _decoded(
    path: Path, file: BinaryIO, encoding: str, size: int, final: bool = True, seen: Callable[[int], None] | None = None
) -> Iterator[str]:
    """Text in pieces of at most `size` bytes; lines may end as on any system and end in \\n here."""
    decoder = codecs.getincrementaldecoder(encoding)()
    read, held = 0, ""
    while True:
        try:
            content = file.read(size)
        except OSError as error:
            raise FileError(f"cannot read {path}: {error.strerror}", "a CSV, TSV or Parquet file") from None
        try:
            text = held + decoder.decode(content, final and not content)
        except UnicodeError as error:
            known = encoding.upper().replace("-SIG", "")
            raise TableError(
                f"{path} is not {known} (byte {read + getattr(error, 'start', 0)})",
                f"{known} text",
                "name its encoding: --encoding gb18030 (Chinese), cp1252 (Western European), … or encoding=… in Python",
            ) from None
        if not read:
            text = text.removeprefix("\ufeff")  # the mark, where the encoding was given without it
        read += len(content)
        if seen is not None:
            seen(read)
        held = "\r" if content and text.endswith("\r") else ""  # half of a line's end, perhaps
        yield text[: len(text) - len(held)].replace("\r\n", "\n").replace("\r", "\n")
        if not content:
            return


def text_blocks(
    path: Path, dialect: Dialect, size: int, seen: Callable[[int], None] | None = None
) -> Iterator[tuple[int, str]]:
    """Whole records without the header, in blocks of about `size` bytes, each with the number of its first line.

    `seen` is told how many bytes have been read.
    """
    line, carry, start, skip = 1, "", True, dialect.skip
    with open_binary(path) as packed, unpacked(path, packed) as file:
        for piece in _decoded(path, file, dialect.encoding, size, seen=seen):
            text = carry + piece
            if start:
                rest = text.lstrip("\n")
                line += len(text) - len(rest)
                text = rest
            while start and skip and "\n" in text:
                line, skip, text = line + 1, skip - 1, text.partition("\n")[2]
            if start and skip:
                carry = text
                continue
            end = _last_record_end(text)
            carry = text[end:]
            if len(carry) > max(_LONGEST_RECORD, 2 * size):
                raise TableError(f"{path} is no regular table: quotes that do not pair", 'two " for one inside quotes')
            block = text[:end]
            if start and dialect.header and block:
                cut = _first_record_end(block, dialect.delimiter)
                line += block.count("\n", 0, cut)
                block = block[cut:]
            start = start and not end
            if block:
                yield line, block
                line += block.count("\n")
    if start and dialect.header:
        carry = carry[_first_record_end(carry, dialect.delimiter) :]
    if carry:
        yield line, carry + "\n"


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


def _first_record(path: Path, text: str, delimiter: str) -> list[str]:
    """The fields of the first line that is not blank."""
    if delimiter == " ":
        return text.lstrip("\n").split("\n", 1)[0].split()
    reader = csv.reader(io.StringIO(text.lstrip("\n"), newline=""), delimiter=delimiter)
    try:
        return next(iter(reader))
    except (csv.Error, StopIteration) as error:
        raise TableError(f"{path} is no regular table: {error or 'no line'} (line 1)") from None


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


def parse(path: Path, dialect: Dialect, line: int, text: str) -> Any:
    """Records as a Polars frame of text; nothing is made of marks for missing values yet.

    Raises:
        TableError: for a record that has not as many fields as there are columns.
    """
    pl = import_polars()
    if dialect.delimiter == " ":
        text = re.sub(r"(?m)^[ \t]+|[ \t]+$", "", re.sub(r"[ \t]+", " ", text))
    schema = dict.fromkeys(dialect.names, pl.String)
    if len(dialect.names) > 1:  # Polars counts the fields of the first line, even of a blank one
        blank = _BLANK_LINES.match(text)
        line, text = (line + blank[0].count("\n"), text[blank.end() :]) if blank else (line, text)
        if not text:
            return pl.DataFrame(schema=schema)
    try:
        raw = pl.read_csv(text.encode(), has_header=False, separator=dialect.delimiter, schema=schema)
    except UnicodeEncodeError:
        raise TableError(f"{path} holds what is no character in {dialect.encoding}", "another encoding") from None
    except pl.exceptions.PolarsError:  # a ragged line, or a quote inside a field that is not quoted
        return _by_hand(path, dialect, line, text, schema)
    if raw.width > 1 and raw[:, -1].null_count():  # Polars fills up a short line, without a word
        if '"' in text:
            return _by_hand(path, dialect, line, text, schema)
        raw = raw.filter(pl.Series(_full_lines(path, dialect, line, text)))
    return raw


def _by_hand(path: Path, dialect: Dialect, first: int, text: str, schema: dict[str, Any]) -> Any:
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
                raise _ragged(path, first + reader.line_num - 1, len(fields), width)
            records.append(tuple(field or None for field in fields) if fields else (None,))
    except csv.Error as error:
        raise TableError(f"{path} is no regular table: {error} (line {first + reader.line_num - 1})") from None
    finally:
        csv.field_size_limit(limit)
    return pl.DataFrame(records, schema=schema, orient="row")


def _full_lines(path: Path, dialect: Dialect, first: int, text: str) -> Any:
    """For each line, none of which has quotes, whether it has fields (True) or is blank (False).

    Raises:
        TableError: for one that has not as many fields as there are columns.
    """
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
            raise _ragged(path, first + int(i), int(fields[i]), width)
    return full


def _ragged(path: Path, line: int, got: int, width: int) -> TableError:
    return TableError(
        f"{path} is no regular table: number of fields in line {line} is {got}", f"{width}, as in the first line"
    )


def _find_start(text: str) -> tuple[int, str]:
    """How many lines stand above the table, and its delimiter."""
    lines = text.lstrip("\n").split("\n", _MOST_ABOVE + _FEW_RECORDS)
    told = re.fullmatch(r'"?sep=(.)"?,?', lines[0].strip())
    if told:
        return 1, told[1]
    comments = next((i for i, line in enumerate(lines) if not line.lstrip().startswith("#")), 0)
    for above in range(comments, min(len(lines), comments + _MOST_ABOVE)):
        below = [line for line in lines[above : above + 20] if line.strip()]
        delimiter = _find_delimiter("\n".join(below))
        regular = len(below) >= _FEWEST_BELOW and len({line.count(delimiter) for line in below}) == 1
        if regular and lines[above].count(delimiter):  # nothing but a title has no delimiter above such lines
            return (comments if any(line.count(delimiter) for line in lines[comments:above]) else above), delimiter
    delimiter = _find_delimiter("\n".join(lines[comments:]))
    return comments, " " if delimiter not in text and _between_blanks(lines[comments:]) else delimiter


def _between_blanks(lines: list[str]) -> bool:
    """Whether lines are cut at blanks: as many words in each, and somewhere a number in all but the first."""
    rows = [line.split() for line in lines[:_FEW_RECORDS] if line.strip()]
    if len(rows) < _FEWEST_BELOW or len({len(row) for row in rows}) > 1 or len(rows[0]) < 2:
        return False
    return any(all(_NUMBER.fullmatch(row[k]) for row in rows[1:]) for k in range(len(rows[0])))


def _find_delimiter(text: str) -> str:
    """The delimiter that cuts the first lines into the most fields, the same number in each; a comma if in doubt."""
    start = re.sub(r'"[^"]*"', "", "\n".join(text.split("\n", 20)[:20]))  # what is quoted delimits nothing
    lines = [line for line in start.split("\n") if line.strip()] or [""]
    counts = {d: [line.count(d) for line in lines] for d in _DELIMITERS}
    regular = {d: c[0] for d, c in counts.items() if c[0] and min(c) == max(c)}
    for d in regular if "," in regular else ():
        if d != "," and _decimal_commas(lines, d):
            return d  # 1,5;2,7 has as many of both
    return max(regular, key=lambda d: regular[d]) if regular else max(_DELIMITERS, key=lambda d: counts[d][0])


def _find_decimal(text: str, delimiter: str, usual: str | None) -> str:
    """A comma where fields such as 3,14 stand and none such as 3.14, and the comma does not delimit."""
    lines = text.split("\n", 1000)[:1000]
    return "," if delimiter != "," and _decimal_commas(lines, delimiter, usual == ",") else "."


def _thousands(field: str) -> bool:
    """1,234 could be a thousand and more; 0,125 and 12,5 could not."""
    return bool(re.fullmatch(r"[+-]?[1-9]\d{0,2}(,\d{3})+", field))


def _decimal_commas(lines: list[str], delimiter: str, usual: bool = False) -> bool:
    fields = [field.strip(' "') for line in lines for field in line.split(delimiter)]
    commas = usual or any(re.fullmatch(r"[+-]?(\d+|\d{1,3}(\.\d{3})+),\d+", f) and not _thousands(f) for f in fields)
    points = (f for f in fields if re.fullmatch(r"[+-]?\d+\.\d+", f) and not re.fullmatch(r"[+-]?\d{1,3}(\.\d{3})+", f))
    return commas and not any(points)  # 1.234 may be a thousand and more
