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
from clearprop.errors import InvalidValueError, ShapeError, plural
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
    """A multi-layer perceptron that predicts numbers: scikit-learn's, on clearprop's machine.

    The arguments up to `max_fun` are those of `sklearn.neural_network.MLPRegressor`, their defaults and meanings, too.
    While those behind them have their defaults, the numbers are scikit-learn's up to rounding.

    Args:
        loss: "squared_error" (halved), "poisson" (half the deviance, outputs eᶻ), "absolute_error", "huber", "quantile"
            (the median), or an object such as `cp.Quantile(0.9)`.
        hidden_layer_sizes: units of each hidden layer.
        activation: of the hidden layers: "identity", "logistic", "tanh", "relu", any other of clearprop's, a function
            of a node; or a list, one for each hidden layer.
        solver: "lbfgs", "sgd" or "adam".
        alpha: α of the penalty α/2 ΣW², which is divided by the rows of a batch (by Σw, with sample weights).
        batch_size: rows of a step; "auto" is 200, or all if they are fewer.
        learning_rate: "constant", "invscaling" or "adaptive" (for sgd), or a schedule such as `cp.Cosine(0.01)`.
        learning_rate_init, power_t, momentum, nesterovs_momentum, beta_1, beta_2, epsilon: of the solvers.
        max_iter, tol, n_iter_no_change, max_fun: when the training ends.
        shuffle, random_state, verbose, warm_start: as everywhere in scikit-learn.
        early_stopping, validation_fraction: end by the score of held-out rows, and keep the best weights.
        dropout: rate of dropping a hidden unit: a number, a list, or a schedule.
        norm: "batch" or "layer" normalises z of each hidden layer.
        weight_decay: λ of the decoupled weight decay, θ ← (1 − ηλ)θ.
        scoring: what early stopping looks at: a scorer, its name, or "loss"; None is the score of the estimator.
        callbacks: functions of an `Epoch`; one that returns True ends the training.
        dtype: "float32" or "float64"; None is that of X.
        n_threads: of the machine; None lets the size of the work decide.

    Attributes:
        coefs_, intercepts_: W and b of each layer; they may be written into.
        loss_, best_loss_, loss_curve_, n_iter_, t_: the course of the training, as in scikit-learn.
        validation_scores_, best_validation_score_, validation_loss_curve_: of the held-out rows; None without any.
        n_layers_, n_outputs_, out_activation_, n_features_in_, feature_names_in_: what was fitted.
        net_: the `Network` behind it, with the weights of now.

    Raises:
        ValueError: by `fit`, for arguments and data that do not fit, and for a training that diverges.

    Example:
        >>> X, y = [[0.0], [1.0], [2.0], [3.0]], [0.0, 1.0, 4.0, 9.0]
        >>> model = MLPRegressor(hidden_layer_sizes=(8,), activation="tanh", solver="lbfgs", alpha=0.0, random_state=0)
        >>> [round(number) for number in model.fit(X, y).predict(X).tolist()]
        [0, 1, 4, 9]
    """

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
            raise ShapeError(f"y_val of {plural(self._width(y), 'column')}", f"{self.n_outputs_}, as y")
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
