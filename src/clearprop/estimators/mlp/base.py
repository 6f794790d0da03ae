"""What the two estimators share: arguments, the course of a fit, predictions."""

from __future__ import annotations

import warnings
from typing import Any, ClassVar

import numpy as np
import scipy  # type: ignore[import-untyped]
from scipy import sparse
from sklearn.base import BaseEstimator, _fit_context, is_classifier
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state
from sklearn.utils.optimize import _check_optimize_result
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from clearprop.arrays import Array
from clearprop.errors import InvalidValueError
from clearprop.estimators.mlp.course import NOT_FINITE, Course, Watcher
from clearprop.estimators.mlp.lbfgs import LossAndGradient, minimised
from clearprop.estimators.mlp.objective import Objective
from clearprop.estimators.mlp.optimizers import HatAdam, Velocity
from clearprop.estimators.mlp.stochastic import DivergedError, Rows, Stochastic, Training
from clearprop.estimators.mlp.structure import Structure, hidden_widths, per_layer
from clearprop.estimators.mlp.weights import Predictions, named, run_of, take_over
from clearprop.execute import default_executor
from clearprop.network import Network
from clearprop.nn import Schedule
from clearprop.train import Optimizer

STOCHASTIC = ("sgd", "adam")
OUTPUTS = {"logistic": "sigmoid"}  # scikit-learn's names of output activations that have another one here
OLD_SCIPY = tuple(map(int, scipy.__version__.split(".")[:2])) < (1, 15)  # which prints if it is asked to
DENSE_NUMBERS = 32_000_000  # of a sparse matrix that is made dense as a whole; of larger ones a few batches at a time


