"""What the estimators for tables share: arguments, a frame with its target, the fit, and ways to look into it."""

from __future__ import annotations

import warnings
from collections.abc import Collection, Sequence
from typing import Any

import narwhals.stable.v1 as nw
import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import _check_sample_weight, check_is_fitted

from clearprop.errors import DataWarning, InvalidValueError, ShapeError, plural
from clearprop.estimators.answered import as_table
from clearprop.estimators.contributions import ShapleyValues
from clearprop.estimators.dependence import Dependence
from clearprop.estimators.importance import importance_of_columns
from clearprop.estimators.recipe import Recipe
from clearprop.estimators.table_model import TableModel
from clearprop.estimators.tabular.given import Table, are_rows, groups_of, table_of
from clearprop.estimators.tabular.several import model_of, one_of
from clearprop.explain.importance import PermutationImportance
from clearprop.graph import DTYPES
from clearprop.network import Network

Array = NDArray[Any]

# Arguments that change a field of the preset's recipe, if they are given.
OVERRIDES = (
    *("members", "kernel", "pieces", "hidden", "activation", "dropout", "l2"),
    *("epochs", "patience", "batch_size", "optimizer", "learning_rate", "schedule"),
    *("kinds", "scaling", "split", "time", "group", "class_weight", "quantile"),
)


