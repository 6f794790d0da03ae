"""What scikit-learn's MLP has not: its arguments, what they do, and what is said of wrong ones."""

from __future__ import annotations

import pickle
import subprocess
import sys

import numpy as np
import pytest

pytest.importorskip("sklearn", minversion="1.6")

import sklearn
from scipy import sparse
from sklearn.base import clone
from sklearn.datasets import load_iris, make_regression
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import clearprop as cp
from clearprop.errors import ClearpropError

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
X, y = load_iris(return_X_y=True)
X = (X - X.mean(0)) / X.std(0)
X_numbers, numbers = make_regression(120, 5, noise=5, random_state=0)
numbers = numbers / numbers.std()


def classifier(**arguments):
    return cp.MLPClassifier(**{"hidden_layer_sizes": (8,), "max_iter": 30, "random_state": 0, **arguments})


def regressor(**arguments):
    return cp.MLPRegressor(
        **{"hidden_layer_sizes": (8,), "max_iter": 60, "random_state": 0, "learning_rate_init": 0.01, **arguments}
    )


@pytest.mark.parametrize(
    "extra",
    [
        {"dropout": 0.2},
        {"dropout": [0.0, 0.5], "hidden_layer_sizes": (8, 6)},
        {"activation": ["tanh", "gelu"], "hidden_layer_sizes": (8, 6)},
        {"activation": "silu", "norm": "batch"},
        {"norm": "layer", "solver": "sgd"},
        {"weight_decay": 0.1},
        {"weight_decay": 0.1, "solver": "sgd", "batch_size": 10},
        {"learning_rate": cp.Cosine(0.01)},
        {"loss": "focal"},
        {"loss": cp.CrossEntropy(label_smoothing=0.1)},
        {"class_weight": "balanced"},
        {"class_weight": {0: 2.0}},
        {"dtype": "float32", "n_threads": 2},
        {"solver": "lbfgs", "activation": "softplus", "class_weight": "balanced"},
        {"hidden_layer_sizes": ()},
    ],
    ids=str,
)
def test_classifiers_learn_with_it_and_repeat_to_the_bit(extra):
    first, again = (classifier(max_iter=120, learning_rate_init=0.02, **extra).fit(X, y) for _ in range(2))
    assert first.score(X, y) > 0.9
    assert all(map(np.array_equal, first.coefs_, again.coefs_))
    np.testing.assert_allclose(first.net_.predict(X), first.predict_proba(X), rtol=1e-5, atol=1e-6)
    copy = pickle.loads(pickle.dumps(first))
    assert np.array_equal(copy.predict_proba(X), first.predict_proba(X))
    if hasattr(first, "partial_fit"):
        copy.partial_fit(X, y)
        first.partial_fit(X, y)
        assert all(map(np.array_equal, first.coefs_, copy.coefs_))


@pytest.mark.parametrize("loss", ["absolute_error", "huber", cp.Huber(0.3), "quantile", cp.MeanSquaredError()], ids=str)
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_regressors_learn_by_other_losses(loss, solver):
    assert regressor(loss=loss, solver=solver, max_iter=200).fit(X_numbers, numbers).score(X_numbers, numbers) > 0.9


def test_a_quantile_has_its_share_of_the_targets_below_it():
    high = regressor(loss=cp.Quantile(0.9), max_iter=400, hidden_layer_sizes=(4,)).fit(X_numbers, numbers)
    assert np.mean(numbers < high.predict(X_numbers)) == pytest.approx(0.9, abs=0.06)


def test_weight_decay_shrinks_the_weights():
    size = [np.abs(regressor(weight_decay=d).fit(X_numbers, numbers).coefs_[0]).sum() for d in (0.0, 5.0)]
    assert size[1] < 0.8 * size[0]


def test_class_weights_are_the_sample_weights_that_they_stand_for():
    by_class = classifier(class_weight={0: 3.0, 2: 0.5}).fit(X, y)
    by_row = classifier().fit(X, y, sample_weight=np.array([3.0, 1.0, 0.5])[y])
    for a, b in zip(by_class.coefs_, by_row.coefs_, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)


