"""Shapley values of a table of numbers and categories against the explainers of `shap`, with its Independent masker."""

from __future__ import annotations

import warnings

import numpy as np
import polars as pl
import pytest

import clearprop as cp

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # its own, of its dependencies
    shap = pytest.importorskip("shap")
pytestmark = [pytest.mark.peers, pytest.mark.filterwarnings("ignore")]

rng = np.random.default_rng(0)
N, KINDS, TOWNS = 300, np.array(["red", "green", "blue"]), np.array(["A", "B"])
KIND, TOWN = rng.integers(0, 3, N), rng.integers(0, 2, N)
FRAME = pl.DataFrame({"x": rng.normal(size=N), "z": rng.gamma(2.0, size=N), "kind": KINDS[KIND], "town": TOWNS[TOWN]})
CODED = np.column_stack([FRAME["x"], FRAME["z"], KIND, TOWN]).astype(np.float64)
BACKGROUND, ASKED = slice(0, 40), slice(100, 106)
COST = 10 * FRAME["x"].to_numpy() * (KIND == 0) + 5 * FRAME["z"].to_numpy() + 3 * TOWN


def decoded(coded):
    kind, town = coded[:, 2].astype(int), coded[:, 3].astype(int)
    return pl.DataFrame({"x": coded[:, 0], "z": coded[:, 1], "kind": KINDS[kind], "town": TOWNS[town]})


def regressor():
    frame = FRAME.with_columns(cost=pl.Series(COST))
    return cp.TableModel.train(frame, "cost", epochs=60, hidden=16, learning_rate=0.01).model


def classifier():
    frame = FRAME.with_columns(size=pl.Series(np.array(["S", "M", "L"])[np.digitize(COST, [5, 12])]))
    return cp.TableModel.train(frame, "size", epochs=60, hidden=16, learning_rate=0.01, members=2).model


@pytest.fixture(scope="module", params=["numbers", "classes"])
def case(request):
    """A model, its answers on coded rows, and our exact values."""
    model = regressor() if request.param == "numbers" else classifier()
    answer = model.predict if request.param == "numbers" else model.predict_proba
    return (
        model,
        lambda coded: np.asarray(answer(decoded(coded)), np.float64),
        (model.shapley(FRAME, rows=range(100, 106), background=FRAME[BACKGROUND])),
    )


def close(found, expected, tolerance=1e-5):
    scale = np.abs(found.answers).max()
    np.testing.assert_allclose(found.values, expected, atol=tolerance * scale)


def test_exact_explainer(case):
    _, answer, found = case
    masker = shap.maskers.Independent(CODED[BACKGROUND], max_samples=40)
    theirs = shap.explainers.Exact(answer, masker)(CODED[ASKED])
    assert found.exact
    close(found, theirs.values)
    np.testing.assert_allclose(found.base_values, theirs.base_values[0], rtol=1e-5, atol=1e-6)


def test_kernel_explainer(case):
    """With so few columns it solves for all sets of them."""
    _, answer, found = case
    theirs = shap.KernelExplainer(answer, CODED[BACKGROUND]).shap_values(CODED[ASKED], silent=True, l1_reg=False)
    close(found, theirs)


def test_permutation_explainer(case):
    """Orders that are drawn, theirs and ours, around the exact values."""
    model, answer, exact = case
    masker = shap.maskers.Independent(CODED[BACKGROUND], max_samples=40)
    theirs = shap.explainers.Permutation(answer, masker, seed=0)(CODED[ASKED], max_evals=9 * 100, silent=True)
    ours = model.shapley(FRAME, rows=range(100, 106), background=FRAME[BACKGROUND], pairs=100)
    close(exact, theirs.values, 0.02)
    assert np.all(np.abs(ours.values - exact.values) <= 5 * ours.errors + 1e-5 * np.abs(exact.answers).max())
    np.testing.assert_allclose(ours.values.sum(axis=1), exact.values.sum(axis=1), atol=1e-4)
