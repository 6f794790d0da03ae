"""`TableEncoder`: a data frame to a matrix of numbers, the same way in training and in prediction."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any, cast

import narwhals.stable.v1 as nw
import numpy as np
from numpy.typing import NDArray

from clearprop.errors import DTypeError, TableError, listed, unknown_name
from clearprop.messages import Message
from clearprop.table.categories import BooleanColumn, CategoryColumn
from clearprop.table.codes import CodedColumn
from clearprop.table.columns import IDENTIFIER, INDEX, Column, column_from_dict, fit_column, settle_marks
from clearprop.table.dates import DateColumn
from clearprop.table.lookup import holds_truth, truth_as_numbers
from clearprop.table.marks import MISSING_MARKS, USUAL, Marks, without_marks
from clearprop.table.memory import features_fit
from clearprop.table.naming import distinct_names
from clearprop.table.numbers import SCALINGS, NumberColumn, Scaling
from clearprop.table.plain import exactly, texts
from clearprop.table.unseen import Unseen
from clearprop.table.values import Features, Series, as_level, as_values, unboxed


def as_frame(frame: Any) -> nw.DataFrame[Any]:
    """Any eager data frame (Polars, pandas, Arrow, …) behind one interface; names of columns become text.

    Raises:
        DTypeError: if it is no data frame.
        TableError: if two columns have one name.
    """
    try:
        wrapped: nw.DataFrame[Any] = nw.from_native(frame, eager_only=True)
    except (TypeError, ValueError) as error:
        if "unique" in str(error) or "duplicate" in str(error).lower():
            raise TableError("two columns of one name", "one name per column") from None
        raise DTypeError(f"a table of type {type(frame).__name__}", "a Polars, pandas or Arrow data frame") from None
    if any(isinstance(name, tuple) for name in wrapped.columns):
        raise TableError("column names of several levels", "one name per column")
    # pandas numbers the columns of an array; table[0] would be a row, and in a file the name would come back as "0"
    renamed = {name: str(name) for name in wrapped.columns if not isinstance(name, str)}
    names = [renamed.get(name, name) for name in wrapped.columns]
    if len(set(names)) < len(names):
        raise TableError("two columns of one name", "one name per column")
    wrapped = wrapped.rename(renamed) if renamed else wrapped
    boxed = [unboxed(series) for series in _columns_of(wrapped).values() if series.dtype in (nw.Object, nw.Duration)]
    return wrapped.with_columns(boxed) if boxed else wrapped


def _columns_of(table: nw.DataFrame[Any]) -> dict[str, Series]:
    """All columns by name at once: asking for each by its name takes time that grows with their number."""
    return {series.name: cast(Series, series) for series in table.iter_columns()}


@dataclass(frozen=True)
class TableEncoder:
    """How each column becomes features."""

    columns: tuple[Column, ...]  # the columns that are used, in order
    ignored: dict[str, Message]  # name → reason, for the columns that are not
    missing: tuple[str, ...] = MISSING_MARKS  # texts that stand for a missing value
    values: dict[str, tuple[str, ...]] = field(default_factory=dict)  # column → those of them that are values there
    truths: tuple[str, ...] = ()  # columns of the numbers 0 and 1, in which a yes is 1 and a no 0
    names: tuple[str, ...] = ()  # all columns of the training table that could be inputs, in its order, used or not

    def __post_init__(self) -> None:
        if not self.names:  # of an older file
            object.__setattr__(self, "names", tuple(column.name for column in self.columns))

    @classmethod
    def fit(
        cls,
        frame: Any,
        ignore: Collection[str] = (),
        *,
        kinds: Mapping[str, str] | None = None,
        scaling: Scaling = "auto",
        rows: NDArray[Any] | None = None,
        marks: Marks = USUAL,
    ) -> TableEncoder:
        """Learn the encoding from a table.

        Args:
            frame: a data frame; rows are samples.
            ignore: a column or columns to leave out, such as the target.
            kinds: column → "number", "category", "boolean" or "date", where the right kind would not be found.
            scaling: of numbers: "standard" (mean and standard deviation), "robust" (median and quartiles), "log" (their
                signed logarithms); "auto" takes logarithms where values span decades, robust where a few are far out.
            rows: numbers of the training rows. What a column is and how it is written is found from all rows, what is
                computed from its values from these alone.
            marks: texts that stand for a missing value.

        Raises:
            TableError: if no column is left that says anything, or one is not of the kind given.
            UnknownNameError: for a kind, a scaling or a column of `kinds` that does not exist.

        Example:
            >>> import polars as pl
            >>> encoder = TableEncoder.fit(pl.DataFrame({"x": [1.0, 3.0, 2.0], "c": ["a", "b", "d"]}))
            >>> encoder.feature_names
            ['x', 'c=a', 'c=b', 'c=d']
        """
        table = as_frame(frame)
        ignore = (ignore,) if isinstance(ignore, str) else ignore
        kinds = kinds or {}
        if scaling not in SCALINGS:
            raise unknown_name("scaling", scaling, list(SCALINGS))
        for name in kinds:
            if name not in table.columns:
                raise unknown_name("column", name, list(table.columns))
            if name in ignore:
                raise TableError(
                    f"a kind for the column {name!r}", "a column that is used, not the target or one left out"
                )
        given = {name: series for name, series in _columns_of(table).items() if name not in ignore}
        settled = {name: settle_marks(series, kinds.get(name), marks) for name, series in given.items()}

        def fit(kinds: Mapping[str, str | None], fewest: int | None = None) -> dict[str, Column | Message]:
            """The encodings of columns of these kinds, or why they are set aside."""
            return {name: fit_column(settled[name][0], kind, scaling, rows, fewest) for name, kind in kinds.items()}

        found = fit(dict.fromkeys(settled) | dict(kinds))
        if all(isinstance(column, Message) for column in found.values()):  # better an identifier than nothing
            found |= fit({name: "number" for name, column in found.items() if column in (IDENTIFIER, INDEX)})
        _narrow(found, fit, len(table))
        used = [column for column in found.values() if not isinstance(column, Message)]
        ignored = {name: why for name, why in found.items() if isinstance(why, Message)}
        if not used:
            reasons = "; ".join(f"{name}: {why}" for name, why in ignored.items())
            raise TableError(
                "no column to learn from" + (f" ({reasons})" if reasons else ""), "at least one input column"
            )
        values = {column.name: settled[column.name][1] for column in used if settled[column.name][1]}
        numbers = [column.name for column in used if isinstance(column, NumberColumn) and column.text is None]
        truths = tuple(name for name in numbers if holds_truth(settled[name][0]))
        return cls(tuple(used), ignored, marks.every, values, truths, tuple(given))

    @property
    def feature_names(self) -> list[str]:
        """A name for every feature, each its own; see `distinct_names`."""
        return list(self._feature_names)

    @property
    def codes(self) -> dict[int, int]:
        """Of the features that are codes of levels: the feature's place → how many codes there are."""
        widths = [len(column.feature_names) for column in self.columns]
        starts = (sum(widths[:i]) for i in range(len(widths)))
        pairs = zip(starts, self.columns, strict=True)
        return {start: column.n_codes for start, column in pairs if isinstance(column, CodedColumn)}

    @property
    def number_columns(self) -> list[str]:
        """The columns that hold plain numbers, however they are used."""
        return [column.name for column in self.columns if column.holds_numbers]

    def transform(self, frame: Any, dtype: str = "float64", unseen: Unseen | None = None) -> Features:
        """The features (N, n_features) of a table, row by row in memory.

        Args:
            frame: a data frame with the columns of the training table, in any order.
            dtype: of the features.
            unseen: told of values that no level stands for.

        Raises:
            TableError: if a column is missing, or holds what it did not in training.
        """
        table = as_frame(frame)
        every = _columns_of(table)
        if any(column.name not in every for column in self.columns):
            raise self.lacking(table.columns)
        result = np.zeros((len(table), len(self.feature_names)), dtype)
        start = 0
        for column in self.columns:
            end = start + len(column.feature_names)
            self._write(column, every[column.name], result[:, start:end], unseen)
            start = end
        return result

    def encode_column(self, name: str, series: Series, dtype: str = "float64") -> Features:
        """The features (N, k) of one column for values of it: its own, since no feature is made of two columns.

        Raises:
            UnknownNameError: if the column is not used.
            TableError: for values that it did not hold in training.
        """
        for column in self.columns:
            if column.name == name:
                out = np.zeros((len(series), len(column.feature_names)), dtype)
                self._write(column, series, out, None)
                return out
        raise unknown_name("column", name, [column.name for column in self.columns])

    def lacking(self, present: Sequence[Any]) -> TableError:
        """The error for a table that has these columns, and not all that are used."""
        names, there = [column.name for column in self.columns], set(present)
        return TableError(
            f"the table has no column {listed((repr(name) for name in names if name not in there), 5)}",
            "the columns of the training table: " + listed(names),
            "columns present: " + listed(present),
        )

    def marks_of(self, column: str) -> tuple[str, ...]:
        """The texts that stand for a missing value in a column."""
        kept = self.values.get(column, ())
        return tuple(mark for mark in self.missing if mark not in kept) if kept else self.missing

    def cleaned(self, series: Series) -> Series:
        """A column with its missing values as gaps, and as 1 and 0 what means yes and no among numbers 0 and 1."""
        series = without_marks(series, self.marks_of(series.name))
        return truth_as_numbers(series) if series.name in self._truths else series

    def _write(self, column: Column, series: Series, out: Features, unseen: Unseen | None) -> None:
        """A column's features into their place, without a copy of them where they are many."""
        series = self.cleaned(series)
        if isinstance(column, DateColumn):
            us = column.microseconds(series)
            if unseen is not None:
                unseen.note_far(column, us)
            out[:] = column.features(us)
            return
        if not isinstance(column, CategoryColumn | BooleanColumn):
            out[:] = column.encode(series)
            return
        places = column.places(series)
        if unseen is not None and (new := column.unseen(places)).any():
            values = as_values(series)
            unseen.note(column.name, (as_level(values[i]) for i in np.flatnonzero(new)))
        column.features(places, out)

    @cached_property
    def _feature_names(self) -> tuple[str, ...]:
        return tuple(distinct_names(self.columns))

    @cached_property
    def _truths(self) -> frozenset[str]:
        return frozenset(self.truths)

    def to_dict(self) -> dict[str, Any]:
        """As plain data, for a file."""
        return {
            "columns": [{"kind": column.kind, **asdict(column)} for column in self.columns],
            "ignored": {name: why.to_dict() for name, why in self.ignored.items()},
            "missing": list(self.missing),
            "values": {name: list(marks) for name, marks in self.values.items()},
            "truths": list(self.truths),
            "names": list(self.names),
        }

    @classmethod
    def from_dict(cls, data: Any) -> TableEncoder:
        """The inverse of `to_dict`.

        Raises:
            TableError: for data that `to_dict` did not write.
        """
        try:
            columns = tuple(column_from_dict(column) for column in exactly(list, data["columns"]))
            if not columns or len({column.name for column in columns}) < len(columns):
                raise ValueError("no columns, or two of one name")
            ignored = exactly(dict, data["ignored"])
            values = exactly(dict, data.get("values", {}))
            return cls(
                columns,
                {exactly(str, name): _reason(why) for name, why in ignored.items()},
                texts(data.get("missing", list(MISSING_MARKS))),
                {exactly(str, name): texts(marks) for name, marks in values.items()},
                texts(data.get("truths", [])),
                _names(data.get("names", []), columns),
            )
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise TableError(f"a damaged description of the columns: {error!r}") from None


def _reason(why: Any) -> Message:
    """Why a column is set aside; older files have it in English words."""
    return Message("table.aside.said", text=why) if isinstance(why, str) else Message.from_dict(why)


def _names(given: Any, columns: Sequence[Column]) -> tuple[str, ...]:
    """Names of all columns out of a file: each once, and the used ones among them, in their order."""
    names, used = texts(given), [column.name for column in columns]
    known = set(used)
    if names and (len(set(names)) < len(names) or [name for name in names if name in known] != used):
        raise ValueError("names that do not fit the columns")
    return names


def _narrow(found: dict[str, Column | Message], fit: Any, rows: int) -> None:
    """Pool more levels as long as the features of so many rows do not fit into memory."""
    while not features_fit(rows, sum(len(c.feature_names) for c in found.values() if not isinstance(c, Message))):
        wide = [c for c in found.values() if isinstance(c, CategoryColumn) and len(c.feature_names) > 3]
        if not wide:
            return
        for column in wide:
            found |= fit({column.name: "category"}, fewest=2 * column.fewest)