def test_validation_rows_that_are_given():
    est = classifier(early_stopping=True, max_iter=40).fit(X[::2], y[::2], X_val=X[1::2], y_val=y[1::2])
    assert est.t_ == 75 * est.n_iter_
    assert len(est.validation_loss_curve_) == len(est.validation_scores_) == est.n_iter_
    assert est.best_validation_score_ == pytest.approx(est.score(X[1::2], y[1::2]))
    without = classifier(max_iter=5).fit(X[::2], y[::2], X_val=X[1::2], y_val=y[1::2])
    p = without.predict_proba(X[1::2])[range(75), y[1::2]]
    assert without.validation_loss_curve_[-1] == pytest.approx(-np.log(p).mean())
    assert without.validation_scores_ is None
    assert without.best_loss_ == without.loss_


@pytest.mark.parametrize("scoring", ["balanced_accuracy", "loss", lambda est, X, y: -float(est.n_iter_)])
def test_any_scorer_can_stop_the_training(scoring):
    est = classifier(early_stopping=True, scoring=scoring, max_iter=20, tol=0.0).fit(X, y, X_val=X, y_val=y)
    if scoring == "balanced_accuracy":
        assert est.best_validation_score_ == balanced_accuracy_score(y, est.predict(X))
    elif scoring == "loss":
        assert est.best_validation_score_ == -min(est.validation_loss_curve_)
    else:
        assert est.n_iter_ == 12  # the first epoch is the best, then n_iter_no_change + 1 worse ones


def test_callbacks_see_each_epoch_and_may_end_it():
    seen = []

    def watch(epoch):
        seen.append((epoch.number, epoch.row["loss"], epoch.network.predict(X[:1]).item()))
        return epoch.number == 4

    est = classifier(callbacks=watch).fit(X, y)
    assert [loss for _, loss, _ in seen] == est.loss_curve_
    assert est.n_iter_ == len(seen) == 4


def test_the_network_behind_it_traces_and_explains():
    est = classifier(hidden_layer_sizes=(4, 3)).fit(X, y)
    assert isinstance(est.net_, cp.Network)
    assert "δ" in str(est.net_.trace(X[:1], y[:1]).explain())
    hidden = np.maximum(X @ est.coefs_[0] + est.intercepts_[0], 0)
    found = est.activations(X)
    np.testing.assert_allclose(found[1], hidden, rtol=1e-12)
    np.testing.assert_allclose(found[-1], est.predict_proba(X), rtol=1e-12)
    assert [a.shape[1] for a in found] == [4, 4, 3, 3]


def test_weights_that_are_edited_are_those_that_predict_and_learn():
    est = regressor().fit(X_numbers, numbers)
    est.predict(X_numbers)
    est.coefs_[-1][:] = 0
    est.intercepts_[-1] = np.array([7.0])
    assert (est.predict(X_numbers) == 7).all()
    est.partial_fit(X_numbers, numbers)
    assert est.predict(X_numbers) == pytest.approx(np.full(120, 7), abs=0.2)


def test_sparse_rows_are_made_dense_a_few_batches_at_a_time(monkeypatch):
    dense = classifier(batch_size=32).fit(X, y)
    assert np.array_equal(classifier(batch_size=32).fit(sparse.csr_array(X), y).coefs_[0], dense.coefs_[0])
    monkeypatch.setattr("clearprop.estimators.mlp.base.DENSE_NUMBERS", 100)
    monkeypatch.setattr("clearprop.estimators.mlp.stochastic.MOST_NUMBERS", 300)
    few = classifier(batch_size=32).fit(sparse.csc_array(X), y)
    np.testing.assert_allclose(few.coefs_[0], dense.coefs_[0], rtol=1e-10)
    assert few.loss_curve_ == pytest.approx(dense.loss_curve_)
    np.testing.assert_allclose(few.predict_proba(sparse.csr_array(X)), dense.predict_proba(X), rtol=1e-9)


def test_searches_pipelines_and_metadata():
    search = GridSearchCV(classifier(max_iter=5), {"alpha": [1e-4, 1.0]}, cv=2).fit(X, y)
    assert search.best_estimator_.n_iter_ == 5
    assert clone(search.best_estimator_).get_params() == search.best_estimator_.get_params()
    with sklearn.config_context(enable_metadata_routing=True):
        model = make_pipeline(
            StandardScaler().set_fit_request(sample_weight=False),
            classifier(max_iter=5).set_fit_request(sample_weight=True),
        )
        model.fit(X, y, sample_weight=np.ones(150))
    assert model.predict(X).shape == (150,)


