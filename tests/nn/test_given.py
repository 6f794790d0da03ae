"""Starting values given as numbers: exact, checked, and what a file keeps of them."""

from __future__ import annotations

import copy
import dataclasses
import json
import pickle

import numpy as np
import pytest

import clearprop as cp
from clearprop.errors import ClearpropError, DTypeError, InvalidValueError, ModelFileError, ShapeError
from clearprop.interop import describe, revive
from clearprop.nn import Given

W, b = [[0.15, 0.25], [0.20, 0.30]], [0.35, 0.36]
X, y = np.array([[0.05, 0.10], [1.0, -1.0]]), np.array([[0.01, 0.99], [0.5, 0.5]])


def net(dtype="float64", seed=0, **options):
    layers = [cp.Dense(2, "sigmoid", **({"W": W, "b": b} | options)), cp.Dense(2, "sigmoid", b=0.6)]
    return cp.Network(2, layers, "squared_error", dtype=dtype, seed=seed)


def test_the_numbers_are_exact_and_the_seed_draws_only_the_others():
    one, two = net(seed=1), net(seed=2)
    np.testing.assert_array_equal(one.parameters["W1"], W)
    np.testing.assert_array_equal(one.parameters["b1"], b)
    np.testing.assert_array_equal(one.parameters["b2"], [0.6, 0.6])
    assert not np.array_equal(one.parameters["W2"], two.parameters["W2"])
    plain = cp.Network(2, [cp.Dense(2, "sigmoid"), cp.Dense(2, "sigmoid")], dtype="float64", seed=1)
    np.testing.assert_array_equal(one.parameters["W2"], plain.parameters["W2"])
    np.testing.assert_array_equal(net("float32").parameters["W1"], np.array(W, np.float32))


@pytest.mark.parametrize(
    "given",
    [W, tuple(map(tuple, W)), np.array(W), np.array(W).T.copy().T, np.array(W, object), np.ma.array(W)],
    ids=["lists", "tuples", "array", "strided", "objects", "mask that hides nothing"],
)
def test_numbers_in_any_clothes(given):
    np.testing.assert_array_equal(net(W=given).parameters["W1"], W)


def test_one_number_where_all_are_equal_and_linear_layers():
    layer = cp.Linear(2, 3, W=np.float32(0.5), b=[1, 2, 3])
    made = cp.Network(2, [layer], dtype="float64")
    np.testing.assert_array_equal(made.parameters["W1"], np.full((2, 3), 0.5))
    np.testing.assert_array_equal(made.predict([[1.0, 1.0]]), [[2.0, 3.0, 4.0]])
    assert repr(layer) == "Linear(2, 3, W=0.5, b=<given (3,)>)"


def test_the_layer_keeps_a_copy_of_its_own():
    given = np.array(W)
    layer = cp.Dense(2, W=given)
    given[:] = 7
    np.testing.assert_array_equal(cp.Network(2, [layer], dtype="float64").parameters["W1"], W)
    with pytest.raises(ValueError, match="read-only"):
        layer.W.values[0, 0] = 7


def test_layers_with_equal_numbers_are_equal():
    assert cp.Dense(2, W=W) == cp.Dense(2, W=np.array(W)) != cp.Dense(2, W=np.array(W).T)
    assert hash(net().architecture) == hash(net().architecture)
    for again in (copy.deepcopy(net()), pickle.loads(pickle.dumps(net()))):
        assert again.architecture == net().architecture


