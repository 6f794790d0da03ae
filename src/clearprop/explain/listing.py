"""A trace as a table: each value's name, symbol, shape and numbers, in the order in which they are computed."""

from __future__ import annotations

from html import escape

import numpy as np

from clearprop.execute import Array
from clearprop.explain.derivation.source import Source
from clearprop.explain.derivation.symbols import symbol
from clearprop.explain.values import Values
from clearprop.graph import Name
from clearprop.nn.names import A0, X
from clearprop.present.formula import Math, is_printable, number, to_mathml, to_text
from clearprop.present.page import fragment
from clearprop.visible import visible

_WIDEST = 60  # letters of a preview


def text_listing(values: Values) -> str:
    """For the terminal, one line per value."""
    rows = [(name, to_text(_symbol(name)), shape_of(v), _preview(v)) for name in values for v in [values[name]]]
    widths = [max(len(row[i]) for row in rows) for i in range(3)]
    lines = [
        f"  {name:{widths[0]}}  {sign:{widths[1]}}  {shape:{widths[2]}}  {text}" for name, sign, shape, text in rows
    ]
    return visible("\n".join([f"<Trace: {_heading(values)}", *lines, ">"]), keep="\n")


def html_listing(values: Values) -> str:
    """For a notebook: symbols as formulas, small values as matrices, large ones by their range."""
    source = Source(values)
    cells = []
    for name in values:
        value = values[name]
        shown = to_mathml(source.matrix(value)) if is_printable(np.shape(value)) else escape(_range(value))
        sign, shape = to_mathml(_symbol(name)), shape_of(value)
        cells.append(f"<tr><td><code>{escape(name)}</code></td><td>{sign}</td><td>{shape}</td><td>{shown}</td></tr>")
    head = "<tr><th>name</th><th>symbol</th><th>shape</th><th>numbers</th></tr>"
    return fragment(f"<p>Trace: {escape(_heading(values))}</p><table>{head}{''.join(cells)}</table>")


def _heading(values: Values) -> str:
    return f"{values.samples} sample{'s' * (values.samples != 1)}, mode {values.mode}"


def _symbol(name: Name) -> Math:
    return symbol(X if name == A0 else name)


def shape_of(value: Array) -> str:
    """3 × 4, or nothing for a single number."""
    return " × ".join(map(str, np.shape(value)))


def _preview(value: Array) -> str:
    text = np.array2string(np.asarray(value), precision=4, threshold=6, edgeitems=2, separator=", ").replace("\n", "")
    return text if len(text) <= _WIDEST else text[: _WIDEST - 1] + "…"


def _range(value: Array) -> str:
    low, middle, high = (number(float(f(value))).text for f in (np.min, np.mean, np.max))
    return f"{low} … {high}, mean {middle}"