def test_a_training_that_diverges_says_so():
    with pytest.raises(ValueError, match="non-finite parameter weights") as caught:
        regressor(solver="sgd", learning_rate_init=1e6).fit(X_numbers, numbers)
    assert isinstance(caught.value, cp.DivergenceError)
    est = regressor(solver="sgd", learning_rate_init=1e6, early_stopping=True)
    with pytest.warns(ConvergenceWarning, match="diverged"):
        est.fit(X_numbers, numbers)
    assert np.isfinite(est.predict(X_numbers)).all()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"activation": "rleu"}, "activation"),
        ({"activation": ["tanh", "relu"]}, "one for each of the 1 hidden layers"),
        ({"dropout": 1.5}, "dropout"),
        ({"dropout": [0.1, 0.2]}, "one for each"),
        ({"norm": "group"}, "norm"),
        ({"loss": "mse"}, "loss"),
        ({"loss": cp.SquaredError()}, "loss"),
        ({"hidden_layer_sizes": (8, -1)}, "must be > 0"),
        ({"hidden_layer_sizes": 2.5}, "hidden_layer_sizes"),
        ({"scoring": "acuracy", "early_stopping": True}, "acuracy"),
        ({"early_stopping": True, "validation_fraction": 0.001}, "validation"),
        ({"class_weight": {9: 2.0}}, "class_weight"),
        ({"batch_size": 0}, "batch_size"),
        ({"solver": "lbfgs", "dropout": [0.5]}, "dropout with solver='lbfgs'"),
        ({"solver": "lbfgs", "norm": "batch"}, "norm with solver='lbfgs'"),
        ({"solver": "lbfgs", "callbacks": print}, "callbacks with solver='lbfgs'"),
        ({"learning_rate": cp.ReduceOnPlateau(0.1)}, "adaptive"),
        ({"scoring": "loss"}, "early_stopping=True"),
        ({"norm": "batch", "batch_size": 1}, "two rows"),
    ],
    ids=str,
)
def test_wrong_arguments(arguments, words):
    with pytest.raises(ValueError, match=words):
        classifier(**arguments).fit(X, y)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"X_val": X}, "X_val and y_val"),
        ({"X_val": X[:, :2], "y_val": y}, "2 features"),
        ({"X_val": X, "y_val": y + 1}, "class 3"),
        ({"X_val": X, "y_val": y[:9]}, "inconsistent"),
        ({"sample_weight": np.zeros(150)}, "at least one non-zero"),
        ({"sample_weight": -np.ones(150)}, "sample_weight"),
    ],
    ids=["no y_val", "columns", "classes", "rows", "weights of 0", "negative weights"],
)
def test_wrong_data(given, words):
    with pytest.raises(ValueError, match=words):
        classifier().fit(X, y, **given)


def test_counts_below_0_are_refused():
    with pytest.raises(ValueError, match="≥ 0"):
        regressor(loss="poisson").fit(X_numbers, numbers)


def test_a_warm_start_with_other_layers_is_refused():
    est = classifier(warm_start=True).fit(X, y)
    with pytest.raises(ClearpropError, match="as they were fitted"):
        est.set_params(hidden_layer_sizes=(9,)).fit(X, y)


def test_without_sklearn_it_says_what_to_install():
    code = (
        "import sys; sys.modules['sklearn'] = None\n"
        "import clearprop as cp\n"
        "try:\n    cp.MLPClassifier()\nexcept cp.MissingDependencyError as error:\n    print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert 'pip install "clearprop[sklearn]"' in done.stdout


def test_a_batch_without_weight_is_named():
    w = np.ones(150)
    w[:50] = 0
    with pytest.raises(ValueError, match="every sample_weight is 0"):
        classifier(shuffle=False, batch_size=50).fit(X, y, sample_weight=w)


def test_any_number_of_threads_gives_the_same_bits():
    one, two = (classifier(hidden_layer_sizes=(60, 40), n_threads=n, max_iter=5).fit(X, y) for n in (1, 2))
    assert all(map(np.array_equal, one.coefs_, two.coefs_))
    assert one.loss_curve_ == two.loss_curve_
