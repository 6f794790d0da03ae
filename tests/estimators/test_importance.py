"""Importance of a table's columns, and columns that give the target away."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

import clearprop as cp
from clearprop.errors import ClearpropError, UnknownNameError
from clearprop.estimators.importance import gradient_times_input, permutation_importance
from clearprop.estimators.leakage import skill_alone
from clearprop.table import load_demo

rng = np.random.default_rng(0)
N = 400


def table(**more):
    x, noise = rng.normal(size=N), rng.normal(size=N)
    colour = rng.choice(["red", "green", "blue"], N)
    price = 3 * x + 2 * (colour == "red")
    return pl.DataFrame({"x": x, "noise": noise, "colour": colour, **more, "price": price})


@pytest.fixture(scope="module")
def fit():
    frame = table()
    return cp.TableModel.train(frame, "price", epochs=60, learning_rate=0.01), frame


def test_the_columns_that_made_the_target_stand_first(fit):
    fit, frame = fit
    found = permutation_importance(fit.model, frame)
    assert found.names == ("x", "noise", "colour")
    assert found.score == pytest.approx(fit.model.score(frame)["r2"])
    x, noise, colour = found.importances_mean
    # R² falls by E(f(shuffled) − f)²/Var y: 2·9·Var x and 2·4·Var(red) of Var y
    variance = np.var(frame["price"].to_numpy())
    assert x == pytest.approx(18 * np.var(frame["x"].to_numpy()) / variance, rel=0.1)
    assert colour == pytest.approx(8 * np.var((frame["colour"] == "red").to_numpy()) / variance, rel=0.2)
    assert abs(noise) < 0.01
    assert repr(found).splitlines()[1].startswith("  x ")


def test_of_an_error_it_is_the_rise_that_counts(fit):
    fit, frame = fit
    found = permutation_importance(fit.model, frame, metric="rmse")
    assert found.score == pytest.approx(-fit.model.score(frame)["rmse"])
    assert found.importances_mean[0] > 1
    with pytest.raises(UnknownNameError, match="metric 'acuracy'"):
        permutation_importance(fit.model, frame, metric="acuracy")


def test_of_a_network(fit):
    X = rng.normal(size=(200, 2))
    y = (X[:, 1] > 0).astype(int)
    net = cp.Network(2, [cp.Dense(1, "sigmoid")], loss="binary_cross_entropy")
    net.fit(X, y, epochs=30, optimizer=cp.Adam(0.1))
    for metric in (None, "accuracy", "loss"):
        assert permutation_importance(net, X, y, metric=metric).ranked()[0][0] == "x2"
    assert gradient_times_input(net, X).shape == (200, 2)
    with pytest.raises(ClearpropError):
        permutation_importance(net, X, y[:-1])


def test_gradient_times_input_adds_up_the_features_of_a_column(fit):
    model, frame = fit[0].model, fit[1]
    net, X = model.network, model.encoder.transform(frame)
    by_column, by_feature = gradient_times_input(model, frame), gradient_times_input(net, X)
    assert by_column.shape == (N, 3)
    np.testing.assert_array_equal(by_column[:, :2], by_feature[:, :2])
    np.testing.assert_allclose(by_column[:, 2], by_feature[:, 2:].sum(axis=1), rtol=1e-12)
    assert np.corrcoef(by_column[:, 0], frame["x"].to_numpy())[0, 1] > 0.9


# --- columns that give the target away


def skills(frame, target, **options):
    fit = cp.TableModel.train(frame, target, epochs=1, **options)
    found = skill_alone(fit.model.target, fit.model.encoder, *fit.model.arrays(frame))
    return dict(zip((column.name for column in fit.model.encoder.columns), found.tolist(), strict=True))


@pytest.mark.parametrize("kind", ["number", "text", "missing", "date"])
def test_a_column_that_is_the_class_in_disguise(kind):
    label = rng.integers(0, 3, N)
    disguise = {
        "number": pl.Series(label * 10.0 + rng.uniform(0, 1, N)),
        "text": pl.Series([f"code {k}" for k in label]),
        "missing": pl.Series([None if k == 0 else 7.0 - k for k in label]),
        "date": pl.Series(label * 400).cast(pl.Int32).cast(pl.Date),
    }
    frame = pl.DataFrame({"leak": disguise[kind], "noise": rng.normal(size=N), "y": [f"class {k}" for k in label]})
    found = skills(frame, "y")
    assert found["leak"] == 1.0
    assert found["noise"] < 0.3


def test_a_column_that_is_the_number_in_another_unit():
    found = skills(table().with_columns(cents=pl.col("price") * 100), "price")
    assert found["cents"] > 0.98
    assert max(found["x"], found["noise"]) < 0.9


def test_honest_columns_are_not_accused():
    for name in ("iris", "wine", "breast_cancer", "moons", "diabetes"):
        assert max(skills(load_demo(name), "target").values()) < 0.97


def test_too_few_rows_to_say():
    assert np.isnan(list(skills(table().head(40), "price").values())).all()
