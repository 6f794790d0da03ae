"""Keras's own models, read: what they predict, or the name of the layer that is not known."""

import os

import numpy as np
import pytest

import clearprop as cp
from brought_in import require_alive

pytestmark = [pytest.mark.peers, pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")]

ACTIVATIONS = ("relu", "gelu", "silu", "leaky_relu", "elu", "selu", "mish", "softplus", "softsign")
ACTIVATIONS += ("tanh", "sigmoid", "softmax", "exponential", "linear")

os.environ.setdefault("KERAS_BACKEND", "torch")
keras = pytest.importorskip("keras")
layers = keras.layers

X = np.random.default_rng(0).normal(size=(9, 4)).astype(np.float32)


def require_same(model):
    net = cp.from_keras(model)
    theirs = model.predict(X, verbose=0)
    np.testing.assert_allclose(net.predict(X), theirs, rtol=0, atol=2e-6 * max(1, np.abs(theirs).max()))
    return net


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_a_sequential_model_answers_the_same(activation):
    keras.utils.set_random_seed(0)
    every = [
        layers.Input((4,)),
        layers.Dense(6, activation=activation),
        layers.BatchNormalization(),
        layers.LayerNormalization(),
        layers.LeakyReLU(negative_slope=0.25),
        layers.Dropout(0.2),
        keras.Sequential([layers.Dense(5, use_bias=False), layers.ELU(alpha=0.7), layers.ReLU(negative_slope=0.1)]),
        layers.Dense(3),
        layers.Softmax(),
    ]
    model = keras.Sequential(every)
    model.compile(loss="sparse_categorical_crossentropy", optimizer="sgd")
    model.fit(X, np.arange(9) % 3, epochs=2, verbose=0)  # so that running means are none of the first ones
    net = require_same(model)
    y = np.arange(9) % 3
    assert net.evaluate(X, y)["loss"] == pytest.approx(model.evaluate(X, y, verbose=0), rel=1e-4)
    require_alive(net, X, y, optimizer="adam")


def test_a_functional_model_that_is_a_chain():
    start = keras.Input((4,))
    hidden = layers.Dense(5, activation="relu")(start)
    require_same(keras.Model(start, layers.Dense(2)(hidden)))
    branch = layers.Add()([hidden, layers.Dense(5)(hidden)])
    with pytest.raises(cp.ClearpropError, match="is an Add"):
        cp.from_keras(keras.Model(start, layers.Dense(2)(branch)))
    with pytest.raises(cp.ClearpropError, match="2 outputs"):
        cp.from_keras(keras.Model(start, [hidden, layers.Dense(1)(hidden)]))
    square = layers.Dense(4)
    with pytest.raises(cp.ClearpropError, match="used more than once"):
        cp.from_keras(keras.Model(start, square(square(start))))
    require_same(keras.Model(start, square(start)))
    with pytest.raises(cp.ClearpropError, match="is a Softmax; expected one of keras.layers itself"):
        cp.from_keras(keras.Model(start, keras.ops.softmax(hidden)))
    with pytest.raises(cp.ClearpropError, match="training=True"):
        cp.from_keras(keras.Model(start, layers.Dropout(0.5)(hidden, training=True)))


class Dense(layers.Dense):
    def call(self, given):
        return 2 * super().call(given)


def test_a_layer_of_ones_own_is_refused_whatever_its_name():
    with pytest.raises(cp.ClearpropError, match="keras.layers itself"):
        cp.from_keras(keras.Sequential([layers.Input((4,)), Dense(2)]))


def test_a_model_that_is_not_built_is_refused():
    with pytest.raises(cp.ClearpropError, match="build the model first"):
        cp.from_keras(keras.Sequential([layers.Dense(1)]))
