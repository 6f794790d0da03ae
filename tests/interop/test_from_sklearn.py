"""scikit-learn's networks and pipelines, read: what they answer, from the same columns."""

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.exceptions import ConvergenceWarning
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MaxAbsScaler,
    MinMaxScaler,
    OneHotEncoder,
    PolynomialFeatures,
    RobustScaler,
    StandardScaler,
)

import clearprop as cp
from brought_in import require_alive


def fitted(model, X, y):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(X, y)


def data(rng, n=40):
    """Columns of different scales; the last two hold codes."""
    X = rng.normal(size=(n, 5)) * [1, 10, 0.1, 1, 1] + [0, 100, 5, 0, 0]
    X[:, 3], X[:, 4] = np.arange(n) % 3, np.arange(n) % 2
    return X


SCALERS = (StandardScaler, MinMaxScaler, MaxAbsScaler, RobustScaler, lambda: StandardScaler(with_mean=False))


def random_pipeline(rng):
    """Steps of what is known, before a network."""
    match int(rng.integers(5)):
        case 0:
            return []
        case 1:
            return [SCALERS[rng.integers(5)]()]
        case 2:
            return [SimpleImputer(), SCALERS[rng.integers(5)](), SCALERS[rng.integers(5)]()]
        case 3:
            parts = [("first", SCALERS[rng.integers(5)](), [2, 0]), ("second", "passthrough", slice(1, 2))]
            weights = [None, {"first": 0.5, "second": -3.0}][rng.integers(2)]
            remainder = str(rng.choice(["drop", "passthrough"]))
            return [ColumnTransformer(parts, remainder=remainder, transformer_weights=weights)]
    drop = [None, "first", "if_binary"][rng.integers(3)]
    encoder = make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder(drop=drop))
    parts = [("codes", encoder, [4, 3]), ("numbers", SCALERS[rng.integers(5)](), [0, 2])]
    return [ColumnTransformer(parts, remainder="passthrough"), *([StandardScaler()] if rng.random() < 0.5 else [])]


@given(st.integers(0, 2**31))
def test_a_pipeline_answers_the_same(seed):
    rng = np.random.default_rng(seed)
    X = data(rng)
    kind = int(rng.integers(4))
    y = [rng.integers(0, 3, len(X)), rng.integers(0, 2, len(X)), rng.normal(size=len(X)), rng.normal(size=(len(X), 2))]
    hidden = tuple(rng.integers(1, 6, rng.integers(1, 3)).tolist())
    options = {"activation": str(rng.choice(["relu", "tanh", "logistic", "identity"])), "max_iter": 3}
    mlp = (MLPClassifier if kind < 2 else MLPRegressor)(hidden_layer_sizes=hidden, random_state=0, **options)
    model = fitted(make_pipeline(*random_pipeline(rng), mlp), X, y[kind])
    net = cp.from_sklearn(model if len(model.steps) > 1 else mlp)
    wanted = model.predict_proba(X) if kind < 2 else model.predict(X).reshape(len(X), -1)
    np.testing.assert_allclose(net.predict(X), wanted[:, 1:] if kind == 1 else wanted, rtol=1e-9, atol=1e-10)
    losses = (cp.CrossEntropy, cp.BinaryCrossEntropy, cp.SquaredError, cp.SquaredError)
    assert (net.dtype, type(net.architecture.loss)) == ("f64", losses[kind])


def test_a_pipeline_is_checked_explained_and_trained_on():
    rng = np.random.default_rng(0)
    X = data(rng, 80)
    y = (X[:, 0] > 0).astype(int) + X[:, 4].astype(int)
    steps = [("scaled", StandardScaler(), [0, 1, 2]), ("codes", OneHotEncoder(sparse_output=False), [3, 4])]
    model = fitted(make_pipeline(ColumnTransformer(steps), MLPClassifier((8,), max_iter=20, random_state=0)), X, y)
    with pytest.warns(cp.errors.DataWarning, match="nearest"):
        net = cp.from_sklearn(model)
    require_alive(net, X, y, frozen=("E0", "E0_2", "W1", "b1"))
    assert net.predict(X[:1]).shape == (1, 3)


