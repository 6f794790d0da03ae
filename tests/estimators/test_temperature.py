"""Temperatures found again, and what they do to a network."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import clearprop as cp
from clearprop.errors import ModelFileError
from clearprop.estimators.recipe import Recipe
from clearprop.estimators.temperature import calibration_error, fitted_temperature, tempered


def drawn(n, k, seed=0):
    """Logits, and classes that they are the right probabilities of."""
    rng = np.random.default_rng(seed)
    z = 1.5 * rng.normal(size=(n, k))
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    return p, (rng.uniform(size=(n, 1)) > np.cumsum(p, axis=1)).sum(axis=1)


@pytest.mark.parametrize("known", [0.4, 1.0, 2.5])
@pytest.mark.parametrize("k", [2, 5])
def test_a_known_temperature_is_found_again(known, k):
    p, y = drawn(20_000, k)
    said = tempered(p, 1 / known)  # as a network would that is too sure, or not sure enough, by this factor
    assert fitted_temperature(said, y) == pytest.approx(known, rel=0.05)
    assert calibration_error(tempered(said, fitted_temperature(said, y)), y) < 0.015


def test_few_rows_leave_it_near_1():
    p, y = drawn(20_000, 3)
    p = tempered(p, 4.0)
    assert fitted_temperature(p, y) < 0.3
    assert 0.6 < fitted_temperature(p[:10], y[:10]) < 1.3


def test_where_all_answers_are_right_it_does_not_go_to_0():
    p = np.full((200, 2), [0.9, 0.1])
    assert 0.2 < fitted_temperature(p, np.zeros(200, int)) < 0.6


def test_weights_count_as_repeated_rows_do():
    p, y = drawn(2000, 3)
    p = tempered(p, 2.0)
    times = np.random.default_rng(1).integers(1, 4, 2000)
    weighted, repeated = (
        fitted_temperature(p, y, times.astype(float)),
        fitted_temperature(np.repeat(p, times, 0), np.repeat(y, times)),
    )
    assert weighted == pytest.approx(repeated, rel=0.01)


@given(temperature=st.floats(0.05, 20), seed=st.integers(0, 20))
def test_the_order_of_the_classes_stays(temperature, seed):
    p, _ = drawn(20, 4, seed)
    np.testing.assert_array_equal(tempered(p, temperature).argsort(axis=1), p.argsort(axis=1))


def test_the_calibration_error_by_hand():
    p = np.array([[0.9, 0.1]] * 15 + [[0.6, 0.4]] * 15)
    y = np.array([0] * 15 + [1] * 15)
    assert calibration_error(p, y) == pytest.approx(0.5 * 0.1 + 0.5 * 0.6)


rng = np.random.default_rng(0)
X = rng.normal(size=(400, 2))
SLOW = Recipe(members=4, hidden=16, epochs=30, l2=0.05, test=0.0)  # far from sure under such a penalty


@pytest.mark.parametrize("labels", [("a", "b"), ("a", "b", "c")])
def test_members_that_are_not_sure_enough_are_made_so_and_their_mean_is_better_on_new_rows(labels, tmp_path):
    y = np.array(labels)[np.digitize(X[:, 0], [-0.4, 0.4][: len(labels) - 1])]
    table = pl.DataFrame({"x1": X[:, 0], "x2": X[:, 1], "y": y})
    fit = cp.TableModel.train(table[:300], "y", recipe=SLOW)
    model, new = fit.model, table[300:]
    found = model.about["calibration"]
    assert found["temperature"] < 0.9
    assert found["log_loss"][1] < found["log_loss"][0]
    assert found["error"][1] < found["error"][0]
    assert fit.scores["validation"]["log_loss"] == pytest.approx(found["log_loss"][1], rel=1e-5)
    # What the members would say without it: their last weights and biases times T.
    features = model.encoder.transform(new, "float32")
    before = []
    for member in model.members:
        for name in list(member.architecture.parameters)[-2:]:
            member.parameters[name] = member.parameters[name] * found["temperature"]
        before.append(member.predict(features))
    truth = np.array([model.target.classes.index(v) for v in new["y"]])
    was = np.mean(before, axis=0)
    was = was if was.shape[1] > 1 else np.hstack([1 - was, was])
    now = model.predict_proba(new)
    rows = np.arange(len(truth))
    assert -np.log(now[rows, truth]).mean() < -np.log(was[rows, truth]).mean()
    model.save(tmp_path / "model")
    assert cp.load(tmp_path / "model").about["calibration"] == found


def test_of_members_that_are_too_sure_the_mean_needs_less_than_each():
    y = np.where(X[:, 0] + 3 * rng.normal(size=400) > 0, "yes", "no")  # mostly noise, learned by heart
    table = pl.DataFrame({"x1": X[:, 0], "x2": X[:, 1], "y": y})
    recipe = Recipe(members=3, hidden=64, epochs=40, patience=40, l2=0.0, learning_rate=0.02, test=0.0)
    fit = cp.TableModel.train(table, "y", recipe=recipe)
    found = fit.model.about["calibration"]
    held_out = fit.parts["validation"].scores["log_loss"]  # after T^0.8
    assert found["temperature"] > 1.1
    assert found["log_loss"][1] == pytest.approx(held_out, rel=1e-5)
    assert held_out < found["log_loss"][0]


def test_numbers_and_single_networks_have_no_temperature():
    table = pl.DataFrame({"x": X[:, 0], "y": X[:, 1], "c": np.where(X[:, 0] > 0, "a", "b")})
    assert "calibration" not in cp.TableModel.train(table, "y", recipe=SLOW).model.about
    assert "calibration" not in cp.TableModel.train(table, "c", epochs=2).model.about


@pytest.mark.parametrize(
    "change", [{"temperature": 0}, {"temperature": "1"}, {"rows": -1}, {"log_loss": [1.0]}, {"error": None}]
)
def test_a_file_with_an_impossible_calibration_is_refused(change, tmp_path):
    table = pl.DataFrame({"x": X[:, 0], "c": np.where(X[:, 0] > 0, "a", "b")})
    model = cp.TableModel.train(table, "c", recipe=SLOW).model
    about = {**model.about, "calibration": {**model.about["calibration"], **change}}
    replace(model, about=about).save(tmp_path / "model")
    with pytest.raises(ModelFileError, match="calibration"):
        cp.load(tmp_path / "model")
