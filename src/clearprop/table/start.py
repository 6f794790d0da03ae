"""Where a table begins in a delimited text, and what stands between its fields: guesses, from the first lines."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass

from clearprop.table.options import ReadOptions

NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_DELIMITERS = (",", ";", "\t", "|")
_FEW_RECORDS = 100
_MOST_ABOVE, _FEWEST_BELOW = 20, 3  # lines of a title, and of a table below it


@dataclass(frozen=True)
class Start:
    """Where a table begins.

    Attributes:
        skip: lines above its first one.
        delimiter: between fields; " " stands for any number of blanks.
        commented: whether its first line is a comment that holds the names.
    """

    skip: int
    delimiter: str
    commented: bool = False


def find_start(text: str, options: ReadOptions) -> Start:
    """Where the table begins in a text, as far as the options leave it open."""
    lines = text.split("\n", (options.skip or 0) + _MOST_ABOVE + _FEW_RECORDS)
    skip = options.skip
    if skip is None:
        skip = next((i for i, line in enumerate(lines) if line.strip(" ")), 0)
        told = re.fullmatch(r'"?sep=(.)"?,*', lines[skip].strip(" "))
        if told:
            return Start(skip + 1, options.delimiter or told[1])
        comments = next((i for i, line in enumerate(lines[skip:]) if not line.lstrip().startswith("#")), 0)
        above, delimiter = _below_a_title(lines[skip:], comments, options)
        skip += above
        skip += _padded_title(lines[skip:], delimiter) if options.header else 0
    else:
        delimiter = options.delimiter or _delimiter_of(lines[skip:], options.blanks)
    names = skip - 1 if options.skip is None else skip
    if options.header and names >= 0 and _names_in_comment(lines[names : names + 2], delimiter):
        return Start(names, delimiter, commented=True)
    return Start(skip, delimiter)


def _below_a_title(lines: list[str], comments: int, options: ReadOptions) -> tuple[int, str]:
    """How many lines stand above the table, of which the first are comments, and its delimiter."""
    bare = _unquoted("\n".join(lines)).split("\n")
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
    return any(NUMBER.fullmatch(field.strip(' "').replace(",", ".")) for field in fields)


def _fields(line: str, delimiter: str) -> list[str]:
    if delimiter == " ":
        return line.split()
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:  # a field too long for it
        return line.split(delimiter)


def _unquoted(text: str) -> str:
    """Lines without what is quoted in them, which delimits nothing."""
    return re.sub(r'"[^"\n]*"', "", text)


def _delimiter_of(lines: list[str], blanks: bool) -> str:
    delimiter = _find_delimiter("\n".join(lines))
    others = delimiter in "\n".join(lines[:_FEW_RECORDS])
    return " " if not others and (blanks or _between_blanks(lines)) else delimiter


def _between_blanks(lines: list[str]) -> bool:
    """Whether lines are cut at blanks: as many words in each, and somewhere a number in all but the first."""
    rows = [line.split() for line in lines[:_FEW_RECORDS] if line.strip()]
    if len(rows) < _FEWEST_BELOW or len({len(row) for row in rows}) > 1 or len(rows[0]) < 2:
        return False
    return any(all(NUMBER.fullmatch(row[k]) for row in rows[1:]) for k in range(len(rows[0])))


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


def find_decimal(text: str, delimiter: str, usual: str | None) -> str:
    """A comma where fields such as 3,14 stand and none such as 3.14, and the comma does not delimit; else a point."""
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
