"""The estimators for tables as data scientists use them: searches, pipelines, routing, kinds of columns and of y."""

import copy
import io

import joblib
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import sklearn
from scipy.sparse import csr_array
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import make_column_transformer
from sklearn.ensemble import VotingClassifier
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    HalvingGridSearchCV,
    cross_val_predict,
    cross_validate,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import clearprop as cp
from clearprop.errors import DataWarning

QUICK = {"preset": "fast", "members": 2, "hidden": 8, "epochs": 4, "learning_rate": 0.03, "random_state": 0}
N = 90
rng = np.random.default_rng(0)
X = pd.DataFrame(
    {"age": rng.integers(20, 60, N), "kind": rng.choice(list("abc"), N), "x": rng.normal(size=N)},
    index=np.arange(N)[::-1] * 3,
)
y = np.where(X.x > 0, "yes", "no")


def classifier(**changes):
    return cp.TabularClassifier(**{**QUICK, "n_threads": 1, **changes})


def regressor(**changes):
    return cp.TabularRegressor(**{**QUICK, "n_threads": 1, **changes})


@pytest.fixture(scope="module")
def model():
    return classifier().fit(X, y)


def test_searches():
    found = GridSearchCV(classifier(), {"hidden": [4, (4, 4)]}, cv=2).fit(X, y)
    assert set(found.best_params_) == {"hidden"}
    halving = HalvingGridSearchCV(
        classifier(), {"hidden": [4, 8, 12]}, cv=2, resource="epochs", min_resources=1, max_resources=3, random_state=0
    )
    assert halving.fit(X, y).best_params_["epochs"] == 3


@pytest.mark.parametrize("frames", ["default", "pandas", "polars"])
def test_pipelines_and_what_they_hand_on(frames):
    names = ["x", "age"] if frames == "polars" else ["x", "age", "kind"]
    before = make_column_transformer((StandardScaler(), ["x"]), ("passthrough", names[1:]))
    table = pl.from_pandas(X) if frames == "polars" else X
    pipe = make_pipeline(before, classifier()).set_output(transform=frames).fit(table[names], y)
    assert set(pipe.predict(table[names])) <= {"yes", "no"}


def test_ensembles_and_calibration():
    p = cross_val_predict(classifier(), X, y, cv=2, method="predict_proba")
    np.testing.assert_allclose(p.sum(axis=1), 1, atol=1e-6)
    assert CalibratedClassifierCV(classifier(), cv=2).fit(X, y).predict_proba(X).shape == (N, 2)
    both = VotingClassifier([("a", classifier()), ("b", classifier(random_state=1))], voting="soft").fit(X, y)
    parts = [each.predict_proba(X) for each in both.estimators_]
    np.testing.assert_allclose(both.predict_proba(X), np.mean(parts, axis=0))


def test_weights_and_groups_are_routed():
    groups = rng.integers(0, 9, N)
    with sklearn.config_context(enable_metadata_routing=True):
        asks = classifier().set_fit_request(sample_weight=True, groups=True).set_score_request(sample_weight=False)
        given = {"sample_weight": np.ones(N), "groups": groups}
        found = cross_validate(asks, X, y, params=given, cv=GroupKFold(2), return_estimator=True)
    for fitted in found["estimator"]:
        assert fitted.recipe_.group is not None
        assert fitted.recipe_.weight is not None


