"""`TabularRegressor`: numbers from any table."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
from sklearn.base import RegressorMixin

from clearprop.estimators.several.model import MultiTargetModel
from clearprop.estimators.tabular.base import Array, BaseTabular
from clearprop.estimators.tabular.given import name_of, numbers_of, table_of
from clearprop.estimators.tabular.several import columns_in, model_of, numbers_in
from clearprop.estimators.uncertainty import intervals
from clearprop.table.number_target import NumberTarget


class TabularRegressor(RegressorMixin, BaseTabular):  # type: ignore[misc]
    """Numbers from any table: categories, dates, missing values and numbers of any scale go in as they are.

    What stands behind it is a `TableModel`: several networks, each ended by rows that the others learn from, which
    answer with their mean. All arguments but the first two change one field of the preset's `Recipe`; None leaves it as
    it is.

    Args:
        preset: "default", "fast" or "best", or another name that `Recipe.preset` knows.
        random_state: a number, for the same model again; None for another one each time.
        n_threads: how many members are trained at once; by default as many as there are processors. The bits are the
            same.
        members, kernel, pieces, hidden, activation, dropout, l2: the networks; see `Recipe`.
        epochs, patience, batch_size, optimizer, learning_rate, schedule: their training; see `Recipe`.
        kinds, scaling: how columns are read; see `Recipe`.
        split, time, group: how rows are held out; see `Recipe`.
        quantile: τ in (0, 1): answer this quantile, and not the mean; see `docs/uncertainty.md`.

    Attributes:
        model_: the `TableModel`; of several targets the `MultiTargetModel`.
        fit_: `fit_.scores` has those on rows that were held out in turn.

    Example:
        >>> from sklearn.datasets import load_diabetes
        >>> X, y = load_diabetes(return_X_y=True)
        >>> model = TabularRegressor("fast", random_state=0, epochs=20).fit(X, y)
        >>> model.predict(X[:2]).shape
        (2,)
    """

    task = "regression"

    def __init__(
        self,
        preset: str = "default",
        random_state: Any = None,
        n_threads: int | None = None,
        *,
        members: int | None = None,
        kernel: bool | None = None,
        pieces: int | None = None,
        hidden: int | Sequence[int] | None = None,
        activation: Any = None,
        dropout: float | None = None,
        l2: float | None = None,
        epochs: int | None = None,
        patience: int | None = None,
        batch_size: int | None = None,
        optimizer: Any = None,
        learning_rate: float | None = None,
        schedule: str | None = None,
        kinds: Mapping[str, str] | None = None,
        scaling: str | None = None,
        split: str | None = None,
        time: str | None = None,
        group: str | Collection[str] | None = None,
        quantile: float | None = None,
    ) -> None:
        self._keep(locals())

    def fit(self, X: Any, y: Any, sample_weight: Any = None, groups: Any = None) -> TabularRegressor:
        """Learn from a table.

        Args:
            X: a data frame (pandas, Polars, Arrow) or an array, (n, columns). None and NaN are missing values,
                infinity is refused.
            y: numbers (n,), or (n, k) of k targets, which one network answers.
            sample_weight: (n,) numbers ≥ 0: how much each row counts.
            groups: (n,): rows of one group are held out together, as with the argument `group`, which names a column.

        Raises:
            ValueError: if there is nothing to learn, or an argument is out of range.
        """
        if y is None:
            raise ValueError("this TabularRegressor requires y to be passed, but the target y is None")
        table, several = table_of(self, X), columns_in(y)
        if several:
            y = np.stack([numbers_of(column) for column in several.values()], axis=1)
            self._fit(table, y, sample_weight, groups, list(several))
        else:
            self._fit(table, numbers_of(y), sample_weight, groups, name_of(y))
        return self

    def predict(self, X: Any) -> Array:
        """A number for each row (n,), or for each target (n, k)."""
        a = self._outputs(X)
        if isinstance(self.model_, MultiTargetModel):
            return numbers_in(self.model_, a)
        assert isinstance(self.model_.target, NumberTarget)
        return np.asarray(self.model_.target.answers(a[:, 0]), np.float64)

    def _coded(self, y: Any, target: int | str | None) -> Array:
        number = model_of(self.model_, target).target
        assert isinstance(number, NumberTarget)
        return number.code(numbers_of(y))

    def predict_interval(self, X: Any, coverage: float = 0.9) -> Array:
        """Lower and upper end (n, 2) of an interval that holds the truth of this share of new rows.

        Of k targets they are (n, 2, k), and each holds its own truth. See `TableModel.intervals` for where it comes
        from, and `docs/uncertainty.md` for what it promises.

        Example:
            >>> from sklearn.datasets import load_diabetes
            >>> X, y = load_diabetes(return_X_y=True)
            >>> model = TabularRegressor("fast", random_state=0, epochs=20).fit(X[:300], y[:300])
            >>> low, high = model.predict_interval(X[300:]).T
            >>> bool(0.8 < ((low <= y[300:]) & (y[300:] <= high)).mean() < 1)
            True
        """
        a = self._outputs(X)
        if isinstance(self.model_, MultiTargetModel):
            each = self.model_.columns
            return np.stack([intervals(target, a[:, columns], coverage) for target, columns in each], axis=2)
        return intervals(self.model_.target, a, coverage)

    def predict_spread(self, X: Any) -> Array:
        """The standard deviation over the members of their numbers (n,); of several targets (n, k).

        Raises:
            InvalidValueError: for a model of one network.
        """
        found = super().predict_spread(X)
        return np.stack(list(found.values()), axis=1) if isinstance(found, dict) else found
