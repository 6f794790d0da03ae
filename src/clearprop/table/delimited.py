"""Delimited text: how a file is written."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from clearprop.errors import TableError
from clearprop.table.decode import FILES, Text, checked_encoding, decoded, find_encoding
from clearprop.table.marks import MISSING_MARKS, Marks
from clearprop.table.options import ReadOptions
from clearprop.table.start import NUMBER, find_decimal, find_start

_HEAD = 4 * 2**20  # bytes from which the dialect is found
_FEW_RECORDS = 100
_OF_LIBSVM = re.compile(r"\d+:[+-]?[\d.]+(e[+-]?\d+)?")


@dataclass(frozen=True)
class Dialect:
    """How a delimited file is written.

    Attributes:
        encoding: a codec of Python's.
        delimiter: between fields.
        decimal: "." or ",".
        names: of the columns.
        header: whether the first record holds the names.
        marks: for missing values.
        skip: lines above the header that are none of the table: a title, comments, Excel's sep=;, blank ones.
        above: the first of these that is not blank.
        again: column → the name that it has in the file, too, where it stands before.
        row_names: whether each record begins with the name of a row, for which the header has no name.
    """

    encoding: str
    delimiter: str
    decimal: str
    names: tuple[str, ...]
    header: bool
    marks: Marks
    skip: int = 0
    above: str = ""
    again: Mapping[str, str] = field(default_factory=dict)
    row_names: bool = False


def find_dialect(source: Text, options: ReadOptions) -> Dialect:
    """The dialect of a text, from its first megabytes, as far as the options leave it open.

    Raises:
        FileError: if it cannot be read.
        TableError: if it is empty, in another encoding, or its header is none.
    """
    path, header = source.path, options.header
    with source.open() as file:
        head = file.read(_HEAD)
        whole = not file.read(1)
    encoding = find_encoding(head) if options.encoding is None else checked_encoding(options.encoding)
    text = next(decoded(path, io.BytesIO(head), encoding, _HEAD, final=whole), "")
    if not whole and "\n" in text:
        text = text[: text.rfind("\n") + 1]
    if "\0" in text:
        raise TableError(f"{path} is no text: it holds NUL characters", FILES)
    if not text.strip():
        raise TableError(f"{path} is empty", "a table")
    start = find_start(text, options)
    lines = text.split("\n")
    stripped = (line.strip().strip(start.delimiter).strip() for line in lines[: start.skip])
    above = next((line for line in stripped if line), "")
    text = "\n".join(lines[start.skip :]).lstrip("\n")
    if not text.strip():
        raise TableError(f"{path} has no line below the {start.skip} that are skipped", "a table")
    text = re.sub(r"\A\s*#+[ \t]+", "", text) if start.commented else text
    first, *records = _first_records(path, text, start.delimiter)
    if len(first) > 1 and all(_OF_LIBSVM.fullmatch(field) for field in first[1:]):
        raise TableError(f"{path} is in the format of LIBSVM (1 3:0.5 7:1)", "a column for each feature")
    row_names = header and _names_of_rows_lack_one(first, records)
    if row_names:
        first = ["", *first]
    given = [name.strip() for name in first] if header else [""] * len(first)
    names, again = _names(path, given, "unnamed {}" if header else "c{}", records)
    return Dialect(
        encoding=encoding,
        delimiter=start.delimiter,
        decimal=find_decimal(text, start.delimiter, options.decimal),
        names=tuple(names),
        header=header,
        marks=options.marks,
        skip=start.skip,
        above=above,
        again=again,
        row_names=row_names,
    )


def _first_records(path: Path, text: str, delimiter: str) -> list[list[str]]:
    """The fields of the first records that are not blank, at least of one."""
    if delimiter == " ":
        return [line.split() for line in text.split("\n", 1 + _FEW_RECORDS)[: 1 + _FEW_RECORDS] if line.strip()]
    reader, found = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), []
    try:
        for fields in islice(reader, 1 + _FEW_RECORDS):
            found.append(fields)
    except csv.Error as error:
        if not found:
            raise TableError(f"{path} is no regular table: {error} (line 1)") from None
    return [found[0], *(fields for fields in found[1:] if len(fields) > 1 or "".join(fields))]


def _names_of_rows_lack_one(first: list[str], records: list[list[str]]) -> bool:
    """Whether every record has one field more than the header: R writes the names of rows, and no name for them."""
    return {len(fields) for fields in records} == {len(first) + 1}


def _names(path: Path, given: list[str], place: str, records: list[list[str]]) -> tuple[list[str], dict[str, str]]:
    """A name for each column, and those that were made of one that stands before: b, b.1, as pandas does.

    One without a name is called by its place.

    Raises:
        TableError: for a name twice that may be data.
    """
    names: list[str] = []
    again: dict[str, str] = {}
    taken, before = set(given), set[str]()
    for i, name in enumerate(given):
        if name and name in before:
            if _may_be_data(name, given, records):
                raise TableError(
                    f"{path} has the column {name!r} twice", "names in the first line", "is it data? --no-header"
                )
            made = _free(f"{name}.{{}}", taken)
            again[made] = name
        else:
            made = name or _free_place(place.format(i), taken)
        taken.add(made)
        before.add(name)
        names.append(made)
    return names, again


def _free(form: str, taken: set[str]) -> str:
    number = 1
    while form.format(number) in taken:
        number += 1
    return form.format(number)


def _free_place(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "_"
    return name


def _may_be_data(name: str, given: list[str], records: list[list[str]]) -> bool:
    """Whether a first line with a name twice may be the first row: it holds numbers, or the name stands below it."""
    if any(NUMBER.fullmatch(one) for one in given) or name in MISSING_MARKS:
        return True
    return any(
        one == name and name == cell.strip() for fields in records for one, cell in zip(given, fields, strict=False)
    )
