"""Tables that need no download: scikit-learn's small data sets, and three that are drawn."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from clearprop.errors import MissingDependencyError, unknown_name
from clearprop.table.library import import_polars

if TYPE_CHECKING:
    import polars

_SHIPPED = ("iris", "wine", "breast_cancer", "digits", "diabetes")
Points = tuple[NDArray[np.float64], NDArray[np.int64]]


def _moons(rng: np.random.Generator) -> Points:
    """Two interleaved half circles."""
    angle = rng.uniform(0, np.pi, 500)
    label = np.arange(500) % 2
    x1 = np.where(label, 1 - np.cos(angle), np.cos(angle))
    x2 = np.where(label, 0.5 - np.sin(angle), np.sin(angle))
    return np.stack([x1, x2], 1) + rng.normal(0, 0.15, (500, 2)), label


def _xor(rng: np.random.Generator) -> Points:
    """Four clouds; the label is whether the signs of x1 and x2 differ."""
    corners = rng.integers(0, 2, (400, 2))
    points = (2 * corners - 1) + rng.normal(0, 0.3, (400, 2))
    return points, corners[:, 0] ^ corners[:, 1]


def _spiral(rng: np.random.Generator) -> Points:
    """Three arms of a spiral."""
    label = np.arange(600) % 3
    radius = rng.uniform(0.1, 1, 600)
    angle = 4 * radius + label * 2 * np.pi / 3 + rng.normal(0, 0.15, 600)
    return np.stack([radius * np.sin(angle), radius * np.cos(angle)], 1), label


_DRAWN: dict[str, Callable[[np.random.Generator], Points]] = {"moons": _moons, "xor": _xor, "spiral": _spiral}
DEMOS = (*_SHIPPED, *_DRAWN)
TARGET = "target"


def load_demo(name: str) -> polars.DataFrame:
    """A demo table, its target in the last column, named "target".

    Args:
        name: iris, wine, breast_cancer, digits, diabetes (all shipped with scikit-learn), moons, xor, spiral (drawn).

    Raises:
        UnknownNameError: for another name.
        MissingDependencyError: if Polars, or for the shipped tables scikit-learn, is not installed.

    Example:
        >>> load_demo("moons").columns
        ['x1', 'x2', 'target']
    """
    pl = import_polars()
    if name in _DRAWN:
        points, label = _DRAWN[name](np.random.Generator(np.random.Philox(0)))
        drawn: polars.DataFrame = pl.DataFrame(
            {"x1": points[:, 0], "x2": points[:, 1], TARGET: [f"class {k}" for k in label]}
        )
        return drawn
    if name not in _SHIPPED:
        raise unknown_name("demo table", name, list(DEMOS))
    shipped: polars.DataFrame = _shipped(pl, name)
    return shipped


def _shipped(pl: Any, name: str) -> Any:
    try:
        from sklearn import datasets
    except ImportError:
        raise MissingDependencyError(
            f"demo:{name} ships with scikit-learn, which is not installed",
            None,
            'pip install "clearprop[sklearn]", or try demo:moons, demo:xor, demo:spiral',
        ) from None
    bunch = getattr(datasets, f"load_{name}")()
    names = [str(n).replace(" (cm)", "").replace(" ", "_") for n in bunch.feature_names]
    columns = {n: bunch.data[:, i] for i, n in enumerate(names)}
    if name == "diabetes":
        return pl.DataFrame(columns | {TARGET: bunch.target})
    labels = [str(bunch.target_names[k]) for k in bunch.target]
    return pl.DataFrame(columns | {TARGET: labels})
