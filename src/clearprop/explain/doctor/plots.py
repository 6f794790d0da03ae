"""The plots of findings; they hold no words, so that they need no language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil, floor, isfinite, log10

import numpy as np

from clearprop.execute import Array
from clearprop.present.figure import Axis, Bars, Dots, Heat, Line, Note, Plot, Role, Rule
from clearprop.train import History

_MOST_BARS, _MOST_CELLS, _MOST_ROWS, _MOST_COLUMNS = 40, 64, 16, 24
_ROW, _CELL = 18.0, 13.0  # pixels


def loss_plot(history: History | None, columns: Sequence[str] = ("loss",), level: float | None = None) -> Plot | None:
    """Columns of a history by epoch, the first one blue, the second orange; `level` is dashed.

    The scale is logarithmic where the losses differ by more than a factor of 20.
    """
    if history is None:
        return None
    drawn = [history.columns[name] for name in columns if name in history.columns]
    every = [v for line in drawn for v in line if isfinite(v)] + ([] if level is None else [level])
    is_wide = min(every) > 0 and max(every) > 20 * min(every)
    epochs = history.numbered
    colours: tuple[Role, ...] = ("blue", "orange")
    kind = Line if len(epochs) > 1 else Dots
    lines = [kind(epochs, line, colour) for line, colour in zip(drawn, colours, strict=False)]
    x = Axis.of(epochs, whole=True) if len(epochs) > 1 else Axis(0, 2, whole=True)
    return Plot("", x, Axis.of(every, is_wide).padded(), (Rule(y=level), *lines), width=340, height=130)


def sizes(names: Sequence[str], values: Sequence[float], before: Sequence[float] = ()) -> Plot:
    """A bar for each value on a logarithmic scale, with an orange stroke where it was before; at most 40.

    Values that are 0 or not finite have no bar.
    """
    names, values, before = names[:_MOST_BARS], values[:_MOST_BARS], before[:_MOST_BARS]
    there = [log10(v) for v in (*values, *before) if isfinite(v) and v > 0] or [0.0]
    x = Axis(10.0 ** floor(min(there) - 0.01), 10.0 ** ceil(max(there) + 0.01), log=True)
    strokes = [Line([v, v], [k + 0.05, k + 0.95], "orange", width=3) for k, v in enumerate(before) if v > 0]
    texts = [f"{v:.3g}" if v < 1000 else f"{v:.4g}" for v in values]
    numbers = [Note(x.high, k + 0.5, text, "soft", dx=10, dy=4) for k, text in enumerate(texts)]
    bars = Bars(range(len(values) + 1), values, sideways=True, gap=1 / 3)
    return Plot("", x, Axis.named(names), (bars, *strokes, *numbers), width=300, height=_ROW * len(names), grid="x")


def cells(rows: Mapping[str, Array]) -> Plot:
    """A strip of cells for each name, from 0 (empty) to 1 (red); of more than 64 cells the first are shown."""
    columns = min(_MOST_CELLS, max(map(len, rows.values())))
    values = np.full((len(rows), columns), np.nan)
    for row, strip in zip(values, rows.values(), strict=True):
        shown = np.clip(strip[:columns], 0, 1)
        row[: len(shown)] = shown
    x = Axis(0, columns, given=())
    heat = Heat(values, above="red", outlined=True)
    return Plot("", x, Axis.named(list(rows)), (heat,), width=_CELL * columns, height=_ROW * len(rows), grid="")


def weights(W: Array) -> Plot:
    """A matrix as cells, blue above 0 and orange below, at most 16 × 24 of them."""
    W = W[:_MOST_ROWS, :_MOST_COLUMNS]
    n, k = W.shape
    heat = Heat(W / (float(np.abs(W).max(initial=0.0)) or 1.0), outlined=True)
    axes = Axis(0, k, given=()), Axis(n, 0, given=())
    return Plot("", *axes, (heat,), width=_CELL * k, height=_CELL * n, grid="")
