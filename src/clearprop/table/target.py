"""The target column: classes to integers, numbers to standard units, and back."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any, Literal

import narwhals.stable.v1 as nw
import numpy as np
from numpy.typing import NDArray

from clearprop.errors import TableError, listed, unknown_name
from clearprop.table.dates import find_date_format, is_clock
from clearprop.table.encoder import as_frame
from clearprop.table.number_target import NumberTarget
from clearprop.table.numbers import find_numbers, odd_one
from clearprop.table.values import (
    Series,
    as_codes,
    as_level,
    as_numbers,
    as_values,
    each_value,
    exactly,
    finite,
    holds_numbers,
    is_date,
    is_number,
    is_text,
)

Task = Literal["classification", "regression"]
Label = str | int | bool

MOST_CLASSES = 10_000
_FEW_DATES = 20


@dataclass(frozen=True)
class ClassTarget:
    """Classes, in order; class k is the integer k.

    Attributes:
        name: of the column.
        classes: the labels.
        shares: of the classes among the training rows; empty if nobody counted.
    """

    name: str
    classes: tuple[Label, ...]
    shares: tuple[float, ...] = ()

    task = "classification"

    @property
    def holds_numbers(self) -> bool:
        """Whether the classes are numbers."""
        return holds_numbers(as_level(label) for label in self.classes)

    def encode(self, series: Series) -> NDArray[np.int64]:
        """Integers 0 … k − 1, (N,).

        Raises:
            TableError: for a label that is no class, or a missing one.
        """
        codes = as_codes(series, {as_level(label): i for i, label in enumerate(self.classes)}, -1)
        if (codes < 0).any():
            row = int(np.argmax(codes < 0))
            label = _as_label(as_values(series)[row])
            shown = "missing" if label is None else repr(label)
            raise TableError(f"target {self.name!r} is {shown} in row {row}", f"one of: {listed(self.classes)}")
        return codes

    def decode(self, codes: NDArray[Any]) -> list[Label]:
        """The labels of class numbers (N,)."""
        return [self.classes[int(k)] for k in codes]


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

    Few is at most 10, or at most 20 that are less than 5 % of the rows. Dates are numbers (of days), and so is text
    such as "$1,200".
    """
    if date_form(series) is not None:
        return "regression"
    text = find_numbers(series, marks=False)
    if not is_number(series) and text is None:
        return "classification"
    values = as_numbers(series, text.parse if text else None)
    values = values[~np.isnan(values)]
    distinct = len(np.unique(values))
    whole = bool((values == np.round(values)).all())
    few = distinct <= 20 and (distinct <= 10 or distinct < 0.05 * len(values))
    return "classification" if whole and few and distinct < len(values) else "regression"


def date_form(series: Series) -> str | None:
    """How a column is read as dates, "" for one of dates; None for others, and for few dates in text: classes."""
    if is_date(series):
        return ""
    form, marks = find_date_format(series)
    is_day = form is not None and not is_clock(form) and not marks
    return form if is_day and len(series.unique()) > _FEW_DATES else None


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
        found = Counter(each_value(series, _as_label))
        labels = {as_level(label): label for label in found if label is not None}.values()  # True and "true" are one
        if len(labels) < 2:
            raise TableError(
                f"target {name!r} has one class only: {', '.join(map(str, labels)) or 'none'}", "two or more"
            )
        if len(labels) > max(20, min(MOST_CLASSES, len(series) // 2)):
            raise TableError(
                f"target {name!r} has {len(labels)} classes in {len(series)} rows",
                f"at most {MOST_CLASSES}, with several rows each",
                "another column, or task regression if it is a number",
            )
        return ClassTarget(name, tuple(sorted(labels, key=lambda x: (isinstance(x, str), x))))
    if task != "regression":
        raise unknown_name("task", task, ["classification", "regression"])
    text = find_numbers(series, marks=False)
    if text is not None and text.marks:
        raise TableError(
            f"target {name!r} holds {text.marks[0]!r} in row {as_values(series).index(text.marks[0])}",
            "numbers",
            f"if that stands for a missing value: na={text.marks[0]!r}",
        )
    dates = date_form(series)
    if dates is not None:
        return NumberTarget.fit(series, dates=dates)
    if is_text(series) and text is None:
        raise TableError(f"target {name!r} {odd_one(series)}", "numbers, for regression")
    return NumberTarget.fit(series, text)


def with_target(frame: Any, target: str) -> tuple[nw.DataFrame[Any], int]:
    """The rows whose target is there, perhaps none, and how many are not.

    Raises:
        UnknownNameError: if there is no such column.
    """
    table = as_frame(frame)
    if target not in table.columns:
        raise unknown_name("target column", target, list(table.columns))
    column = table[target]
    there = ~column.is_null()
    if column.dtype.is_float():
        there = there & ~column.is_nan()
    if column.dtype == nw.String:
        there = there & (column.str.strip_chars() != "")
    kept = table.filter(there)
    return kept, len(table) - len(kept)


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
    kept, dropped = with_target(frame, target)
    if not len(kept):
        raise TableError(f"target {target!r} is missing in every row", "a target in some rows")
    return kept, dropped


def target_to_dict(target: Target) -> dict[str, Any]:
    """As plain data, for a file."""
    if isinstance(target, ClassTarget):
        classes, shares = list(target.classes), list(target.shares)
        return {"task": target.task, "name": target.name, "classes": classes, "shares": shares}
    return target.to_dict()


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
            shares = tuple(finite(share) for share in exactly(list, data.get("shares", [])))
            if len(shares) not in (0, len(classes)) or any(share < 0 for share in shares):
                raise ValueError("shares that do not fit the classes")
            return ClassTarget(exactly(str, data["name"]), classes, shares)
        if data["task"] != "regression":
            raise ValueError("a task that is neither classification nor regression")
        return NumberTarget.from_dict(data)
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise TableError(f"a damaged description of the target: {error!r}") from None
