"""How a model's answer depends on one column: partial dependence, and the curve of every single row.

With x_S the value of one column and b the other columns of a row of the table:

    ICE(v) of the row = f(x_S = v, b),    partial dependence PD(v) = mean over rows of f(x_S = v, b)

Both go through rows that nobody has seen where the column goes together with others: a house of 20 m² with nine rooms.

Sources: Friedman, Greedy Function Approximation, Annals of Statistics 2001; Goldstein, Kapelner, Bleich & Pitkin,
Peeking Inside the Black Box (individual conditional expectation, centred), JCGS 2015.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import narwhals.stable.v1 as nw
import numpy as np
from numpy.typing import NDArray

from clearprop.errors import InvalidValueError, TableError, checked_integer, plural, unknown_name
from clearprop.estimators.answered import Answered, as_table, class_place, drawn_rows
from clearprop.estimators.curves import DependencePlot
from clearprop.estimators.importance import feature_groups
from clearprop.explain.derivation import Explanation
from clearprop.graph import DTYPES
from clearprop.messages import Words, checked_language
from clearprop.present.document import Document
from clearprop.present.figure import Picture
from clearprop.table.columns import Column
from clearprop.table.dates import DateColumn, day_of
from clearprop.table.encoder import TableEncoder
from clearprop.table.numbers import NumberColumn
from clearprop.table.rows import rows_counted
from clearprop.table.target import Label
from clearprop.table.values import Series, as_level, as_numbers, as_values

if TYPE_CHECKING:
    from clearprop.estimators.table_model import TableModel

Array = NDArray[Any]
TOGETHER = 0.8  # |correlation| of two columns, from which on the curves go through rows that hardly exist
GRID, ROWS, LEVELS = 20, 200, 10  # places along a number, rows that have a curve, levels of their own
_MOST_NUMBERS = 4_000_000  # of features that are held at once


@dataclass(frozen=True)
class Grid:
    """The values of one column at which the answers are asked for.

    Attributes:
        kind: "number", "date" or "level".
        values: as in the table: numbers, days such as "2024-12-31", levels; None where a value is missing, and at the
            end for all other levels together, if there are.
        at: where they stand on an axis (g,): the number, the time in microseconds since 1970-01-01, or 0, 1, 2, ….
        log: whether the column's logarithms are what the network sees.
        deciles: of a number or date, from a tenth to nine tenths (9,); of levels ().
        shares: of levels, which part of the rows has each (g,).
        others: how many levels the last one stands for.
        missing: rows of the table in which a number or date is missing; they have no place here.
    """

    kind: str
    values: tuple[Any, ...]
    at: Array
    log: bool = False
    deciles: Array = field(default_factory=lambda: np.empty(0))
    shares: Array = field(default_factory=lambda: np.empty(0))
    others: int = 0
    missing: int = 0


@dataclass(frozen=True, repr=False)
class Dependence:
    """The answers of a model for some rows, one column set to each of some values in turn.

    Attributes:
        target: name of the target column.
        column: whose values are set.
        grid: these values.
        curves: of each row (n, g), of a model of classes (n, g, classes): individual conditional expectation.
        classes: the labels; () of a model of numbers.
        scale: "probability" or "log_odds" of classes, "unit" of numbers, "days" of dates.
        rows: which rows of the table these are, counted from 0.
        together: other columns that go together with this one, with the correlation: the largest of any of their
            features, where its size is 0.8 or more.
    """

    target: str
    column: str
    grid: Grid
    curves: Array
    classes: tuple[Label, ...]
    scale: str
    rows: tuple[int, ...]
    together: tuple[tuple[str, float], ...]

    @property
    def mean(self) -> Array:
        """Partial dependence: the mean of the curves, (g,) or (g, classes)."""
        return np.asarray(self.curves.mean(axis=0))

    def centred(self) -> Dependence:
        """The same with every curve beginning at 0: how far each row's answer moves from the first value on."""
        return replace(self, curves=self.curves - self.curves[:, :1])

    def reordered(self, order: Array) -> Dependence:
        """The same with the classes in another order."""
        return replace(self, classes=tuple(self.classes[k] for k in order), curves=self.curves[..., order])

    def of(self, label: Any) -> Array:
        """The curves (n, g) of one class; of a model of numbers the label is None."""
        if not self.classes and label is None:
            return self.curves
        return np.asarray(self.curves[..., class_place(self.classes, label)])

    def picture(self, label: Any = None, row: int | None = None, lang: str = "en") -> Picture:
        """Partial dependence in front of the curves of at most thirty rows.

        Args:
            label: of a model of classes, which one; without one of two classes the later one, of more the partial
                dependence of each of the six that are most probable.
            row: one of the rows, counted among `rows`, whose curve is drawn in front.
            lang: "en" or "zh".
        """
        return self._plot(label, row).picture(checked_language(lang))

    def explain(
        self, label: Any = None, row: int | None = None, *, lang: str = "en", title: Words | None = None
    ) -> Explanation:
        """The picture, the same as a table, and what is to be said of them, as a page; see `picture`."""
        plot = self._plot(label, row)
        return Explanation(Document(title or plot.says, tuple(plot.blocks())), checked_language(lang))

    def _plot(self, label: Any, row: int | None) -> DependencePlot:
        if row is not None and checked_integer("row", row, low=0) >= len(self.rows):
            raise InvalidValueError(f"row {row}", f"0 … {len(self.rows) - 1}, counted among the rows that have a curve")
        label = self.classes[1] if label is None and len(self.classes) == 2 else label
        return DependencePlot(self, label, row)

    def to_dict(self) -> dict[str, Any]:
        """As plain data, for JSON."""
        grid = {
            name: value.tolist()
            if isinstance(value, np.ndarray)
            else list(value)
            if isinstance(value, tuple)
            else value
            for name, value in vars(self.grid).items()
        }
        together = [{"column": name, "correlation": r} for name, r in self.together]
        plain = {"target": self.target, "column": self.column, "scale": self.scale, "grid": grid, "together": together}
        lists = {"classes": list(self.classes), "rows": list(self.rows)}
        return {**plain, **lists, "mean": self.mean.tolist(), "curves": self.curves.tolist()}

    def __repr__(self) -> str:
        size = f"{plural(len(self.grid.values), 'value')}, {plural(len(self.rows), 'row')}"
        return f"<Dependence of {self.target} on {self.column}: {size}>"


