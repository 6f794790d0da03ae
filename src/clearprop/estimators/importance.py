"""Which inputs a model relies on: the faces of `explain.importance` for networks and for models of tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from clearprop.errors import unknown_name
from clearprop.estimators.scores import scores_of
from clearprop.explain.importance import PermutationImportance
from clearprop.explain.importance import gradient_times_input as of_features
from clearprop.explain.importance import permutation_importance as of_groups
from clearprop.network import Network
from clearprop.table.encoder import TableEncoder
from clearprop.table.target import ClassTarget
from clearprop.train import as_features

if TYPE_CHECKING:
    from clearprop.estimators.table_model import TableModel

Array = NDArray[Any]
LOWER_IS_BETTER = ("log_loss", "rmse", "mae", "pinball", "loss")


def permutation_importance(
    model: TableModel | Network,
    data: Any,
    y: Any = None,
    *,
    metric: str | None = None,
    n_repeats: int = 5,
    seed: int = 0,
) -> PermutationImportance:
    """How far a score falls when one column is shuffled, for every column: what this model relies on.

    Args:
        model: a model of a table, or a network.
        data: a data frame with the target column; for a network its features (N, n_inputs).
        y: the targets, for a network.
        metric: accuracy, R² or (quantiles) R¹ by default; else "log_loss", … for a table, "loss" or "mae", … for a
            network. Where less is better, it is the rise that counts.
        n_repeats: shuffles of each column.
        seed: of the shuffles.

    Returns:
        `names`, `importances_mean` and `importances_std` as in scikit-learn, and `ranked()`.

    Raises:
        ClearpropError: if the data does not fit the model, for an unknown metric, or with fewer than two rows.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> X = rng.normal(size=(200, 2))
        >>> net = cp.Network(2, [cp.Dense(1)], loss="mean_squared_error")
        >>> history = net.fit(X, 3 * X[:, 0], epochs=20, optimizer=cp.Adam(0.1))
        >>> [name for name, mean, std in permutation_importance(net, X, 3 * X[:, 0]).ranked()]
        ['x1', 'x2']
    """
    if not isinstance(model, Network):
        return importance_of_columns(model, *model.arrays(data), metric, n_repeats, seed)
    X = as_features(data, model.architecture.n_inputs, model.dtype)
    kind = model.architecture.checked_loss().target
    chosen = metric or {"numbers": "r2", "several": "loss"}.get(kind, "accuracy")
    sign = -1.0 if chosen in LOWER_IS_BETTER else 1.0

    def score(features: Array) -> float:
        return sign * model.evaluate(features, y, () if chosen == "loss" else chosen)[chosen]

    return of_groups(score, X, {f"x{j + 1}": [j] for j in range(X.shape[1])}, n_repeats=n_repeats, seed=seed)


def importance_of_columns(
    model: TableModel, X: Array, y: Array, metric: str | None, n_repeats: int, seed: int
) -> PermutationImportance:
    """The same of a model of a table, for features X (N, n) and coded targets y (N,)."""
    chosen = metric or default_metric(model)
    sign = -1.0 if chosen in LOWER_IS_BETTER else 1.0

    def score(features: Array) -> float:
        scores = scores_of(model.target, y, model.predictor.predict(features))
        if chosen not in scores:
            raise unknown_name("metric", chosen, list(scores))
        return sign * scores[chosen]

    return of_groups(score, X, feature_groups(model.encoder), n_repeats=n_repeats, seed=seed)


def gradient_times_input(model: TableModel | Network, data: Any, output: int | None = None) -> Array:
    """∂s/∂xⱼ · xⱼ for every sample: what pulled each answer up, and what down, in float64.

    s is the logit of the most probable class, or the number that is predicted; `clearprop.explain.importance` has more.
    The parts of a column's features are added up. They need not add up to s.

    Args:
        model: a model of a table, or a network.
        data: a data frame, or features (N, n_inputs).
        output: which output to explain; needed where there are several that are no probabilities of classes.

    Returns:
        (N, columns) in the order of `model.encoder.columns`; for a network (N, n_inputs).

    Raises:
        ClearpropError: if the data does not fit the model, or it is not said which output.
    """
    if isinstance(model, Network):
        X = as_features(data, model.architecture.n_inputs, "f64")
        return of_features(model.architecture, model.arrays(), X, output)
    parts = of_features(model.network.architecture, model.network.arrays(), model.encoder.transform(data), output)
    return by_column(model.encoder, parts)


def feature_groups(encoder: TableEncoder) -> dict[str, list[int]]:
    """Column → the numbers of its features."""
    groups, start = {}, 0
    for column in encoder.columns:
        groups[column.name] = list(range(start, start := start + len(column.feature_names)))
    return groups


def by_column(encoder: TableEncoder, parts: Array) -> Array:
    """Features (N, n) added up by column, (N, columns)."""
    starts = [features[0] for features in feature_groups(encoder).values()]
    return np.add.reduceat(parts, starts, axis=1)


def default_metric(model: TableModel) -> str:
    """The score that people ask for first."""
    if isinstance(model.target, ClassTarget):
        return "accuracy"
    return "r2" if model.target.quantile is None else "r1"
