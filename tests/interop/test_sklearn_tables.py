"""scikit-learn's pipelines over named columns as models of tables: the same answers, gaps and unknown levels too."""

import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor, make_column_selector
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_selection import SelectPercentile
from sklearn.impute import SimpleImputer
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, RobustScaler, StandardScaler

import clearprop as cp


def fitted(model, X, y):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.simplefilter("ignore", RuntimeWarning)  # of SelectPercentile, where a column says nothing
        return model.fit(X, y)


def table(rng, n=60):
    """Numbers with gaps, levels with gaps, whole numbers that are levels, and a column that nobody takes."""
    age, fare = rng.normal(40, 10, n).round(1), rng.lognormal(3, 1, n).round(2)
    age[rng.random(n) < 0.2] = np.nan
    port = rng.choice(["Bern", "Oslo", "Rome", "?"], n).astype(object)
    port[rng.random(n) < 0.2] = None
    frame = {"age": age, "note": ["x"] * n, "port": port, "fare": fare, "class": rng.integers(1, 4, n)}
    frame["sex"] = rng.choice(["female", "male"], n)
    return pd.DataFrame(frame)


def random_pipeline(rng, mlp):
    """As the user guide has it: numbers filled in and scaled, levels encoded, each by the names of columns."""
    scaler = (StandardScaler, MinMaxScaler, RobustScaler)[rng.integers(3)]()
    numbers = make_pipeline(SimpleImputer(strategy="median", add_indicator=bool(rng.random() < 0.3)), scaler)
    fills = (SimpleImputer(strategy="most_frequent"), SimpleImputer(strategy="constant", fill_value="none"))
    drop = [None, "first", "if_binary"][rng.integers(3)]
    hot = OneHotEncoder(handle_unknown="ignore", drop=drop, sparse_output=False)
    texts = make_pipeline(*[[], [fills[0]], [fills[1]]][rng.integers(3)], hot)
    parts = [("num", numbers, ["fare", "age"]), ("cat", texts, ["sex", "port"])]
    parts += [("class", OneHotEncoder(), ["class"])] if rng.random() < 0.5 else [("class", "passthrough", ["class"])]
    behind = [[], [StandardScaler()], [SelectPercentile(percentile=70)]][rng.integers(3)]
    return make_pipeline(ColumnTransformer([parts[i] for i in rng.permutation(3)]), *behind, mlp)


@pytest.mark.parametrize("seed", [*range(6), *(pytest.param(k, marks=pytest.mark.long) for k in range(6, 200))])
def test_it_answers_the_same(seed):
    rng = np.random.default_rng(seed)
    X, new = table(rng), table(rng, 20)
    new.loc[0, "port"], new.loc[1, "sex"] = "Ulm", "other"
    if kind := int(rng.integers(3)):
        y = rng.choice(["no", "perhaps", "yes"][: 4 - kind], len(X)) if kind < 3 else rng.integers(0, 3, len(X))
        model = fitted(random_pipeline(rng, MLPClassifier((5,), max_iter=3, random_state=0)), X, y)
    else:
        model = fitted(
            random_pipeline(rng, MLPRegressor(hidden_layer_sizes=(5,), max_iter=3, random_state=0)),
            X,
            rng.normal(5, 3, len(X)),
        )
    found = cp.TableModel.from_sklearn(model, "answer")
    for frame in (X, new):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of unknown levels
            wanted = model.predict_proba(frame) if kind else model.predict(frame)
            labels = model.predict(frame)
        if kind:
            np.testing.assert_allclose(found.predict_proba(frame), wanted, rtol=0, atol=1e-12)
            assert found.predict(frame) == labels.tolist()
        else:
            np.testing.assert_allclose(found.predict(frame), wanted, rtol=1e-10, atol=1e-12)
    assert "note" in found.encoder.ignored


def tutorial(target="survived"):
    """The pipeline of the user guide, fitted, with its table."""
    rng = np.random.default_rng(0)
    X = table(rng, 200)
    y = np.where((X["sex"] == "female") ^ (X["fare"] > 60), "yes", "no")
    numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    texts = make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore"))
    chosen = ColumnTransformer([("num", numbers, ["age", "fare"]), ("cat", texts, ["port", "sex"])])
    model = fitted(make_pipeline(chosen, MLPClassifier((8,), max_iter=30, random_state=0)), X, y)
    return cp.TableModel.from_sklearn(model, target), X.assign(**{target: y}), model


def test_it_is_explained_saved_exported_checked_and_trained_on(tmp_path):
    model, frame, theirs = tutorial()
    assert model.encoder.feature_names[:3] == ["age", "port=?", "port=Bern"]
    age = str(model.encoder.columns[0].describe())
    assert age.startswith("(x − ")
    assert age.endswith(f"{frame['age'].median():.4g} for missing")
    explained = model.explain(frame, 3)
    assert "port" in explained.to_html()
    model.save(tmp_path / "model.clearprop")
    again = cp.load(tmp_path / "model.clearprop")
    assert again == model
    assert again.predict(frame) == theirs.predict(frame).tolist()
    X, y = model.arrays(frame)
    assert cp.check_gradients(model.network, X[:6], y[:6]).ok
    before = model.network.evaluate(X, y)["loss"]
    model.network.fit(X, y, epochs=1)
    assert model.network.evaluate(X, y)["loss"] < before
    assert "export function predict" in model.to_javascript()
    assert 0 <= model.evaluate(frame).scores["accuracy"] <= 1


def test_labels_stay_what_they_were():
    rng = np.random.default_rng(0)
    X = pl.DataFrame({"x": rng.normal(size=40)})
    for labels in ([2, 5], [True, False], ["a", "b", "c"], [1.0, 3.0]):
        y = rng.choice(labels, 40)
        mlp = fitted(make_pipeline(StandardScaler(), MLPClassifier((2,), max_iter=2)), X, y)
        with pytest.warns(cp.errors.DataWarning, match="no imputer fills in 'x'"):
            found = cp.TableModel.from_sklearn(mlp, "y").predict(X)
        assert found == mlp.predict(X).tolist()


def test_a_large_mean_beside_a_small_deviation_loses_no_digits():
    rng = np.random.default_rng(0)
    X = pl.DataFrame({"x": rng.normal(1e9, 1, 40), "z": rng.normal(-1e8, 0.1, 40)})
    for scaler in (StandardScaler(), RobustScaler()):
        model = fitted(make_pipeline(scaler, MLPRegressor(hidden_layer_sizes=(3,), max_iter=2)), X, np.arange(40.0))
        np.testing.assert_allclose(cp.TableModel.from_sklearn(model).predict(X), model.predict(X), rtol=0, atol=1e-13)


def test_columns_without_names_are_numbered():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(30, 2))
    mlp = fitted(MLPRegressor(hidden_layer_sizes=(2,), max_iter=2), X, X[:, 0])
    found = cp.TableModel.from_sklearn(mlp)
    assert found.encoder.names == ("x0", "x1")
    np.testing.assert_allclose(found.predict(X), mlp.predict(X), rtol=1e-12)


def test_columns_that_are_chosen_by_their_kind():
    frame = table(np.random.default_rng(0)).drop(columns=["note"])
    parts = [
        ("num", make_pipeline(SimpleImputer(), StandardScaler()), make_column_selector(dtype_include="number")),
        ("cat", OneHotEncoder(handle_unknown="ignore"), make_column_selector(dtype_exclude="number")),
    ]
    model = fitted(
        make_pipeline(ColumnTransformer(parts), MLPRegressor(hidden_layer_sizes=(3,), max_iter=2)),
        frame,
        np.arange(60.0),
    )
    np.testing.assert_allclose(cp.TableModel.from_sklearn(model).predict(frame), model.predict(frame), rtol=1e-9)