def test_a_fit_by_hand_from_the_numbers_of_the_textbook_example():
    """a = σ(XW + b) of one layer, and a step of gradient descent, written out."""
    one = cp.Network(2, [cp.Dense(2, "sigmoid", W=W, b=b)], "squared_error", dtype="float64")
    a = 1 / (1 + np.exp(-(X @ W + b)))
    delta = (a - y) * a * (1 - a) / len(X)
    one.fit(X, y, optimizer=cp.GradientDescent(0.5), epochs=1, batch_size=2)
    np.testing.assert_allclose(one.parameters["W1"], np.array(W) - 0.5 * X.T @ delta, rtol=1e-13)
    np.testing.assert_allclose(one.parameters["b1"], np.array(b) - 0.5 * delta.sum(0), rtol=1e-13)


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: net(W=np.ones((3, 2))), ShapeError, r"W of layer 1 .* \(3, 2\); expected shape \(2, 2\): a row"),
        (lambda: cp.Network(3, [cp.Dense(2, W=np.ones((2, 3)))]), ShapeError, r"\(2, 3\).*\(3, 2\).*its transpose"),
        (lambda: net(b=[0.1, 0.2, 0.3]), ShapeError, r"b of layer 1 .* \(3,\); expected shape \(2,\)"),
        (lambda: net(b=[[0.1, 0.2, 0.3]]), ShapeError, r"\(1, 3\); expected shape \(2,\)"),
        (
            lambda: cp.Network(3, [cp.Dense(1, W=[1, 2])]),
            ShapeError,
            r"W of layer 1 .* \(2,\); expected shape \(3, 1\)",
        ),
        (lambda: net(W=[1, 2, 3, 4]), ShapeError, r"W of layer 1 .* \(4,\); expected shape \(2, 2\)"),
        (lambda: net(W=[[1, 2], [3]]), ShapeError, "W of Dense is ragged"),
        (lambda: net(W=[[1, 2], [3, np.nan]]), InvalidValueError, r"W of Dense, of shape \(2, 2\), holds nan at row 1"),
        (lambda: net(W=[[1, 2], [3, None]]), InvalidValueError, "holds nan at row 1, column 1"),
        (lambda: net(b=np.inf), InvalidValueError, "b of Dense, .*inf"),
        (lambda: net("float32", b=1e300), InvalidValueError, r"b1 of shape \(2,\) given as numbers beyond float32"),
        (lambda: net(b=True), DTypeError, "holds bool"),
        (lambda: net(b=1j), DTypeError, "holds complex"),
        (lambda: net(W="zeros"), DTypeError, "init="),
        (lambda: net(b=np.ma.array([1, 2], mask=[0, 1])), InvalidValueError, "masked"),
        (lambda: cp.Dense(2, bias=False, b=0.1), InvalidValueError, "bias=False"),
        (lambda: cp.Dense(2, init="he", W=W), InvalidValueError, "W= and init="),
        (lambda: cp.Dense(2, bias_init=0.1, b=0.2), InvalidValueError, "b= and bias_init="),
        (lambda: cp.Dense(2, init=W), DTypeError, "numbers of your own go to W="),
    ],
)
def test_mistakes_are_named(make, error, words):
    with pytest.raises(error, match=words):
        make()


# --- files


def test_few_numbers_come_back_from_a_file(tmp_path):
    network = net()
    network.fit(X, y, epochs=2)
    network.save(tmp_path / "m")
    loaded = cp.load(tmp_path / "m")
    assert loaded.architecture == network.architecture
    np.testing.assert_array_equal(loaded.parameters["W1"], network.parameters["W1"])
    again = cp.Network(2, loaded.architecture.layers, "squared_error", dtype="float64")
    np.testing.assert_array_equal(again.parameters["W1"], W)


def test_many_numbers_are_not_in_the_description_and_that_is_said(tmp_path):
    big = np.random.default_rng(0).normal(size=(2, 600))
    network = cp.Network(2, [cp.Dense(600, W=big)], "squared_error", dtype="float64")
    network.save(tmp_path / "m")
    assert len(json.dumps(network.header())) < 1000
    loaded = cp.load(tmp_path / "m")
    assert loaded.architecture == network.architecture
    assert "given" in loaded.summary()
    np.testing.assert_array_equal(loaded.predict(X), network.predict(X))
    loaded.fit(X, np.zeros((2, 600)), epochs=1)
    with pytest.raises(InvalidValueError, match=r"shape \(2, 600\), which the model file did not keep"):
        cp.Network(2, loaded.architecture.layers)


