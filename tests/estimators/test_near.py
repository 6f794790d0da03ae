"""Kernel ridge regression and what it answers to rows that were held out, against scikit-learn and against refits."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from sklearn.kernel_ridge import KernelRidge
from threadpoolctl import threadpool_limits

from clearprop.estimators import near

rng = np.random.default_rng(0)


def table(n, m, k, seed=0):
    draw = np.random.default_rng(seed)
    Z = draw.normal(size=(n, m))
    Y = np.stack([np.sin(2 * Z[:, 0] + j) for j in range(k)], axis=1) + 0.1 * draw.normal(size=(n, k))
    return Z, Y - Y.mean(axis=0), draw.integers(0, 4, n)


def alone(Z, Y, width, penalty, weights=None):
    """The α of scikit-learn, whose penalty is of a weighted loss."""
    K = near.kernel(near.squares(Z), width)
    if weights is None:
        return KernelRidge(alpha=penalty, kernel="precomputed").fit(K, Y).dual_coef_
    return np.linalg.solve(K + penalty * np.diag(1 / weights), Y)


@settings(max_examples=15)
@given(n=st.integers(20, 90), m=st.integers(1, 5), k=st.integers(1, 3), weighted=st.booleans(), seed=st.integers(0, 99))
def test_what_is_held_out_is_answered_as_by_a_machine_that_never_saw_it(n, m, k, weighted, seed):
    Z, Y, folds = table(n, m, k, seed)
    weights = np.random.default_rng(seed).uniform(0.2, 3, n) if weighted else None
    found = near.machine_on(Z, Y, folds, weights)
    w = None if weights is None else weights / weights.mean()
    np.testing.assert_allclose(found.alpha, alone(Z, Y, found.width, found.penalty, w), rtol=1e-6, atol=1e-8)
    K = near.kernel(near.squares(Z), found.width)
    for fold in range(4):
        rest, out = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        alpha = alone(Z[rest], Y[rest], found.width, found.penalty, None if w is None else w[rest])
        np.testing.assert_allclose(found.held_out[out], K[np.ix_(out, rest)] @ alpha, rtol=0, atol=1e-7)


def test_rows_of_no_fold_are_learned_by_all_and_held_out_by_none():
    Z, Y, folds = table(60, 2, 1)
    folds[:20] = -1
    found = near.machine_on(Z, Y, folds)
    assert np.isnan(found.held_out[:20]).all()
    assert np.isfinite(found.held_out[20:]).all()


def test_width_and_penalty_are_those_of_the_least_error_on_what_is_held_out():
    Z, Y, folds = table(80, 2, 1)
    found = near.machine_on(Z, Y, folds)
    median = np.sqrt(np.median(near.squares(Z)))
    errors = {}
    for width in near.WIDTHS:
        K = near.kernel(near.squares(Z), width * median)
        for penalty in near.PENALTIES:
            off = 0.0
            for fold in range(4):
                rest, out = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
                alpha = np.linalg.solve(K[np.ix_(rest, rest)] + penalty * np.eye(len(rest)), Y[rest])
                off += float(((K[np.ix_(out, rest)] @ alpha - Y[out]) ** 2).sum())
            errors[width * median, penalty] = off
    assert (found.width, found.penalty) == min(errors, key=errors.__getitem__)


def test_many_rows_that_are_the_same_do_no_harm():
    """K is then singular to the last digit: only λ keeps the factor alive."""
    Z = np.repeat(rng.normal(size=(30, 3)), 40, axis=0)
    Y = (Z[:, :1] > 0) - np.mean(Z[:, 0] > 0)
    found = near.machine_on(Z, Y, np.arange(len(Z)) % 8, np.tile([1.0, 100.0], 600))
    assert np.abs(found.held_out - Y).max() < 0.01


def test_the_bits_are_the_same_on_any_number_of_threads():
    Z, Y, folds = table(700, 20, 2)
    made = []
    for threads in (1, 2):
        with threadpool_limits(threads):
            made.append(near.machine_on(Z, Y, folds))
    assert np.array_equal(made[0].alpha, made[1].alpha)
    assert np.array_equal(made[0].held_out, made[1].held_out)


@pytest.mark.parametrize("n", [1, 7, 256, 257, 700])
def test_a_triangle_is_inverted(n):
    L = np.tril(rng.normal(size=(n, n))) / n + np.eye(n)
    M = L.copy()
    near.invert_triangle(M)
    np.testing.assert_allclose(M @ L, np.eye(n), rtol=0, atol=1e-12)
    assert not np.triu(M, 1).any()


@pytest.mark.parametrize("k", [2, 4])
@pytest.mark.parametrize("weighted", [False, True])
def test_odds_are_the_likeliest(k, weighted):
    y = rng.integers(0, k, 300)
    F = np.eye(k)[y] * 0.5 + rng.normal(size=(300, k)) * 0.4
    w = rng.uniform(0.1, 2, 300) if weighted else np.ones(300)

    def cost(theta):
        z = theta[0] * F + theta[1:]
        loss = np.log(np.exp(z).sum(axis=1)) - z[np.arange(300), y]
        return float((w / w.mean()) @ loss) + (theta[0] - 5) ** 2 / 18 + (theta[1:] ** 2).sum() / 2

    a, c = near.odds_of(F, y, w if weighted else None)
    best = minimize(cost, np.array([5.0, *[0.0] * k]), method="BFGS", options={"gtol": 1e-8})
    assert cost(np.array([a, *c])) == pytest.approx(best.fun, abs=1e-6)


def test_odds_of_rows_that_are_all_right_stay_within_reason():
    y = np.arange(12) % 3
    a, c = near.odds_of(np.eye(3)[y] * 0.9, y)
    assert 5 < a < 30
    assert np.abs(c).max() < 0.1
