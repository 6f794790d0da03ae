"""What the estimators for tables say of their columns, in the order and the names of scikit-learn."""

import numpy as np
import pandas as pd
import pytest
from sklearn.inspection import permutation_importance

import clearprop as cp
from clearprop.errors import ShapeError, UnknownNameError

QUICK = {"preset": "fast", "members": 2, "hidden": 8, "epochs": 25, "learning_rate": 0.03, "random_state": 0}
rng = np.random.default_rng(0)
N = 150
X = pd.DataFrame({"x": rng.normal(size=N), "kind": rng.choice(list("ab"), N), "idle": rng.normal(size=N)})
SIZES = np.array(["medium", "large", "small"])[np.digitize(X.x + 0.7 * (X.kind == "a"), [-0.3, 0.8])]


@pytest.fixture(scope="module")
def classifier():
    return cp.TabularClassifier(**QUICK, n_threads=1).fit(X, SIZES)


@pytest.fixture(scope="module")
def regressor():
    return cp.TabularRegressor(**QUICK, n_threads=1).fit(X, 3 * X.x + (X.kind == "a"))


def test_shapley_values_in_the_order_of_classes_(classifier, regressor):
    found = classifier.shapley(X, rows=[0, 5])
    assert found.names == ("x", "kind", "idle")
    assert found.classes == ("large", "medium", "small")
    p = classifier.predict_proba(X.iloc[[0, 5]])
    np.testing.assert_allclose(found.base_values + found.values.sum(axis=1), p, atol=1e-6)
    assert found.ranked()[0][0] == "x"
    found = regressor.shapley(X.iloc[[3]], background=X)
    np.testing.assert_allclose(found.base_values + found.values.sum(axis=1), regressor.predict(X.iloc[[3]]), rtol=1e-5)


def test_dependence_in_the_order_of_classes_(classifier, regressor):
    found = classifier.dependence(X, "kind", grid=["a"], rows=[0])
    expected = classifier.predict_proba(X.iloc[[0]].assign(kind="a"))
    np.testing.assert_allclose(found.curves[0], expected, atol=1e-6)
    x = regressor.dependence(X, "x")
    assert np.corrcoef(x.grid.values, x.mean)[0, 1] > 0.95


def test_importance_is_that_of_scikit_learn(classifier, regressor):
    for model, y in ((classifier, SIZES), (regressor, 3 * X.x + (X.kind == "a"))):
        found = model.importance(X, y, n_repeats=20)
        theirs = permutation_importance(model, X, y, n_repeats=20, random_state=0)
        assert found.score == pytest.approx(model.score(X, y), abs=1e-6)
        within = 4 * (found.importances_std + theirs.importances_std) / np.sqrt(20) + 1e-9
        assert np.all(np.abs(found.importances_mean - theirs.importances_mean) < within)
        assert found.ranked()[0][0] == "x"


def test_wrong_targets(classifier):
    with pytest.raises(UnknownNameError, match="class 'huge'"):
        classifier.importance(X, np.where(X.x > 0, "huge", "small"))
    with pytest.raises(ShapeError, match="150 rows and y of 3"):
        classifier.importance(X, SIZES[:3])


def test_arrays():
    model = cp.TabularRegressor(**QUICK, n_threads=1).fit(X[["x", "idle"]].to_numpy(), X.x)
    assert model.shapley(X[["x", "idle"]].to_numpy(), rows=0).names == ("x0", "x1")
    assert model.dependence(X[["x", "idle"]].to_numpy(), "x1").column == "x1"
