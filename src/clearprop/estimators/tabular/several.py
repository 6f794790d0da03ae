"""y with several columns: what the estimators for tables take, and how they answer, as scikit-learn's own do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clearprop.errors import InvalidValueError
from clearprop.estimators.scores import class_probabilities, decoded
from clearprop.estimators.several.model import MultiTargetModel
from clearprop.estimators.table_model import TableModel
from clearprop.estimators.tabular.given import labels_of
from clearprop.table.encoder import as_frame
from clearprop.table.target import ClassTarget, Label

Array = NDArray[Any]


def columns_in(y: Any) -> dict[str, Array] | None:
    """The columns of y by name, if there are several: those of a data frame, or target 1, target 2, ….

    Example:
        >>> list(columns_in([[1, 2], [3, 4]])), columns_in([1, 2])
        (['target 1', 'target 2'], None)
    """
    if hasattr(y, "columns"):
        frame = as_frame(y)
        several = {str(name): frame[name].to_numpy() for name in frame.columns}
    else:
        array = np.asarray(y)
        if array.ndim != 2:
            return None
        several = {f"target {k}": column for k, column in enumerate(array.T, 1)}
    return several if len(several) > 1 else None


def model_of(model: TableModel | MultiTargetModel, target: int | str | None) -> TableModel:
    """The model of one target: of several it must be named, or be given as its column in y.

    Raises:
        InvalidValueError: if it is not said which, or there is no such column.
        UnknownNameError: if it is none of them.
    """
    if isinstance(model, TableModel):
        if target not in (None, 0, model.target.name):
            raise InvalidValueError(f"target {target!r}", "none: there is one")
        return model
    if isinstance(target, str):
        return model[target]
    if target is None or not 0 <= target < len(model.names):
        raise InvalidValueError(f"target {target!r}", f"0 … {len(model.names) - 1}, or its name")
    return model[model.names[target]]


def one_of(y: Any, model: TableModel | MultiTargetModel, target: int | str | None) -> Any:
    """The column of y that is meant, if y has those of all targets; else y itself.

    Raises:
        InvalidValueError: for columns that are not as many as the targets.
    """
    several = columns_in(y) if isinstance(model, MultiTargetModel) else None
    if several is None or not isinstance(model, MultiTargetModel):
        return y
    if len(several) != len(model.names):
        raise InvalidValueError(f"y with {len(several)} columns", f"{len(model.names)}, or the one that is meant")
    return list(several.values())[model.names.index(model_of(model, target).target.name)]


def classes_in(several: Mapping[str, Any]) -> tuple[list[Array], Array]:
    """The labels of each target, and their numbers (n, k).

    Raises:
        ValueError: for a target of one class.
    """
    classes, codes = [], []
    for name, column in several.items():
        labels, numbers = np.unique(labels_of(column), return_inverse=True)
        if len(labels) < 2:
            raise ValueError(f"{name} of y has one class only: {labels[0]!r}; expected two or more")
        classes.append(labels)
        codes.append(numbers)
    return classes, np.stack(codes, axis=1)


def with_labels(model: MultiTargetModel, classes: list[Array]) -> tuple[MultiTargetModel, list[Array]]:
    """The model of numbers of classes with their labels, and where in its order each of `classes` stands."""
    targets, orders = [], []
    for target, labels in zip(model.targets, classes, strict=True):
        assert isinstance(target, ClassTarget)
        order = np.array(target.classes, np.int64)
        orders.append(np.argsort(order))
        targets.append(replace(target, classes=tuple(plain_label(labels[k]) for k in order)))
    return replace(model, targets=tuple(targets)), orders


def plain_label(label: Any) -> Label:
    """A label as a model file can carry it."""
    value = label.item() if isinstance(label, np.generic) else label
    return value if isinstance(value, str | int | bool) else str(value)


def numbers_in(model: MultiTargetModel, a: Array) -> Array:
    """The number of each target (n, k) in outputs of the network."""
    return np.stack(
        [np.asarray(decoded(target, a[:, columns]), np.float64) for target, columns in model.columns], axis=1
    )


def probabilities_in(model: MultiTargetModel, a: Array, orders: list[Array]) -> list[Array]:
    """The probabilities of the classes of each target, in the order of the labels."""
    each = zip(model.columns, orders, strict=True)
    return [np.asarray(class_probabilities(a[:, columns])[:, order], np.float64) for (_, columns), order in each]


def sets_in(model: MultiTargetModel, a: Array, orders: list[Array], coverage: float) -> list[Array]:
    """Which classes of each target are probable enough, in the order of the labels."""
    found = []
    for (target, columns), order in zip(model.columns, orders, strict=True):
        assert isinstance(target, ClassTarget)
        found.append(target.possible(class_probabilities(a[:, columns]), coverage)[:, order])
    return found


def side_by_side(columns: list[Array]) -> Array:
    """Columns as an array (n, k); of objects where they are of several kinds, so that 1 stays 1 beside a text."""
    if len({column.dtype.kind for column in columns}) == 1:
        return np.stack(columns, axis=1)
    return np.stack([column.astype(object) for column in columns], axis=1)
