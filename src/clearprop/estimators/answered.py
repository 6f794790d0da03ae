"""What is explained of a model of a table: its answer as a number, on a scale on which answers may be added up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import floor, log10
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from clearprop.errors import InvalidValueError, TableError, checked_seed, unknown_name
from clearprop.estimators.scores import class_probabilities
from clearprop.messages import Message
from clearprop.table.encoder import as_frame
from clearprop.table.given import given_frame, given_rows
from clearprop.table.one_row import frame_of
from clearprop.table.target import ClassTarget, Label, Target
from clearprop.visible import shown_name

if TYPE_CHECKING:
    import narwhals.stable.v1 as nw

    from clearprop.estimators.table_model import TableModel

Array = NDArray[Any]
SCALES = "probability", "log_odds"  # of classes; a number is in the target's unit
_NEAREST = 2.0**-24  # that a float32 comes to 1: log-odds end at ±16.6


@dataclass(frozen=True)
class Answered:
    """Features to the numbers that are explained.

    Attributes:
        target: of the model.
        predict: features (N, n) to the network's outputs (N, k).
        scale: "probability" or "log_odds" (ln p/(1 − p)) of each class; "unit" of numbers, which are in the target's
            unit; "days" since 1970-01-01 of dates.
    """

    target: Target
    predict: Callable[[Array], Array]
    scale: str

    @classmethod
    def of(cls, model: TableModel, scale: str | None = None) -> Answered:
        """The answers of a model; of classes by default their probabilities.

        Raises:
            UnknownNameError, InvalidValueError: for a scale that there is not, or not of numbers.
        """
        if not isinstance(model.target, ClassTarget):
            if scale is not None:
                raise InvalidValueError(f"scale {scale!r} of a regression model", "None: they are in the target's unit")
            return cls(model.target, model.predictor.predict, "unit" if model.target.dates is None else "days")
        scale = scale or SCALES[0]
        if scale not in SCALES:
            raise unknown_name("scale", scale, list(SCALES))
        return cls(model.target, model.predictor.predict, scale)

    @property
    def classes(self) -> tuple[Label, ...]:
        """The labels that have a number each; () of a model of numbers."""
        return self.target.classes if isinstance(self.target, ClassTarget) else ()

    def __call__(self, X: Array) -> Array:
        """(N, classes), or (N, 1) of numbers, in float64."""
        a = self.predict(X)
        if not isinstance(self.target, ClassTarget):
            return self.target.predictions(a[:, 0])[:, None]
        p = np.asarray(class_probabilities(a), np.float64)
        if self.scale == "probability":
            return p
        p = np.clip(p, _NEAREST, 1 - _NEAREST)
        return np.asarray(np.log(p) - np.log1p(-p))


def as_table(given: Any, names: Sequence[str]) -> nw.DataFrame[Any]:
    """What a model takes (a data frame, a row, a list of rows, an array) as a data frame."""
    rows = None if hasattr(given, "columns") else given_rows(given, names)
    if rows is None:
        return as_frame(given_frame(given, names))
    columns = dict.fromkeys(name for row in rows for name in row)
    for i, row in enumerate(rows):
        if gone := [name for name in columns if name not in row]:
            raise TableError(f"no column {gone[0]!r}", "the same columns in each row", row=i)
    return as_frame(frame_of({name: [row[name] for row in rows] for name in columns}))


def drawn_rows(of: int, most: int, seed: int) -> list[int]:
    """So many rows at most, drawn without replacement, in their order."""
    if of <= most:
        return list(range(of))
    rng = np.random.Generator(np.random.Philox(checked_seed(seed)))
    return sorted(rng.choice(of, most, replace=False, shuffle=False).tolist())


def class_place(classes: Sequence[Label], label: Any) -> int:
    """The place of a label among the classes.

    Raises:
        UnknownNameError: if it is none of them.
        InvalidValueError: of a model of numbers.
    """
    if not classes:
        raise InvalidValueError(f"label {label!r} of a regression model", "no label: there is one number")
    for k, known in enumerate(classes):
        if known == label or str(known) == str(label):
            return k
    raise unknown_name("class", str(label), [str(known) for known in classes])


def of_what(target: str, label: Label | None, scale: str) -> Message:
    """What the numbers are: a probability, log-odds, or the target in its unit."""
    name = shown_name(target)
    if label is None:
        return Message("answered.days" if scale == "days" else "answered.unit", target=name)
    key = "answered.log_odds" if scale == "log_odds" else "answered.probability"
    return Message(key, target=name, label=shown_name(label))


def value_text(value: Any, most: int = 32) -> str:
    """A value of a table as it is shown: a dash where it is missing."""
    if value is None or value != value:  # a NaN, of whichever library
        return "–"
    return shown_name(f"{value:.6g}" if isinstance(value, float) else value, most)


@dataclass(frozen=True)
class Digits:
    """Numbers that stand beside each other, all with as many decimals as give the largest of them four digits.

    Attributes:
        decimals: behind the point; None for numbers so large or small that each has its own power of ten.

    Example:
        >>> write = Digits.of([0.5, -0.0123456])
        >>> write(-0.0123456), write(0.5, signed=True), write(0.0, signed=True), Digits.of([25000.2])(-25000.2)
        ('−0.0123', '+0.5000', '0.0000', '−25,000')
    """

    decimals: int | None

    @classmethod
    def of(cls, values: ArrayLike) -> Digits:
        """Those for these numbers."""
        most = float(np.abs(np.asarray(values, np.float64)).max(initial=0)) or 1.0
        return cls(max(0, 3 - floor(log10(most))) if 1e-6 < most < 1e12 else None)

    def rounded(self, value: float) -> float:
        """A number as it is shown."""
        return float(f"{value:.4g}" if self.decimals is None else f"{value:.{self.decimals}f}")

    def __call__(self, value: float, signed: bool = False) -> str:
        """A number as text."""
        size = abs(value)
        text = f"{size:.4g}" if self.decimals is None else f"{size:,.{self.decimals}f}"
        is_zero = not text.strip("0.")
        return text if is_zero else ("−" if value < 0 else "+" if signed else "") + text
