"""Rows of a table as a program of C reads them, which asks the exported model for each."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from typing import Any

from clearprop.interop.source import table_members
from clearprop.table.categories import BooleanColumn, CategoryColumn
from clearprop.table.columns import Column
from clearprop.table.dates import DateColumn
from clearprop.table.encoder import TableEncoder, as_frame
from clearprop.table.lookup import MISSING
from clearprop.table.marks import MarkTest
from clearprop.table.values import Series, as_level, as_numbers, each_value

_NO_DATE = -(1 << 63)


def rows_in_c(encoder: TableEncoder, frame: Any) -> bytes:
    """The members of each row, one after the other: doubles, integers, and texts behind their lengths.

    Text of ASCII is given as it stands there, other text as its level is spelled, if it is one: C knows no other
    capitals of it.
    """
    table = as_frame(frame)
    columns = [
        list(_packed(encoder, column, member.kind, table[column.name]))
        for column, member in zip(encoder.columns, table_members(encoder), strict=True)
    ]
    return b"".join(b"".join(row) for row in zip(*columns, strict=True))


def _packed(encoder: TableEncoder, column: Column, kind: str, series: Series) -> Iterator[bytes]:
    if isinstance(column, DateColumn):
        us = column.microseconds(encoder.cleaned(series))
        return (struct.pack("<q", _NO_DATE if t != t else int(t)) for t in us.tolist())
    if not isinstance(column, CategoryColumn | BooleanColumn):
        return (struct.pack("<d", v) for v in as_numbers(encoder.cleaned(series)).tolist())
    packed = {"double": _number, "text": _text, "int": _truth}[kind](column, encoder)
    return iter(each_value(series, packed))


def _number(column: CategoryColumn | BooleanColumn, encoder: TableEncoder) -> Callable[[Any], bytes]:
    """A level that is a number, as it stands there; text as the number that it means."""
    new = max(map(float, column.find.levels)) + 0.5
    is_mark = MarkTest(encoder.marks_of(column.name))

    def packed(value: Any) -> bytes:
        if not isinstance(value, int | float) or isinstance(value, bool):
            place = MISSING if is_mark(value) else column.find(value)
            value = float("nan") if place == MISSING else new if place < 0 else float(column.find.levels[place])
        return struct.pack("<d", float(value))

    return packed


def _text(column: CategoryColumn | BooleanColumn, encoder: TableEncoder) -> Callable[[Any], bytes]:
    is_mark = MarkTest(encoder.marks_of(column.name))

    def packed(value: Any) -> bytes:
        place = MISSING if is_mark(value) else column.find(value)
        known = place >= 0 and not (isinstance(value, str) and value.isascii())
        text = value if isinstance(value, str) else "" if place == MISSING else as_level(value) or ""
        data = (column.find.levels[place] if known else text.partition("\0")[0]).encode(errors="surrogatepass")
        return struct.pack("<i", len(data)) + data

    return packed


def _truth(column: CategoryColumn | BooleanColumn, encoder: TableEncoder) -> Callable[[Any], bytes]:
    is_mark = MarkTest(encoder.marks_of(column.name))
    return lambda value: struct.pack("<i", -1 if is_mark(value) else max(-1, column.find(value)))


def main_of(encoder: TableEncoder, real: str, is_class: bool) -> str:
    """The program behind the file of a model called "model": rows from its input, features and answers out."""
    reads = [_READS[member.kind].format(name=member.name) for member in table_members(encoder)]
    texts = [f"free((void *)row.{m.name});" for m in table_members(encoder) if m.kind == "text"]
    answer = _LABEL if is_class else _VALUE
    return _MAIN.format(reads="\n        ".join(reads), freed="\n        ".join(texts), answer=answer, real=real)


_READS = {
    "double": "if (!take(&row.{name}, sizeof row.{name})) return 0;",
    "int": "if (!take(&row.{name}, sizeof row.{name})) return 0;",
    "date": "if (!take(&row.{name}, sizeof row.{name})) return 0;",
    "text": "if (!(row.{name} = take_text())) return 0;",
}
_LABEL = """\
static {real} p[MODEL_N_CLASSES];
        const int label = model_label(&row);
        model_probabilities(&row, p);
        fwrite(x, sizeof x, 1, stdout);
        fwrite(p, sizeof p, 1, stdout);
        fwrite(&label, sizeof label, 1, stdout);""".replace("{real}", "ANSWER")
_VALUE = """\
const double value = model_value(&row);
        fwrite(x, sizeof x, 1, stdout);
        fwrite(&value, sizeof value, 1, stdout);"""
_MAIN = """
#include <stdio.h>
#include <stdlib.h>
typedef {real} ANSWER;
static int take(void *to, size_t size)
{{
    return fread(to, size, 1, stdin) == 1;
}}
static inline const char *take_text(void)
{{
    int n;
    char *text;
    if (!take(&n, sizeof n) || !(text = malloc((size_t)n + 1)))
        return NULL;
    text[n] = '\\0';
    if (n > 0 && !take(text, (size_t)n))
        return NULL;
    return text;
}}
int main(void)
{{
    static ANSWER x[MODEL_N_FEATURES];
    for (;;) {{
        struct model_row row;
        {reads}
        model_features(&row, x);
        {answer}
        {freed}
    }}
}}
"""
