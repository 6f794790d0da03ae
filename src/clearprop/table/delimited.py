"""How a delimited text is written: where the table begins in it, what stands between its fields, and their names."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count, islice
from pathlib import Path

from clearprop.errors import TableError
from clearprop.table.decode import FILES, Text, checked_encoding, decoded, find_encoding
from clearprop.table.marks import MISSING_MARKS, Marks
from clearprop.table.options import ReadOptions

_HEAD = 4 * 2**20  # bytes from which the dialect is found
_FEW_RECORDS = 100
_OF_LIBSVM = re.compile(r"\d+:[+-]?[\d.]+(e[+-]?\d+)?")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_COMMA, _POINT = re.compile(r"[+-]?(\d+|\d{1,3}(\.\d{3})+),\d+"), re.compile(r"[+-]?\d+\.\d+")
# 1,234 and 1.234 may be a thousand and more; 0,125 and 12,5 may not.
_COMMA_GROUPS, _POINT_GROUPS = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+"), re.compile(r"[+-]?\d{1,3}(\.\d{3})+")
_DELIMITERS = (",", ";", "\t", "|")
_MOST_ABOVE, _FEWEST_BELOW = 20, 3  # lines of a title, and of a table below it


@dataclass(frozen=True)
class Dialect:
    """A delimited text, and how it is written."""

    source: Text  # where the text is
    encoding: str  # a codec of Python's
    delimiter: str  # between fields
    decimal: str  # "." or ","
    names: tuple[str, ...]  # of the columns
    header: bool  # whether the first record holds the names
    marks: Marks  # for missing values
    skip: int = 0  # lines above the header that are none of the table: a title, comments, Excel's sep=;, blank ones
    above: str = ""  # the first of these that is not blank
    again: Mapping[str, str] = field(default_factory=dict)  # column → its name in the file, which another has, too
    row_names: bool = False  # whether each record begins with the name of a row, for which the header has no name


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
    start = _find_start(text, options)
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
    row_names = header and {len(fields) for fields in records} == {len(first) + 1}  # of R, without a name for these
    if row_names:
        first = ["", *first]
    given = [name.strip() for name in first] if header else [""] * len(first)
    names, again = _names(path, given, "unnamed {}" if header else "c{}", records)
    few = text.split("\n", 1000)[:1000]
    decimal_commas = start.delimiter != "," and _decimal_commas(few, start.delimiter, options.decimal == ",")
    return Dialect(
        source=source,
        encoding=encoding,
        delimiter=start.delimiter,
        decimal="," if decimal_commas else ".",
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


def _names(path: Path, given: list[str], place: str, records: list[list[str]]) -> tuple[list[str], dict[str, str]]:
    """A name for each column, and those that were made of one that stands before: b, b.1, as pandas does.

    One without a name is called by its place.
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
            made = next(made for n in count(1) if (made := f"{name}.{n}") not in taken)
            again[made] = name
        else:
            made = name or place.format(i)
            while not name and made in taken:
                made += "_"
        taken.add(made)
        before.add(name)
        names.append(made)
    return names, again


def _may_be_data(name: str, given: list[str], records: list[list[str]]) -> bool:
    """Whether a first line with a name twice may be the first row: it holds numbers, or the name stands below it."""
    if any(_NUMBER.fullmatch(one) for one in given) or name in MISSING_MARKS:
        return True
    return any(
        one == name and name == cell.strip() for fields in records for one, cell in zip(given, fields, strict=False)
    )


@dataclass(frozen=True)
class _Start:
    """Where a table begins: behind how many lines, what delimits, and whether its first line is a comment of names."""

    skip: int
    delimiter: str
    commented: bool = False


