"""`MLPRegressor`."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from sklearn.base import RegressorMixin, _fit_context
from sklearn.metrics import r2_score
from sklearn.utils import column_or_1d
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_array, check_consistent_length, check_is_fitted, validate_data

from clearprop import nn
from clearprop.arrays import Array
from clearprop.errors import InvalidValueError, ShapeError
from clearprop.estimators.mlp.base import BaseMLP
from clearprop.estimators.mlp.constraints import REGRESSOR
from clearprop.estimators.mlp.structure import Structure
from clearprop.nn import TargetForm

LOSSES: dict[str, nn.Loss] = {
    "squared_error": nn.SquaredError(),
    "poisson": nn.Poisson(),
    "absolute_error": nn.MeanAbsoluteError(),
    "huber": nn.Huber(),
    "quantile": nn.Quantile(),
}


class MLPRegressor(RegressorMixin, BaseMLP):  # type: ignore[misc]
    """A multi-layer perceptron for numbers."""

    _parameter_constraints: ClassVar[dict[str, Any]] = REGRESSOR

    def __init__(
        self,
        loss: Any = "squared_error",
        hidden_layer_sizes: Any = (100,),
        activation: Any = "relu",
        *,
        solver: str = "adam",
        alpha: float = 0.0001,
        batch_size: Any = "auto",
        learning_rate: Any = "constant",
        learning_rate_init: float = 0.001,
        power_t: float = 0.5,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: Any = None,
        tol: float = 1e-4,
        verbose: Any = False,
        warm_start: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_iter_no_change: float = 10,
        max_fun: int = 15000,
        dropout: Any = 0.0,
        norm: str | None = None,
        weight_decay: float = 0.0,
        scoring: Any = None,
        callbacks: Any = None,
        dtype: str | None = None,
        n_threads: int | None = None,
    ) -> None:
        self._keep(locals())

    @available_if(lambda est: est._check_solver())  # type: ignore[untyped-decorator]
    @_fit_context(prefer_skip_nested_validation=True)  # type: ignore[untyped-decorator]
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
        """One more epoch over these rows.

        Args:
            X: (n_samples, n_features) numbers, dense or sparse.
            y: (n_samples,) or (n_samples, n_outputs) numbers.
            sample_weight: (n_samples,) weights.

        Returns:
            The estimator.
        """
        return self._fit(X, y, sample_weight, incremental=True)

    def predict(self, X: Any) -> Array:
        """The number for each row, (n_samples,), or (n_samples, n_outputs) for several."""
        check_is_fitted(self)
        return self._predict(X)

    def _predict(self, X: Any, check_input: bool = True) -> Array:
        found = self._forward_pass_fast(X, check_input)
        numbers: Array = found.ravel() if found.shape[1] == 1 else found
        return numbers

    def _score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        predicted = self._predict(X, check_input=False)
        return float(r2_score(y, predicted, sample_weight=sample_weight)) if np.isfinite(predicted).all() else np.nan

    def _validate_input(self, X: Any, y: Any, incremental: bool, reset: bool) -> tuple[Any, Array]:
        X, y = validate_data(
            self,
            X,
            y,
            accept_sparse=["csr", "csc"],
            multi_output=True,
            y_numeric=True,
            dtype=(np.float64, np.float32),
            reset=reset,
        )
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        return X, y

    def _checked_validation_targets(self, y: Any, X: Any) -> Array:
        y = check_array(y, ensure_2d=False, dtype="numeric", input_name="y_val")
        check_consistent_length(X, y)
        if self._width(y) != self.n_outputs_:
            raise ShapeError(f"y_val of {self._width(y)} columns", f"{self.n_outputs_}, as y")
        checked: Array = y
        return checked

    def _with_class_weight(self, sample_weight: Array | None, y: Array) -> Array | None:
        return sample_weight

    def _width(self, y: Array) -> int:
        return 1 if y.ndim == 1 else int(y.shape[1])

    def _targets(self, y: Array, dtype: Any) -> tuple[Array, TargetForm]:
        loss = self._loss(1)
        if isinstance(loss, nn.Poisson) and (y < 0).any():
            raise InvalidValueError(f"a target of {y.min():g} for loss='poisson'", "counts, numbers ≥ 0")
        if loss.target == "binary" and ((y < 0) | (y > 1)).any():
            raise InvalidValueError(
                f"targets from {y.min():g} to {y.max():g} for {loss!r}", "shares, numbers in [0, 1]"
            )
        return np.ascontiguousarray(y.reshape(len(y), -1), dtype), "rows"

    def _output_activation(self) -> str:
        wanted = self._loss(1).output
        return "identity" if wanted is None else {"sigmoid": "logistic"}.get(wanted, wanted)

    def _loss(self, outputs: int) -> nn.Loss:
        found: nn.Loss = LOSSES[self.loss] if isinstance(self.loss, str) else self.loss
        if found.target == "classes":
            raise InvalidValueError(f"loss {found!r} of a regressor", "a loss of numbers, such as 'huber'")
        return found

    def _loss_outputs(self, structure: Structure) -> int:
        """scikit-learn learns by the sum of the outputs' squared errors, and reports the mean over them."""
        return structure.widths[-1] if self.loss == "squared_error" else 1
