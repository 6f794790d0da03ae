"""What people hand over for a prediction: a data frame, one row, a list of rows, an array."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np

from clearprop.errors import DTypeError, ShapeError, listed, plural
from clearprop.table.one_row import frame_of

FEW = 8  # rows that are encoded one by one, which is faster than a data frame of them
Row = Mapping[str, Any]


def given_rows(given: Any, names: Sequence[str]) -> list[Row] | None:
    """The rows of what was given, if it is no data frame or a small one; None for what is better seen as a frame.

    Args:
        given: a mapping of columns to values, a list of them, a Series of one row, an array, or a data frame.
        names: the columns of the training table, in the order of the columns of an array.

    Raises:
        DTypeError, ShapeError: for what is none of these.
    """
    if isinstance(given, Mapping):
        are_columns = (isinstance(value, list | tuple) or getattr(value, "ndim", 0) == 1 for value in given.values())
        return _rows_of_columns(given) if given and all(are_columns) else [given]
    if isinstance(given, np.ndarray):
        if given.ndim == 2 and len(given) > FEW:
            return None
        return [dict(zip(names, row, strict=True)) for row in _checked(np.atleast_2d(given), names).tolist()]
    if isinstance(given, list | tuple):
        return _rows_of_list(given)
    if not hasattr(given, "columns"):
        return [_row_of_series(given)]
    try:
        if not 0 < len(given) <= FEW:
            return None
        if hasattr(given, "iter_rows"):  # Polars
            return list(given.iter_rows(named=True))
        if hasattr(given, "itertuples") and given.columns.is_unique:  # pandas
            names = [str(name) for name in given.columns]
            return [dict(zip(names, row, strict=True)) for row in given.to_numpy(dtype=object).tolist()]
    except (TypeError, AttributeError):  # another library
        pass
    return None


def given_frame(given: Any, names: Sequence[str]) -> Any:
    """The same as a data frame.

    Raises:
        DTypeError, ShapeError: for what is none.
    """
    if isinstance(given, np.ndarray):
        return frame_of(dict(zip(names, _checked(given, names).T, strict=True)))
    return given


def _rows_of_columns(given: Row) -> list[Row]:
    lengths = {len(column) for column in given.values()}
    if len(lengths) > 1:
        raise ShapeError(f"columns of {min(lengths)} to {plural(max(lengths), 'value')}", "as many in each")
    columns = [column.tolist() if hasattr(column, "tolist") else list(column) for column in given.values()]
    return [dict(zip(given, row, strict=True)) for row in zip(*columns, strict=True)]


def _rows_of_list(given: Sequence[Any]) -> list[Row]:
    others = [row for row in given if not isinstance(row, Mapping)]
    if others:
        name = type(others[0]).__name__
        raise DTypeError(f"a list that holds {name}", "rows that name their columns", 'such as {"age": 39}')
    return cast(list[Row], list(given))


def _row_of_series(given: Any) -> Row:
    """A pandas Series whose index holds the names of the columns."""
    if not (hasattr(given, "index") and hasattr(given, "to_dict")):
        raise DTypeError(
            f"a table of type {type(given).__name__}", "a data frame, a row that names its columns, or a list of them"
        )
    return {str(name): value for name, value in given.to_dict().items()}


def _checked(given: Any, names: Sequence[str]) -> Any:
    if given.ndim != 2 or given.shape[1] != len(names):
        expected = f"{plural(len(names), 'column')}, in the order of the training table: {listed(names)}"
        raise ShapeError(f"an array of shape {given.shape}", expected)
    return given
