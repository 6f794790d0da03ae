"""scikit-learn's searches over the estimators: held to fits by hand, to splits by group and time, and to halving."""

import numpy as np
import pandas as pd
import pytest
import sklearn
from scipy.stats import loguniform, randint
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    HalvingRandomSearchCV,
    RandomizedSearchCV,
    TimeSeriesSplit,
    cross_val_score,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import clearprop as cp

N = 90
rng = np.random.default_rng(0)
WHO = np.repeat(np.arange(N // 3), 3)
DAY = pd.date_range("2020-01-01", periods=N)
X = pd.DataFrame({"age": rng.integers(20, 60, N), "kind": rng.choice(list("abc"), N), "x": rng.normal(size=N)})
Y = np.where(X.x + 0.1 * rng.normal(size=N) > 0, "yes", "no")
NUMBER = np.asarray(X.x * 2)
SMALL = {"members": 2, "hidden": 4, "epochs": 3, "learning_rate": 0.03, "random_state": 0, "n_threads": 1}


def tabular(kind, **changes):
    return kind("fast", **{**SMALL, **changes})


CASES = {
    "classifier": (tabular(cp.TabularClassifier), X, Y, "epochs"),
    "mlp": (
        cp.MLPClassifier((4,), max_iter=3, tol=0, random_state=0, n_iter_no_change=100),
        X[["age", "x"]],
        Y,
        "max_iter",
    ),
}
RATE = {"classifier": "learning_rate", "mlp": "learning_rate_init"}
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.mark.parametrize("name", CASES)
def test_a_grid_is_what_cross_validation_says_of_each(name):
    estimator, table, y, _ = CASES[name]
    found = GridSearchCV(estimator, {RATE[name]: [0.001, 0.1]}, cv=2).fit(table, y)
    by_hand = [
        cross_val_score(sklearn.clone(estimator).set_params(**{RATE[name]: r}), table, y, cv=2).mean()
        for r in (0.001, 0.1)
    ]
    np.testing.assert_array_equal(found.cv_results_["mean_test_score"], by_hand)
    again = sklearn.clone(estimator).set_params(**found.best_params_).fit(table, y)
    np.testing.assert_array_equal(found.predict(table), again.predict(table))


@pytest.mark.parametrize("name", CASES)
def test_random_draws_and_the_same_again(name):
    estimator, table, y, epochs = CASES[name]
    ranges = {RATE[name]: loguniform(1e-3, 1e-1), epochs: randint(1, 4)}
    one, two = (RandomizedSearchCV(estimator, ranges, n_iter=2, cv=2, random_state=1).fit(table, y) for _ in "ab")
    np.testing.assert_array_equal(one.cv_results_["mean_test_score"], two.cv_results_["mean_test_score"])
    assert one.best_params_ == two.best_params_


@pytest.mark.parametrize("name", CASES)
def test_halving_gives_the_best_third_more_epochs(name):
    estimator, table, y, epochs = CASES[name]
    search = HalvingRandomSearchCV(
        estimator,
        {RATE[name]: [0.0001, 0.001, 0.01, 0.1]},
        resource=epochs,
        n_candidates=3,
        min_resources=2,
        max_resources=6,
        cv=2,
        random_state=0,
    )
    found = search.fit(table, y)
    assert (found.n_candidates_, found.n_resources_) == ([3, 1], [2, 6])
    assert found.best_params_[epochs] == 6
    fitted = found.best_estimator_
    rounds = [h.epochs for h in fitted.fit_.histories] if epochs == "epochs" else [fitted.n_iter_]
    assert set(rounds) == {6}


def test_groups_reach_the_splitter_and_the_estimator():
    with sklearn.config_context(enable_metadata_routing=True):
        asks = tabular(cp.TabularClassifier).set_fit_request(groups=True)
        found = GridSearchCV(asks, {"hidden": [2, 4]}, cv=GroupKFold(2)).fit(X, Y, groups=WHO)
    fitted = found.best_estimator_
    assert fitted.fit_.division.how == "group"
    for who in np.unique(WHO):
        assert len(set(fitted.fit_.fold_of[np.flatnonzero(who == WHO)])) == 1
    for train, test in GroupKFold(2).split(X, Y, WHO):
        assert not set(WHO[train]) & set(WHO[test])


def test_a_column_of_groups_or_of_times_goes_along():
    named = tabular(cp.TabularClassifier, group="who")
    found = GridSearchCV(named, {"dropout": [0.0, 0.3]}, cv=GroupKFold(2)).fit(X.assign(who=WHO), Y, groups=WHO)
    assert found.best_estimator_.fit_.division.how == "group"
    timed = tabular(cp.TabularRegressor, time="day")
    found = RandomizedSearchCV(timed, {"hidden": [2, 4]}, n_iter=2, cv=TimeSeriesSplit(2), random_state=0)
    fit = found.fit(X.assign(day=DAY), NUMBER).best_estimator_.fit_
    assert fit.division.how == "time"
    assert (np.diff(fit.fold_of) >= 0).all(), "stretches of time"


def test_in_a_pipeline_with_names_of_its_parts():
    pipe = make_pipeline(StandardScaler(), CASES["mlp"][0])
    found = GridSearchCV(pipe, {"mlpclassifier__alpha": [1e-4, 1.0]}, cv=2).fit(X[["age", "x"]], Y)
    assert found.best_params_.keys() == {"mlpclassifier__alpha"}


def test_what_a_search_of_ours_found_makes_an_estimator():
    table = X.assign(y=Y)
    recipe = cp.Recipe.preset("fast", **{k: SMALL[k] for k in ("members", "epochs", "learning_rate")}, test=0.0)
    found = cp.search(table, "y", trials=3, recipe=recipe, space={"hidden": [4, 8]}, n_threads=1)
    given = {"members": 2, "epochs": 3, "learning_rate": 0.03, "random_state": 0, **found.chosen.changed}
    model = cp.TabularClassifier("fast", **given).fit(X, Y)
    np.testing.assert_allclose(model.predict_proba(X), found.fit.model.predict_proba(X)[:, model._order])
