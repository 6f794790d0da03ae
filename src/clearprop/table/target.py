"""The target column: classes to integers, numbers to standard units, and back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import narwhals.stable.v1 as nw
import numpy as np
from numpy.typing import NDArray

from clearprop.errors import TableError, unknown_name
from clearprop.table.columns import Series, as_numbers, as_values, exactly, finite, is_date, is_number, mean_and_std
from clearprop.table.encoder import as_frame

Task = Literal["classification", "regression"]
Label = str | int | bool


@dataclass(frozen=True)
class ClassTarget:
    """Classes, in order; class k is the integer k."""

    name: str
    classes: tuple[Label, ...]

    task = "classification"

    def encode(self, series: Series) -> NDArray[np.int64]:
        """Integers 0 … k − 1, (N,).

        Raises:
            TableError: for a label that is no class, or a missing one.
        """
        place = {label: i for i, label in enumerate(self.classes)}
        codes = []
        for row, value in enumerate(as_values(series)):
            label = _as_label(value)
            if label not in place:
                shown = "missing" if label is None else repr(label)
                raise TableError(
                    f"target {self.name!r} is {shown} in row {row}", "one of: " + ", ".join(map(str, self.classes))
                )
            codes.append(place[label])
        return np.array(codes, np.int64)

    def decode(self, codes: NDArray[Any]) -> list[Label]:
        """The labels of class numbers (N,)."""
        return [self.classes[int(k)] for k in codes]


@dataclass(frozen=True)
class NumberTarget:
    """A number, standardised for training: (y − mean)/std."""

    name: str
    mean: float
    std: float

    task = "regression"

    def encode(self, series: Series) -> NDArray[np.float64]:
        """Numbers of mean 0 and std 1 on the training rows, (N,).

        Raises:
            TableError: for a missing value, text, or a number that is infinite or larger than 1e150.
        """
        values = as_numbers(series)
        if np.isnan(values).any():
            raise TableError(f"target {self.name!r} is missing in row {int(np.argmax(np.isnan(values)))}", "a number")
        return (values - self.mean) / self.std

    def decode(self, values: NDArray[Any]) -> NDArray[np.float64]:
        """The numbers in their own unit."""
        return np.asarray(values, np.float64) * self.std + self.mean


Target = ClassTarget | NumberTarget


def _as_label(value: Any) -> Label | None:
    if value is None:
        return None
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, int | np.integer) or (isinstance(value, float) and value.is_integer()):
        return int(value)
    return str(value).strip()


def infer_task(series: Series) -> Task:
    """Classification for text and truth values and for a few whole numbers, else regression.

    Few is at most 10, or at most 20 that are less than 5 % of the rows. Dates are numbers (of days).
    """
    if is_date(series):
        return "regression"
    if not is_number(series):
        return "classification"
    values = as_numbers(series)
    values = values[~np.isnan(values)]
    distinct = len(np.unique(values))
    whole = bool((values == np.round(values)).all())
    few = distinct <= 20 and (distinct <= 10 or distinct < 0.05 * len(values))
    return "classification" if whole and few and distinct < len(values) else "regression"


def fit_target(series: Series, task: str | None = None) -> Target:
    """Learn the coding of a target column without missing values.

    Args:
        series: the column (any data frame's, through Narwhals).
        task: "classification" or "regression"; None finds out.

    Raises:
        TableError: if there is nothing to learn: one class only, or the same number in every row.
        UnknownNameError: for another task.

    Example:
        >>> import polars as pl
        >>> target = fit_target(as_frame(pl.DataFrame({"sex": ["male", "female", "male"]}))["sex"])
        >>> target.classes
        ('female', 'male')
    """
    name, task = series.name, task or infer_task(series)
    if task == "classification":
        labels = {_as_label(v) for v in as_values(series)} - {None}
        if len(labels) < 2:
            raise TableError(
                f"target {name!r} has one class only: {', '.join(map(str, labels)) or 'none'}", "two or more"
            )
        return ClassTarget(
            name, tuple(sorted((x for x in labels if x is not None), key=lambda x: (isinstance(x, str), x)))
        )
    if task != "regression":
        raise unknown_name("task", task, ["classification", "regression"])
    values = as_numbers(series)
    values = values[~np.isnan(values)]
    if not len(values):
        raise TableError(f"target {name!r} is missing in every row", "a target in some rows")
    mean, std = mean_and_std(values)
    if not std > 0:
        raise TableError(f"target {name!r} is the same in every row", "a target that varies")
    return NumberTarget(name, mean, std)


def drop_missing_target(frame: Any, target: str) -> tuple[nw.DataFrame[Any], int]:
    """The rows whose target is there, and how many are not.

    Raises:
        UnknownNameError: if there is no such column.
        TableError: if no row is left.

    Example:
        >>> import polars as pl
        >>> kept, dropped = drop_missing_target(pl.DataFrame({"x": [1, 2], "y": ["a", None]}), "y")
        >>> len(kept), dropped
        (1, 1)
    """
    table = as_frame(frame)
    if target not in table.columns:
        raise unknown_name("target column", target, list(table.columns))
    column = table[target]
    there = ~column.is_null()
    if column.dtype.is_float():
        there = there & ~column.is_nan()
    kept = table.filter(there)
    if not len(kept):
        raise TableError(f"target {target!r} is missing in every row", "a target in some rows")
    return kept, len(table) - len(kept)


def target_to_dict(target: Target) -> dict[str, Any]:
    """As plain data, for a file."""
    if isinstance(target, ClassTarget):
        return {"task": target.task, "name": target.name, "classes": list(target.classes)}
    return {"task": target.task, "name": target.name, "mean": target.mean, "std": target.std}


def target_from_dict(data: Any) -> Target:
    """The inverse of `target_to_dict`.

    Raises:
        TableError: for data that it did not write.
    """
    try:
        if data["task"] == "classification":
            classes = tuple(exactly(list, data["classes"]))
            if not all(isinstance(c, str | int) for c in classes) or len(set(classes)) < max(2, len(classes)):
                raise ValueError("classes that are no labels, fewer than two, or one of them twice")
            return ClassTarget(exactly(str, data["name"]), classes)
        if data["task"] != "regression":
            raise ValueError("a task that is neither classification nor regression")
        mean, std = finite(data["mean"]), finite(data["std"])
        if std <= 0:
            raise ValueError(f"std {std}")
        return NumberTarget(exactly(str, data["name"]), mean, std)
    except (KeyError, TypeError, ValueError) as error:
        raise TableError(f"a damaged description of the target: {error!r}") from None
