"""scikit-learn's multi-layer perceptrons on clearprop's engine: the same arguments, the same numbers, and more."""

try:
    from clearprop.estimators.mlp.classifier import MLPClassifier
    from clearprop.estimators.mlp.regressor import MLPRegressor
except ImportError as error:
    if (error.name or "").split(".")[0] not in ("sklearn", "scipy", "joblib"):
        raise
    from clearprop.estimators.missing import MLPClassifier, MLPRegressor  # type: ignore[assignment]

__all__ = ["MLPClassifier", "MLPRegressor"]