def dependence_of(
    model: TableModel,
    frame: Any,
    column: str,
    *,
    grid: int | Sequence[Any] = GRID,
    rows: int | Sequence[int] = ROWS,
    scale: str | None = None,
    seed: int = 0,
) -> Dependence:
    """How the answer depends on a column; see `TableModel.dependence`."""
    (found,) = dependences_of(model, frame, [column], grid=grid, rows=rows, scale=scale, seed=seed)
    return found


def dependences_of(
    model: TableModel,
    frame: Any,
    columns: Sequence[str],
    *,
    grid: int | Sequence[Any] = GRID,
    rows: int | Sequence[int] = ROWS,
    scale: str | None = None,
    seed: int = 0,
) -> list[Dependence]:
    """The same of several columns, for which the rows are encoded once."""
    table, encoder = as_table(frame, model.encoder.names), model.encoder
    groups = feature_groups(encoder)
    for column in columns:
        if column not in groups:
            raise unknown_name("column", column, list(groups))
    if not len(table):
        raise TableError("a table without rows", "rows whose other columns stand beside the values")
    if isinstance(rows, int | np.integer):
        chosen = drawn_rows(len(table), checked_integer("rows", rows), seed)
    else:
        chosen = [checked_integer("a row", row, low=0) for row in rows]
        if not chosen or max(chosen) >= len(table):
            raise InvalidValueError(f"rows {chosen[:5]}", f"some of 0 … {len(table) - 1}, counted from 0")
    dtype = DTYPES[model.predictor.dtype]
    with rows_counted(lambda: np.array(chosen)):
        X = encoder.transform(table[chosen].to_native(), dtype)
    answered, found = Answered.of(model, scale), []
    for column in columns:
        places, features = places_of(encoder, column, table[column], grid, seed, dtype)
        curves = curves_of(answered, X, groups[column], features)
        if places.others:  # the last places are some of them, and count as one
            k = len(places.values) - 1
            curves = np.concatenate([curves[:, :k], curves[:, k:].mean(axis=1, keepdims=True)], axis=1)
        curves = curves if answered.classes else curves[..., 0]
        together = together_with(encoder, column, X)
        about = answered.classes, answered.scale, tuple(chosen), together
        found.append(Dependence(model.target.name, column, places, curves, *about))
    return found


