"""What each argument of the estimators may be, in the words of scikit-learn's validation."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.utils._param_validation import Interval, Options, StrOptions

from clearprop.nn import ACTIVATIONS, Loss, Schedule

SOLVERS = ("lbfgs", "sgd", "adam")
POLICIES = ("constant", "invscaling", "adaptive")

SHARED: dict[str, Any] = {
    "hidden_layer_sizes": ["array-like", Interval(Integral, 1, None, closed="left")],
    "activation": [StrOptions({*ACTIVATIONS, "logistic"}), "array-like", callable],
    "solver": [StrOptions(set(SOLVERS))],
    "alpha": [Interval(Real, 0, None, closed="left")],
    "batch_size": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
    "learning_rate": [StrOptions(set(POLICIES)), Schedule],
    "learning_rate_init": [Interval(Real, 0, None, closed="neither")],
    "power_t": [Interval(Real, 0, None, closed="left")],
    "max_iter": [Interval(Integral, 1, None, closed="left")],
    "shuffle": ["boolean"],
    "random_state": ["random_state"],
    "tol": [Interval(Real, 0, None, closed="left")],
    "verbose": ["verbose"],
    "warm_start": ["boolean"],
    "momentum": [Interval(Real, 0, 1, closed="both")],
    "nesterovs_momentum": ["boolean"],
    "early_stopping": ["boolean"],
    "validation_fraction": [Interval(Real, 0, 1, closed="left")],
    "beta_1": [Interval(Real, 0, 1, closed="left")],
    "beta_2": [Interval(Real, 0, 1, closed="left")],
    "epsilon": [Interval(Real, 0, None, closed="neither")],
    "n_iter_no_change": [Interval(Integral, 1, None, closed="left"), Options(Real, {np.inf})],
    "max_fun": [Interval(Integral, 1, None, closed="left")],
    # beyond scikit-learn's
    "dropout": [Interval(Real, 0, 1, closed="left"), "array-like", Schedule],
    "norm": [StrOptions({"batch", "layer"}), None],
    "weight_decay": [Interval(Real, 0, None, closed="left")],
    "scoring": [str, callable, None],
    "callbacks": [list, tuple, callable, None],
    "dtype": [StrOptions({"float32", "float64"}), None],
    "n_threads": [Interval(Integral, 1, None, closed="left"), None],
}
CLASSIFIER: dict[str, Any] = {
    **SHARED,
    "loss": [StrOptions({"log_loss", "focal"}), Loss],
    "class_weight": [dict, list, StrOptions({"balanced"}), None],
}
REGRESSOR: dict[str, Any] = {
    **SHARED,
    "loss": [StrOptions({"squared_error", "poisson", "absolute_error", "huber", "quantile"}), Loss],
}
