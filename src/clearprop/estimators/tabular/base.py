"""What the estimators for tables share: arguments, a frame with its target, the fit, and ways to look into it."""

from __future__ import annotations

import warnings
from typing import Any

import narwhals.stable.v1 as nw
import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from clearprop.errors import DataWarning, DTypeError
from clearprop.estimators.fit import TableFit
from clearprop.estimators.recipe import Recipe
from clearprop.estimators.table_model import TableModel
from clearprop.network import Network
from clearprop.table.encoder import as_frame
from clearprop.table.one_row import frame_of

Array = NDArray[Any]

# Arguments that change a field of the preset's recipe, if they are given.
OVERRIDES = (
    *("members", "pieces", "hidden", "activation", "dropout", "l2"),
    *("epochs", "patience", "batch_size", "optimizer", "learning_rate", "schedule"),
    *("kinds", "scaling", "split", "time", "group", "class_weight"),
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

    def _fit(self, X: Any, y: Array, sample_weight: Any, name: str) -> TableFit:
        """Train on a frame with the target and the weights beside the columns."""
        table = _with_names(self._frame(X, reset=True))
        if len(table) != len(y):
            raise ValueError(f"X has {len(table)} rows and y has {len(y)} samples: they must be equally many")
        target, weight = _free(name, table.columns), _free("weight of the row", table.columns)
        recipe = self._recipe()
        columns = {target: y}
        if sample_weight is not None:
            columns[weight] = _check_sample_weight(sample_weight, table, dtype=np.float64, ensure_non_negative=True)
            recipe = recipe.changed(weight=weight)
        table = table.with_columns(
            *(nw.new_series(key, v, backend=nw.get_native_namespace(table)) for key, v in columns.items())
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DataWarning)  # `fit_.remarks` has them
            fit = TableModel.train(table.to_native(), target, recipe=recipe, n_threads=self.n_threads)
        self.recipe_, self.fit_, self.model_ = recipe, fit, fit.model
        self.n_iter_ = fit.history.epochs
        return fit

    def _frame(self, X: Any, reset: bool = False) -> Any:
        """X as a data frame; the columns of an array are called x0, x1, ….

        Raises:
            ValueError: for columns of other names or another number than in `fit`.
            TypeError: for what is no table, such as a sparse matrix.
        """
        if hasattr(X, "tocsr"):
            raise DTypeError("a sparse matrix", "a data frame or an array", "X.toarray(), or cp.MLPClassifier")
        if hasattr(X, "columns"):
            validate_data(self, X, skip_check_array=True, reset=reset)
            return X
        array = validate_data(
            *(self, X), reset=reset, dtype=None, ensure_all_finite="allow-nan", ensure_min_samples=1 + reset
        )
        return frame_of({f"x{j}": column for j, column in enumerate(array.T)})

    def _outputs(self, X: Any) -> Array:
        check_is_fitted(self)
        return self.model_.outputs(_with_names(self._frame(X)).to_native())

    def predict_spread(self, X: Any) -> Array:
        """How far the members differ: the standard deviation of their numbers (n,), or probabilities (n, k).

        Raises:
            InvalidValueError: for a model of one network.
        """
        check_is_fitted(self)
        return self.model_.spread(_with_names(self._frame(X)).to_native())

    @property
    def members_(self) -> tuple[Network, ...]:
        """The networks whose mean answers."""
        check_is_fitted(self)
        return self.model_.members

    def explain(self, X: Any, row: int = 0, **options: Any) -> Any:
        """One row: what its columns become, the answer, and how every number on the way comes about.

        Args:
            X: a data frame, or what `fit` takes.
            row: which row of it, counted from 0.
            options: of `TableModel.explain`: lang, detail, convention, ….
        """
        check_is_fitted(self)
        return self.model_.explain(_with_names(self._frame(X)).to_native(), row, **options)

    def save(self, path: Any) -> None:
        """Write `model_` to a file without pickle; `cp.load` reads it, as a `TableModel`."""
        check_is_fitted(self)
        self.model_.save(path)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.string = True
        tags.input_tags.categorical = True
        return tags


def _with_names(X: Any) -> nw.DataFrame[Any]:
    """Through Narwhals, with text for the names of columns: pandas may number them."""
    return as_frame(X)


def _free(name: str, taken: list[str]) -> str:
    """A name that no column has."""
    while name in taken:
        name += "_"
    return name
