"""What stands before a network in a pipeline: steps that are linear in the columns, and in what they are encoded as."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np

from clearprop.errors import InvalidValueError, a_or_an
from clearprop.execute import Array
from clearprop.interop.incoming.stack import Stack, said

Atom = tuple[int, int | None]  # a column of X, as it is or one of its categories: 1 where the column has it, else 0


@dataclass
class Features:
    """Columns of a pipeline, each a sum over atoms: atoms · A + c.

    Attributes:
        atoms: columns of X and their categories.
        A, c: factors (atoms, features), and what is added.
        raw: of a table, what the steps say of its columns (`sklearn_table.Columns`); None where they hold numbers.
    """

    atoms: tuple[Atom, ...]
    A: Array
    c: Array
    raw: Any = None

    def taken(self, columns: Sequence[int]) -> Features:
        """Some of the features."""
        return replace(self, A=self.A[:, columns], c=self.c[columns])

    def scaled(self, scale: Any, shift: Any) -> Features:
        """feature ⊙ scale + shift."""
        return replace(self, A=self.A * scale, c=self.c * scale + shift)

    def standardised(self, center: Any, scale: Any) -> Features:
        """(feature − center)/scale."""
        if self.raw is not None:
            self.raw.note_scaling(self, center, scale)
        return self.scaled(1.0 / scale, -center / scale)

    def beside(self, other: Features) -> Features:
        """These features, then those."""
        atoms = tuple(dict.fromkeys((*self.atoms, *other.atoms)))
        place = {atom: i for i, atom in enumerate(atoms)}
        A = np.zeros((len(atoms), self.A.shape[1] + other.A.shape[1]))
        A[[place[atom] for atom in self.atoms], : self.A.shape[1]] = self.A
        A[[place[atom] for atom in other.atoms], self.A.shape[1] :] = other.A
        return Features(atoms, A, np.concatenate([self.c, other.c]), self.raw)

    def column(self, feature: int) -> int | None:
        """The column of X that a feature is, unchanged; None if it is not one."""
        (used,) = np.nonzero(self.A[:, feature])
        if len(used) != 1 or self.A[used[0], feature] != 1 or self.c[feature] != 0:
            return None
        column, category = self.atoms[used[0]]
        return column if category is None else None


def is_of_sklearn(model: Any, *names: str) -> bool:
    """Whether it is one of these classes of scikit-learn, itself."""
    return type(model).__name__ in names and type(model).__module__.startswith("sklearn.")


def transformed(steps: Sequence[tuple[str, Any]], n: int, raw: Any = None) -> Features:
    """What the steps make of n columns, of a table where `raw` is given.

    Raises:
        InvalidValueError: for a step that is not known, by its name.
    """
    features = Features(tuple((j, None) for j in range(n)), np.eye(n), np.zeros(n), raw)
    for name, step in steps:
        features = _after(step, name, features)
    return features


def _after(step: Any, name: str, x: Features) -> Features:
    if isinstance(step, str) and step == "passthrough":
        return x
    if is_of_sklearn(step, "Pipeline"):
        for inner, each in step.steps:
            x = _after(each, f"{name}.{inner}", x)
        return x
    if is_of_sklearn(step, *_KNOWN):
        try:
            return _KNOWN[type(step).__name__](step, name, x)
        except AttributeError:
            raise InvalidValueError(
                f"step {name!r}, {a_or_an(type(step).__name__)} that is not fitted", "fitted"
            ) from None
    raise InvalidValueError(f"step {name!r} is {a_or_an(type(step).__name__)}", "one of Pipeline, " + ", ".join(_KNOWN))


def refused(step: Any, name: str, what: str, wanted: str) -> InvalidValueError:
    """The error for a step that is known, with something that is not."""
    return InvalidValueError(f"step {name!r}, {a_or_an(type(step).__name__)}, with {what}", wanted)


def _standard(step: Any, name: str, x: Features) -> Features:
    mean = 0.0 if step.mean_ is None or not step.with_mean else step.mean_
    scale = 1.0 if step.scale_ is None else step.scale_
    return x.standardised(mean, scale)


def _min_max(step: Any, name: str, x: Features) -> Features:
    if step.clip:
        raise refused(step, name, "clip=True", "clip=False: a network does not clip")
    return x.scaled(step.scale_, step.min_)


def _max_abs(step: Any, name: str, x: Features) -> Features:
    if getattr(step, "clip", False):
        raise refused(step, name, "clip=True", "clip=False: a network does not clip")
    return x.scaled(1.0 / step.scale_, 0.0)


def _robust(step: Any, name: str, x: Features) -> Features:
    center = 0.0 if step.center_ is None else step.center_
    scale = 1.0 if step.scale_ is None else step.scale_
    return x.standardised(center, scale)


def _imputer(step: Any, name: str, x: Features) -> Features:
    if x.raw is not None:
        return cast(Features, x.raw.filled(step, name, x))
    numbers = np.asarray(step.statistics_)
    if step.add_indicator or numbers.dtype.kind not in "fiu" or np.isnan(numbers.astype(float)).any():
        raise refused(step, name, "an indicator, texts or an empty column", "numbers alone")
    if not (isinstance(step.missing_values, float | np.floating) and np.isnan(step.missing_values)):
        raise refused(step, name, f"missing_values={step.missing_values!r}", "NaN: a number is none that is missing")
    said(f"step {name!r} fills in missing numbers; the network takes none: fill them in before")
    return x


def _function(step: Any, name: str, x: Features) -> Features:
    if step.func is not None:
        raise refused(step, name, f"the function {step.func!r}", "none: a function cannot be read")
    return x


def _one_hot(step: Any, name: str, x: Features) -> Features:
    if getattr(step, "_infrequent_enabled", False):
        raise refused(step, name, "infrequent categories", "each category by itself")
    if x.raw is not None:
        return cast(Features, x.raw.encoded(step, name, x))
    made: Features | None = None
    for i, levels in enumerate(step.categories_):
        column = x.column(i)
        values = np.asarray(levels)
        if values.dtype.kind not in "iuf" or not np.array_equal(values, np.arange(len(values))):
            what = f"categories {', '.join(map(repr, values.tolist()[:4]))} … of column {i}"
            raise refused(step, name, what, "0, 1, …: a network takes numbers; cp.TableModel.from_sklearn takes texts")
        if column is None:
            raise refused(step, name, f"column {i} scaled before", "columns of X as they are")
        dropped = None if step.drop_idx_ is None else step.drop_idx_[i]
        kept = [k for k in range(len(values)) if k != dropped]
        atoms = tuple((column, k) for k in range(len(values)))
        hot = Features(atoms, np.eye(len(values)), np.zeros(len(values))).taken(kept)
        made = hot if made is None else made.beside(hot)
    said(f"step {name!r}: a code beyond its categories counts as the nearest one in the network")
    return x.taken([]) if made is None else made


def _selected(step: Any, name: str, x: Features) -> Features:
    return x.taken(np.flatnonzero(step.get_support()).tolist())


def _columns(step: Any, name: str, x: Features) -> Features:
    made = x.taken([])
    for inner, each, columns in step.transformers_:
        if isinstance(each, str) and each == "drop":
            continue
        indices = _indices(step, columns, x.A.shape[1])
        if indices:
            weight = (step.transformer_weights or {}).get(inner, 1.0)
            made = made.beside(_after(each, f"{name}.{inner}", x.taken(indices)).scaled(weight, 0.0))
    return made


def _indices(step: Any, columns: Any, n: int) -> list[int]:
    """The columns that a transformer takes, by number."""
    names = [str(each) for each in getattr(step, "feature_names_in_", [])]
    if isinstance(columns, slice):
        if isinstance(columns.start, str) or isinstance(columns.stop, str):
            return _between(names, columns)  # which scikit-learn found when it was fitted
        return list(range(n))[columns]
    given = [columns] if isinstance(columns, str | int) else list(columns)
    if given and isinstance(given[0], bool | np.bool_):
        return [i for i, each in enumerate(given) if each]
    try:
        return [names.index(each) if isinstance(each, str) else range(n)[int(each)] for each in given]
    except (ValueError, TypeError, IndexError):
        raise InvalidValueError(f"columns {columns!r}", "names or numbers of columns") from None


def _between(names: list[str], columns: slice) -> list[int]:
    """The columns of a slice of names, the last one among them, as scikit-learn and pandas take it."""
    first = 0 if columns.start is None else names.index(columns.start)
    behind = len(names) if columns.stop is None else names.index(columns.stop) + 1
    return list(range(first, behind))


_KNOWN = {
    "StandardScaler": _standard,
    "MinMaxScaler": _min_max,
    "MaxAbsScaler": _max_abs,
    "RobustScaler": _robust,
    "SimpleImputer": _imputer,
    "OneHotEncoder": _one_hot,
    "ColumnTransformer": _columns,
    "FunctionTransformer": _function,
    **dict.fromkeys(("SelectKBest", "SelectPercentile", "VarianceThreshold"), _selected),
}


def write_features(x: Features, stack: Stack) -> None:
    """The features as frozen layers: an embedding for each encoded column, then a dense one of A and c.

    Raises:
        InvalidValueError: for a column that is taken both as it is and encoded.
    """
    n = 1 + max(column for column, _ in x.atoms)
    stack.takes(n, "the pipeline")
    levels: dict[int, int] = {}
    for column, category in x.atoms:
        if category is not None:
            levels[column] = max(levels.get(column, 0), category + 1)
    order: list[Atom] = [(column, None) for column in range(n)]
    for column, count in levels.items():
        stack.embedding(order.index((column, None)), count)
        order.remove((column, None))
        order += [(column, category) for category in range(count)]
    place = {atom: i for i, atom in enumerate(order)}
    A = np.zeros((len(order), len(x.c)))
    for atom, row in zip(x.atoms, x.A, strict=True):
        if atom in place:
            A[place[atom]] = row
        elif row.any():
            raise InvalidValueError(f"column {atom[0]} both as it is and encoded", "one of the two")
    if A.shape[0] == A.shape[1] and not (A - np.diag(np.diag(A))).any():
        stack.affine(np.diag(A).copy(), x.c, "the pipeline")
    else:
        stack.columns(A, x.c, "the pipeline")
