"""Networks as Keras's models: the same answers there, the same bits when they come back, a name for what it lacks."""

import json
import os

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import clearprop as cp
from commands import run
from networks_to_write import random_case

pytestmark = [
    pytest.mark.peers,
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:[\\s\\S]*softmax over axis -1:UserWarning"),  # of one value
]

os.environ.setdefault("KERAS_BACKEND", "torch")
keras = pytest.importorskip("keras")


@settings(max_examples=60)
@given(st.integers(0, 2**31), st.sampled_from(["float32", "float64"]))
def test_there_and_back_to_the_same_bits(seed, dtype):
    case = random_case(seed, dtype, own=False, tables=False)
    model = case.net.to_keras()
    back = cp.from_keras(model, loss=case.net.architecture.loss)
    assert back.dtype == case.net.dtype
    assert np.array_equal(back.predict(case.X), case.net.predict(case.X), equal_nan=True)
    for name, values in case.net.arrays().items():
        assert np.array_equal(back.arrays()[name], values)
        assert back.architecture.parameters[name].trainable == case.net.architecture.parameters[name].trainable
    theirs = np.asarray(model.predict(case.X, verbose=0))
    scale = max(1.0, float(np.abs(theirs).max()))
    # Keras multiplies in float32 even where its weights are float64.
    np.testing.assert_allclose(case.net.predict(case.X), theirs, rtol=0, atol=3e-6 * scale)


EVERY = [cp.Dense(6, "gelu", trainable=False), cp.BatchNorm(), cp.Dropout(0.2), cp.Dense(3, "softmax")]


def test_a_file_of_keras_comes_back_to_the_same_bits(tmp_path):
    net = cp.Network(4, EVERY, "cross_entropy", seed=0)
    net.to_keras().save(tmp_path / "net.keras")
    back = cp.from_keras(keras.saving.load_model(tmp_path / "net.keras"))
    X = np.random.default_rng(0).normal(size=(9, 4))
    assert np.array_equal(back.predict(X), net.predict(X))
    parameters = {name: p.is_frozen for name, p in back.architecture.parameters.items()}
    assert parameters == {name: p.is_frozen for name, p in net.architecture.parameters.items()}


def test_it_trains_on_there():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(60, 4)), rng.integers(0, 3, 60)
    model = cp.Network(4, EVERY, "cross_entropy", seed=0).to_keras()
    frozen = model.layers[0].get_weights()[0]
    model.compile(loss="sparse_categorical_crossentropy", optimizer=keras.optimizers.Adam(0.01))
    before = model.evaluate(X, y, verbose=0)
    model.fit(X, y, epochs=5, verbose=0)
    assert model.evaluate(X, y, verbose=0) < before
    assert np.array_equal(model.layers[0].get_weights()[0], frozen)


def elu(z):
    """No ELU, whatever it is called."""
    return z * 2.0


@pytest.mark.parametrize(
    ("layer", "says"),
    [
        (cp.Scale(), "a layer Scale"),
        (cp.Periodic(2, 3), "a layer Periodic"),
        (cp.Dense(2, parametrization="ntk"), "ntk"),
        (cp.Dense(2, elu), "the activation elu"),
    ],
)
def test_what_keras_lacks_is_refused_by_name(layer, says):
    with pytest.raises(cp.ClearpropError, match=says):
        cp.Network(2, [layer, cp.Dense(1)]).to_keras()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_command_writes_a_file_and_compares_it(tmp_path, dtype):
    cp.Network(4, EVERY, "cross_entropy", seed=0, dtype=dtype).save(tmp_path / "net.clearprop")
    found = json.loads(run("export", tmp_path / "net.clearprop", "--to", "keras", "--json").stdout)
    assert (found["rows"], found["out"]) == (1000, str(tmp_path / "net.keras"))
    assert found["largest_difference"] < 1e-6
    assert keras.saving.load_model(tmp_path / "net.keras").count_params() == 6 * 4 + 6 + 4 * 6 + 6 * 3 + 3


@pytest.mark.filterwarnings("default::clearprop.errors.DataWarning")
def test_a_layer_that_is_frozen_in_part_is_said_to_be_learned_in_a_file(tmp_path):
    cp.Network(4, [cp.Dense(3, trainable={"W": False})], "mse", seed=0).save(tmp_path / "net.clearprop")
    done = run("export", tmp_path / "net.clearprop", "--to", "keras")
    assert "frozen in part" in done.stderr
