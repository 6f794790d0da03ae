"""`MLPClassifier`."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from sklearn.base import ClassifierMixin, _fit_context
from sklearn.metrics import accuracy_score
from sklearn.preprocessing import LabelBinarizer
from sklearn.utils import column_or_1d
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import _check_partial_fit_first_call, type_of_target, unique_labels
from sklearn.utils.validation import check_array, check_consistent_length, check_is_fitted, validate_data

from clearprop import nn
from clearprop.arrays import Array
from clearprop.errors import InvalidValueError
from clearprop.estimators.mlp.base import BaseMLP
from clearprop.estimators.mlp.constraints import CLASSIFIER
from clearprop.estimators.mlp.structure import Structure
from clearprop.nn import TargetForm


class MLPClassifier(ClassifierMixin, BaseMLP):  # type: ignore[misc]
    """A multi-layer perceptron that classifies: scikit-learn's, on clearprop's machine.

    The arguments up to `max_fun` are those of `sklearn.neural_network.MLPClassifier`, their defaults and meanings, too.
    While those behind them have their defaults, the numbers are scikit-learn's up to rounding.

    Args:
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
        loss: "log_loss", "focal", or an object such as `cp.CrossEntropy(label_smoothing=0.1)`.
        class_weight: {class: weight} or "balanced".
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
        n_layers_, n_outputs_, out_activation_, n_features_in_, feature_names_in_, classes_: what was fitted.
        net_: the `Network` behind it, with the weights of now.

    Raises:
        ValueError: by `fit`, for arguments and data that do not fit, and for a training that diverges.

    Example:
        >>> X, y = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], ["no", "yes", "yes", "no"]
        >>> model = MLPClassifier((8,), "tanh", solver="lbfgs", random_state=0).fit(X, y)
        >>> model.predict(X).tolist()
        ['no', 'yes', 'yes', 'no']
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = CLASSIFIER

    def __init__(
        self,
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
        loss: Any = "log_loss",
        class_weight: Any = None,
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
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None, classes: Any = None) -> Any:
        """One more epoch over these rows.

        Args:
            X: (n_samples, n_features) numbers, dense or sparse.
            y: (n_samples,) labels, or (n_samples, n_classes) for several labels at once.
            sample_weight: (n_samples,) weights.
            classes: all labels that will ever come; needed in the first call.

        Returns:
            The estimator.
        """
        if _check_partial_fit_first_call(self, classes):
            self._label_binarizer = LabelBinarizer()
            self._label_binarizer.fit(y if type_of_target(y).startswith("multilabel") else classes)
        return self._fit(X, y, sample_weight, incremental=True)

    def predict(self, X: Any) -> Array:
        """The class of each row, or for several labels 0 and 1 of each."""
        check_is_fitted(self)
        return self._predict(X)

    def predict_proba(self, X: Any) -> Array:
        """The probability of each class, (n_samples, n_classes), in the order of `classes_`."""
        check_is_fitted(self)
        p = self._forward_pass_fast(X)
        return np.column_stack([1 - p[:, 0], p[:, 0]]) if self.n_outputs_ == 1 else p

    def predict_log_proba(self, X: Any) -> Array:
        """The logarithm of `predict_proba`."""
        p = self.predict_proba(X)
        return np.log(p, out=p)

    def _predict(self, X: Any, check_input: bool = True) -> Array:
        p = self._forward_pass_fast(X, check_input)
        found: Array = self._label_binarizer.inverse_transform(p.ravel() if self.n_outputs_ == 1 else p)
        return found

    def _score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        return float(accuracy_score(y, self._predict(X, check_input=False), sample_weight=sample_weight))

    def _validate_input(self, X: Any, y: Any, incremental: bool, reset: bool) -> tuple[Any, Array]:
        X, y = validate_data(
            self,
            X,
            y,
            accept_sparse=["csr", "csc"],
            multi_output=True,
            dtype=(np.float64, np.float32),
            reset=reset,
        )
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        if not hasattr(self, "classes_") or (not self.warm_start and not incremental):
            self._label_binarizer = LabelBinarizer()
            self._label_binarizer.fit(y)
            self.classes_ = self._label_binarizer.classes_
        else:
            self._check_classes(unique_labels(y))
        return X, y

    def _check_classes(self, classes: Array) -> None:
        """Refuse labels that are not those of before, in scikit-learn's words."""
        if self.warm_start and set(classes) != set(self.classes_):
            raise InvalidValueError(
                "warm_start can only be used where `y` has the same classes as in the previous call to fit. "
                f"Previously got {self.classes_}, `y` has {classes}"
            )
        if not self.warm_start and len(np.setdiff1d(classes, self.classes_, assume_unique=True)):
            raise InvalidValueError(
                f"`y` has classes not in `self.classes_`. `self.classes_` has {self.classes_}. 'y' has {classes}."
            )

    def _checked_validation_targets(self, y: Any, X: Any) -> Array:
        y = check_array(y, ensure_2d=False, dtype=None, accept_sparse="csr", input_name="y_val")
        check_consistent_length(X, y)
        unknown = np.setdiff1d(unique_labels(y), self.classes_)
        if len(unknown):
            raise InvalidValueError(f"class {unknown.tolist()[0]!r} in y_val", f"classes of y: {self.classes_}")
        checked: Array = y
        return checked

    def _with_class_weight(self, sample_weight: Array | None, y: Array) -> Array | None:
        if self.class_weight is None:
            return sample_weight
        of_class = compute_sample_weight(self.class_weight, y)
        both: Array = of_class if sample_weight is None else sample_weight * of_class
        return both

    def _width(self, y: Array) -> int:
        return 1 if self._label_binarizer.y_type_ == "binary" else len(self.classes_)

    def _targets(self, y: Array, dtype: Any) -> tuple[Array, TargetForm]:
        """Integer labels for softmax; 0 and 1 of each output for sigmoid."""
        if self._label_binarizer.y_type_ == "multiclass":
            return np.searchsorted(self.classes_, y).astype(np.int64), "labels"
        return np.ascontiguousarray(self._label_binarizer.transform(y), dtype), "rows"

    def _stratum(self, y: Array) -> Array | None:
        """What scikit-learn stratifies by: True and False where there is one output, else nothing."""
        stratum: Array | None = self._label_binarizer.transform(y).astype(bool) if self.n_outputs_ == 1 else None
        return stratum

    def _output_activation(self) -> str:
        return "softmax" if self._label_binarizer.y_type_ == "multiclass" else "logistic"

    def _loss(self, outputs: int) -> nn.Loss:
        if isinstance(self.loss, nn.Loss):
            wanted = "softmax" if self.out_activation_ == "softmax" else "sigmoid"
            if self.loss.output != wanted:
                raise InvalidValueError(
                    f"loss {self.loss!r}", f"one for outputs of {wanted}, such as 'log_loss' or 'focal'"
                )
            return self.loss
        if self.loss == "focal":
            return nn.Focal() if self.out_activation_ == "softmax" else nn.BinaryFocal()
        if self.out_activation_ == "softmax":
            return nn.CrossEntropy()
        return nn.BinaryCrossEntropies() if outputs > 1 else nn.BinaryCrossEntropy()

    def _loss_outputs(self, structure: Structure) -> int:
        return 1

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags
