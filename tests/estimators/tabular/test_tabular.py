"""`TabularClassifier` and `TabularRegressor`: any table in, nothing to prepare."""

import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.base import clone

import clearprop as cp
from clearprop.estimators import missing

rng = np.random.default_rng(0)
N = 200
QUICK = {"preset": "fast", "random_state": 0, "members": 3, "hidden": 16, "epochs": 15, "learning_rate": 0.01}


@pytest.fixture(scope="module")
def frame():
    x = rng.normal(size=N)
    x[::9] = np.nan
    return pl.DataFrame({"x": x, "kind": rng.choice(["a", "b", "c"], N), "flat": [1.0] * N}), np.nan_to_num(x)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("labels", [("no", "yes"), (3, 7), (False, True), (2.0, 4.0)])
def test_labels_come_back_as_they_were(frame, labels):
    X, x = frame
    y = np.array(labels)[(x > 0).astype(int)]
    model = cp.TabularClassifier(**QUICK).fit(X, y)
    assert model.classes_.tolist() == sorted(labels)
    answers = model.predict(X)
    assert answers.dtype == y.dtype
    assert np.mean(answers == y) > 0.9
    p = model.predict_proba(X)
    assert np.array_equal(model.classes_[p.argmax(axis=1)], answers)
    np.testing.assert_allclose(p.sum(axis=1), 1, atol=1e-6)


def test_more_classes_than_ten_stand_in_order():
    x = rng.uniform(0, 12, 600)
    y = np.floor(x).astype(int) * 5
    model = cp.TabularClassifier(**QUICK).fit(x[:, None], y)
    assert model.classes_.tolist() == sorted(set(y.tolist()))
    assert np.mean(np.abs(model.predict(x[:, None]) - y) <= 5) > 0.9


def test_all_frames_and_arrays_are_the_same_table(frame):
    X, x = frame
    y = (x > 0).astype(int)
    answers = [cp.TabularClassifier(**QUICK).fit(T, y).predict_proba(T) for T in (X, X.to_pandas(), X.to_arrow())]
    assert np.array_equal(answers[0], answers[1])
    assert np.array_equal(answers[0], answers[2])


def test_numbers_are_answered_with_numbers(frame):
    X, x = frame
    model = cp.TabularRegressor(**{**QUICK, "epochs": 40}).fit(X, 100 + 10 * x)
    assert model.score(X, 100 + 10 * x) > 0.9
    assert model.predict(X).dtype == np.float64


def test_the_same_seed_is_the_same_model_and_pickles(frame):
    X, x = frame
    y = (x > 0).astype(int)
    model = cp.TabularClassifier(**QUICK).fit(X, y)
    again = clone(model).set_params(n_threads=1).fit(X, y)
    assert np.array_equal(model.predict_proba(X), again.predict_proba(X))
    assert np.array_equal(pickle.loads(pickle.dumps(model)).predict_proba(X), model.predict_proba(X))


def test_members_the_model_behind_it_and_a_file(frame, tmp_path):
    X, x = frame
    y = pl.Series("sign", np.where(x > 0, "plus", "minus"))
    model = cp.TabularClassifier(**QUICK).fit(X, y)
    assert len(model.members_) == 3
    assert model.model_.target.name == "sign"
    assert "answers minus" in str(model.explain(X, row=1))
    model.save(tmp_path / "m")
    assert cp.load(tmp_path / "m").predict(X) == model.predict(X).tolist()


def test_weights_of_rows_count(frame):
    X, x = frame
    y = (x > 0).astype(int)
    weights = np.where(y == 1, 1.0, 0.01)
    heavy = cp.TabularClassifier(**QUICK).fit(X, y, sample_weight=weights)
    plain = cp.TabularClassifier(**QUICK).fit(X, y)
    assert heavy.predict_proba(X)[:, 1].mean() > plain.predict_proba(X)[:, 1].mean()


@pytest.mark.parametrize(
    ("arguments", "X", "y", "words"),
    [
        ({"preset": "fastest"}, [[1.0], [2.0]], [0, 1], "unknown preset 'fastest'"),
        ({}, [[1.0], [2.0]], [1, 1], "one class only"),
        ({}, [[1.0], [2.0]], [0, 1, 0], "samples"),
        ({"dropout": 1.5}, [[1.0], [2.0]], [0, 1], "1.5"),
        ({"group": "who"}, [[1.0], [2.0]], [0, 1], "who"),
    ],
)
def test_wrong_input(arguments, X, y, words):
    with pytest.raises(ValueError, match=words):
        cp.TabularClassifier(**arguments).fit(np.array(X), y)


def test_other_columns_than_in_fit(frame):
    X, x = frame
    model = cp.TabularClassifier(**QUICK).fit(X.to_pandas(), x > 0)
    with pytest.raises(ValueError, match="feature names"):
        model.predict(X.to_pandas().rename(columns={"x": "z"}))
    with pytest.raises(ValueError, match="feature names|columns"):
        model.predict(pd.DataFrame({"x": [1.0]}))


def test_how_sure_answers_are_by_the_names_of_scikit_learn(frame):
    X, x = frame
    numbers = cp.TabularRegressor(**QUICK).fit(X, x + rng.normal(size=N))
    assert numbers.predict_interval(X).shape == (N, 2)
    assert numbers.predict_spread(X).shape == (N,)
    labels = np.where(x > 0.5, "up", np.where(x < -0.5, "down", "mid"))
    classes = cp.TabularClassifier(**QUICK).fit(X, labels)
    held = classes.predict_set(X, coverage=0.8)
    assert held.shape == classes.predict_spread(X).shape == (N, 3)
    assert np.mean(held[np.arange(N), np.searchsorted(classes.classes_, labels)]) > 0.75


@pytest.mark.parametrize("name", ["TabularClassifier", "TabularRegressor", "MLPClassifier", "MLPRegressor"])
def test_without_scikit_learn_a_name_says_what_to_install(name):
    with pytest.raises(ImportError, match=rf"cp.{name} without scikit-learn; .*clearprop\[sklearn\]"):
        getattr(missing, name)()
