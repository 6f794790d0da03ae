"""A trace as a table: each value's name, symbol, shape and numbers, in the order in which they are computed."""

from __future__ import annotations

import numpy as np

from clearprop.errors import checked_choice
from clearprop.execute import Array
from clearprop.explain.derivation.source import DerivationSource
from clearprop.explain.derivation.symbols import NOTATIONS, symbol
from clearprop.explain.values import Values
from clearprop.messages import Message
from clearprop.nn import CONVENTIONS
from clearprop.nn.names import A0, X
from clearprop.present.document import Column, Document, Paragraph, Table
from clearprop.present.formula import is_printable, number
from clearprop.present.writers.text import aligned_columns
from clearprop.visible import visible

_WIDEST = 60  # letters of a preview
_MODES = {"inference": "trace.mode.inference", "training": "trace.mode.training"}


def text_listing(values: Values) -> str:
    """For the terminal, one line per value."""
    rows = (
        (name, symbol(X if name == A0 else name), shape_of(values[name]), _preview(values[name])) for name in values
    )
    lines = aligned_columns(Table((Column(),) * 4, tuple(rows)), "en")
    return visible("\n".join([f"<Trace: {_heading(values)}", *(f"  {line}" for line in lines), ">"]), keep="\n")


def listing(values: Values, convention: str = "row", notation: str = "delta") -> Document:
    """Symbols as formulas, small values as matrices, large ones by their range; the arguments are those of `derive`.

    Raises:
        ClearpropError: for an unknown convention or notation.
    """
    written = checked_choice("convention", convention, CONVENTIONS)
    letters = checked_choice("notation", notation, NOTATIONS)
    source = DerivationSource(values, written, notation=letters)
    columns = [Message(f"trace.{name}") for name in ("name", "symbol", "shape", "numbers")]
    rows = []
    for name in values:
        value = values[name]
        printed = source.printed(X if name == A0 else name) if is_printable(np.shape(value)) else _range(value)
        rows.append((name, source.symbol(X if name == A0 else name), shape_of(value, source.column), printed))
    title = Paragraph.of(Message("trace.title", heading=_heading(values)))
    return Document("", (title, Table(tuple(map(Column, columns)), tuple(rows))))


def _heading(values: Values) -> Message:
    return Message("trace.heading", n=values.samples, mode=Message(_MODES[values.mode]))


def shape_of(value: Array, column: bool = False) -> str:
    """3 × 4, or nothing for a single number; in the column convention 4 × 3."""
    shape = np.shape(value)
    return " × ".join(map(str, shape[::-1] if column else shape))


def _preview(value: Array) -> str:
    text = np.array2string(np.asarray(value), precision=4, threshold=6, edgeitems=2, separator=", ").replace("\n", "")
    return text if len(text) <= _WIDEST else text[: _WIDEST - 1] + "…"


def _range(value: Array) -> Message:
    low, middle, high = (number(float(f(value))).text for f in (np.min, np.mean, np.max))
    return Message("trace.range", low=low, high=high, mean=middle)
