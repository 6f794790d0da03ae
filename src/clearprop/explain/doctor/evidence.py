"""Pictures that say more than numbers: small SVGs without words, so that they speak every language."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from math import ceil, floor, isfinite, log10

import numpy as np

from clearprop.execute import Array
from clearprop.present.formula.tree import RAISED

_INK, _SOFT, _LINE = "var(--ink, #1f2430)", "var(--soft, #5b6472)", "var(--line, #d5dae1)"
_BLUE, _ORANGE, _RED = "var(--blue, #2b5fa8)", "var(--orange, #b8560b)", "var(--red, #b3261e)"
_MOST_BARS, _MOST_CELLS = 40, 64


def log_bars(names: Sequence[str], values: Sequence[float], marks: Sequence[float] = ()) -> str:
    """Horizontal bars on a logarithmic scale, a value each; `marks` are second values, drawn as strokes.

    Values that are 0 or not finite have no bar. Of more than 40 the first are shown.
    """
    names, values, marks = names[:_MOST_BARS], values[:_MOST_BARS], marks[:_MOST_BARS]
    there = [v for v in (*values, *marks) if isfinite(v) and v > 0]
    low, high = (floor(log10(min(there)) - 0.01), ceil(log10(max(there)) + 0.01)) if there else (0, 1)
    left, width, row = 12 + 8 * max(map(len, names)), 300, 18
    height = row * len(values)

    def at(value: float) -> float:
        return left + width * (log10(value) - low) / (high - low)

    parts = []
    for power in range(low, high + 1, max(1, ceil((high - low) / 6))):
        x = at(10.0**power)
        parts.append(f'<line x1="{x:.1f}" y1="0" x2="{x:.1f}" y2="{height}" stroke="{_LINE}"/>')
        parts.append(_text(x, height + 15, _power_of_ten(power), "middle", _SOFT))
    for i, (name, value) in enumerate(zip(names, values, strict=True)):
        y = row * i
        parts.append(_text(left - 8, y + 13, name, "end"))
        if isfinite(value) and value > 0:
            parts.append(f'<rect x="{left}" y="{y + 3}" width="{at(value) - left:.1f}" height="12" fill="{_BLUE}"/>')
        parts.append(
            _text(left + width + 10, y + 13, f"{value:.3g}" if value < 1000 else f"{value:.4g}", "start", _SOFT)
        )
        if i < len(marks) and isfinite(marks[i]) and marks[i] > 0:
            x = at(marks[i])
            line = f'x1="{x:.1f}" y1="{y + 1}" x2="{x:.1f}" y2="{y + 17}"'
            parts.append(f'<line {line} stroke="{_ORANGE}" stroke-width="3"/>')
    return _svg(left + width + 84, height + 20, parts)


def cells(rows: Sequence[tuple[str, Array]]) -> str:
    """A strip of cells per row, from 0 (empty) to 1 (full); of more than 64 cells the first are shown."""
    left, size, row = 12 + 8 * max(len(name) for name, _ in rows), 12, 18
    parts, columns = [], 0
    for i, (name, values) in enumerate(rows):
        y = i * row + 3
        parts.append(_text(left - 8, y + 10, name, "end"))
        for j, value in enumerate(np.clip(values[:_MOST_CELLS], 0, 1)):
            box = f'x="{left + j * size}" y="{y}" width="{size - 1}" height="{size}"'
            parts.append(f'<rect {box} fill="{_RED}" fill-opacity="{value:.2f}" stroke="{_SOFT}" stroke-width="0.5"/>')
        columns = max(columns, min(len(values), _MOST_CELLS))
    return _svg(left + columns * size + 4, len(rows) * row, parts)


def signed_cells(W: Array) -> str:
    """A matrix as cells, blue above 0 and orange below, at most 16 × 24 of them."""
    W, size = W[:16, :24], 14
    scale = float(np.abs(W).max(initial=0.0)) or 1.0
    parts = []
    for i, j in np.ndindex(*W.shape):
        colour = _BLUE if W[i, j] >= 0 else _ORANGE
        box = f'x="{j * size + 2}" y="{i * size + 2}" width="{size - 1}" height="{size - 1}"'
        strength = abs(W[i, j]) / scale
        parts.append(f'<rect {box} fill="{colour}" fill-opacity="{strength:.2f}" stroke="{_SOFT}" stroke-width="0.5"/>')
    return _svg(W.shape[1] * size + 4, W.shape[0] * size + 4, parts)


def curves(lines: Sequence[Sequence[float]], level: float | None = None) -> str:
    """Losses by epoch, the first line blue (training), the second orange (validation); `level` is dashed.

    The scale is logarithmic where the losses differ by more than a factor of 20.
    """
    values = [v for line in lines for v in line if isfinite(v)] + ([] if level is None else [level])
    scale = log10 if min(values) > 0 and max(values) > 20 * min(values) else float
    low, high = scale(min(values)), scale(max(values))
    left, width, height, span = 70, 340, 130, (high - low) or 1.0

    def y_of(value: float) -> float:
        return 8 + (height - 16) * (1 - (scale(value) - low) / span)

    ticks = sorted({min(values), max(values), *([] if level is None else [level])})
    apart = [
        v for v, above in zip(ticks, [*ticks[1:], None], strict=True) if above is None or y_of(v) - y_of(above) > 12
    ]
    parts = [_text(left - 6, y_of(v) + 4, f"{v:.3g}", "end", _SOFT) for v in apart]
    if level is not None:
        dashes = f'x1="{left}" y1="{y_of(level):.1f}" x2="{left + width}" y2="{y_of(level):.1f}"'
        parts.append(f'<line {dashes} stroke="{_SOFT}" stroke-dasharray="4 3"/>')
    for line, colour in zip(lines, (_BLUE, _ORANGE), strict=False):
        step = width / max(1, len(line) - 1)
        points = " ".join(f"{left + i * step:.1f},{y_of(v):.1f}" for i, v in enumerate(line) if isfinite(v))
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.8"/>')
    parts.append(f'<path d="M{left} 8V{height - 4}H{left + width}" fill="none" stroke="{_LINE}"/>')
    epochs = max(map(len, lines))
    parts.append(_text(left, height + 10, "1", "middle", _SOFT))
    parts += [_text(left + width, height + 10, str(epochs), "middle", _SOFT)] if epochs > 1 else []
    return _svg(left + width + 24, height + 14, parts)


def _power_of_ten(power: int) -> str:
    return "10" + str(power).translate(RAISED)


def _text(x: float, y: float, text: str, anchor: str, colour: str = _INK) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}">{escape(text)}</text>'


def _svg(width: float, height: float, parts: Sequence[str]) -> str:
    size = f'width="{width:.0f}" height="{height:.0f}" viewBox="0 0 {width:.0f} {height:.0f}"'
    font = 'font-family="system-ui, sans-serif" font-size="12"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" role="img" {size} {font}>{"".join(parts)}</svg>'