class BaseMLP(BaseEstimator):  # type: ignore[misc]
    """Arguments, the course of a fit, predictions; see `MLPClassifier` and `MLPRegressor`."""

    _parameter_constraints: ClassVar[dict[str, Any]]

    def _keep(self, arguments: dict[str, Any]) -> None:
        """Set every argument of `__init__` as an attribute, as it was given."""
        for name in self._get_param_names():
            setattr(self, name, arguments[name])

    # --- the course of a fit

    @_fit_context(prefer_skip_nested_validation=True)  # type: ignore[untyped-decorator]
    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        *,
        X_val: Any = None,
        y_val: Any = None,
        sample_weight_val: Any = None,
    ) -> Any:
        """Learn from a table.

        Args:
            X: (n_samples, n_features) numbers, dense or sparse.
            y: (n_samples,) or (n_samples, n_outputs) targets.
            sample_weight: (n_samples,) weights. The loss of a batch is Σ wᵢℓᵢ/Σw over its rows, as scikit-learn has it;
                `Network` divides by the number of rows instead.
            X_val, y_val, sample_weight_val: rows to validate on; `early_stopping` then holds none of X out.

        Returns:
            The estimator.

        Raises:
            ValueError: for arguments or data that do not fit, or if the training ends in numbers that are not finite.
        """
        return self._fit(X, y, sample_weight, (X_val, y_val, sample_weight_val))

    def _fit(self, X: Any, y: Any, sample_weight: Any, given: tuple[Any, ...] = (), incremental: bool = False) -> Any:
        self._check_together(given)
        first_pass = not hasattr(self, "coefs_") or (not self.warm_start and not incremental)
        hidden = hidden_widths(self.hidden_layer_sizes)
        X, y = self._validate_input(X, y, incremental, reset=first_pass)
        if sample_weight is not None:
            sample_weight = _check_sample_weight(sample_weight, X, ensure_non_negative=True)
        sample_weight = self._with_class_weight(sample_weight, y)
        self.n_outputs_ = self._width(y)
        widths = (X.shape[1], *hidden, self.n_outputs_)
        self._random_state = check_random_state(self.random_state)
        self._predictions = Predictions()
        if first_pass:
            self._initialize(widths, X.dtype)
        structure = self._structure()
        if structure.widths != widths:
            raise InvalidValueError(
                f"layers of {list(widths)} units", f"{list(structure.widths)}, as they were fitted", "warm_start=False"
            )
        if self.solver == "lbfgs":
            self._fit_lbfgs(structure, self._rows(X, y, sample_weight, np.float64))
        else:
            self._fit_stochastic(structure, X, y, sample_weight, self._given_held_out(X.dtype, *given), incremental)
        if not all(np.isfinite(w).all() for w in (*self.coefs_, *self.intercepts_)):
            raise DivergedError(NOT_FINITE)
        return self

    def _check_together(self, given: tuple[Any, ...]) -> None:
        """Refuse arguments beyond scikit-learn's that would be set aside in silence."""
        if self.scoring is not None and not self.early_stopping:
            raise InvalidValueError(f"scoring={self.scoring!r} without early stopping", "early_stopping=True")
        schedule = self.learning_rate if isinstance(self.learning_rate, Schedule) else None
        if schedule is not None and schedule.on_plateau is not None:
            raise InvalidValueError(f"learning_rate={schedule!r}", "another schedule", "learning_rate='adaptive'")
        if self.solver != "lbfgs":
            return
        asked = {
            "dropout": np.any([rate != 0 for rate in np.ravel(np.array(self.dropout, object))]),
            "norm": self.norm == "batch",  # its running means would not follow
            "weight_decay": self.weight_decay,
            "learning_rate": schedule is not None,
            "callbacks": self.callbacks is not None,
            "scoring": self.scoring is not None,
            "X_val": any(part is not None for part in given),
        }
        for name in (name for name, value in asked.items() if value):
            raise InvalidValueError(f"{name} with solver='lbfgs', which takes no steps over batches", "adam or sgd")

    def _initialize(self, widths: tuple[int, ...], dtype: Any) -> None:
        """Draw the weights, and set what a fit counts to nothing."""
        self.n_iter_, self.t_, self.n_layers_ = 0, 0, len(widths)
        self.out_activation_ = self._output_activation()
        dtype = np.dtype(self.dtype or dtype)
        self.coefs_, self.intercepts_ = self._structure(widths).weights(self._random_state, dtype)
        self._others: dict[str, Array] = {}  # what layers have beside W and b, as normalisations do
        self._optimizer: Stochastic | None = None
        self._no_improvement_count = 0
        self._best = dict(self._arrays())
        self.validation_loss_curve_: list[float] | None = None
        if self.solver in STOCHASTIC:
            self.loss_curve_: list[float] = []
            self.validation_scores_: list[float] | None = [] if self.early_stopping else None
            self.best_validation_score_: float | None = -np.inf if self.early_stopping else None
            self.best_loss_: float | None = None if self.early_stopping else np.inf

    def _structure(self, widths: tuple[int, ...] | None = None) -> Structure:
        """The network as it is asked for; of what is fitted, the widths are those of `coefs_`."""
        if widths is None:
            widths = (self.coefs_[0].shape[0], *(np.shape(W)[1] for W in self.coefs_))
        count = len(widths) - 2
        return Structure(
            widths,
            per_layer("activation", self.activation, count),
            OUTPUTS.get(self.out_activation_, self.out_activation_),
            self._loss(widths[-1]),
            float(self.alpha),
            per_layer("dropout", self.dropout, count),
            self.norm,
        )

    def _arrays(self) -> dict[str, Array]:
        """All that the network has, by the names that it has there."""
        return named(self.coefs_, self.intercepts_) | getattr(self, "_others", {})

    def _take(self, parameters: dict[str, Array]) -> None:
        """Let these arrays be the fitted ones."""
        layers = range(1, self.n_layers_)
        self.coefs_ = [parameters[f"W{i}"] for i in layers]
        self.intercepts_ = [parameters[f"b{i}"] for i in layers]
        own = {f"{letter}{i}" for letter in "Wb" for i in layers}
        self._others = {name: array for name, array in parameters.items() if name not in own}

    def _rows(self, X: Any, y: Array, w: Array | None, dtype: Any) -> Rows:
        """Rows as the graph has them."""
        if sparse.issparse(X):
            X = X.tocsr().astype(dtype, copy=False)
            X = X.toarray() if X.shape[0] * X.shape[1] <= DENSE_NUMBERS or self.solver == "lbfgs" else X
        else:
            X = np.ascontiguousarray(X, dtype)
        targets, form = self._targets(y, dtype)
        return Rows(X, targets, form, None if w is None else np.ascontiguousarray(w, dtype))

    def _given_held_out(self, dtype: Any, X: Any = None, y: Any = None, w: Any = None) -> tuple[Any, Any, Any] | None:
        """Rows to validate on that were given to `fit`, checked; None if there are none."""
        if X is None and y is None:
            if w is not None:
                raise InvalidValueError("sample_weight_val without X_val and y_val", "all three")
            return None
        if X is None or y is None:
            raise InvalidValueError("one of X_val and y_val", "both of them, or none")
        X = validate_data(self, X, accept_sparse=["csr", "csc"], dtype=(np.float64, np.float32), reset=False)
        y = self._checked_validation_targets(y, X)
        return X, y, None if w is None else _check_sample_weight(w, X, ensure_non_negative=True)

    # --- solvers

    def _fit_lbfgs(self, structure: Structure, rows: Rows) -> None:
        self._batch_rows = len(rows)
        function = self._loss_and_gradient(structure, rows)
        iprint = {"iprint": 1 if self.verbose is True or self.verbose >= 1 else -1} if OLD_SCIPY else {}
        found = minimised(
            function,
            function.packed(self._arrays()),
            maxfun=self.max_fun,
            maxiter=self.max_iter,
            gtol=self.tol,
            **iprint,
        )
        self.n_iter_ = _check_optimize_result("lbfgs", found, self.max_iter)
        self._take({**self._arrays(), **function.parts(found.x)})
        self.loss_ = function.reported(found.x)

    def _loss_and_gradient(self, structure: Structure, rows: Rows) -> LossAndGradient:
        names = list(named(self.coefs_, self.intercepts_))
        executor = default_executor(self.n_threads)
        return LossAndGradient(structure.objective, rows, names, executor, self._loss_outputs(structure))

    def _loss_grad_lbfgs(self, packed: Array, X: Any, y: Any, sample_weight: Any = None, *lists: Any) -> Any:
        """The loss and its packed gradient, as scikit-learn's private method of this name; its lists are not needed."""
        targets = np.ascontiguousarray(y, np.float64)
        function = self._loss_and_gradient(self._structure(), Rows(X, targets, "rows", sample_weight))
        return function.reported(packed), function(packed)[1]

    def _fit_stochastic(
        self, structure: Structure, X: Any, y: Array, w: Array | None, held_out: Any, incremental: bool
    ) -> None:
        if self.early_stopping and incremental:
            raise InvalidValueError("partial_fit does not support early_stopping=True", None, "early_stopping=False")
        if self.early_stopping and held_out is None:
            X, y, w, held_out = self._split(X, y, w)
        dtype = self.coefs_[0].dtype if self.coefs_[0].dtype.kind == "f" else np.dtype(np.float64)
        name, executor = ("f32" if dtype == np.float32 else "f64"), default_executor(self.n_threads)
        solver = self._solver(structure.objective, name, incremental)
        rows = self._rows(X, y, w, dtype)
        self._batch_rows = self._batch_size(len(rows))
        training = Training(
            structure.objective,
            solver,
            rows,
            self._batch_rows,
            _Orders(len(rows), self._random_state) if self.shuffle else None,
            1 if incremental else self.max_iter,
            executor,
            name,
            seed=0 if structure.is_certain else int(self._random_state.randint(2**31 - 1)),
            loss_outputs=self._loss_outputs(structure),
        )
        self._take(solver.run.parameters)
        watcher = None
        if held_out is not None:
            watcher = Watcher(
                self,
                structure.objective,
                self._rows(held_out[0], held_out[1], held_out[2], dtype),
                held_out,
                executor,
                name,
            )
        course = Course(self, training, watcher, incremental)
        try:
            course.follow()
        finally:
            training.session.free_buffers()

    def _solver(self, objective: Objective, dtype: str, incremental: bool) -> Stochastic:
        """The optimizer: that of the call before for partial_fit, else a new one."""
        before: Stochastic | None = getattr(self, "_optimizer", None)
        if incremental and before is not None:
            take_over(before.run, self._arrays())
            return before
        λ = float(self.weight_decay)
        if self.solver == "adam":
            rule: Optimizer = HatAdam(1.0, self.beta_1, self.beta_2, self.epsilon, weight_decay=λ)
        else:
            rule = Velocity(1.0, float(self.momentum), bool(self.nesterovs_momentum), weight_decay=λ)
        policy = self.learning_rate if self.solver == "sgd" or not isinstance(self.learning_rate, str) else "constant"
        run = run_of(objective, self._arrays(), dtype)
        self._optimizer = found = Stochastic(rule, policy, self.learning_rate_init, self.power_t, run)
        return found

    def _batch_size(self, rows: int) -> int:
        if self.batch_size == "auto":
            return min(200, rows)
        if self.batch_size > rows:
            warnings.warn(
                "Got `batch_size` less than 1 or larger than sample size. It is going to be clipped", stacklevel=6
            )
        return int(np.clip(self.batch_size, 1, rows))

    def _split(self, X: Any, y: Array, w: Array | None) -> tuple[Any, Array, Array | None, tuple[Any, Any, Any]]:
        """Training rows, and held-out ones, as scikit-learn draws them: by class where there is one output."""
        stratify = None
        if is_classifier(self) and self.n_outputs_ == 1:  # of two classes; scikit-learn does not stratify by more
            stratify = self._stratum(y)
        arrays = [a for a in (X, y, w) if a is not None]
        parts = train_test_split(
            *arrays, random_state=self._random_state, test_size=self.validation_fraction, stratify=stratify
        )
        train, held = parts[::2], parts[1::2]
        if held[0].shape[0] < 2:
            raise InvalidValueError(
                "The validation set is too small. Increase 'validation_fraction' or the size of your dataset."
            )
        weights = (train[2], held[2]) if w is not None else (None, None)
        return train[0], train[1], weights[0], (held[0], held[1], weights[1])

    # --- predictions

    def _forward_pass_fast(self, X: Any, check_input: bool = True) -> Array:
        """The outputs of the last layer for every row."""
        if check_input:
            X = validate_data(self, X, accept_sparse=["csr", "csc"], reset=False)
        arrays = self._arrays()
        kind = np.result_type(X.dtype, *arrays.values())
        dtype = "f32" if kind in (np.float32, np.float16) else "f64"
        kept = getattr(self, "_predictions", None) or Predictions()
        found = kept.of(lambda: self._structure().objective, arrays, dtype, self.n_threads)
        if not sparse.issparse(X):
            return found(X)
        chunk = max(1, DENSE_NUMBERS // 8 // max(1, X.shape[1]))
        X = X.tocsr()
        return np.concatenate([found(X[i : i + chunk].toarray()) for i in range(0, X.shape[0], chunk)])

    def activations(self, X: Any) -> list[Array]:
        """What every layer gives for these rows: X itself, each hidden layer's a, the output.

        Example:
            >>> est = cp.MLPRegressor(hidden_layer_sizes=3, max_iter=5000, tol=1e-3, random_state=0)
            >>> [a.shape for a in est.fit([[0.0, 1.0], [1.0, 0.0]], [0.0, 1.0]).activations([[0.0, 0.0]])]
            [(1, 2), (1, 3), (1, 1)]
        """
        check_is_fitted(self)
        X = validate_data(self, X, accept_sparse=["csr", "csc"], reset=False)
        X = X.toarray() if sparse.issparse(X) else X
        trace = self.net_.trace(X)
        return [np.asarray(trace.a[i], self.coefs_[0].dtype) for i in range(self.n_layers_)]

    @property
    def net_(self) -> Network:
        """The `Network` of these layers, with the weights of now: to trace, explain, draw, check or save.

        It is a copy: training it leaves the estimator as it is. Its penalty l2 is α over the rows of a batch.
        """
        check_is_fitted(self)
        structure = self._structure()
        arrays = self._arrays()
        dtype = "float32" if self.coefs_[0].dtype == np.float32 else "float64"
        l2 = structure.alpha / getattr(self, "_batch_rows", 1)
        net = Network(structure.widths[0], structure.layers, structure.loss, dtype=dtype, l2=l2)
        net.parameters = {name: arrays[name] for name in net.parameters}
        for name in net.running:
            net.running[name] = arrays[name]
        return net

    # --- what scikit-learn asks

    def _check_solver(self) -> bool:
        if self.solver not in STOCHASTIC:
            raise AttributeError(
                f"partial_fit is only available for stochastic optimizers. {self.solver} is not stochastic."
            )
        return True

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags


class _Orders:
    """The order of the rows in each epoch, as scikit-learn draws it: each shuffles the one before."""

    def __init__(self, rows: int, random: np.random.RandomState) -> None:
        self._order, self._random = np.arange(rows), random

    def __call__(self) -> Array:
        drawn = np.arange(len(self._order))
        self._random.shuffle(drawn)
        self._order = self._order[drawn]
        return self._order
