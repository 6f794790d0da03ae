"""What stands for the estimators where scikit-learn is not installed: names that say so when they are used."""

from __future__ import annotations

from typing import Any

from clearprop.errors import MissingDependencyError


class _NeedsSklearn:
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise MissingDependencyError(
            f"cp.{type(self).__name__} without scikit-learn",
            "scikit-learn ≥ 1.6",
            'pip install "clearprop[sklearn]", or cp.TableModel, which needs none',
        )


class TabularClassifier(_NeedsSklearn):
    """Needs scikit-learn: `pip install "clearprop[sklearn]"`."""


class TabularRegressor(_NeedsSklearn):
    """Needs scikit-learn: `pip install "clearprop[sklearn]"`."""