@pytest.mark.parametrize(
    ("steps", "says"),
    [
        ([ColumnTransformer([("a", StandardScaler(), ["fare"]), ("b", OneHotEncoder(), ["fare"])])], "encoded"),
        (
            [ColumnTransformer([("a", SimpleImputer(), ["age"]), ("b", SimpleImputer(strategy="median"), ["age"])])],
            "twice",
        ),
        ([ColumnTransformer([("a", SimpleImputer(missing_values=0), ["fare"])])], "missing_values=0"),
        ([ColumnTransformer([("a", make_pipeline(StandardScaler(), SimpleImputer()), ["age"])])], "other steps"),
        ([ColumnTransformer([("a", OneHotEncoder(min_frequency=5), ["port"])])], "infrequent"),
    ],
)
def test_what_cannot_be_the_same_is_refused_by_name(steps, says):
    X = table(np.random.default_rng(0))
    model = fitted(make_pipeline(*steps, MLPRegressor(hidden_layer_sizes=(2,), max_iter=1)), X, np.arange(60.0))
    with pytest.raises(cp.ClearpropError, match=says):
        cp.TableModel.from_sklearn(model)


def test_several_targets_and_targets_among_the_columns_are_refused():
    X = pl.DataFrame({"x": np.arange(30.0)})
    two = fitted(MLPRegressor(hidden_layer_sizes=(2,), max_iter=1), X, np.zeros((30, 2)))
    with pytest.raises(cp.ClearpropError, match="2 targets"):
        cp.TableModel.from_sklearn(two)
    with pytest.raises(cp.ClearpropError, match="a column of X"):
        cp.TableModel.from_sklearn(fitted(MLPRegressor(hidden_layer_sizes=(2,), max_iter=1), X, np.zeros(30)), "x")
    labels = fitted(MLPClassifier((2,), max_iter=1), X, np.arange(60).reshape(30, 2) % 2)
    with pytest.raises(cp.ClearpropError, match="several labels"):
        cp.TableModel.from_sklearn(labels)


def test_columns_between_two_names():
    """The last of them is one, as pandas has it."""
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(20, 5)), columns=list("abcde"))
    y = rng.normal(size=20)
    for columns in (slice("b", "d"), slice(None, "c"), slice("c", None)):
        columned = ColumnTransformer([("chosen", StandardScaler(), columns)])
        mlp = MLPRegressor(hidden_layer_sizes=(3,), max_iter=3, random_state=0)
        pipeline = fitted(make_pipeline(columned, mlp), X, y)
        with pytest.warns(UserWarning, match="no imputer"):
            model = cp.TableModel.from_sklearn(pipeline)
        np.testing.assert_allclose(model.predict(X), pipeline.predict(X), rtol=1e-12)


def test_an_estimator_around_the_network_is_refused_with_where_it_stands():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(20, 2)), rng.normal(size=20)
    mlp = MLPRegressor(hidden_layer_sizes=(3,), max_iter=3, random_state=0)
    search = fitted(GridSearchCV(mlp, {"alpha": [0.1]}, cv=2), X, y)
    with pytest.raises(cp.ClearpropError, match=r"GridSearchCV.*best_estimator_"):
        cp.TableModel.from_sklearn(search)
    scaled = fitted(TransformedTargetRegressor(mlp, transformer=StandardScaler()), X, y)
    with pytest.raises(cp.ClearpropError, match=r"TransformedTargetRegressor.*regressor_"):
        cp.TableModel.from_sklearn(scaled)


def test_the_target_has_a_name_of_text():
    with pytest.raises(cp.ClearpropError, match=r"target=3; expected a name"):
        cp.TableModel.from_sklearn(MLPRegressor(), 3)


def test_a_single_class_is_refused():
    mlp = fitted(MLPClassifier((3,), max_iter=3, random_state=0), np.eye(4), ["a"] * 4)
    with pytest.raises(cp.ClearpropError, match="one class alone, 'a'; expected two or more"):
        cp.TableModel.from_sklearn(mlp)
