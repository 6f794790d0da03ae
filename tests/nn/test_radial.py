"""`Radial`: sums of what is left of an input at each of some centres."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import clearprop as cp
from clearprop.errors import InvalidValueError, ShapeError

rng = np.random.default_rng(0)


def by_hand(X, C, W, b, width):
    distance = np.sqrt(((X[:, None] - C) ** 2).sum(axis=2))
    return np.exp(-np.sqrt((distance / width) ** 2 + 1e-6)) @ W + b


@given(
    n=st.integers(1, 9), m=st.integers(1, 5), units=st.integers(1, 3), width=st.floats(0.3, 5), seed=st.integers(0, 99)
)
def test_it_is_its_formula(n, m, units, width, seed):
    draw = np.random.default_rng(seed)
    C, X = draw.normal(size=(n, m)), draw.normal(size=(7, m))
    net = cp.Network(m, [cp.Radial(units, C, width)], "mse", seed=seed, dtype="float64")
    net.parameters["b1"] = draw.normal(size=units)
    W, b = net.parameters["W1"], net.parameters["b1"]
    assert np.array_equal(net.parameters["C1"], C)
    np.testing.assert_allclose(net.predict(X), by_hand(X, C, W, b, width), rtol=0, atol=1e-10)


def test_a_network_in_float32_finds_small_distances_between_far_points():
    """‖x‖² + ‖c‖² − 2xc cancels: in float32 a distance of 0.001 at 100 would be drowned by what is rounded."""
    C = np.float32(100 + 1e-3 * np.arange(6)[:, None])
    net = cp.Network(1, [cp.Radial(1, C, 1e-3)], "mse")
    W = np.float32([[300.0], [-200.0], [50.0], [7.0], [-80.0], [1.0]])
    net.parameters["W1"] = W
    exact = by_hand(np.float64(C), np.float64(C), np.float64(W), 0.0, 1e-3)
    np.testing.assert_allclose(net.predict(C), exact, rtol=0, atol=300 * 1e-6)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_points_far_from_0_have_answers_all_the_same(dtype):
    """‖x‖² + ‖c‖² − 2xc then comes out below 0 here and there."""
    C = 1e6 + rng.normal(size=(200, 3))
    net = cp.Network(3, [cp.Radial(1, C, 1.0)], "mse", dtype=dtype)
    assert np.isfinite(net.predict(C)).all()
    assert np.isfinite(net.trace(C, C[:, 0])["dW1"]).all()


def test_numbers_of_numpy_are_numbers():
    layer = cp.Radial(np.int64(2), np.int64(5), np.float32(0.5))
    assert layer == cp.Radial(2, 5, 0.5)
    assert repr(cp.Network(3, [layer, cp.Dense(4)], "mse")) == "<Network 3-2-4, 24 parameters>"


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_gradients_are_right_and_finite_at_a_centre(dtype):
    X = rng.normal(size=(20, 3))
    net = cp.Network(3, [cp.Dense(4, "tanh"), cp.Radial(3, 5, 1.5, "softmax")], "cross_entropy", dtype=dtype)
    assert cp.check_gradients(net, X, rng.integers(0, 3, 20)).ok
    on = cp.Network(3, [cp.Scale(), cp.Radial(1, X, 1.5)], "mse", dtype=dtype)
    trace = on.trace(X, X[:, 0])
    assert np.isfinite(trace["ds0"]).all()
    assert np.isfinite(trace["dW1"]).all()


def test_centres_are_frozen_and_the_rest_is_learned():
    X = rng.normal(size=(50, 2))
    y = np.sin(3 * X[:, 0])
    net = cp.Network(2, [cp.Radial(1, X, 1.0)], "mse")
    before = net.arrays()
    history = net.fit(X, y, epochs=200, optimizer=cp.Adam(0.02))
    assert np.array_equal(before["C1"], net.parameters["C1"])
    assert history["loss"][-1] < 0.05 < history["loss"][0]


def test_penalties_leave_its_sums_alone():
    X, y = rng.normal(size=(9, 2)), np.zeros(9)
    losses = [
        cp.Network(2, [cp.Radial(1, X)], "mse", l2=l2, seed=1, dtype="float64").trace(X, y).loss for l2 in (0.0, 10.0)
    ]
    assert losses[0] == losses[1]


def test_it_is_saved_and_read(tmp_path):
    X = np.float32(rng.normal(size=(400, 4)))  # more numbers than a description keeps
    net = cp.Network(4, [cp.Radial(2, X, 2.0, "tanh"), cp.Dense(1)], "mse", seed=3)
    net.save(tmp_path / "m")
    read = cp.load(tmp_path / "m")
    assert np.array_equal(read.predict(X), net.predict(X))
    assert repr(read.architecture.layers[0]) == "Radial(2, <given (400, 4)>, width=2.0, activation='tanh')"


def test_it_is_derived_and_drawn():
    net = cp.Network(1, [cp.Radial(1, [[0.0], [1.0]])], "squared_error", dtype="float64")
    text = str(net.trace([[0.5]]).explain())
    assert "what is near" in text
    assert "k[1] = e^" in text
    assert "与各中心的邻近度" in str(net.trace([[0.5]]).explain(lang="zh"))
    assert "Distances" in cp.draw(net.trace([[0.5]]), view="graph").svg


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: cp.Radial(1, [[0.0]], 0.0), r"width 0.0 of Radial; expected a positive number"),
        (lambda: cp.Radial(1, [[0.0]], True), r"width True of Radial"),
        (lambda: cp.Radial(1, [[0.0]], 1e-160), r"width 1e-160 of Radial; expected a positive number from 1e-100"),
        (lambda: cp.Radial(1, [0.0, 1.0]), r"centres <given \(2,\)> of Radial; expected an array \(centres, inputs\)"),
        (lambda: cp.Radial(1, []), r"centres <given \(0,\)> of Radial"),
        (lambda: cp.Radial(1, 0), r"centres 0; expected"),
        (lambda: cp.Radial(1, [[np.nan]]), r"centres of Radial, of shape \(1, 1\), holds nan"),
    ],
)
def test_wrong_arguments(make, message):
    with pytest.raises(InvalidValueError, match=message):
        make()


def test_centres_of_another_width():
    with pytest.raises(ShapeError, match=r"C of layer 1 given as an array of shape \(1, 2\); expected shape \(1, 3\)"):
        cp.Network(3, [cp.Radial(1, [[0.0, 1.0]])], "mse")
