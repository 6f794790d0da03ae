"""The network's face: listing, copies, files, traces, the graph behind it."""

from __future__ import annotations

import os
import pickle

import numpy as np
import pytest

import clearprop as cp
from clearprop.errors import DTypeError, FileError, InvalidValueError, ModelFileError, ShapeError, UnknownNameError
from clearprop.graph import check

rng = np.random.default_rng(0)
X = rng.normal(size=(8, 3))
y = rng.integers(0, 2, 8)


def network(**options):
    return cp.Network(3, [cp.Dense(4, "tanh"), cp.Dense(1, "sigmoid")], "binary_cross_entropy", **options)


def test_listing_and_counts():
    net = network()
    assert {k: v.shape for k, v in net.parameters.items()} == {"W1": (3, 4), "b1": (4,), "W2": (4, 1), "b2": (1,)}
    assert (net.n_parameters, net.depth) == (21, 2)
    assert repr(net) == "<Network 3-4-1, 21 parameters>"
    assert set(net.hyperparameters) == {"n_inputs", "layers", "loss", "l1", "l2", "seed", "dtype"}


def test_summary_is_readable():
    lines = network().summary().splitlines()
    assert lines[1].split() == ["0", "input", "(N,", "3)"]
    assert lines[2].split()[:2] == ["1", "hidden"]
    assert "Dense(4, activation='tanh')" in lines[2]
    assert "W1 (3, 4)  b1 (4,)" in lines[2]
    assert lines[3].split()[:2] == ["2", "output"]
    assert lines[-1] == "2 layers, 21 parameters, loss: binary_cross_entropy"


def test_reading_a_parameter_gives_a_copy_that_refuses_changes():
    net = network()
    W = net.parameters["W1"]
    with pytest.raises(ValueError, match="read-only"):
        W[0, 0] = 1
    net.fit(X, y, epochs=1)
    assert (net.parameters["W1"] != W).any(), "the copy did not move with the network"


def test_assigning_a_parameter():
    net = network()
    net.parameters["b2"] = [3.0]
    assert net.parameters["b2"].tolist() == [3.0]
    for value, error, words in [
        ([1.0, 2.0], ShapeError, r"\(2,\); expected \(1,\)"),
        ([float("nan")], InvalidValueError, "not finite"),
        (["x"], DTypeError, "numbers"),
    ]:
        with pytest.raises(error, match=words):
            net.parameters["b2"] = value
    with pytest.raises(UnknownNameError, match="W1, b1, W2, b2"):
        net.parameters["W3"] = 1
    with pytest.raises(DTypeError, match="assignment only"):
        del net.parameters["W1"]


def test_copies_are_independent():
    net = network()
    net.fit(X, y, epochs=3)
    for twin in (net.copy(), pickle.loads(pickle.dumps(net))):
        np.testing.assert_array_equal(twin.predict(X), net.predict(X))
        before = net.predict(X)
        twin.fit(X, y, epochs=3)
        np.testing.assert_array_equal(net.predict(X), before)
        assert (twin.predict(X) != before).any()


def test_a_pickled_network_trains_on_as_the_original():
    net = network()
    net.fit(X, y, epochs=3)
    twin = pickle.loads(pickle.dumps(net))
    net.fit(X, y, epochs=3)
    twin.fit(X, y, epochs=3)
    np.testing.assert_array_equal(twin.predict(X), net.predict(X))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_save_and_load(tmp_path, dtype):
    layers = [
        *(cp.Dense(4, cp.LeakyReLU(0.2), init=cp.He("uniform")), cp.BatchNorm(), cp.Dropout(0.1)),
        *(cp.Linear(4, 4), cp.LayerNorm(), cp.Activation(cp.ELU(0.5)), cp.Dense(3, "softmax", bias=False)),
    ]
    net = cp.Network(3, layers, cp.CrossEntropy(0.1), seed=3, dtype=dtype, l2=0.01)
    net.fit(X, rng.integers(0, 3, 8), epochs=2)
    net.save(tmp_path / "m.clearprop")
    loaded = cp.load(tmp_path / "m.clearprop")
    np.testing.assert_array_equal(loaded.predict(X), net.predict(X))
    assert loaded.architecture == net.architecture
    assert loaded.hyperparameters == net.hyperparameters
    assert [p.name for p in tmp_path.iterdir()] == ["m.clearprop"], "no temporary file is left"


