"""A trace as a table: each value's name, symbol, shape and numbers, in the order in which they are computed."""

from __future__ import annotations

import numpy as np

from clearprop.execute import Array
from clearprop.explain.derivation.source import DerivationSource
from clearprop.explain.derivation.symbols import symbol
from clearprop.explain.values import Values
from clearprop.graph import Name
from clearprop.messages import Message
from clearprop.nn.names import A0, X
from clearprop.present.document import Cell, Column, Document, Paragraph, Table
from clearprop.present.formula import is_printable, number
from clearprop.present.writers import notebook_of
from clearprop.present.writers.text import aligned_columns
from clearprop.visible import visible

_WIDEST = 60  # letters of a preview


def text_listing(values: Values) -> str:
    """For the terminal, one line per value."""
    lines = aligned_columns(
        Table((Column(),) * 4, tuple(_row(values, name, _preview(values[name])) for name in values)), "en"
    )
    return visible("\n".join([f"<Trace: {_heading(values)}", *(f"  {line}" for line in lines), ">"]), keep="\n")


def html_listing(values: Values) -> str:
    """For a notebook: symbols as formulas, small values as matrices, large ones by their range."""
    source = DerivationSource(values)
    columns = [Message(f"trace.{name}") for name in ("name", "symbol", "shape", "numbers")]
    rows = []
    for name in values:
        value = values[name]
        rows.append(_row(values, name, source.matrix(value) if is_printable(np.shape(value)) else _range(value)))
    title = Paragraph.of(Message("trace.title", heading=_heading(values)))
    table = Table(tuple(map(Column, columns)), tuple(rows))
    return notebook_of(Document("", (title, table)))


def _heading(values: Values) -> Message:
    return Message("trace.heading", n=values.samples, mode=values.mode)


def _row(values: Values, name: Name, shown: Cell) -> tuple[Cell, ...]:
    return name, symbol(X if name == A0 else name), shape_of(values[name]), shown


def shape_of(value: Array) -> str:
    """3 × 4, or nothing for a single number."""
    return " × ".join(map(str, np.shape(value)))


def _preview(value: Array) -> str:
    text = np.array2string(np.asarray(value), precision=4, threshold=6, edgeitems=2, separator=", ").replace("\n", "")
    return text if len(text) <= _WIDEST else text[: _WIDEST - 1] + "…"


def _range(value: Array) -> Message:
    low, middle, high = (number(float(f(value))).text for f in (np.min, np.mean, np.max))
    return Message("trace.range", low=low, high=high, mean=middle)
