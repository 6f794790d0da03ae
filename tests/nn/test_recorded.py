"""Functions of one's own as data: the same operations again, for every width and dtype; nothing else gets in."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import clearprop as cp
from clearprop.errors import ClearpropError, InvalidValueError, ModelFileError
from clearprop.graph import as_graph, constant, variable
from clearprop.graph.node import OPS
from clearprop.interop import describe, revive
from clearprop.nn import Loss, RecordedActivation, RecordedLoss, recorded, resolve_loss

rng = np.random.default_rng(0)
X = rng.normal(size=(20, 3))


def wave(z):
    return z + cp.sin(z) ** 2


def spread(z):
    return z * cp.softmax(z) + cp.broadcast(cp.max(z, axis=1), z.shape, [0])


def cut(z):
    return cp.where(OPS["greater"](z, constant(0.5, z.type)), z * 0.25, cp.exp(-z))


def far(a, y):
    return cp.abs(a - y) ** 1.5  # (N, k): the mean over k is taken


def network(activation, loss, dtype="float64", units=5):
    layers = [cp.Dense(units, activation), cp.Activation(activation), cp.Dense(2)]
    return cp.Network(3, layers, loss, seed=0, dtype=dtype)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("activation", [wave, spread, cut])
def test_a_network_with_functions_of_ones_own_is_saved_and_trained_on_to_the_same_bits(tmp_path, activation, dtype):
    net = network(activation, far, dtype)
    net.fit(X, X[:, :2], epochs=2)
    net.save(tmp_path / "m")
    again = cp.load(tmp_path / "m")
    assert np.array_equal(again.predict(X), net.predict(X))
    assert again.trace(X, X[:, :2]).loss == net.trace(X, X[:, :2]).loss
    as_written = network(activation, far, dtype)
    as_written.parameters.assign_all(net.arrays())
    for each in (as_written, again):
        each.fit(X, X[:, :2], epochs=3)
    assert all(np.array_equal(again.arrays()[name], as_written.arrays()[name]) for name in net.arrays())
    again.save(tmp_path / "n")
    assert cp.load(tmp_path / "n").architecture == again.architecture
    assert activation.__name__ in again.summary()
    assert cp.check_gradients(again, X, X[:, :2]).ok


@settings(max_examples=20)
@given(width=st.integers(1, 40), which=st.sampled_from([wave, spread, cut]), dtype=st.sampled_from(["f32", "f64"]))
def test_what_was_recorded_makes_the_graph_that_the_function_makes(width, which, dtype):
    z = variable("z", (cp.N, width), dtype)
    again = revive(describe(recorded(which)))
    assert again == recorded(which)
    assert repr(as_graph(again(z))) == repr(as_graph(which(z)))


def test_a_loss_keeps_what_it_needs():
    class Own(Loss):
        target = "binary"
        output = "sigmoid"

        def __call__(self, a, y):
            return cp.sum((a - y) ** 2, axis=1)

    found = revive(describe(Own()))
    assert (type(found), found.target, found.output) == (RecordedLoss, "binary", "sigmoid")
    assert revive(describe(resolve_loss(far))).target == "numbers"


class Net:
    """Something that is not of its arguments alone."""

    units = variable("W", (7,))


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (lambda z: z + cp.broadcast(cp.sum(Net.units), z.shape, []), "variable beside its arguments"),
        (lambda z: z * float(z.shape[-1] % 5), "depend on the number of units"),
        (lambda z: cp.exp(z) if z.dtype == "f64" else z, "other operations"),
        (lambda z: 3.0, "a float and no node"),
        (lambda z: cp.sigmoid(z) if z.shape[-1] == 1 else cp.softmax(z), "another function for 1 unit"),
        (lambda z: z * (1.0 if z.shape[-1] % 2 else 2.0), "another function for 2 units"),
    ],
)
def test_what_is_not_of_its_arguments_alone_is_refused(function, said):
    with pytest.raises(InvalidValueError, match=said):
        recorded(function)


def changed(**fields):
    return {"class": "RecordedActivation", "name": "wave", "steps": [["sin", [0], []]], **fields}


@pytest.mark.parametrize(
    "data",
    [
        changed(steps=[]),
        changed(steps=[["sin", [1], []]]),
        changed(steps=[["sin", [-1], []]]),
        changed(steps=[["no such op", [0], []]]),
        changed(steps=[["variable", [], [["shape", ["@N", 7]], ["dtype", "f64"]]]]),
        changed(steps=[["sum", [0], [["axis", 1]]]]),
        changed(steps=[["sum", [0], [["axis", "@axis"]]]]),
        changed(steps=[["power", [0], []]]),
        changed(steps=[["sin", [0], [["exponent", 2.0]]]]),
        changed(steps=[["sin", [0]]]),
        changed(steps=[["sin", [0], []]] * 1001),
        changed(steps="sin"),
        changed(steps=[["power", [0], [["exponent", "x"]]]]),
        changed(steps=[["power", [0], [["exponent", None]]]]),
        changed(steps=[["power", [0], [["exponent", [2.0]]]]]),
        changed(steps=[["power", [0], [["exponent", True]]]]),
        changed(steps=[["constant", [], [["value", "a"], ["shape", ["@N", "@width"]], ["dtype", "@dtype"]]]]),
        changed(steps=[["leaky_relu", [0], [["slope", "steep"]]]]),
        {"class": "RecordedLoss", "name": "l", "steps": [["sum", [0], [["axis", 1]]]], "aim": "zzz"},
        {"class": "RecordedLoss", "name": "l", "steps": [["sum", [0], [["axis", 1]]]], "needs": "no such"},
        changed(name=3),
        changed(steps=[[["sin"], [0], []]]),
        changed(steps=[["sin", 0, []]]),
        changed(steps=[["sin", [0.0], []]]),
        changed(steps=[["broadcast", [0], [["shape", ["@N", 10**12]], ["axes", [0, 1]]]]]),
    ],
)
def test_a_damaged_description_is_refused(data):
    with pytest.raises(ClearpropError) as error:
        revive(data)
    assert isinstance(error.value, ModelFileError)


def test_functions_travel_through_tables_too(tmp_path):
    import polars as pl

    table = pl.DataFrame({"x": X[:, 0], "z": X[:, 1], "y": X[:, 2]})
    model = cp.TableModel.train(table, "y", activation=wave, hidden=4, epochs=2, test=0.0).model
    model.save(tmp_path / "m")
    again = cp.load(tmp_path / "m")
    assert np.array_equal(again.predict(table), model.predict(table))
    assert isinstance(again.network.architecture.layers[0].activation, RecordedActivation)