def test_float32_stays_float32():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(30, 2)).astype(np.float32), rng.normal(size=30).astype(np.float32)
    model = fitted(make_pipeline(StandardScaler(), MLPRegressor(hidden_layer_sizes=(3,), max_iter=2)), X, y)
    net = cp.from_sklearn(model)
    assert net.dtype == "f32"
    np.testing.assert_allclose(net.predict(X)[:, 0], model.predict(X), atol=1e-6)


@pytest.mark.parametrize("outputs", [2, 3])
def test_several_labels_are_binary_each(outputs):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(40, 2)), rng.integers(0, 2, (40, outputs))
    model = fitted(MLPClassifier((3,), max_iter=2), X, y)
    net = cp.from_sklearn(model)
    assert net.architecture.loss == cp.BinaryCrossEntropies()
    np.testing.assert_allclose(net.predict(X), model.predict_proba(X), rtol=1e-9)


def test_names_of_columns_are_found():
    polars = pytest.importorskip("polars")
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(30, 3)), rng.normal(size=30)
    frame = polars.DataFrame(X, schema=["a", "b", "c"])
    chosen = ColumnTransformer([("some", StandardScaler(), ["c", "a"])])
    model = fitted(make_pipeline(chosen, MLPRegressor(max_iter=2)), frame, y)
    np.testing.assert_allclose(cp.from_sklearn(model).predict(X)[:, 0], model.predict(frame), rtol=1e-9)


def plus_one(X):
    return X + 1


@pytest.mark.parametrize(
    ("steps", "says"),
    [
        ([PCA()], "step 'pca' is a PCA"),
        ([make_pipeline(StandardScaler(), PolynomialFeatures())], "'pipeline.polynomialfeatures' is a PolynomialFeat"),
        ([ColumnTransformer([("poly", PolynomialFeatures(), [0])])], "'columntransformer.poly'"),
        ([MinMaxScaler(clip=True)], "clip=True"),
        ([SimpleImputer(add_indicator=True)], "indicator"),
        ([SimpleImputer(missing_values=0)], "missing_values=0"),
        ([FunctionTransformer(plus_one)], "the function"),
        ([StandardScaler(), OneHotEncoder()], "as they are|categories"),
        ([ColumnTransformer([("hot", OneHotEncoder(), [3]), ("as", "passthrough", [3, 0])])], "encoded"),
        ([ColumnTransformer([("hot", OneHotEncoder(min_frequency=5), [3])])], "infrequent"),
    ],
)
def test_steps_that_are_not_known_are_refused_by_name(steps, says):
    rng = np.random.default_rng(0)
    X = data(rng)
    model = fitted(make_pipeline(*steps, MLPRegressor(max_iter=1)), X, rng.normal(size=len(X)))
    with pytest.raises(cp.ClearpropError, match=says):
        cp.from_sklearn(model)


def test_texts_other_estimators_and_what_is_not_fitted_are_refused():
    X, y = np.array([["a"], ["b"], ["a"]], object), [0, 1, 0]
    model = fitted(make_pipeline(OneHotEncoder(), MLPClassifier((2,), max_iter=1)), X, y)
    with pytest.raises(cp.ClearpropError, match="a network takes numbers"):
        cp.from_sklearn(model)
    with pytest.raises(cp.ClearpropError, match="LogisticRegression"):
        cp.from_sklearn(LogisticRegression())
    for unfitted in (
        MLPClassifier(),
        make_pipeline(StandardScaler(), MLPClassifier()),
        Pipeline([("m", MLPRegressor())]),
    ):
        with pytest.raises(cp.ClearpropError, match="not fitted"):
            cp.from_sklearn(unfitted)
    with pytest.raises(cp.ClearpropError, match="is an int"):
        cp.from_sklearn(7)
