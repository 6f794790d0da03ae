"""scikit-learn's MLPClassifier and MLPRegressor, and pipelines of linear steps that end in one."""

from __future__ import annotations

from typing import Any

import numpy as np

from clearprop import nn
from clearprop.errors import InvalidValueError, a_or_an
from clearprop.interop.incoming.sklearn_steps import is_of_sklearn, transformed, write_features
from clearprop.interop.incoming.stack import Imported, Stack

_ACTIVATIONS = {"identity": None, "logistic": "sigmoid", "tanh": "tanh", "relu": "relu"}
_OUTPUTS = {"identity": None, "logistic": "sigmoid", "softmax": "softmax", "exp": "exp"}
_INSIDE = {  # estimators around one: where it stands
    **dict.fromkeys(
        ("GridSearchCV", "RandomizedSearchCV", "HalvingGridSearchCV", "HalvingRandomSearchCV"),
        "what a search found is its best_estimator_",
    ),
    "TransformedTargetRegressor": "its regressor_ answers on the scale of the transformed target",
}


def sklearn_network(model: Any, loss: Any = None) -> Imported:
    """What a fitted estimator computes, as a network.

    Raises:
        InvalidValueError: for a step that is not known, by its name, or not fitted.
    """
    steps = [*model.steps] if is_of_sklearn(model, "Pipeline") else [("model", model)]
    stack = Stack("the estimator")
    preprocessing = [(name, step) for name, step in steps[:-1] if step is not None]
    if preprocessing:
        write_features(transformed(preprocessing, n_features(model)), stack)
    _network(steps[-1][1], steps[-1][0], stack)
    if loss is None:
        loss = _loss(steps[-1][1])
    return stack.imported(loss, _dtype(steps[-1][1]))


def n_features(model: Any) -> int:
    """How many columns a fitted estimator takes."""
    try:
        return int(model.n_features_in_)
    except AttributeError:  # what a step answers that is not fitted, or has no columns
        raise InvalidValueError(f"{a_or_an(type(model).__name__)} that is not fitted", "a fitted one") from None


def _dtype(mlp: Any) -> str:
    return "f32" if mlp.coefs_[0].dtype == np.float32 else "f64"


def _network(mlp: Any, name: str, stack: Stack) -> None:
    if not is_of_sklearn(mlp, "MLPClassifier", "MLPRegressor"):
        wanted, hint = "MLPClassifier or MLPRegressor as the last", _INSIDE.get(type(mlp).__name__)
        raise InvalidValueError(f"step {name!r} is {a_or_an(type(mlp).__name__)}", wanted, hint)
    if not hasattr(mlp, "coefs_"):
        raise InvalidValueError(f"step {name!r}, {a_or_an(type(mlp).__name__)} that is not fitted", "a fitted one")
    if mlp.activation not in _ACTIVATIONS or mlp.out_activation_ not in _OUTPUTS:
        found = f"{mlp.activation} and {mlp.out_activation_}"
        raise InvalidValueError(f"activations {found} of {name!r}", ", ".join([*_ACTIVATIONS, "softmax"]))
    last = len(mlp.coefs_) - 1
    for i, (W, b) in enumerate(zip(mlp.coefs_, mlp.intercepts_, strict=True)):
        stack.dense(np.asarray(W), np.asarray(b), f"layer {i + 1} of {name!r}")
        given = _OUTPUTS[mlp.out_activation_] if i == last else _ACTIVATIONS[mlp.activation]
        if given is not None:
            stack.activation(given)


def _loss(mlp: Any) -> Any:
    match mlp.out_activation_:
        case "softmax":
            return nn.CrossEntropy()
        case "logistic":
            return nn.BinaryCrossEntropies() if mlp.n_outputs_ > 1 else nn.BinaryCrossEntropy()
        case "exp":
            return nn.Poisson()
    return nn.SquaredError()