def test_a_training_goes_on_from_its_checkpoint_only_from_the_same_numbers(tmp_path):
    path = tmp_path / "run"
    fit = {"epochs": 2, "checkpoint": path}
    net().fit(X, y, **fit)
    other = net(W=np.array(W) + 1)
    with pytest.raises(ModelFileError, match="other weights to start from"):
        other.fit(X, y, resume=True, **fit)
    network = net()
    network.save(tmp_path / "m")
    cp.load(tmp_path / "m").fit(X, y, resume=True, **fit)  # the loaded one began with the same


@pytest.mark.parametrize(
    "change",
    [
        {"shape": [2, 3]},
        {"shape": [-2, 2]},
        {"shape": 2},
        {"shape": ["2", 2]},
        {"digest": "0" * 32},
        {"digest": None},
        {"values": [[1, 2], [3, 4]]},
        {"values": [[1, 2], [3]]},
        {"values": "numbers"},
        {"values": [["1", 2], [3, 4]]},
        {"values": {"class": "Dense", "units": 3}},
    ],
)
def test_descriptions_from_strangers_are_checked(change):
    described = json.loads(json.dumps(describe(Given.of(np.array(W)))))
    assert revive(described) == Given.of(np.array(W))
    with pytest.raises(ClearpropError):
        revive(described | change)


def test_w_as_a_textbook_of_columns_writes_it():
    W = np.array([[1.0, 2, 3], [4, 5, 6]])  # out×in: two units of three inputs
    for layer in (cp.Dense(2, W=W, convention="column"), cp.Linear(3, 2, W=W, convention="column")):
        np.testing.assert_array_equal(cp.Network(3, [layer], dtype="float64").parameters["W1"], W.T)
        assert layer == dataclasses.replace(layer, W=W.T)
        assert "convention" not in repr(layer)
        assert revive(json.loads(json.dumps(describe(layer)))) == layer
    with pytest.raises(ShapeError, match="convention='column'"):
        cp.Network(3, [cp.Dense(2, W=W)])
    with pytest.raises(InvalidValueError, match="'row' or 'column'"):
        cp.Dense(2, W=W, convention="columns")


def test_a_column_w_of_the_wrong_shape_is_called_what_it_was_written_as():
    layer = cp.Dense(3, W=[[1, 2, 3], [4, 5, 6]], convention="column")
    with pytest.raises(ShapeError) as error:
        cp.Network(2, [layer])
    assert "an array of shape (2, 3); expected shape (3, 2): a row for each unit, a column for each input" in str(
        error.value
    )
    assert "convention='row', the default, says that W is written in×out" in str(error.value)
    with pytest.raises(ShapeError, match=r"shape \(2, 3\); expected shape \(3, 2\)"):
        cp.Network(2, [pickle.loads(pickle.dumps(layer))])


@pytest.mark.parametrize(
    ("n_inputs", "layer"),
    [
        (2, cp.Dense(1, W=[0.5, -0.25], b=[[3.0]])),
        (1, cp.Dense(2, W=[0.5, -0.25], b=[[3.0], [3.0]])),
        (2, cp.Dense(1, W=[0.5, -0.25], b=[3.0], convention="column")),
    ],
    ids=["one unit", "one input", "columns"],
)
def test_flat_lists_where_the_shape_is_plain(n_inputs, layer):
    made = cp.Network(n_inputs, [layer], dtype="float64").parameters
    np.testing.assert_array_equal(made["W1"].ravel(), [0.5, -0.25])
    assert set(made["b1"]) == {3.0}


@pytest.mark.parametrize("bias", [0.35, [0.1, 0.2], "no", 1, None, np.ones(2)], ids=str)
@pytest.mark.parametrize(
    "make", [lambda **o: cp.Dense(2, **o), lambda **o: cp.Linear(2, 2, **o)], ids=["Dense", "Linear"]
)
def test_a_bias_that_is_no_truth_value_names_b(make, bias):
    with pytest.raises(InvalidValueError, match="bias=.*starting values are b="):
        make(bias=bias)
    assert make(bias=np.True_) == make()
