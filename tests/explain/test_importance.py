"""Which inputs matter: against scikit-learn, hand arithmetic, finite differences and the complex step."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.inspection import permutation_importance as of_sklearn

import clearprop as cp
from clearprop.errors import InvalidValueError, ShapeError
from clearprop.explain.importance import gradient_times_input, permutation_importance

rng = np.random.default_rng(0)
X = rng.normal(size=(60, 3))
BETA = np.array([2.0, -1.0, 0.0])
Y = X @ BETA


def minus_mean_square(features):
    return -np.mean((features @ BETA - Y) ** 2)


# --- permutation importance


def test_the_expected_rise_of_a_linear_models_loss():
    """E (βx_π(i) − βxᵢ)² over all π is 2β² Var x: every pair (i, π(i)) is as likely as every other."""
    found = permutation_importance(minus_mean_square, X, {"a": [0], "b": [1], "c": [2]}, n_repeats=2000)
    expected = 2 * BETA**2 * X.var(axis=0)
    error = found.importances_std / np.sqrt(2000)
    assert found.score == 0.0
    assert (np.abs(found.importances_mean - expected) <= 4 * error).all()
    assert found.importances_mean[2] == 0.0
    assert [name for name, *_ in found.ranked()] == ["a", "b", "c"]


def test_mean_and_spread_are_scikit_learns():
    class Linear(RegressorMixin, BaseEstimator):
        def fit(self, X, y):
            return self

        def predict(self, X):
            return X @ BETA

        def __sklearn_is_fitted__(self):
            return True

    def r2(features):
        return 1 - np.mean((features @ BETA - Y) ** 2) / np.var(Y)

    theirs = of_sklearn(Linear(), X, Y, n_repeats=1000, random_state=0)
    ours = permutation_importance(r2, X, {"a": [0], "b": [1], "c": [2]}, n_repeats=1000)
    assert ours.importances.shape == theirs.importances.shape
    error = theirs.importances_std / np.sqrt(1000)
    np.testing.assert_array_less(np.abs(ours.importances_mean - theirs.importances_mean), 6 * error + 1e-12)
    np.testing.assert_allclose(ours.importances_std, theirs.importances_std, rtol=0.15, atol=1e-12)


def test_a_group_is_shuffled_together_and_nothing_else_is_touched():
    seen = []

    def score(features):
        seen.append(features.copy())
        return 0.0

    permutation_importance(score, X, {"pair": [0, 2], "one": [1]}, n_repeats=3, seed=4)
    assert len(seen) == 1 + 2 * 3
    np.testing.assert_array_equal(seen[0], X)
    for i, features in enumerate(seen[1:]):
        shuffled, kept = ([0, 2], [1]) if i < 3 else ([1], [0, 2])
        np.testing.assert_array_equal(features[:, kept], X[:, kept])
        assert not np.array_equal(features[:, shuffled], X[:, shuffled])
        assert sorted(map(tuple, features[:, shuffled])) == sorted(map(tuple, X[:, shuffled]))


def test_the_same_seed_gives_the_same_numbers_and_another_others():
    def importances(seed):
        return permutation_importance(minus_mean_square, X, {"a": [0]}, seed=seed).importances

    np.testing.assert_array_equal(importances(1), importances(1))
    assert not np.array_equal(importances(1), importances(2))


def test_equal_columns_have_equal_importances():
    twins = np.column_stack([X[:, 0], X[:, 0]])
    found = permutation_importance(lambda x: -np.mean((x.sum(1) - twins.sum(1)) ** 2), twins, {"a": [0], "b": [1]})
    np.testing.assert_array_equal(found.importances[0], found.importances[1])


@pytest.mark.parametrize(("rows", "groups"), [(1, {"a": [0]}), (5, {})])
def test_nothing_to_shuffle(rows, groups):
    with pytest.raises(InvalidValueError, match="two rows and one column"):
        permutation_importance(minus_mean_square, X[:rows], groups)


# --- gradient × input


def explained(net, features, **options):
    return gradient_times_input(net.architecture, net.arrays(), features, **options)


def test_of_a_linear_model_it_is_the_weight_times_the_input():
    net = cp.Network(3, [cp.Dense(1)], dtype="float64")
    net.parameters["W1"] = BETA[:, None]
    np.testing.assert_allclose(explained(net, X), X * BETA, rtol=1e-14)


def test_of_a_sigmoid_it_speaks_for_the_class_that_is_answered():
    net = cp.Network(3, [cp.Dense(1, "sigmoid")], loss="binary_cross_entropy", dtype="float64")
    sign = np.where(net.predict(X) >= 0.5, 1, -1)
    assert set(sign.ravel()) == {1, -1}
    np.testing.assert_allclose(explained(net, X), sign * X * net.parameters["W1"][:, 0], rtol=1e-14)


@pytest.mark.parametrize("activation", ["tanh", "sigmoid"])
def test_of_a_softmax_it_is_the_logits_slope_by_the_complex_step(activation):
    layers = [cp.Dense(5, activation), cp.Dense(4, "softmax")]
    net = cp.Network(3, layers, loss="cross_entropy", dtype="float64", seed=3)
    W1, b1, W2, b2 = (net.parameters[name] for name in ("W1", "b1", "W2", "b2"))
    f = np.tanh if activation == "tanh" else (lambda z: 1 / (1 + np.exp(-z)))
    found, k = explained(net, X), net.predict(X).argmax(axis=1)
    assert len(set(k)) > 1
    for j in range(3):
        stepped = X.astype(complex)
        stepped[:, j] += 1e-30j
        z2 = f(stepped @ W1 + b1) @ W2 + b2
        slope = z2[np.arange(len(X)), k].imag / 1e-30
        np.testing.assert_allclose(found[:, j], slope * X[:, j], rtol=1e-12, atol=1e-15)


def test_of_a_deep_network_with_normalisation_it_is_the_difference_quotient():
    layers = [cp.Dense(6), cp.BatchNorm(), cp.Activation("silu"), cp.Dense(4, "gelu"), cp.Dense(2)]
    net = cp.Network(3, layers, loss="mean_squared_error", dtype="float64")
    net.fit(X, np.stack([Y, Y**2], 1), epochs=2)
    for output in (0, 1):
        found = explained(net, X, output=output)
        for j in range(3):
            step = np.eye(3)[j] * 1e-5
            slope = (net.predict(X + step) - net.predict(X - step))[:, output] / 2e-5
            np.testing.assert_allclose(found[:, j], slope * X[:, j], rtol=1e-6, atol=1e-8)


def test_a_network_of_single_precision_is_explained_in_double():
    net = cp.Network(3, [cp.Dense(4, "relu"), cp.Dense(2, "softmax")], loss="cross_entropy")
    assert explained(net, X.astype(np.float32)).dtype == np.float64


def test_an_input_that_no_output_depends_on():
    net = cp.Network(3, [cp.Activation(lambda x: cp.zeros_like(x)), cp.Dense(1)])
    np.testing.assert_array_equal(explained(net, X), np.zeros_like(X))


def test_what_cannot_be_explained():
    net = cp.Network(3, [cp.Dense(2)], loss="mean_squared_error")
    with pytest.raises(InvalidValueError, match="which of 2 outputs"):
        explained(net, X)
    with pytest.raises(InvalidValueError, match="output 2; expected 0 to 1"):
        explained(net, X, output=2)
    with pytest.raises(ShapeError):
        explained(net, X[:, :2], output=0)


@pytest.mark.parametrize(
    ("output", "loss"),
    [(cp.Dense(1, "sigmoid"), "binary_cross_entropy"), (cp.Dense(3, "softmax"), "cross_entropy"), (cp.Dense(1), "mse")],
)
def test_of_members_the_odds_of_their_mean_are_explained(output, loss):
    """ln p/(1 − p) of the answered class, by differences; of numbers the mean itself."""
    X = np.random.default_rng(0).normal(size=(20, 3))
    nets = [cp.Network(3, [cp.Dense(8, "tanh"), output], loss, seed=seed, dtype="float64") for seed in range(3)]
    mean = cp.ensemble_of(nets)
    p = mean.predict(X)
    answered = p.argmax(1)

    def score(X):
        a = np.mean([net.predict(X) for net in nets], axis=0)
        if loss == "mse":
            return a[:, 0]
        odds = np.log(a / (1 - a))
        return np.where(p >= 0.5, odds, -odds)[:, 0] if a.shape[1] == 1 else odds[np.arange(20), answered]

    h = 1e-5 * np.eye(3)
    slopes = np.stack([(score(X + h[j]) - score(X - h[j])) / 2e-5 for j in range(3)], axis=1)
    np.testing.assert_allclose(gradient_times_input(mean.architecture, mean.arrays(), X), slopes * X, atol=1e-8)
