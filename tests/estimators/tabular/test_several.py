"""y with several columns: the estimators for tables answer as scikit-learn's own do, with one network."""

import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import r2_score
from sklearn.model_selection import cross_val_score

import clearprop as cp

rng = np.random.default_rng(0)
N = 160
X = pd.DataFrame({"x": rng.normal(size=N), "z": rng.normal(size=N), "c": rng.choice(list("abc"), N)})
NUMBERS = np.c_[3 * X["x"] + 50, X["z"] - X["x"]]
LABELS = np.c_[np.where(X["x"] > 0, "yes", "no"), np.where(X["z"] > 0.5, "A", np.where(X["z"] > -0.5, "B", "C"))]
SMALL = {"preset": "fast", "members": 2, "hidden": 16, "epochs": 15, "learning_rate": 0.03, "random_state": 0}


@pytest.fixture(scope="module")
def regressor():
    return cp.TabularRegressor(**SMALL).fit(X, NUMBERS)


@pytest.fixture(scope="module")
def classifier():
    return cp.TabularClassifier(**SMALL).fit(X, LABELS)


def test_numbers_of_several_targets(regressor):
    answers = regressor.predict(X)
    assert answers.shape == (N, 2)
    assert regressor.score(X, NUMBERS) == pytest.approx(r2_score(NUMBERS, answers))
    assert regressor.score(X, NUMBERS) > 0.8
    ends = regressor.predict_interval(X, 0.8)
    assert ends.shape == (N, 2, 2)
    assert ((ends[:, 0] <= answers) & (answers <= ends[:, 1])).all()
    assert regressor.predict_spread(X).shape == (N, 2)
    assert regressor.model_.names == ("target 1", "target 2")
    assert len(regressor.members_) == 2
    assert regressor.members_[0].heads[1].architecture.n_outputs == 1


def test_labels_of_several_targets_are_those_of_a_forest_in_shape(classifier):
    forest = RandomForestClassifier(5, random_state=0).fit(X[["x", "z"]], LABELS)
    theirs, ours = forest.predict_proba(X[["x", "z"]]), classifier.predict_proba(X)
    assert [p.shape for p in ours] == [p.shape for p in theirs]
    assert all(np.array_equal(a, b) for a, b in zip(classifier.classes_, forest.classes_, strict=True))
    answers = classifier.predict(X)
    assert (answers.shape, answers.dtype.kind) == (forest.predict(X[["x", "z"]]).shape, "U")
    assert classifier.score(X, LABELS) == np.mean((answers == LABELS).all(axis=1)) > 0.8
    for k, p in enumerate(ours):
        np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-6)
        assert np.array_equal(classifier.classes_[k][p.argmax(axis=1)], answers[:, k])
    assert [each.shape for each in classifier.predict_set(X)] == [(N, 2), (N, 3)]
    assert [each.shape for each in classifier.predict_spread(X)] == [(N, 2), (N, 3)]


def test_labels_of_several_kinds_keep_them():
    y = pd.DataFrame({"many": np.where(X["x"] > 0, 7, 3), "word": LABELS[:, 1]})
    model = cp.TabularClassifier(**SMALL).fit(X, y)
    answers = model.predict(X)
    assert answers.dtype == object
    assert set(answers[:, 0]) == {3, 7}
    assert model.model_.names == ("many", "word")
    assert model.score(X, y) > 0.8
    assert set(model.model_.predict(pl.from_pandas(X))["many"]) == {3, 7}


def test_a_matrix_of_yes_and_no():
    y = np.c_[X["x"] > 0, X["z"] > 0, X["x"] > X["z"]].astype(int)
    model = cp.TabularClassifier(**SMALL).fit(X, y)
    assert model.predict(X).shape == y.shape
    assert model.score(X, y, sample_weight=np.arange(1, N + 1)) > 0.7


def test_search_clone_pickle_and_file(regressor, tmp_path):
    assert cross_val_score(clone(regressor), X, NUMBERS, cv=2).shape == (2,)
    regressor.save(tmp_path / "m")
    read = cp.load(tmp_path / "m")
    found = read.predict(X)
    np.testing.assert_array_equal(np.stack(list(found.values()), axis=1), regressor.predict(X))


def test_explain_says_of_which_target(classifier):
    assert "target 2" in str(classifier.explain(X, 0, target=1, detail="formulas").title)
    assert classifier.explain(X, 0, target="target 2", detail="formulas").answer
    with pytest.raises(cp.InvalidValueError, match="0 … 1, or its name"):
        classifier.explain(X, 0)
    with pytest.raises(cp.InvalidValueError, match="0 … 1, or its name"):
        classifier.explain(X, 0, target=2)


def test_names_that_columns_have_are_no_trouble():
    y = pd.DataFrame(NUMBERS, columns=["x", "x_"])
    model = cp.TabularRegressor(**SMALL).fit(X, y, sample_weight=np.ones(N))
    assert model.model_.names == ("x_", "x__")


def test_one_column_is_one_target():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = cp.TabularRegressor(**SMALL).fit(X, NUMBERS[:, :1])
    assert model.predict(X).shape == (N,)
    assert isinstance(model.model_, cp.TableModel)


@pytest.mark.parametrize(
    ("model", "y", "said"),
    [
        (cp.TabularRegressor(**SMALL), np.where(NUMBERS > 51, np.nan, NUMBERS), "NaN"),
        (cp.TabularRegressor(**SMALL), LABELS, "numeric"),
        (cp.TabularClassifier(**SMALL), np.c_[LABELS[:, 0], ["a"] * N], "target 2 of y has one class only"),
        (cp.TabularClassifier(**SMALL), NUMBERS, "[Uu]nknown label type"),
        (cp.TabularClassifier(**SMALL, class_weight="balanced"), LABELS, "weights of classes with several targets"),
        (cp.TabularRegressor(**SMALL), NUMBERS[:-1], "equally many"),
    ],
)
def test_what_does_not_fit_is_refused(model, y, said):
    with pytest.raises(ValueError, match=said):
        model.fit(X, y)


def test_importance_asks_for_one_target(regressor):
    with pytest.raises(cp.InvalidValueError, match="expected one of them"):
        cp.permutation_importance(regressor.model_, X.assign(**{"target 1": 1.0, "target 2": 2.0}))


@pytest.mark.parametrize("target", [1, "target 2"])
def test_importance_takes_all_targets_or_the_one_that_is_meant(regressor, classifier, target):
    for model, y in ((regressor, NUMBERS), (classifier, LABELS)):
        of_all, of_one = (model.importance(X, given, target=target).importances_mean for given in (y, y[:, 1]))
        np.testing.assert_array_equal(of_all, of_one)
        with pytest.raises(cp.InvalidValueError, match="y with 3 columns; expected 2"):
            model.importance(X, np.c_[y, y[:, 1]], target=target)
