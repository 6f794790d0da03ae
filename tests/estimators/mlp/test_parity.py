"""Step by step the numbers of scikit-learn's MLP: same initial weights, same order of the rows, same stopping epoch."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("sklearn", minversion="1.7")  # sample weights and the Poisson loss

from sklearn import neural_network
from sklearn.datasets import load_digits, make_multilabel_classification, make_regression

import clearprop as cp

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
CLASSIFIERS = neural_network.MLPClassifier, cp.MLPClassifier
REGRESSORS = neural_network.MLPRegressor, cp.MLPRegressor

rng = np.random.default_rng(0)
X, y = load_digits(return_X_y=True)
X, y = X[:450] / 16, y[:450]
w = rng.uniform(0.1, 2, len(X))
X_labels, labels = make_multilabel_classification(203, n_features=10, random_state=0)
X_numbers, numbers = make_regression(203, 8, n_targets=3, random_state=0)
numbers = numbers / 100
counts = rng.poisson(np.exp(numbers[:, 0] / 3))


def both(kinds, X, y, w=None, **arguments):
    arguments = {"random_state": 0, "max_iter": 12, "hidden_layer_sizes": (20,), **arguments}
    return [kind(**arguments).fit(X, y, sample_weight=w) for kind in kinds]


def assert_agree(theirs, ours, rtol=1e-9, atol=1e-12):
    assert (ours.n_iter_, ours.t_) == (theirs.n_iter_, theirs.t_)
    assert (ours.n_layers_, ours.n_outputs_, ours.out_activation_) == (
        theirs.n_layers_,
        theirs.n_outputs_,
        theirs.out_activation_,
    )
    for a, b in zip(ours.coefs_ + ours.intercepts_, theirs.coefs_ + theirs.intercepts_, strict=True):
        np.testing.assert_allclose(a, b, rtol, atol)
        assert a.dtype == b.dtype
    assert ours.loss_ == pytest.approx(theirs.loss_, rel=1e-9)
    for name in ("loss_curve_", "validation_scores_", "best_loss_", "best_validation_score_"):
        assert hasattr(ours, name) == hasattr(theirs, name)
        value = getattr(theirs, name, None)
        assert getattr(ours, name, None) == (None if value is None else pytest.approx(value, rel=1e-9))


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"shuffle": False},
        {"alpha": 1.0, "batch_size": 64, "beta_1": 0.8, "beta_2": 0.99, "epsilon": 1e-3},
        {"batch_size": 449},  # a last batch of one row
        {"batch_size": 32, "hidden_layer_sizes": (12, 8), "activation": "tanh"},
        {"activation": "logistic", "learning_rate_init": 0.01},
        {"activation": "identity", "tol": 1e-2, "n_iter_no_change": 2, "max_iter": 60, "learning_rate_init": 0.02},
        {"solver": "sgd", "learning_rate_init": 0.1},
        {"solver": "sgd", "learning_rate_init": 0.1, "nesterovs_momentum": False, "alpha": 0.5},
        {"solver": "sgd", "learning_rate_init": 0.1, "momentum": 0},
        {"solver": "sgd", "learning_rate_init": 0.01, "momentum": 1.0, "max_iter": 5},
        {"solver": "sgd", "learning_rate_init": 0.1, "learning_rate": "invscaling", "power_t": 0.3},
        {"solver": "sgd", "learning_rate": "adaptive", "tol": 0.02, "n_iter_no_change": 1, "max_iter": 60}
        | {"learning_rate_init": 0.3},
        {"early_stopping": True, "max_iter": 40, "learning_rate_init": 0.01, "validation_fraction": 0.2},
    ],
    ids=str,
)
@pytest.mark.parametrize("weights", [None, w], ids=["", "weighted"])
def test_digits(arguments, weights):
    assert_agree(*both(CLASSIFIERS, X, y, weights, **arguments))


@pytest.mark.parametrize(
    "arguments", [{}, {"early_stopping": True, "max_iter": 30, "learning_rate_init": 0.01}], ids=str
)
def test_other_targets(arguments):
    assert_agree(*both(CLASSIFIERS, X, y > 4, **arguments))
    assert_agree(*both(CLASSIFIERS, X_labels, labels, w[:203], **arguments))
    assert_agree(*both(REGRESSORS, X_numbers, numbers, w[:203], alpha=0.5, **arguments))
    assert_agree(*both(REGRESSORS, X_numbers, numbers[:, 0], **arguments))
    assert_agree(*both(REGRESSORS, X_numbers, counts, loss="poisson", **arguments))


@pytest.mark.parametrize("weights", [None, w], ids=["", "weighted"])
def test_lbfgs(weights):
    asked = {"solver": "lbfgs", "alpha": 0.1, "hidden_layer_sizes": (8,)}
    few = None if weights is None else weights[:203]
    loose = {"rtol": 1e-5, "atol": 1e-7}
    assert_agree(*both(CLASSIFIERS, X, y, weights, **asked), **loose)
    assert_agree(*both(CLASSIFIERS, X_labels, labels, few, **asked), **loose)
    assert_agree(*both(REGRESSORS, X_numbers, numbers[:, 0], few, **asked), **loose)
    assert_agree(*both(REGRESSORS, X_numbers, counts, few, loss="poisson", **asked), **loose)


def test_predictions_are_theirs_too():
    theirs, ours = both(CLASSIFIERS, X, y)
    np.testing.assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), rtol=1e-9, atol=1e-14)
    np.testing.assert_allclose(ours.predict_log_proba(X), theirs.predict_log_proba(X), rtol=1e-9)
    assert (ours.predict(X) == theirs.predict(X)).all()
    assert ours.score(X, y, w) == theirs.score(X, y, w)


def test_partial_fit_and_warm_start():
    theirs, ours = (kind(random_state=0, hidden_layer_sizes=9, warm_start=True) for kind in CLASSIFIERS)
    for part in (slice(0, 250), slice(250, 450), slice(0, 450)):
        for each in (theirs, ours):
            each.partial_fit(X[part], y[part], classes=range(10))
    assert_agree(theirs, ours)
    for each in (theirs, ours):
        each.set_params(max_iter=5).fit(X, y).fit(X, y)
    assert_agree(theirs, ours)


def test_a_shared_random_state_is_used_up_alike():
    states = np.random.RandomState(3), np.random.RandomState(3)
    for kind, state in zip(CLASSIFIERS, states, strict=True):
        kind(hidden_layer_sizes=5, max_iter=30, tol=0.5, n_iter_no_change=3, random_state=state).fit(X, y)
    assert states[0].randint(2**31) == states[1].randint(2**31)


def test_float32_is_theirs_up_to_rounding():
    theirs, ours = both(CLASSIFIERS, X.astype(np.float32), y)
    assert ours.coefs_[0].dtype == np.float32
    np.testing.assert_allclose(ours.predict_proba(X.astype(np.float32)), theirs.predict_proba(X), atol=1e-4)


def test_the_verbose_words_are_theirs(capsys):
    said = []
    for kind in CLASSIFIERS:
        kind(random_state=0, hidden_layer_sizes=5, verbose=True, tol=0.1, n_iter_no_change=1, max_iter=50).fit(X, y)
        said.append(capsys.readouterr().out)
    assert said[0] == said[1]
    assert "Stopping." in said[0]
