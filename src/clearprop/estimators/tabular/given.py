"""What people hand over to the estimators for tables: data frames, arrays and rows; labels; groups."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import narwhals.stable.v1 as nw
import numpy as np
from numpy.typing import NDArray
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import assert_all_finite, check_array, column_or_1d, validate_data

from clearprop.errors import DTypeError, InvalidValueError, ShapeError, listed, plural
from clearprop.table.encoder import as_frame
from clearprop.table.one_row import frame_of, is_gone

Array = NDArray[Any]
Table = nw.DataFrame[Any]


def are_rows(X: Any) -> bool:
    """Whether this is one row that names its columns, or a list of them: a mapping, or a pandas Series."""
    first = X[0] if isinstance(X, list | tuple) and X else X
    return isinstance(first, Mapping) or (hasattr(X, "to_dict") and not hasattr(X, "columns"))


def table_of(estimator: Any, X: Any, names: list[str] | None = None) -> Table:
    """X as a data frame; the columns of an array are called x0, x1, ….

    Args:
        estimator: whose `feature_names_in_` and `n_features_in_` are set, or checked where `names` are given.
        X: a data frame or an array.
        names: the columns of the training table; those of a frame may stand in another order.

    Raises:
        ValueError: for columns of other names or another number than in `fit`.
        TypeError: for what is no table, such as a sparse matrix.
    """
    if hasattr(X, "tocsr"):
        raise DTypeError("a sparse matrix", "a data frame or an array", "X.toarray(), or cp.MLPClassifier")
    reset = names is None
    if hasattr(X, "collect"):
        raise DTypeError(f"a table of type {type(X).__name__}", "a data frame that is in memory", "X.collect()")
    if reset and are_rows(X):
        raise DTypeError(f"a table of type {type(X).__name__}", "a data frame or an array", "pandas.DataFrame(X)")
    if not hasattr(X, "columns"):
        array = validate_data(
            *(estimator, X), reset=reset, dtype=None, ensure_all_finite="allow-nan", ensure_min_samples=2 * reset
        )
        return as_frame(frame_of(dict(zip(names or _numbered(array.shape[1]), array.T, strict=True))))
    table = as_frame(X)
    named = names is not None and hasattr(estimator, "feature_names_in_")
    if names is not None and named and set(table.columns) == set(names):
        table = table.select(names)
        X = table.to_native()
    validate_data(estimator, X, skip_check_array=True, reset=reset)
    if reset and len(table) < 2:
        raise ValueError(f"Found array with {len(table)} sample(s) (shape={table.shape}): at least 2 are required")
    # what was fitted without names answers by place, as scikit-learn's own estimators do, which warn of it
    return table if names is None or named else table.rename(dict(zip(table.columns, names, strict=True)))


def _numbered(columns: int) -> list[str]:
    return [f"x{j}" for j in range(columns)]


def name_of(y: Any) -> str:
    """What the target is called, if it says so."""
    return str(getattr(y, "name", None) or "target")


def labels_of(y: Any) -> Array:
    """Labels (n,) of a list, an array or a series.

    Raises:
        ValueError: where one is missing, or they are no labels but numbers that go on and on.
    """
    y = column_or_1d(y, warn=True)
    if y.dtype.kind == "f":
        assert_all_finite(y, input_name="y")
    elif y.dtype == object and (n := sum(map(is_gone, y))):
        raise InvalidValueError(
            f"y has {plural(n, 'missing label')} of {len(y)}", "a label in every row", "leave these rows out"
        )
    kinds = {type(label).__name__ for label in y.tolist()}
    if len(kinds) > 1 and "str" in kinds:
        raise DTypeError(f"labels of several types: {listed(sorted(kinds))}", "one type", "y.astype(str)")
    check_classification_targets(y)
    return np.asarray(y)


def numbers_of(y: Any) -> Array:
    """Numbers (n,) of a list, an array or a series.

    Raises:
        ValueError: where one is missing or infinite, or no number.
    """
    y = column_or_1d(y, warn=True)
    if y.dtype.kind in "mM":
        raise DTypeError("y of dates or spans of time", "numbers", "y.astype('int64'), or cp.TableModel for dates")
    y = check_array(y, ensure_2d=False, dtype="numeric", ensure_all_finite=True, input_name="y", ensure_min_samples=0)
    return np.asarray(y, np.float64)


def groups_of(groups: Any, rows: int) -> list[str]:
    """The group of each row, as text.

    Raises:
        ShapeError: if they are not as many as rows.
        InvalidValueError: where one is missing.
    """
    given = column_or_1d(groups)
    if len(given) != rows:
        raise ShapeError(f"groups of {plural(len(given), 'row')}", f"as many as in X: {rows}")
    if any(map(is_gone, given)):
        raise InvalidValueError("groups with missing values", "the group of every row")
    return [str(group) for group in given]
