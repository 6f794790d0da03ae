"""A value as it stands at an edge: a formula, a number, a small matrix written out, or a shape with a strip of heat."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clearprop.present.figure.scene import Label, Mark, Rect, Role, Stroke
from clearprop.present.figure.text import runs_width, text_runs
from clearprop.present.formula import Math, number, runs

Array = NDArray[Any]
SIZE = 13.0
_LINE, _CELL_GAP = 16.0, 10.0
_MOST_ROWS, _MOST_COLUMNS, _MOST_NUMBERS = 4, 6, 12  # of a matrix that is written out
_STRIP_COLUMNS, _STRIP_ROWS, _CELL = 24, 6, 3.0  # of a strip of heat


@dataclass(frozen=True)
class Block:
    """Something to be put beside an edge: its size, and its marks from the upper left corner."""

    width: float
    height: float
    marks: tuple[Mark, ...]


NOTHING = Block(0.0, 0.0, ())


def formula_block(m: Math, colour: Role) -> Block:
    """A formula on one line."""
    shown = tuple(runs(m))
    return Block(runs_width(shown, SIZE), _LINE, (Label(0, 12, shown, SIZE, colour),))


def value_block(array: Array, colour: Role, digits: int) -> Block:
    """A number, a small matrix, or a shape with a strip of heat."""
    array = np.asarray(array)
    if array.size == 1:
        return formula_block(number(float(array.reshape(())), digits), colour)
    rows = array if array.ndim == 2 else array[None, :]
    if rows.shape[0] <= _MOST_ROWS and rows.shape[1] <= _MOST_COLUMNS and rows.size <= _MOST_NUMBERS:
        return _matrix(rows, colour, digits)
    return _heat(rows, array.shape, colour)


def _matrix(rows: Array, colour: Role, digits: int) -> Block:
    """Numbers in columns, flush right, between brackets."""
    cells = [[tuple(runs(number(float(x), digits))) for x in line] for line in rows]
    widths = [max(runs_width(line[j], SIZE) for line in cells) for j in range(rows.shape[1])]
    marks: list[Mark] = []
    right = 5.0
    for j, width in enumerate(widths):
        right += width
        marks += [Label(right, 12 + _LINE * i, line[j], SIZE, colour, "end") for i, line in enumerate(cells)]
        right += _CELL_GAP
    width, height = right - _CELL_GAP + 5, _LINE * len(cells)
    for x, inward in ((0.0, 4.0), (width, -4.0)):
        marks.append(Stroke(((x + inward, 0), (x, 0), (x, height), (x + inward, height)), colour, 1.1))
    return Block(width, height, tuple(marks))


def _heat(rows: Array, shape: tuple[int, ...], colour: Role) -> Block:
    """Blue for positive, orange for negative, deeper for larger; of many rows and columns some, evenly spread."""
    some = rows[np.ix_(*(_spread(n, most) for n, most in zip(rows.shape, (_STRIP_ROWS, _STRIP_COLUMNS), strict=True)))]
    largest = float(np.nanmax(np.abs(some), initial=0.0)) or 1.0
    text = text_runs(" × ".join(map(str, shape)))
    height = some.shape[0] * _CELL
    marks: list[Mark] = [Label(0, 12, text, SIZE - 1, colour, face="words")]
    for (i, j), v in np.ndenumerate(some):
        strength = round(float(abs(v)) / largest, 2) if np.isfinite(v) else 1.0
        if strength > 0:
            role: Role = "red" if not np.isfinite(v) else "blue" if v > 0 else "orange"
            marks.append(Rect(j * _CELL, 18 + i * _CELL, _CELL, _CELL, role, opacity=strength))
    marks.append(Rect(0, 18, some.shape[1] * _CELL, height, stroke="line", line=0.8))
    width = max(runs_width(text, SIZE - 1, "words"), some.shape[1] * _CELL)
    return Block(width, 20 + height, tuple(marks))


def _spread(n: int, most: int) -> Array:
    return np.unique(np.linspace(0, n - 1, min(n, most)).round().astype(int))