def test_a_users_function_that_is_more_than_its_graph_cannot_be_saved():
    net = cp.Network(3, [cp.Dense(2, lambda z: z * float(z.shape[-1] % 5))])
    with pytest.raises(InvalidValueError, match="cannot be written to a file"):
        net.save("never-written")


def test_saving_to_a_place_that_is_not_there(tmp_path):
    with pytest.raises(FileError, match="cannot write"):
        network().save(tmp_path / "none" / "m")


def test_a_path_may_be_bytes(tmp_path):
    net, path = network(), os.fsencode(tmp_path / "m")
    net.save(path)
    np.testing.assert_array_equal(cp.load(path).predict(X), net.predict(X))
    net.fit(X, X[:, :1] > 0, epochs=1, checkpoint=os.fsencode(tmp_path / "c"))
    assert (tmp_path / "c").exists()


@pytest.mark.parametrize("path", [None, 3, "a\0b"])
def test_what_is_no_path_is_refused(path):
    words = "cannot (read|write) a" if isinstance(path, str) else "a path of type"
    for use in (cp.load, network().save):
        with pytest.raises(cp.ClearpropError, match=words):
            use(path)


@pytest.mark.parametrize("penalty", [-1, np.inf, np.nan, "much", None])
def test_penalties_that_are_none(penalty):
    for name in ("l1", "l2"):
        with pytest.raises(InvalidValueError, match=f"{name} = .*; expected a finite number ≥ 0"):
            cp.Network(2, [cp.Dense(1)], "squared_error", **{name: penalty})


def test_a_checkpoint_is_no_model(tmp_path):
    network().fit(X, y, epochs=1, checkpoint=tmp_path / "c")
    with pytest.raises(ModelFileError, match="resume=True"):
        cp.load(tmp_path / "c")


def test_graphs_and_plans_are_well_typed():
    net = network()
    for graph in (net.graph(), net.step_graph(), net.step_graph("sgd")):
        check(graph)
    assert {"z1", "a1", "z2", "a2"} <= set(net.graph().named)
    assert {"dW1", "db1", "dz1", "dz2", "W1'", "L"} <= set(net.step_graph().named)
    assert len(net.plan("predict").steps) < len(net.plan("train").steps)
    with pytest.raises(InvalidValueError, match="plan of"):
        net.plan("fit")


def test_large_tables_are_predicted_in_chunks():
    net = network()
    rows = rng.normal(size=(10_000, 3)).astype(np.float32)
    apart = np.concatenate([net.predict(rows[i : i + 1000]) for i in range(0, 10_000, 1000)])
    np.testing.assert_allclose(net.predict(rows), apart, rtol=1e-5)


def test_layers_before_the_first_dense_belong_to_layer_zero():
    net = cp.Network(3, [cp.Activation("tanh"), cp.BatchNorm(), cp.Dense(1, "sigmoid")], "binary_cross_entropy")
    t = net.trace(X, y)
    np.testing.assert_allclose(t["a0_2"], np.tanh(X), rtol=1e-13)
    assert (t.a[0] == X).all()
    assert list(t.values)[-4:] == ["dn0", "da0_2", "dgamma0", "dbeta0"]
    assert "gamma0 (3,)" in net.summary()


def test_a_network_without_parameters_cannot_be_trained():
    with pytest.raises(InvalidValueError, match="without parameters"):
        cp.Network(3, [cp.Activation("tanh")], "squared_error").fit(X, X)


@pytest.mark.parametrize("executor", [None, cp.Reference()])
def test_a_network_whose_answer_does_not_depend_on_its_input(executor):
    """A constant activation: nothing before it is learned, and every row gets the same answer."""
    net = cp.Network(2, [cp.Dense(3, cp.zeros_like), cp.Dense(1)], "squared_error", dtype="float64")
    X, y = np.arange(8.0).reshape(4, 2), np.array([1.0, 2.0, 3.0, 4.0])
    history = net.fit(
        X, y, optimizer=cp.GradientDescent(0.5), epochs=60, batch_size=4, validation=(X, y), executor=executor
    )
    np.testing.assert_allclose(net.predict(X), np.full((4, 1), 2.5), rtol=1e-12)
    assert history.validation_loss[-1] == pytest.approx(np.mean((y - 2.5) ** 2) / 2)