def curves_of(answered: Any, X: Array, group: Sequence[int], features: Array) -> Array:
    """f with a group of features set to each of some values (g, features), for every row: (N, g, outputs)."""
    at_once = max(1, _MOST_NUMBERS // X.size)
    parts = []
    for start in range(0, len(features), at_once):
        some = features[start : start + at_once]
        given = np.repeat(X[None], len(some), axis=0)
        given[:, :, list(group)] = some[:, None]
        parts.append(answered(given.reshape(-1, X.shape[1])).reshape(len(some), len(X), -1))
    return np.concatenate(parts).swapaxes(0, 1)


def together_with(encoder: TableEncoder, column: str, X: Array) -> tuple[tuple[str, float], ...]:
    """Other columns whose features are strongly correlated with those of one, the strongest first."""
    groups, codes = feature_groups(encoder), encoder.codes
    own = [j for j in groups[column] if j not in codes]
    Z = X.astype(np.float64) - X.mean(axis=0, dtype=np.float64)
    size = np.sqrt((Z**2).sum(axis=0))
    Z = np.divide(Z, size, out=np.zeros_like(Z), where=size > 1e-9)
    r = Z[:, own].T @ Z  # (own, features)
    r[:, list(codes)] = 0
    found = []
    for name, others in groups.items():
        block = r[:, others].ravel()
        if name != column and block.size and np.abs(block).max() >= TOGETHER:
            found.append((name, float(block[np.abs(block).argmax()])))
    return tuple(sorted(found, key=lambda pair: -abs(pair[1])))


# --- the values of a column


def places_of(
    encoder: TableEncoder, name: str, series: Series, grid: int | Sequence[Any], seed: int, dtype: str
) -> tuple[Grid, Array]:
    """The values of a column at which answers are asked for, and their features (g, k).

    The values are some that stand in the column, so that none lies beyond them. Where several levels are one place,
    the features of some rows that have them stand at the end.

    Raises:
        TableError: if the column is missing in every row.
    """
    column = next(column for column in encoder.columns if column.name == name)
    if not isinstance(grid, int | np.integer):
        given = nw.new_series(name, list(grid), backend=series.implementation)
        return _given(column, encoder.cleaned(given)), encoder.encode_column(name, given, dtype)
    most, known = checked_integer("grid", grid, low=2), encoder.cleaned(series)
    at = _numbers(column, known)
    places, rows = _levels(known, LEVELS, seed) if at is None else _quantiles(column, at, most)
    return places, encoder.encode_column(name, series[rows], dtype)


def _numbers(column: Column, series: Series) -> Array | None:
    """Where values stand on an axis (N,), NaN where missing; None for levels."""
    if isinstance(column, DateColumn):
        return column.microseconds(series)
    if isinstance(column, NumberColumn):
        return as_numbers(series, column.text.parse if column.text else None)
    return None


def _quantiles(column: Column, at: Array, most: int) -> tuple[Grid, list[int]]:
    """The value in the middle of each of so many equal parts of the rows; all values, if they are no more."""
    there = np.flatnonzero(~np.isnan(at))
    if not len(there):
        raise TableError(f"column {column.name!r} is missing in every row", "some values")
    order = there[np.argsort(at[there], kind="stable")]
    values, first = np.unique(at[order], return_index=True)
    if len(values) > most:
        middle = (np.arange(most) + 0.5) / most
        first = np.unique(first[np.searchsorted(values, at[order[(middle * len(order)).astype(int)]])])
    rows = order[first]
    deciles = np.quantile(at[there], np.arange(1, 10) / 10)
    return _along(column, at[rows], deciles, len(at) - len(there)), rows.tolist()


def _along(column: Column, at: Array, deciles: Array, missing: int) -> Grid:
    if isinstance(column, DateColumn):
        return Grid("date", tuple(map(day_of, at)), at, False, deciles, missing=missing)
    has_logs = isinstance(column, NumberColumn) and column.log_unit is not None
    return Grid("number", tuple(at.tolist()), at, has_logs, deciles, missing=missing)


def _given(column: Column, series: Series) -> Grid:
    """The values that somebody asks for."""
    at = _numbers(column, series)
    if at is None or np.isnan(at).any():
        levels = tuple(map(as_level, as_values(series)))
        return Grid("level", levels, np.arange(len(levels)))
    return _along(column, at, np.empty(0), 0)


def _levels(series: Series, most: int, seed: int) -> tuple[Grid, list[int]]:
    """The most frequent levels, each with a row that has it, and behind them some rows of all others."""
    levels = [as_level(value) for value in as_values(series)]
    ranked = sorted(Counter(levels).items(), key=lambda pair: (-pair[1], pair[0] is None, str(pair[0])))
    own = ranked if len(ranked) <= most + 1 else ranked[:most]
    first = {level: levels.index(level) for level, _ in own}
    rows, shares = list(first.values()), [n / len(levels) for _, n in own]
    others = len(ranked) - len(own)
    if others:
        rest = [i for i, level in enumerate(levels) if level not in first]
        rows += [rest[i] for i in drawn_rows(len(rest), most, seed)]
        shares.append(1 - sum(shares))
    values = (*first, *([None] if others else []))
    return Grid("level", values, np.arange(len(values)), shares=np.array(shares), others=others), rows
