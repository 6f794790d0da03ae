"""`Ensemble`: the mean of several networks as one network."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import clearprop as cp
from clearprop.errors import DTypeError, InvalidValueError, ShapeError

rng = np.random.default_rng(0)
X = rng.normal(size=(40, 3))


def networks(k, last, loss, dtype="float64", hidden=4):
    layers = [cp.Dense(hidden, "tanh"), cp.Dropout(0.1), last]
    return [cp.Network(3, layers, loss, seed=seed, dtype=dtype) for seed in range(k)]


@given(k=st.integers(1, 5), classes=st.integers(1, 4), dtype=st.sampled_from(["float32", "float64"]))
def test_it_answers_with_the_mean_and_gives_its_members_back(k, classes, dtype):
    last = cp.Dense(1, "sigmoid") if classes == 1 else cp.Dense(classes, "softmax")
    nets = networks(k, last, "binary_cross_entropy" if classes == 1 else "cross_entropy", dtype) if classes > 0 else []
    mean = cp.ensemble_of(nets)
    expected = np.mean([net.predict(X) for net in nets], axis=0)
    np.testing.assert_allclose(mean.predict(X), expected, rtol=0, atol=1e-6 if dtype == "float32" else 1e-14)
    assert len(mean.members) == k
    for member, net in zip(mean.members, nets, strict=True):
        assert np.array_equal(member.predict(X), net.predict(X))
        assert member.architecture == net.architecture
    assert np.array_equal(cp.ensemble_of(mean.members).predict(X), mean.predict(X))


def test_its_loss_and_gradients_are_those_of_the_mean():
    nets = networks(3, cp.Dense(1, "sigmoid"), "binary_cross_entropy")
    y = (X.sum(axis=1) > 0).astype(float)
    mean = cp.ensemble_of(nets)
    a = np.mean([net.predict(X)[:, 0] for net in nets], axis=0)
    trace = mean.trace(X, y)
    assert trace.loss == pytest.approx(-np.mean(y * np.log(a) + (1 - y) * np.log(1 - a)), rel=1e-12)
    np.testing.assert_allclose(trace.a[mean.depth][:, 0], a, rtol=1e-12)
    assert cp.check_gradients(mean, X, y).ok


def test_the_members_keep_their_numbers():
    nets = networks(2, cp.Dense(1), "mse")
    mean = cp.ensemble_of(nets)
    before = nets[0].arrays()
    mean.fit(X, X[:, 0], epochs=1)
    assert all(np.array_equal(before[name], nets[0].arrays()[name]) for name in before)


def test_it_is_saved_and_read(tmp_path):
    mean = cp.ensemble_of(networks(3, cp.Dense(1), "mse"))
    mean.save(tmp_path / "m")
    read = cp.load(tmp_path / "m")
    assert np.array_equal(read.predict(X), mean.predict(X))
    assert len(read.members) == 3


def test_layers_in_front_that_learn_nothing_are_there_once():
    frozen = cp.Dense(3, W=np.eye(3) * 2, b=0.5, trainable=False)
    nets = [cp.Network(3, [frozen, cp.Dense(2, "relu"), cp.Dense(1)], "mse", seed=s) for s in (0, 1)]
    mean = cp.ensemble_of(nets)
    assert mean.architecture.layers[0] == frozen
    assert mean.depth == 1 + 2 * 2 + 1
    np.testing.assert_allclose(mean.predict(X), (nets[0].predict(X) + nets[1].predict(X)) / 2, atol=1e-6)
    assert all(np.array_equal(m.predict(X), n.predict(X)) for m, n in zip(mean.members, nets, strict=True))
    nets[1].parameters["W1"] = np.eye(3)
    assert isinstance(cp.ensemble_of(nets).architecture.layers[0], cp.Ensemble)


def test_it_is_trained_as_one_network():
    net = cp.Network(3, [cp.Ensemble([[cp.Dense(4, "relu"), cp.Dense(1)]] * 2)], "mse", dtype="float64")
    before = net.evaluate(X, X[:, 0])["loss"]
    net.fit(X, X[:, 0], epochs=30, learning_rate=0.01)
    assert net.evaluate(X, X[:, 0])["loss"] < before / 2


def test_it_names_itself_shortly():
    assert repr(cp.Ensemble([[cp.Dense(1)]] * 8)) == "Ensemble(8 × [Dense(1)])"
    assert repr(cp.Ensemble([[cp.Dense(1)], [cp.Dense(2), cp.Dense(1)]])) == "Ensemble(2 × [Dense(1)], …)"


def test_a_network_without_one_is_its_own_member():
    net = networks(1, cp.Dense(1), "mse")[0]
    assert net.members == (net,)


@pytest.mark.parametrize(
    ("wrong", "error", "words"),
    [
        (lambda: cp.ensemble_of([]), ShapeError, "no networks"),
        (lambda: cp.Ensemble([]), ShapeError, "one member or more"),
        (lambda: cp.Ensemble([[]]), ShapeError, "one layer or more"),
        (lambda: cp.Ensemble(3), DTypeError, "a list of layers"),
        (lambda: cp.Ensemble([cp.Network(2, [cp.Dense(1)])]), DTypeError, "cp.ensemble_of joins networks"),
        (lambda: cp.Network(3, [cp.Ensemble([[cp.Dense(1)], [cp.Dense(2)]])]), ShapeError, "1 and 2 outputs"),
        (
            lambda: cp.ensemble_of([*networks(1, cp.Dense(1), "mse"), *networks(1, cp.Dense(1), "mae")]),
            InvalidValueError,
            "differ in layers alone",
        ),
        (
            lambda: cp.ensemble_of([networks(1, cp.Dense(1), "mse", d)[0] for d in ("float32", "float64")]),
            InvalidValueError,
            "one dtype",
        ),
        (
            lambda: cp.Network(3, [cp.Ensemble([[cp.Dense(2, "relu")]] * 2)], "binary_cross_entropy"),
            InvalidValueError,
            "sigmoid",
        ),
    ],
)
def test_wrong_ensembles(wrong, error, words):
    with pytest.raises(error, match=words):
        wrong()


def test_members_may_count_by_weights(tmp_path):
    nets = networks(3, cp.Dense(1, "sigmoid"), "binary_cross_entropy")
    mean = cp.ensemble_of(nets, [1, 0, 3])
    assert mean.shares == (0.25, 0.0, 0.75)
    expected = 0.25 * nets[0].predict(X) + 0.75 * nets[2].predict(X)
    np.testing.assert_allclose(mean.predict(X), expected, rtol=0, atol=1e-15)
    mean.save(tmp_path / "m")
    read = cp.load(tmp_path / "m")
    assert read.shares == mean.shares
    assert np.array_equal(read.predict(X), mean.predict(X))
    assert repr(mean.architecture.layers[-1]).endswith("weights=[1.0, 0.0, 3.0])")
    assert cp.ensemble_of(nets).shares == pytest.approx([1 / 3] * 3)
    assert nets[0].shares == (1.0,)


@pytest.mark.parametrize(
    ("weights", "error", "message"),
    [
        ([1], ShapeError, r"weights of shape \(1,\) of 2 members; expected one for each"),
        ([[1, 2]], ShapeError, r"weights of shape \(1, 2\) of 2 members"),
        (3, ShapeError, r"weights of shape \(\) of 2 members"),
        ([1e308, 1e308], InvalidValueError, r"with a finite sum"),
        ([1, -1], InvalidValueError, r"weights \[1.0, -1.0\] of an Ensemble; expected numbers ≥ 0, not all of them 0"),
        ([0, 0], InvalidValueError, r"not all of them 0"),
        ([1, float("nan")], InvalidValueError, r"numbers ≥ 0"),
        ([1, float("inf")], InvalidValueError, r"numbers ≥ 0"),
        (["a", 1], DTypeError, r"weights of an Ensemble"),
    ],
)
def test_wrong_weights(weights, error, message):
    with pytest.raises(error, match=message):
        cp.ensemble_of(networks(2, cp.Dense(1), "mse"), weights)
