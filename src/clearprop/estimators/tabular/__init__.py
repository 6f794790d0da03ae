"""Models of tables with scikit-learn's interface: any data frame in, nothing to prepare."""

try:
    from clearprop.estimators.tabular.classifier import TabularClassifier
    from clearprop.estimators.tabular.regressor import TabularRegressor
except ImportError as error:
    if (error.name or "").split(".")[0] not in ("sklearn", "scipy", "joblib"):
        raise
    from clearprop.estimators.missing import TabularClassifier, TabularRegressor  # type: ignore[assignment]

__all__ = ["TabularClassifier", "TabularRegressor"]
