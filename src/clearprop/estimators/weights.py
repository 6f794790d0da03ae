"""How much rows count: a column of weights, and weights of classes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import narwhals.stable.v1 as nw
import numpy as np
from numpy.typing import NDArray

from clearprop.errors import DTypeError, InvalidValueError, TableError, listed, unknown_name
from clearprop.messages import Message
from clearprop.table.plain import Positive, record
from clearprop.table.target import ClassTarget, Target
from clearprop.table.values import as_numbers
from clearprop.visible import shown_name

Array = NDArray[Any]


@dataclass(frozen=True)
class Weighting:
    """How rows of a table are weighted."""

    column: str | None = None  # of the weights, which is no input; None: all rows count alike
    # A weight for each class, which counts in training alone; empty: they count alike.
    classes: tuple[Positive, ...] = ()
    is_balanced: bool = False  # whether these were found from how often the classes occur

    def in_training(self, y: Array, weights: Array | None) -> Array | None:
        """How much rows count in training, (N,), or None: their weight times that of their class."""
        if not self.classes:
            return weights
        of_class: Array = np.array(self.classes)[y]
        return of_class if weights is None else weights * of_class

    def said(self, target: Target) -> list[Message]:
        """What a reader has to know of it."""
        words = [] if self.column is None else [Message("weights.column", column=shown_name(self.column))]
        if isinstance(target, ClassTarget) and self.classes:
            heaviest = sorted(zip(self.classes, target.classes, strict=True), key=lambda pair: -pair[0])
            shown = listed((f"{shown_name(label)} × {weight:.3g}" for weight, label in heaviest), 5)
            words.append(Message("weights.classes" if self.is_balanced else "weights.given", weights=shown))
        return words

    def to_dict(self) -> dict[str, Any]:
        """As plain data, for a file."""
        return {"column": self.column, "classes": list(self.classes), "balanced": self.is_balanced}

    @classmethod
    def from_dict(cls, data: Any) -> Weighting:
        """The inverse of `to_dict`; of None, as of a file from before there were weights, no weights; see `record`."""
        return cls() if data is None else record(cls, {**data, "is_balanced": data["balanced"]})


def weights_in(table: nw.DataFrame[Any], column: str | None) -> Array | None:
    """The weights of the rows (N,), float64; None without a column.

    Raises:
        TableError: if there is no such column; for a weight that is missing, negative or infinite, or no number.
    """
    if column is None:
        return None
    if column not in table.columns:
        raise TableError(f"no column {column!r} of weights", "one of: " + listed(table.columns))
    weights = as_numbers(table[column], expected="a number ≥ 0 in every row")
    for is_wrong, what in ((np.isnan(weights), "missing"), (weights < 0, "negative")):
        if is_wrong.any():
            row = int(np.argmax(is_wrong))
            raise TableError(f"the weight {column!r} is {what}", "a number ≥ 0 in every row", row=row)
    return weights


def checked_class_weight(given: Any) -> Any:
    """Weights of classes as they are asked for: None, "balanced", or {class: weight}.

    Raises:
        DTypeError, InvalidValueError: for anything else.
    """
    if given is None or (isinstance(given, str) and given == "balanced"):
        return given
    if not isinstance(given, Mapping):
        raise DTypeError(f"class_weight {given!r}", "'balanced', or {class: weight}")
    for label, weight in given.items():
        if isinstance(weight, bool) or not isinstance(weight, int | float | np.number) or not 0 < weight < math.inf:
            raise InvalidValueError(f"class_weight {weight!r} of {label!r}", "a number above 0")
    return {label: float(weight) for label, weight in given.items()}


def weigh_classes(given: Any, target: Target, y: Array, weights: Array | None) -> tuple[float, ...]:
    """A weight for each class; empty if nothing is given.

    Args:
        given: as of `checked_class_weight`: "balanced", for weights ∝ 1/(how often a class occurs, by weight), or
            {class: weight}; classes that are not named have 1.
        target: how y is coded.
        y: coded targets of the training rows (N,).
        weights: of these rows, or None.

    Raises:
        InvalidValueError: for a target of numbers, or two weights of one class.
        UnknownNameError: for a class that is none.
    """
    if given is None:
        return ()
    if not isinstance(target, ClassTarget):
        raise InvalidValueError("weights of classes for a target of numbers", "a target of classes, or weight=COLUMN")
    k = len(target.classes)
    if isinstance(given, str) and given == "balanced":
        mass = np.bincount(y, weights, minlength=k)
        there = mass > 0
        return tuple(np.where(there, mass.sum() / (there.sum() * np.where(there, mass, 1.0)), 1.0).tolist())
    found: dict[int, float] = {}
    for label, weight in given.items():
        place = target.find(label)
        if place < 0:
            raise unknown_name(f"class of {target.name!r}", str(label), list(map(str, target.classes)))
        if place in found:
            raise InvalidValueError(f"two weights of the class {target.classes[place]!r}", "one for each class")
        found[place] = weight
    return tuple(found.get(place, 1.0) for place in range(k))
