"""A scikit-learn pipeline over columns of a table as what a model of a table is made of: encoder, target, network.

Scaling and filling in become number columns, one-hot encoding becomes categories. Whatever is linear behind them, an
order of features, a selection, levels that are dropped, is put into the first weights: (x A + c) W + b.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from clearprop.errors import DataWarning, DTypeError, InvalidValueError, listed
from clearprop.interop.incoming.sklearn import n_features, sklearn_network
from clearprop.interop.incoming.sklearn_steps import Atom, Features, is_of_sklearn, refused, transformed
from clearprop.interop.incoming.stack import Imported
from clearprop.messages import Message
from clearprop.table.categories import CategoryColumn
from clearprop.table.encoder import TableEncoder
from clearprop.table.number_target import NumberTarget
from clearprop.table.numbers import UNBENT, NumberColumn
from clearprop.table.target import ClassTarget, Target
from clearprop.table.values import as_level

Level = str | None


@dataclass
class Columns:
    """What the steps say of the columns of the table: what is filled in, and which levels there are.

    Attributes:
        names: of the columns.
        fills: column → what stands in place of a missing value.
        levels: column → its levels, in the order of the atoms; None for a missing value.
        of_numbers: encoded columns that hold numbers.
        flagged: columns of numbers of which a feature says whether they are missing.
        scalings: column → centers and scales that were seen: −c/a of x a + c would lose digits of a large center.
    """

    names: list[str]
    fills: dict[int, Any] = field(default_factory=dict)
    levels: dict[int, tuple[Level, ...]] = field(default_factory=dict)
    of_numbers: set[int] = field(default_factory=set)
    flagged: set[int] = field(default_factory=set)
    scalings: dict[int, list[tuple[float, float]]] = field(default_factory=dict)

    def note_scaling(self, x: Features, center: Any, scale: Any) -> None:
        """Remember by what columns are scaled that are as they are."""
        n = len(x.c)
        for i, pair in enumerate(zip(np.broadcast_to(center, n), np.broadcast_to(scale, n), strict=True)):
            column = x.column(i)
            if column is not None:
                self.scalings.setdefault(column, []).append((float(pair[0]), float(pair[1])))

    def filled(self, step: Any, name: str, x: Features) -> Features:
        """What a SimpleImputer makes of columns."""
        if not _is_missing(step.missing_values):
            raise refused(step, name, f"missing_values={step.missing_values!r}", "NaN or None")
        for i, fill in enumerate(step.statistics_):
            column = self._column(step, name, x, i)
            if _is_missing(fill):
                raise refused(step, name, f"column {self.names[column]!r} that was empty in training", "some values")
            if self.fills.setdefault(column, fill) != fill:
                raise refused(step, name, f"column {self.names[column]!r} filled in twice", "one value for it")
        if not step.add_indicator:
            return x
        missing = [self._column(step, name, x, int(i)) for i in step.indicator_.features_]
        if any(isinstance(self.fills[column], str) for column in missing):
            raise refused(step, name, "an indicator for text", "none: a OneHotEncoder has a level for it")
        self.flagged.update(missing)
        n = len(missing)
        flags = Features(tuple((column, _FLAG) for column in missing), np.eye(n), np.zeros(n), self)
        return x.beside(flags)

    def encoded(self, step: Any, name: str, x: Features) -> Features:
        """What a OneHotEncoder makes of columns: a feature for each category that is not dropped."""
        made = x.taken([])
        for i, categories in enumerate(step.categories_):
            column = self._column(step, name, x, i)
            values = [None if _is_missing(value) else as_level(value) for value in categories.tolist()]
            if len(set(values)) < len(values):
                raise refused(step, name, f"categories of {self.names[column]!r} that are one level", "others")
            dropped = None if step.drop_idx_ is None else step.drop_idx_[i]
            made = made.beside(self._hot(column, values, dropped))
            if np.asarray(categories).dtype.kind in "iuf":
                self.of_numbers.add(column)
        return made

    def _hot(self, column: int, values: list[Level], dropped: int | None) -> Features:
        """A column of atoms (levels, features). What is filled in is a level of its own with the feature of another."""
        A = np.eye(len(values))
        fill = as_level(self.fills[column]) if column in self.fills else None
        levels = list(values)
        if column in self.fills and None not in values:
            levels.append(None)
            A = np.vstack([A, A[values.index(fill)] if fill in values else np.zeros(len(values))])
        order = sorted(range(len(levels)), key=lambda k: levels[k] is None)  # which stands last in a category column
        ordered = tuple(levels[k] for k in order)
        if self.levels.setdefault(column, ordered) != ordered:
            raise InvalidValueError(f"column {self.names[column]!r} encoded twice, with other levels", "once")
        kept = [k for k in range(len(values)) if k != dropped]
        return Features(tuple((column, k) for k in range(len(levels))), A[order][:, kept], np.zeros(len(kept)), self)

    def _column(self, step: Any, name: str, x: Features, i: int) -> int:
        column = x.column(i)
        if column is None:
            raise refused(step, name, f"feature {i} that other steps made", "a column of the table as it is")
        return column


_FLAG = -1  # of an atom: 1 where the column is missing


def _is_missing(value: Any) -> bool:
    return value is None or (isinstance(value, float | np.floating) and bool(np.isnan(value)))


def sklearn_table(model: Any, target: str, loss: Any = None) -> tuple[TableEncoder, Target, Imported]:
    """What a fitted pipeline computes from a table, and of what.

    Raises:
        DTypeError: for a target that is no text.
        InvalidValueError: for a step that is not known, by its name, or not fitted.
    """
    if not isinstance(target, str):
        raise DTypeError(f"target={target!r}", "a name, as text")
    steps = [*model.steps] if is_of_sklearn(model, "Pipeline") else [("model", model)]
    mlp, n = steps[-1][1], n_features(model)
    found = sklearn_network(mlp, loss)
    names = [str(name) for name in getattr(model, "feature_names_in_", [f"x{j}" for j in range(n)])]
    if target in names:
        raise InvalidValueError(f"target {target!r}, which is a column of X", "a name of its own")
    raw = Columns(names)
    x = transformed([(name, step) for name, step in steps[:-1] if step is not None], n, raw)
    encoder, order, x = _encoder(raw, x)
    place = {atom: i for i, atom in enumerate(x.atoms)}
    A = np.stack([x.A[place[atom]] if atom in place else np.zeros(len(x.c)) for atom in order])
    W, b = (found.parameters[name].astype(np.float64) for name in ("W1", "b1"))
    kind = found.parameters["W1"].dtype
    parameters = found.parameters | {"W1": (A @ W).astype(kind), "b1": (b + x.c @ W).astype(kind)}
    architecture = replace(found.architecture, n_inputs=len(order))
    return encoder, _target(mlp, target), Imported(architecture, parameters, found.dtype)


def _encoder(raw: Columns, x: Features) -> tuple[TableEncoder, list[Atom], Features]:
    """How each column becomes features, which atoms these are, and what is left to do behind them."""
    used = {atom for atom, row in zip(x.atoms, x.A, strict=True) if row.any()}
    columns: list[NumberColumn | CategoryColumn] = []
    order: list[Atom] = []
    unfilled = []
    for j, name in enumerate(raw.names):
        is_number = (j, None) in used or (j, _FLAG) in used
        is_encoded = any(column == j and category not in (None, _FLAG) for column, category in used)
        if is_number and is_encoded:
            raise InvalidValueError(f"column {name!r} both as it is and encoded", "one of the two")
        if is_number:
            number, x = _number(raw, j, x)
            columns.append(number)
            order += [(j, None), *[(j, _FLAG)] * number.has_missing]
            unfilled += [] if j in raw.fills else [name]
        elif is_encoded:
            levels = raw.levels[j]
            columns.append(CategoryColumn(name, levels, holds_numbers=j in raw.of_numbers))
            order += [(j, k) for k in range(len(levels))]
    if not columns:
        raise InvalidValueError("a pipeline that takes no column", "one at least")
    if unfilled:
        named = listed(map(repr, unfilled), 5)
        _say(f"no imputer fills in {named}: missing numbers, which the pipeline refuses, count as its centre, or 0")
    ignored = {name: Message("table.aside.not_taken") for name in raw.names if name not in {c.name for c in columns}}
    return TableEncoder(tuple(columns), ignored, (), names=tuple(raw.names)), order, x


def _number(raw: Columns, j: int, x: Features) -> tuple[NumberColumn, Features]:
    """A column of numbers, with the scaling that the pipeline has for it, where there is one."""
    center, scale = 0.0, 1.0
    if (j, None) in x.atoms:
        row = x.atoms.index((j, None))
        (features,) = np.nonzero(x.A[row])
        if len(features) == 1 and np.count_nonzero(x.A[:, features[0]]) == 1:
            a, c = float(x.A[row, features[0]]), float(x.c[features[0]])
            same = [(m, s) for m, s in raw.scalings.get(j, []) if (1.0 / s, -m / s) == (a, c)]
            center, scale = same[0] if same else (-c / a, 1.0 / abs(a))
            A, left = x.A.copy(), x.c.copy()
            A[row, features[0]], left[features[0]] = np.sign(a), 0.0
            x = replace(x, A=A, c=left)
    fill = raw.fills.get(j, center)
    if isinstance(fill, str):
        raise InvalidValueError(f"text {fill!r} in place of missing numbers in {raw.names[j]!r}", "a number")
    return NumberColumn(raw.names[j], center, scale, float(fill), UNBENT, j in raw.flagged), x


def _target(mlp: Any, name: str) -> Target:
    if is_of_sklearn(mlp, "MLPRegressor"):
        if mlp.n_outputs_ > 1:
            raise InvalidValueError(f"an MLPRegressor of {mlp.n_outputs_} targets", "one target", "cp.from_sklearn")
        return NumberTarget.from_dict({"name": name, "mean": 0.0, "std": 1.0})
    if isinstance(mlp.classes_, list) or (mlp.out_activation_ == "logistic" and mlp.n_outputs_ > 1):
        raise InvalidValueError("an MLPClassifier of several labels", "one target", "cp.from_sklearn")
    labels = [_label(label) for label in mlp.classes_.tolist()]
    if len(labels) < 2:
        raise InvalidValueError(f"an MLPClassifier that knows one class alone, {labels[0]!r}", "two or more")
    return ClassTarget.from_dict({"name": name, "classes": labels, "missing": []})


def _label(label: Any) -> str | int | bool:
    if isinstance(label, float) and label.is_integer():
        return int(label)
    if isinstance(label, str | int):
        return label
    raise InvalidValueError(f"class {label!r}", "a text, a whole number or a truth value")


def _say(what: str) -> None:
    warnings.warn(what, DataWarning, stacklevel=4)