def _find_start(text: str, options: ReadOptions) -> _Start:
    """Where the table begins in a text, as far as the options leave it open."""
    lines = text.split("\n", (options.skip or 0) + _MOST_ABOVE + _FEW_RECORDS)
    skip = options.skip
    if skip is None:
        skip = next((i for i, line in enumerate(lines) if line.strip(" ")), 0)
        told = re.fullmatch(r'"?sep=(.)"?,*', lines[skip].strip(" "))
        if told:
            return _Start(skip + 1, options.delimiter or told[1])
        comments = next((i for i, line in enumerate(lines[skip:]) if not line.lstrip().startswith("#")), 0)
        above, delimiter = _below_a_title(lines[skip:], comments, options)
        skip += above
        skip += _padded_title(lines[skip:], delimiter) if options.header else 0
    else:
        delimiter = options.delimiter or _delimiter_of(lines[skip:], options.blanks)
    names = skip - 1 if options.skip is None else skip
    if options.header and names >= 0 and _names_in_comment(lines[names : names + 2], delimiter):
        return _Start(names, delimiter, commented=True)
    return _Start(skip, delimiter)


def _below_a_title(lines: list[str], comments: int, options: ReadOptions) -> tuple[int, str]:
    """How many lines stand above the table, of which the first are comments, and its delimiter."""
    bare = re.sub(r'"[^"\n]*"', "", "\n".join(lines)).split("\n")  # what is quoted delimits nothing
    for above in range(comments, min(len(lines), comments + _MOST_ABOVE)):
        below = [line for line in bare[above : above + 20] if line.strip()]
        delimiter = options.delimiter or _find_delimiter("\n".join(below))
        regular = len(below) >= _FEWEST_BELOW and len({line.count(delimiter) for line in below}) == 1
        if regular and bare[above].count(delimiter):  # nothing but a title has no delimiter above such lines
            return (comments if any(line.count(delimiter) for line in bare[comments:above]) else above), delimiter
    return comments, options.delimiter or _delimiter_of(lines[comments:], options.blanks)


def _padded_title(lines: list[str], delimiter: str) -> int:
    """How many lines have nothing but a title before a full header, as a spreadsheet writes them: Report,,,"""
    rows = [_fields(line, delimiter) for line in lines[:_MOST_ABOVE]]
    filled = [[k for k, field in enumerate(row) if field.strip(' "')] for row in rows]
    header = next((i for i, places in enumerate(filled) if places not in ([], [0])), 0)
    full = len(filled[header]) > 1 and not _has_number(rows[header])
    return header if full and len(lines) > header + 1 and all(len(row) > 1 for row in rows[:header]) else 0


def _names_in_comment(lines: list[str], delimiter: str) -> bool:
    """Whether a comment holds the names of the columns: as many words as the row below it, and numbers only there."""
    if len(lines) < 2 or not lines[0].lstrip().startswith("#"):
        return False
    line = lines[0]
    names, row = _fields(line.lstrip("# \t"), delimiter), _fields(lines[1], delimiter)
    alike = len(row) > 1 and len(row) in (len(names), len(_fields(line, delimiter)))
    return alike and _has_number(row) and not _has_number(names)


def _has_number(fields: list[str]) -> bool:
    return any(_NUMBER.fullmatch(field.strip(' "').replace(",", ".")) for field in fields)


def _fields(line: str, delimiter: str) -> list[str]:
    if delimiter == " ":
        return line.split()
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:  # a field too long for it
        return line.split(delimiter)


def _delimiter_of(lines: list[str], blanks: bool) -> str:
    delimiter = _find_delimiter("\n".join(lines))
    others = delimiter in "\n".join(lines[:_FEW_RECORDS])
    return " " if not others and (blanks or _between_blanks(lines)) else delimiter


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


def _decimal_commas(lines: list[str], delimiter: str, usual: bool = False) -> bool:
    """Whether fields such as 3,14 stand in lines, and none such as 3.14."""
    fields = [field.strip(' "') for line in lines for field in line.split(delimiter)]
    commas = usual or any(_COMMA.fullmatch(field) and not _COMMA_GROUPS.fullmatch(field) for field in fields)
    return commas and not any(_POINT.fullmatch(field) and not _POINT_GROUPS.fullmatch(field) for field in fields)
