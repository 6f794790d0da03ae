"""A data frame in, answers out: the whole way, and what it refuses."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.metrics import log_loss as sklearn_log_loss
from sklearn.metrics import mean_absolute_error, r2_score

import clearprop as cp
from clearprop.estimators import class_probabilities, log_loss, scores_of
from clearprop.table import ClassTarget, NumberTarget, load_demo

rng = np.random.default_rng(0)


@pytest.fixture(scope="module")
def mixed():
    """300 rows: the label depends on a number and on a category, with gaps in both."""
    x, c = rng.normal(size=300), rng.choice(["red", "blue", "green"], 300)
    label = np.where((x > 0) ^ (c == "red"), "yes", "no")
    frame = pl.DataFrame({"x": x, "c": c, "label": label})
    gaps = pl.Series(rng.random(300) < 0.05)
    return frame.with_columns(x=pl.when(gaps).then(None).otherwise(pl.col("x")))


def test_classification_of_a_mixed_table(mixed):
    fit = cp.TableModel.train(mixed, "label", epochs=60, learning_rate=0.01)
    assert fit.rows == {"train": 210, "validation": 45, "test": 45}
    assert fit.scores["test"]["accuracy"] > 0.85
    answers = fit.model.predict(mixed.drop("label"))
    assert len(answers) == 300
    assert set(answers) == {"yes", "no"}
    p = fit.model.predict_proba(mixed)
    np.testing.assert_allclose(p.sum(1), 1, rtol=1e-6)
    assert [fit.model.target.classes[k] for k in p.argmax(1)] == answers


def test_regression_is_restored_to_its_unit():
    x = rng.uniform(-2, 2, 400)
    frame = pd.DataFrame({"x": x, "price": 50_000 + 10_000 * x + rng.normal(0, 500, 400)})
    fit = cp.TableModel.train(frame, "price", epochs=100, learning_rate=0.01)
    assert fit.scores["test"]["r2"] > 0.98
    assert 300 < fit.scores["test"]["rmse"] < 1500
    assert fit.model.predict(pd.DataFrame({"x": [1.0]}))[0] == pytest.approx(60_000, abs=1500)
    with pytest.raises(cp.InvalidValueError, match="use predict"):
        fit.model.predict_proba(frame)


def test_scores_are_those_of_the_saved_model(mixed, tmp_path):
    fit = cp.TableModel.train(mixed, "label", epochs=5)
    fit.model.save(tmp_path / "m")
    loaded = cp.load(tmp_path / "m")
    assert loaded.predict(mixed) == fit.model.predict(mixed)
    assert loaded.score(mixed) == fit.model.score(mixed)


def test_same_seed_same_model(mixed):
    one, two = (cp.TableModel.train(mixed, "label", epochs=3, seed=4).model.predict_proba(mixed) for _ in range(2))
    np.testing.assert_array_equal(one, two)


def test_the_encoding_is_learned_from_training_rows_alone(mixed):
    fit = cp.TableModel.train(mixed, "label", epochs=1, seed=1)
    x = fit.model.encoder.columns[0]
    assert x.center != pytest.approx(mixed["x"].fill_null(mixed["x"].median()).mean(), abs=1e-6)


def test_binary_and_many_classes_get_the_output_that_suits():
    def last(name):
        fit = cp.TableModel.train(load_demo(name), "target", epochs=1)
        return fit.model.network.architecture.layers[-1]

    assert last("moons") == cp.Dense(1, "sigmoid")
    assert last("spiral") == cp.Dense(3, "softmax")
    assert last("diabetes") == cp.Dense(1)


def test_scores_against_scikit_learn():
    y = rng.integers(0, 3, 50)
    p = rng.dirichlet([1, 1, 1], 50)
    scores = scores_of(ClassTarget("y", ("a", "b", "c")), y, p)
    assert scores["accuracy"] == (p.argmax(1) == y).mean()
    assert scores["log_loss"] == pytest.approx(sklearn_log_loss(y, p), rel=1e-6)
    target, z, a = NumberTarget("y", 10.0, 4.0), rng.normal(size=50), rng.normal(size=(50, 1))
    scores = scores_of(target, z, a)
    assert scores["r2"] == pytest.approx(r2_score(z, a), rel=1e-6)
    assert scores["mae"] == pytest.approx(mean_absolute_error(target.decode(z), target.decode(a[:, 0])), rel=1e-6)
    assert scores["rmse"] == pytest.approx(4 * np.sqrt(np.mean((z - a[:, 0]) ** 2)), rel=1e-6)
    assert np.isfinite(log_loss(np.array([0]), np.array([[0.0, 1.0]])))
    assert class_probabilities(np.array([[0.3]])).tolist() == [[0.7, 0.3]]


@pytest.mark.parametrize(
    ("change", "options", "words"),
    [
        (lambda f: f, {"target": "lable"}, "did you mean 'label'"),
        (lambda f: f.with_columns(label=pl.lit("yes")), {}, "one class only"),
        (lambda f: f.select("label"), {}, "no column to learn from"),
        (lambda f: f, {"drop": ["z"]}, "no column 'z' to drop"),
        (lambda f: f, {"task": "clustering"}, "unknown task"),
        (lambda f: f, {"task": "regression"}, "'label' holds"),
        (lambda f: f, {"hidden": [0]}, "units 0"),
        (lambda f: f, {"activation": "rleu"}, "did you mean 'relu'"),
        (lambda f: f, {"optimizer": "adm"}, "did you mean 'adam'"),
        (lambda f: f, {"learning_rate": -1.0}, "learning_rate"),
        (lambda f: f, {"validation": 0.6, "test": 0.5}, "less than 1 together"),
        (lambda f: f, {"seed": -1}, "seed"),
        (lambda f: f.head(0), {}, "missing in every row"),
        (lambda f: [1], {}, "a table of type list"),
    ],
)
def test_mistakes_are_named(mixed, change, options, words):
    arguments = {"target": "label", "epochs": 1} | options
    with pytest.raises(cp.ClearpropError, match=words):
        cp.TableModel.train(change(mixed), arguments.pop("target"), **arguments)


def test_tiny_tables_do_not_crash():
    frame = pl.DataFrame({"x": [0.0, 1.0, 2.0, 3.0], "y": ["a", "b", "a", "b"]})
    fit = cp.TableModel.train(frame, "y", epochs=3)
    assert len(fit.model.predict(frame)) == 4


def test_one_column_and_one_layer_need_no_list(mixed):
    fit = cp.TableModel.train(mixed, "label", epochs=1, hidden=7, drop=mixed.columns[0])
    assert fit.model.network.architecture.layers[0] == cp.Dense(7, "relu")
    assert mixed.columns[0] not in [column.name for column in fit.model.encoder.columns]
