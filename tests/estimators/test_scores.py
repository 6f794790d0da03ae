"""Scores against scikit-learn, intervals against resampling by hand, and verdicts on runs made to deserve them."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics
from sklearn.dummy import DummyClassifier, DummyRegressor

import clearprop as cp
from clearprop.estimators import answers_of, baseline_of, class_probabilities, confusion_of, intervals_of, scores_of
from clearprop.estimators.scores import weighted_scores
from clearprop.table.number_target import NumberTarget
from clearprop.table.target import ClassTarget

rng = np.random.default_rng(0)
THREE = ClassTarget("y", ("a", "b", "c"), (0.5, 0.3, 0.2))
TWO = ClassTarget("y", ("no", "yes"), (0.75, 0.25))
PRICE = NumberTarget("price", 10.0, 4.0)


@given(st.integers(0, 10**6), st.integers(10, 60), st.sampled_from([2, 3, 5]), st.booleans())
def test_class_scores_against_scikit_learn(seed, n, k, ties):
    rng = np.random.default_rng(seed)
    y = np.concatenate([np.arange(k), rng.integers(0, k, n - k)])
    p = rng.dirichlet(np.ones(k), n)
    if ties:
        p = np.round(p * 4 + 0.5) / np.round(p * 4 + 0.5).sum(1, keepdims=True)
    target = ClassTarget("y", tuple(f"k{i}" for i in range(k)))
    scores = scores_of(target, y, p[:, 1:] if k == 2 else p)
    assert scores["accuracy"] == pytest.approx(metrics.accuracy_score(y, p.argmax(1)))
    assert scores["balanced_accuracy"] == pytest.approx(metrics.balanced_accuracy_score(y, p.argmax(1)))
    assert scores["log_loss"] == pytest.approx(metrics.log_loss(y, p), rel=1e-6)
    expected = metrics.roc_auc_score(y, p[:, 1]) if k == 2 else metrics.roc_auc_score(y, p, multi_class="ovr")
    assert scores["auc"] == pytest.approx(expected, abs=1e-9)
    found = confusion_of(target, answers_of(target, y, p[:, 1:] if k == 2 else p))
    np.testing.assert_array_equal(found, metrics.confusion_matrix(y, p.argmax(1)))


def test_number_scores_against_scikit_learn():
    z, a = rng.normal(size=50), rng.normal(size=(50, 1))
    scores, y, given_ = scores_of(PRICE, z, a), PRICE.decode(z), PRICE.decode(a[:, 0])
    assert scores["r2"] == pytest.approx(metrics.r2_score(y, given_))
    assert scores["mae"] == pytest.approx(metrics.mean_absolute_error(y, given_))
    assert scores["rmse"] == pytest.approx(metrics.root_mean_squared_error(y, given_))


def test_corners():
    assert np.isfinite(scores_of(THREE, np.array([0]), np.array([[0.0, 1.0, 0.0]]))["log_loss"])
    assert np.isnan(scores_of(TWO, np.array([0, 0]), np.array([[0.3], [0.6]]))["auc"])
    assert np.isnan(scores_of(PRICE, np.array([1.0, 1.0]), np.array([[0.0], [1.0]]))["r2"])
    assert class_probabilities(np.array([[0.3]])).tolist() == [[0.7, 0.3]]


def test_the_trivial_answer_against_scikit_learn():
    y = rng.choice(3, 200, p=[0.2, 0.5, 0.3])
    dummy = DummyClassifier(strategy="prior").fit(np.zeros((10, 1)), [0] * 5 + [1] * 3 + [2] * 2)
    found, p = baseline_of(THREE, y), dummy.predict_proba(np.zeros((200, 1)))
    assert found["accuracy"] == pytest.approx((y == 0).mean())
    assert found["log_loss"] == pytest.approx(metrics.log_loss(y, p, labels=[0, 1, 2]), rel=1e-6)
    assert found["auc"] == 0.5
    z = rng.normal(size=200)
    mean = DummyRegressor().fit([[0]], [10.0]).predict(np.zeros((200, 1)))
    assert baseline_of(PRICE, z)["rmse"] == pytest.approx(metrics.root_mean_squared_error(PRICE.decode(z), mean))


@pytest.mark.parametrize("target", [TWO, THREE, PRICE])
def test_weights_are_repetitions(target):
    n = 40
    y = rng.normal(size=n) if target is PRICE else rng.integers(0, len(target.classes), n)
    a = rng.normal(size=(n, 1)) if target is PRICE else rng.dirichlet(np.ones(len(target.classes)), n)
    rows = rng.integers(0, n, (20, n))
    weights = np.stack([np.bincount(r, minlength=n) for r in rows]).astype(float)
    found = weighted_scores(target, answers_of(target, y, a), weights)
    for i, r in enumerate(rows):
        for name, value in scores_of(target, y[r], a[r]).items():
            assert found[name][i] == pytest.approx(value, rel=1e-9, abs=1e-9)


@pytest.mark.long
def test_intervals_hold_the_truth_as_often_as_they_say():
    """Accuracy of a coin that is right 7 times in 10: the interval must hold 0.7 in about 95 of 100 samples."""
    held = 0
    for seed in range(500):
        right = np.random.default_rng(seed).random(150) < 0.7
        answers = answers_of(TWO, np.ones(150, int), np.where(right, 0.9, 0.1)[:, None])
        low, high = intervals_of(TWO, answers, seed=seed)["accuracy"]
        held += low <= 0.7 <= high
    assert 0.92 < held / 500 < 0.98


def test_intervals_of_what_was_always_right():
    for n in (27, 60_000):
        low, high = intervals_of(TWO, answers_of(TWO, np.ones(n, int), np.full((n, 1), 0.9)))["accuracy"]
        assert (low**n, high) == (pytest.approx(0.05), 1.0)


@pytest.mark.long
def test_intervals_of_many_rows_need_no_many_resamples():
    y = rng.integers(0, 2, 200_000)
    low, high = intervals_of(TWO, answers_of(TWO, y, rng.random((200_000, 1))))["accuracy"]
    assert 0.49 < low < 0.5 < high < 0.51


# --- the verdict


def noise(rows):
    x = rng.normal(size=(rows, 8))
    return pl.DataFrame({f"x{i}": x[:, i] for i in range(8)} | {"y": rng.choice(["a", "b"], rows)})


def test_nothing_to_learn():
    assert any("No better than chance" in line for line in cp.TableModel.train(noise(300), "y").verdict)


def test_overfitting():
    frame = noise(300).with_columns(y=pl.when(pl.col("x0") > 0.3).then(pl.lit("a")).otherwise("y"))
    fit = cp.TableModel.train(frame, "y", hidden=[256, 256], l2=0, epochs=200, patience=1000, validation=0.0)
    assert any(line.startswith("Overfitting: accuracy 1.000 on the training rows") for line in fit.verdict)


def test_not_finished():
    x = rng.uniform(-2, 2, 500)
    frame = pl.DataFrame({"x": x, "y": np.sin(3 * x)})
    fit = cp.TableModel.train(frame, "y", epochs=15, learning_rate=1e-4)
    assert any("still falling after 15 epochs. --epochs 30" in line for line in fit.verdict)


def test_healthy():
    x = rng.uniform(-2, 2, 1000)
    fit = cp.TableModel.train(pl.DataFrame({"x": x, "y": x + rng.normal(0, 0.1, 1000)}), "y", epochs=100)
    (line,) = fit.verdict
    assert line.startswith("Better than chance, and no sign of overfitting: R² 0.9")


def test_too_few_rows_to_tell():
    frame = pl.DataFrame({"x": [1.0, 2.5, 3.0, 4.2, 5.1], "y": [1.1, 2.3, 3.2, 4.5, 5.0]})
    fit = cp.TableModel.train(frame, "y", epochs=3, test=0.2)
    (line,) = fit.verdict
    assert line.startswith("1 test row is too few to judge by")


def test_a_truth_table_is_learned_whole_and_that_is_said():
    frame = pl.DataFrame({"x1": [0, 0, 1, 1], "x2": [0, 1, 0, 1], "y": [0, 1, 1, 0]})
    fit = cp.TableModel.train(frame, "y")
    assert fit.split.train.tolist() == [0, 1, 2, 3]
    assert list(map(int, fit.model.predict(frame))) == [0, 1, 1, 0]
    assert [str(one) for one in fit.division.said] == [
        "4 rows are too few to hold some of them out: all are learned from. --validation-table and --test-table take "
        "others."
    ]
    assert fit.verdict == ["No rows were held out, so nothing is known about rows the network has not seen."]
    assert len(cp.TableModel.train(frame, "y", epochs=1, validation=0.25, test=0.25).split.test) == 1


def test_nothing_held_out():
    fit = cp.TableModel.train(noise(50), "y", epochs=2, validation=0.0, test=0.0)
    assert "nothing is known" in fit.verdict[0]