def test_groups_stay_whole_and_are_no_input():
    groups = np.repeat(np.arange(N // 3), 3)
    model = regressor().fit(X, X.x, groups=groups)
    assert model.fit_.division.how == "group"
    column = regressor(group="who").fit(X.assign(who=groups), X.x)
    assert np.array_equal(model.predict(X), column.predict(X.assign(who=0)))


def test_members_are_ended_by_stretches_of_time():
    dated = X.assign(day=pd.date_range("2020-01-01", periods=N))
    model = classifier(time="day").fit(dated, y)
    assert model.fit_.division.how == "time"
    assert any("stretch of time" in said("en") for said in model.fit_.division.said)


def test_copies_answer_alike(model):
    file = io.BytesIO()
    joblib.dump(model, file)
    file.seek(0)
    for twin in (copy.deepcopy(model), joblib.load(file)):
        assert np.array_equal(twin.predict_proba(X), model.predict_proba(X))


def test_kinds_of_columns():
    table = pd.DataFrame(
        {
            "category": pd.Categorical(X.kind),
            "ordered": pd.Categorical(X.kind, ordered=True),
            "truth": X.x > 0,
            "nullable": pd.array(np.where(X.x > 0, True, None), dtype="boolean"),
            "whole": pd.array(np.where(X.x > 0, 1, None), dtype="Int64"),
            "text": pd.array(X.kind, dtype="string"),
            "date": pd.date_range("2020-01-01", periods=N, tz="UTC"),
            "span": pd.to_timedelta(np.arange(N) ** 2, unit="h"),
            "mixed": np.resize(np.array([1, "a", 2.5, None], dtype=object), N),
        },
    )
    model = classifier().fit(table, y)
    assert set(model.model_.encoder.names) == set(table.columns)
    assert not model.model_.encoder.ignored
    assert len(model.predict(table.head(3))) == 3


@pytest.mark.parametrize(
    "given",
    [
        y.tolist(),
        pd.Series(y, index=range(7, N + 7)),
        pd.Categorical(y),
        pd.Series(y, dtype="string"),
        pl.Series(y),
        pa.array(y),
    ],
)
def test_kinds_of_labels(given, model):
    other = classifier().fit(X, given)
    assert other.classes_.tolist() == ["no", "yes"]
    assert np.array_equal(other.predict_proba(X), model.predict_proba(X))


def test_a_column_of_labels_is_taken_with_a_warning(model):
    with pytest.warns(sklearn.exceptions.DataConversionWarning, match="column-vector"):
        other = classifier().fit(X, y[:, None])
    assert np.array_equal(other.predict_proba(X), model.predict_proba(X))


@pytest.mark.parametrize(
    ("labels", "error", "words"),
    [
        (np.where(X.x > 1, "yes", None), ValueError, "missing labels"),
        (np.where(X.x > 1, 1.0, np.nan), ValueError, "NaN"),
        (pd.array([None] + [True] * (N - 1), dtype="boolean"), ValueError, "NaN|missing"),
        (np.resize(np.array(["a", 1], dtype=object), N), TypeError, "int, str"),
        (X.x, ValueError, "continuous"),
        (np.stack([np.c_[y, y]] * 2), ValueError, "dim 3"),
        (y[:5], ValueError, "90 rows and y has 5"),
    ],
)
def test_labels_that_are_none(labels, error, words):
    with pytest.raises(error, match=words):
        classifier().fit(X, labels)


def test_numbers_that_are_none():
    with pytest.raises(TypeError, match="dates"):
        regressor().fit(X, pd.Series(pd.date_range("2020", periods=N)))
    with pytest.raises(ValueError, match="infinity"):
        regressor().fit(X, np.where(X.x > 0, np.inf, 0))


def test_rows_and_orders_of_columns(model):
    p = model.predict_proba(X)
    assert np.array_equal(model.predict_proba(X[["x", "kind", "age"]]), p)
    assert np.array_equal(model.predict_proba(pl.from_pandas(X)), p)
    row = X.iloc[4]
    for one in (row, row.to_dict(), [row.to_dict()]):
        np.testing.assert_allclose(model.predict_proba(one), p[4:5], rtol=1e-6)
    assert model.predict(X.head(0)).tolist() == []
    assert model.predict_proba(X.head(0)).shape == (0, 2)


@pytest.mark.filterwarnings("ignore:X (has|does)")
def test_a_frame_after_an_array_answers_by_place():
    numbers = X[["age", "x"]]
    model = classifier().fit(numbers.to_numpy(), y)
    assert np.array_equal(model.predict_proba(numbers), model.predict_proba(numbers.to_numpy()))
    other = classifier().fit(numbers, y)
    assert np.array_equal(other.predict_proba(numbers.to_numpy()), other.predict_proba(numbers))


def test_levels_that_were_not_there_are_told_of(model):
    with pytest.warns(DataWarning, match="not there in training"):
        assert np.isfinite(model.predict_proba(X.assign(kind="new"))).all()


@pytest.mark.parametrize(
    ("table", "error", "words"),
    [
        (X[["age", "x"]], ValueError, "now missing:\n- kind"),
        (X.assign(other=1), ValueError, "unseen at fit time:\n- other"),
        ({"age": 39}, ValueError, "no column 'kind', 'x'"),
        (X.assign(x=np.inf), ValueError, "'x' is infinite in row 0"),
        (X.assign(x="hello"), ValueError, "'x' holds 'hello'"),
        (csr_array(np.eye(3)), TypeError, "sparse"),
        (pl.LazyFrame({"age": [1]}), TypeError, r"X\.collect"),
    ],
)
def test_tables_that_do_not_fit(table, error, words, model):
    with pytest.raises(error, match=words):
        model.predict(table)


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (X.head(0), r"0 sample\(s\)"),
        (X.head(1), r"1 sample\(s\)"),
        (X[[]], "no column to learn from"),
        (pd.DataFrame({"a": 1.0, "b": np.nan}, index=range(N)), "a: the same value .*; b: all values are missing"),
        (pd.DataFrame({"name": [f"n{i}" for i in range(N)]}), "name: text that is different in nearly every row"),
        (X.assign(x=np.inf), "'x' is infinite in row 0"),
    ],
)
def test_tables_of_which_nothing_can_be_learned(table, words):
    with pytest.raises(ValueError, match=words):
        classifier().fit(table, y[: len(table)])


@pytest.mark.parametrize("rows", range(2, 13))
def test_few_rows(rows):
    few = X.head(rows)
    assert np.isfinite(regressor(members=4).fit(few, np.arange(rows)).predict(few)).all()
    assert len(classifier(members=4).fit(few, np.arange(rows) % 2).predict(few)) == rows
    if rows > 2:  # a fold without a class, and a class of one row
        assert len(classifier(members=4).fit(few, [0] * (rows - 1) + [1]).predict(few)) == rows


@pytest.mark.parametrize(
    ("arguments", "given", "words"),
    [
        ({"members": 0}, {}, "members 0"),
        ({"hidden": 0}, {}, "units 0"),
        ({"learning_rate": 0}, {}, "learning_rate = 0"),
        ({"n_threads": 0}, {}, "n_threads 0"),
        ({"random_state": -1}, {}, "seed -1"),
        ({"kinds": {"z": "number"}}, {}, "unknown column 'z'"),
        ({"class_weight": {"maybe": 2}}, {}, "unknown class 'maybe'"),
        ({}, {"groups": [1] * N}, "rows of one group"),
        ({}, {"groups": [1]}, "groups of 1 row"),
        ({}, {"groups": [None] * N}, "missing"),
        ({"group": "kind"}, {"groups": [1, 2] * (N // 2)}, "one of them"),
        ({}, {"sample_weight": -np.ones(N)}, "Negative"),
    ],
)
def test_arguments_out_of_range(arguments, given, words):
    with pytest.raises(ValueError, match=words):
        classifier(**arguments).fit(X, y, **given)


def test_weights_of_classes_are_given_by_label():
    p = [classifier(class_weight=w).fit(X, y).predict_proba(X)[:, 1].mean() for w in ({"no": 9}, None, {"yes": 9})]
    assert p == sorted(p)