class BaseTabular(BaseEstimator):  # type: ignore[misc]
    """Arguments, the fit and what follows it; see `TabularClassifier` and `TabularRegressor`.

    Attributes:
        model_: the `TableModel`: columns, networks and target in one, to be saved and explained.
        recipe_: how it was made.
        fit_: scores on rows that were held out in turn, histories, remarks.
    """

    task: str

    def _keep(self, arguments: dict[str, Any]) -> None:
        """Set every argument of `__init__` as an attribute, as it was given."""
        for name in self._get_param_names():
            setattr(self, name, arguments[name])

    def _recipe(self) -> Recipe:
        """The preset with what was given in its place."""
        given = {name: getattr(self, name) for name in OVERRIDES if getattr(self, name, None) is not None}
        seed = self.random_state
        if seed is None or not isinstance(seed, int | np.integer):
            seed = int(check_random_state(seed).randint(2**31 - 1))
        own = {"task": self.task, "test": 0.0, "seed": int(seed)}
        return Recipe.preset(self.preset, **{**given, **own})

    def _fit(
        self, X: Table, y: Array, sample_weight: Any, groups: Any, name: str | Sequence[str], **changes: Any
    ) -> Any:
        """Train on a frame with the target or several (n, k), the weights and the groups beside the columns."""
        if len(X) != len(y):
            raise ValueError(
                f"X has {plural(len(X), 'row')} and y has {plural(len(y), 'sample')}: they must be equally many"
            )
        self._columns = X.columns
        recipe, target = self._recipe().changed(**changes), free_names(name, X.columns)
        beside: dict[str, Any] = {target: y} if isinstance(target, str) else dict(zip(target, y.T, strict=True))
        if sample_weight is not None:
            weight = free_name("weight of the row", [*X.columns, *beside])
            beside[weight] = _check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True)
            recipe = recipe.changed(weight=weight)
        if groups is not None:
            if recipe.group is not None:
                raise InvalidValueError(f"groups beside group={recipe.group!r}", "one of them")
            group = free_name("group of the row", [*X.columns, *beside])
            beside[group] = groups_of(groups, len(X))
            recipe = recipe.changed(group=group)
        library = nw.get_native_namespace(X)
        table = X.with_columns(*(nw.new_series(key, values, backend=library) for key, values in beside.items()))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DataWarning)  # `fit_.remarks` has them
            fit = TableModel.train(table.to_native(), target, recipe=recipe, n_threads=self.n_threads)
        self.recipe_, self.fit_, self.model_ = recipe, fit, fit.model
        self.n_iter_ = fit.history.epochs
        return fit

    def _given(self, X: Any) -> Any:
        """What the model is to answer on."""
        check_is_fitted(self)
        return X if are_rows(X) else table_of(self, X, self._columns).to_native()

    def _outputs(self, X: Any) -> Array:
        given = self._given(X)
        return self.model_.outputs(given)

    def predict_spread(self, X: Any) -> Any:
        """How far the members differ: the standard deviation of their numbers (n,), or probabilities (n, k).

        Raises:
            InvalidValueError: for a model of one network.
        """
        return self.model_.spread(self._given(X))

    @property
    def members_(self) -> tuple[Network, ...]:
        """The networks whose mean answers."""
        check_is_fitted(self)
        return self.model_.members

    def explain(self, X: Any, row: int = 0, *, target: int | str | None = None, **options: Any) -> Any:
        """One row: what its columns become, the answer, and how every number on the way comes about.

        Args:
            X: a data frame, or what `fit` takes.
            row: which row of it, counted from 0.
            target: of several, the one that is meant: its column in y, or its name.
            options: of `TableModel.explain`: lang, detail, convention, ….
        """
        given = self._given(X)
        return model_of(self.model_, target).explain(given, row, **options)

    def shapley(
        self, X: Any, rows: Any = None, background: Any = None, *, target: int | str | None = None, **options: Any
    ) -> ShapleyValues:
        """Shapley values: what each column adds to the answer on a row, from its mean over a background on.

        Args:
            X: a data frame, or what `fit` takes.
            rows: which rows of it, counted from 0: a number, or several; by default all.
            background: rows like those of the training; by default rows of X itself.
            target: of several, the one that is meant: its column in y, or its name.
            options: of `TableModel.shapley`: scale, background_rows, pairs, seed, progress.
        """
        given, others = self._given(X), None if background is None else self._given(background)
        return model_of(self.model_, target).shapley(given, rows, others, **options)

    def dependence(self, X: Any, column: str, *, target: int | str | None = None, **options: Any) -> Dependence:
        """How the answer depends on one column: partial dependence, and the curve of every single row.

        Args:
            X: a data frame, or what `fit` takes.
            column: its name; those of an array are x0, x1, ….
            target: of several, the one that is meant: its column in y, or its name.
            options: of `TableModel.dependence`: grid, rows, scale, seed.
        """
        return model_of(self.model_, target).dependence(self._given(X), column, **options)

    def importance(
        self,
        X: Any,
        y: Any,
        metric: str | None = None,
        n_repeats: int = 5,
        seed: int = 0,
        *,
        target: int | str | None = None,
    ) -> PermutationImportance:
        """How far a score falls when one column is shuffled; see `cp.permutation_importance`.

        Args:
            X: a data frame, or what `fit` takes.
            y: its targets (n,); of several all of them (n, k), as `fit` takes them, or the one that is meant.
            metric: accuracy or R² by default; else "log_loss", "auc", "rmse", ….
            n_repeats: shuffles of each column.
            seed: of the shuffles.
            target: of several, the one that is meant: its column in y, or its name.
        """
        frame, model = as_table(self._given(X), self._columns), model_of(self.model_, target)
        coded = self._coded(one_of(y, self.model_, target), target)
        if len(coded) != len(frame):
            raise ShapeError(f"X of {plural(len(frame), 'row')} and y of {len(coded)}", "as many of each")
        features = model.encoder.transform(frame.to_native(), DTYPES[model.predictor.dtype])
        return importance_of_columns(model, features, coded, metric, n_repeats, seed)

    def _coded(self, y: Any, target: int | str | None) -> Array:
        """Targets as the model learned them, (n,)."""
        raise NotImplementedError

    def save(self, path: Any) -> None:
        """Write `model_` to a file without pickle; `cp.load` reads it, as a `TableModel`."""
        check_is_fitted(self)
        self.model_.save(path)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        tags.input_tags.allow_nan = True
        tags.input_tags.string = True
        tags.input_tags.categorical = True
        return tags


def free_name(name: str, taken: Collection[str]) -> str:
    """A name that no column has."""
    while name in taken:
        name += "_"
    return name


def free_names(name: str | Sequence[str], taken: list[str]) -> str | list[str]:
    """A name, or several, that no column has."""
    if isinstance(name, str):
        return free_name(name, taken)
    found: list[str] = []
    for one in name:
        found.append(free_name(one, [*taken, *found]))
    return found
