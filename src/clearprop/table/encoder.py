"""`TableEncoder`: a data frame to a matrix of numbers, the same way in training and in prediction."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from typing import Any, cast

import narwhals.stable.v1 as nw
import numpy as np
from numpy.typing import NDArray

from clearprop.errors import DTypeError, TableError, listed, unknown_name
from clearprop.table.columns import IDENTIFIER, INDEX, Column, column_from_dict, fit_column
from clearprop.table.numbers import SCALINGS, Scaling
from clearprop.table.values import Features, Series, exactly, unboxed


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
    """How each column becomes features.

    Attributes:
        columns: the columns that are used, in order.
        ignored: name → reason, for the columns that are not.
    """

    columns: tuple[Column, ...]
    ignored: dict[str, str]

    @classmethod
    def fit(
        cls,
        frame: Any,
        ignore: Collection[str] = (),
        *,
        kinds: Mapping[str, str] | None = None,
        scaling: Scaling = "auto",
        rows: NDArray[Any] | None = None,
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
        every = {name: series for name, series in _columns_of(table).items() if name not in ignore}
        found = {name: fit_column(series, kinds.get(name), scaling, rows) for name, series in every.items()}
        if all(isinstance(column, str) for column in found.values()):  # better an identifier than nothing
            again = [name for name, column in found.items() if column in (IDENTIFIER, INDEX)]
            found |= {name: fit_column(every[name], "number", scaling, rows) for name in again}
        used = [column for column in found.values() if not isinstance(column, str)]
        ignored = {name: why for name, why in found.items() if isinstance(why, str)}
        if not used:
            reasons = "; ".join(f"{name}: {why}" for name, why in ignored.items())
            raise TableError(
                "no column to learn from" + (f" ({reasons})" if reasons else ""), "at least one input column"
            )
        return cls(tuple(used), ignored)

    @property
    def feature_names(self) -> list[str]:
        """A name for every feature."""
        return [name for column in self.columns for name in column.feature_names]

    @property
    def number_columns(self) -> list[str]:
        """The columns that hold plain numbers, however they are used."""
        return [column.name for column in self.columns if column.holds_numbers]

    def transform(self, frame: Any, dtype: str = "float64") -> Features:
        """The features (N, n_features) of a table, row by row in memory.

        Args:
            frame: a data frame with the columns of the training table, in any order.
            dtype: of the features.

        Raises:
            TableError: if a column is missing, or holds what it did not in training.
        """
        table = as_frame(frame)
        every = _columns_of(table)
        missing = [column.name for column in self.columns if column.name not in every]
        if missing:
            raise TableError(
                f"the table has no column {listed(map(repr, missing), 5)}",
                "the columns of the training table: " + listed(column.name for column in self.columns),
                "columns present: " + listed(table.columns),
            )
        result = np.empty((len(table), len(self.feature_names)), dtype)
        start = 0
        for column in self.columns:
            part = column.encode(every[column.name])
            result[:, start : start + part.shape[1]] = part
            start += part.shape[1]
        return result

    def to_dict(self) -> dict[str, Any]:
        """As plain data, for a file."""
        return {
            "columns": [{"kind": column.kind, **asdict(column)} for column in self.columns],
            "ignored": dict(self.ignored),
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
            return cls(columns, {exactly(str, name): exactly(str, why) for name, why in ignored.items()})
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise TableError(f"a damaged description of the columns: {error!r}") from None
