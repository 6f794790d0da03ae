"""What stands for the estimators where scikit-learn is not installed: names that say so when they are used."""

from __future__ import annotations

from typing import Any

from clearprop.errors import MissingDependencyError


class _NeedsSklearn:
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        name = type(self).__name__
        raise MissingDependencyError(
            f"cp.{name} without scikit-learn", "scikit-learn ≥ 1.6", 'pip install "clearprop[sklearn]"'
        )


class MLPClassifier(_NeedsSklearn):
    """Needs scikit-learn: `pip install "clearprop[sklearn]"`."""


class MLPRegressor(_NeedsSklearn):
    """Needs scikit-learn: `pip install "clearprop[sklearn]"`."""


class TabularClassifier(_NeedsSklearn):
    """Needs scikit-learn: `pip install "clearprop[sklearn]"`; `cp.TableModel` needs none."""


class TabularRegressor(_NeedsSklearn):
    """Needs scikit-learn: `pip install "clearprop[sklearn]"`; `cp.TableModel` needs none."""
