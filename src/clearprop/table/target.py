"""The target column: classes to integers, numbers to standard units, and back."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from clearprop.errors import InvalidValueError, TableError, listed, plural, unknown_name
from clearprop.table.conformal import HeldOutScores, checked_coverage
from clearprop.table.date_text import find_date_format, is_clock
from clearprop.table.lookup import Lookup
from clearprop.table.marks import MISSING_MARKS, Marks, without_marks
from clearprop.table.memory import classes_fit
from clearprop.table.number_target import NumberTarget
from clearprop.table.numbers import find_numbers, odd_one
from clearprop.table.plain import Positive, record
from clearprop.table.values import (
    Series,
    are_numbers,
    as_level,
    as_numbers,
    as_values,
    each_place,
    each_value,
    holds_numbers,
    is_date,
    is_number,
    is_text,
)

Task = Literal["classification", "regression"]
Label = str | int | bool

OPTIMIZABLE = ("f1", "balanced_accuracy", "accuracy")  # scores for which a decision may be chosen
FEW_CLASSES = 20  # that need no two rows each
_FEW_DATES = 20


@dataclass(frozen=True)
class Decision:
    """A rule from probabilities to a class: the largest p_k / cut_k.

    Of two classes whose cuts add up to 1, a class is answered from the probability cut_k on.
    """

    cuts: tuple[Positive, ...]  # of each class, above 0
    metric: str  # the score for which they were chosen
    part: str  # the rows on which they were chosen: "train", "validation" or "held_out" (in turn)

    def __post_init__(self) -> None:
        if self.metric not in OPTIMIZABLE or self.part not in ("train", "validation", "held_out"):
            raise ValueError("a decision for a score or by rows that are not known")

    def __call__(self, p: NDArray[Any]) -> NDArray[np.int64]:
        """The numbers of the classes (N,) that are answered to probabilities (N, k)."""
        return np.asarray((p / np.array(self.cuts)).argmax(axis=1))


@dataclass(frozen=True)
class ClassTarget:
    """Classes, in order; class k is the integer k."""

    name: str  # of the column
    classes: tuple[Label, ...]  # the labels
    shares: tuple[float, ...] = ()  # of the classes among the training rows; empty if nobody counted
    missing: tuple[str, ...] = ()  # texts that stand for a missing value in it
    holds_numbers: bool = False  # whether the column held numbers, not text
    decision: Decision | None = None  # which class is answered to which probabilities; None: the most probable one
    held_out: HeldOutScores | None = field(default=None, repr=False)  # 1 − p of the right class, of held-out rows

    task = "classification"

    @classmethod
    def from_dict(cls, data: Any) -> ClassTarget:
        """From its fields; see `record`."""
        levels = [as_level(label) for label in data["classes"]]
        missing = [mark for mark in MISSING_MARKS if mark not in levels]
        found = record(cls, {"missing": missing, "holds_numbers": holds_numbers(levels), **data})
        k, decision = len(found.classes), found.decision
        if k < 2 or len(set(found.classes)) < k:
            raise ValueError("classes that are fewer than two, or one of them twice")
        if len(found.shares) not in (0, k) or any(share < 0 for share in found.shares):
            raise ValueError("shares that do not fit the classes")
        if decision is not None and len(decision.cuts) != k:
            raise ValueError("a decision that does not fit the classes")
        return found

    @cached_property
    def find(self) -> Lookup:
        """The class of a label, in whatever clothes only one can mean."""
        return Lookup([as_level(label) or "" for label in self.classes], self.holds_numbers)

    def encode(self, series: Series) -> NDArray[np.int64]:
        """Integers 0 … k − 1, (N,).

        Raises:
            TableError: for a label that is no class, or a missing one.
        """
        codes = each_place(series, self.find)
        if (codes < 0).any():
            row = int(np.argmax(codes < 0))
            label = _as_label(as_values(series)[row])
            shown = "missing" if label is None else repr(label)
            raise TableError(f"target {self.name!r} is {shown}", f"one of: {listed(self.classes)}", row=row)
        return codes

    def decode(self, codes: NDArray[Any]) -> list[Label]:
        """The labels of class numbers (N,)."""
        return [self.classes[int(k)] for k in codes]

    def decide(self, p: NDArray[Any]) -> NDArray[np.int64]:
        """The class numbers (N,) that are answered to probabilities (N, k)."""
        return np.asarray(p.argmax(axis=1)) if self.decision is None else self.decision(p)

    def calibrated(self, y: NDArray[Any], p: NDArray[Any], weights: NDArray[Any] | None = None) -> ClassTarget:
        """The same target with the scores of rows that the network did not see, from which sets are made.

        Args:
            y: class numbers (N,).
            p: probabilities (N, k) of a network that did not learn these rows.
            weights: of the rows (N,), or None.
        """
        scores = 1 - np.asarray(p[np.arange(len(y)), y], np.float64)
        there = np.isfinite(scores).all() and (weights is None or np.any(weights))
        return replace(self, held_out=HeldOutScores.of(scores, weights) if len(y) and there else None)

    def possible(self, p: NDArray[Any], coverage: float = 0.9) -> NDArray[np.bool_]:
        """Which classes (N, k) are in the conformal set of each row: those with 1 − p_k ≤ q; see `HeldOutScores`.

        The set holds the right class with a probability of at least `coverage`. It may be empty: then no class is as
        probable as the right one usually is.

        Args:
            p: probabilities (N, k).
            coverage: the share of rows whose set is to hold the right class.

        Raises:
            InvalidValueError: for a coverage outside 0 … 1, or a model without held-out rows.
        """
        checked_coverage(coverage)
        if self.held_out is None:
            raise InvalidValueError(
                "sets of a model that kept no scores of held-out rows",
                "a model trained with members or validation rows",
            )
        return np.asarray(1 - np.asarray(p, np.float64) <= self.held_out.quantile(coverage))

    @property
    def positive(self) -> int | None:
        """Of two classes the rarer one, for which precision, recall and F1 are computed; of several None."""
        if len(self.classes) != 2:
            return None
        return 0 if self.shares and self.shares[0] < self.shares[1] else 1


Target = ClassTarget | NumberTarget


def _as_label(value: Any) -> Label | None:
    if value is None:
        return None
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, int | np.integer) or (isinstance(value, float) and value.is_integer()):
        return int(value)
    return (value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)).strip()


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
        >>> from clearprop.table.encoder import as_frame
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
        many = f"target {name!r} has {plural(len(labels), 'class')} in {plural(len(series), 'row')}"
        hint = "another column, or task regression if it is a number"
        if len(labels) > max(FEW_CLASSES, len(series) // 2):
            raise TableError(many, "two rows or more for each", hint)
        if not classes_fit(len(series), len(labels)):
            expected = "so few that their probabilities for 4,096 rows fit into the memory that is free"
            raise TableError(many, expected, hint)
        classes = tuple(sorted(labels, key=lambda x: (isinstance(x, str), x)))
        return ClassTarget(name, classes, holds_numbers=are_numbers(series))
    if task != "regression":
        raise unknown_name("task", task, ["classification", "regression"])
    text = find_numbers(series, marks=False)
    if text is not None and text.marks:
        raise TableError(
            f"target {name!r} holds {text.marks[0]!r}",
            "numbers",
            f"if that stands for a missing value: na={text.marks[0]!r}",
            row=next((row for row, value in enumerate(as_values(series)) if str(value).strip() == text.marks[0]), None),
        )
    dates = date_form(series)
    if dates is not None:
        return NumberTarget.fit(series, dates=dates)
    if is_text(series) and text is None:
        said, row = odd_one(series)
        raise TableError(f"target {name!r} {said}", "numbers, for regression", row=row)
    return NumberTarget.fit(series, text)


@dataclass(frozen=True)
class TargetMarks:
    """What the marks for missing values are in a target column.

    Example:
        >>> import polars as pl
        >>> from clearprop.table.encoder import as_frame
        >>> column = pl.Series("sleep", ["Apnea", "None", "Insomnia", "NA", "None"])
        >>> found = TargetMarks.find(as_frame(pl.DataFrame([column]))["sleep"], Marks())
        >>> found.counted, found.kept
        ({'NA': 1}, {'None': 2})
    """

    missing: tuple[str, ...] = ()  # texts that stand for a missing value there
    counted: dict[str, int] = field(default_factory=dict)  # those of them that were found → rows
    kept: dict[str, int] = field(default_factory=dict)  # marks that are classes → rows

    @classmethod
    def find(cls, series: Series, marks: Marks, task: str | None = None) -> TargetMarks:
        """As the column shows: a mark is a class beside others of its kind, and where there would be no other two."""
        bare = without_marks(series, marks.every)
        if bare is series:
            return cls(marks.every)
        words = Counter(value.strip() for value in as_values(series) if isinstance(value, str))
        found = {mark: words[mark] for mark in marks.every if mark and words[mark]}
        values = marks.values_among(words)
        if not values and len(words.keys() - set(marks.every)) == 1:
            values = tuple(mark for mark in marks.perhaps if words[mark])
        if task == "regression" or (values and infer_task(bare) == "regression"):
            values = ()
        return cls(
            tuple(mark for mark in marks.every if mark not in values),
            {mark: n for mark, n in found.items() if mark not in values},
            {mark: n for mark, n in found.items() if mark in values},
        )


def target_to_dict(target: Target) -> dict[str, Any]:
    """As plain data, for a file."""
    return {"task": target.task, **asdict(target), "missing": list(target.missing)}


def target_from_dict(data: Any) -> Target:
    """The inverse of `target_to_dict`.

    Raises:
        TableError: for data that it did not write.
    """
    kinds: dict[str, type[Target]] = {"classification": ClassTarget, "regression": NumberTarget}
    try:
        return kinds[data["task"]].from_dict(data)
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise TableError(f"a damaged description of the target: {error!r}") from None
