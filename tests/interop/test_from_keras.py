"""Keras models, read by their layers' names, configurations and weights: stand-ins tell them as Keras does.

`tests/peers/test_from_keras.py` reads those of Keras itself.
"""

from types import SimpleNamespace

import numpy as np
import pytest

import clearprop as cp


def layer(kind, weights=(), trainable=True, module="keras.src.layers", **config):
    """A layer of a class of this name."""
    members = {
        "__module__": module,
        "name": f"{kind.lower()}_1",
        "trainable": trainable,
        "get_config": lambda self: config,
        "get_weights": lambda self: [np.array(w, np.float32) for w in weights],
        "_inbound_nodes": [],
    }
    return type(kind, (), members)()


def sequential(*layers, shape=(None, 2), kind="Sequential", **more):
    members = {"__module__": "keras.src.models", "layers": list(layers), "input_shape": shape, **more}
    return type(kind, (), members)()


class Value:
    """What a call of a layer makes, and where from: None is the model's input."""

    def __init__(self, layer=None, *given, **options):
        if layer is not None:
            arguments = SimpleNamespace(kwargs=options)
            layer._inbound_nodes.append(SimpleNamespace(input_tensors=given, arguments=arguments))
            self._keras_history = (layer, len(layer._inbound_nodes) - 1, 0)


def functional(start, *ends):
    return sequential(kind="Functional", inputs=[start], outputs=list(ends))


def dense(n_in, n_out, activation="linear", bias=True, trainable=True):
    rng = np.random.default_rng(n_in + 10 * n_out)
    weights = [rng.normal(size=(n_in, n_out)), *([rng.normal(size=n_out)] if bias else [])]
    return layer("Dense", weights, trainable, use_bias=bias, activation=activation)


def test_a_chain_by_hand():
    first, last = dense(2, 3, "relu"), dense(3, 1, "sigmoid")
    states = ([2.0, 1, 1], [0.0, 1, 0], [1.0, 1, 1], [3.0, 3, 3])
    norm = layer("BatchNormalization", states, momentum=0.99, epsilon=1.0)
    model = sequential(layer("InputLayer"), first, norm, layer("Dropout", rate=0.5), sequential(last))
    net = cp.from_keras(model)
    X = np.array([[0.5, -1.0], [2.0, 1.0]], np.float32)
    W, b = first.get_weights()
    gamma, beta, mean, var = norm.get_weights()
    n = gamma * (np.maximum(X @ W + b, 0) - mean) / np.sqrt(var + 1.0) + beta
    W, b = last.get_weights()
    np.testing.assert_allclose(net.predict(X), 1 / (1 + np.exp(-(n @ W + b))), rtol=1e-6)
    assert net.architecture.loss == cp.BinaryCrossEntropy()
    assert net.architecture.layers[1] == cp.BatchNorm(0.01, 1.0)  # Keras's momentum is what is kept
    assert cp.check_gradients(net, X, [0, 1]).ok
    assert np.isfinite(net.fit(X, [0, 1], epochs=1)["loss"]).all()


def test_normalisations_without_scale_or_shift_and_frozen_layers():
    norm = layer("LayerNormalization", [[1.0, 2.0]], scale=False, center=True, axis=[-1], epsilon=1e-3)
    net = cp.from_keras(sequential(dense(2, 2, trainable=False), norm, dense(2, 1)))
    assert [n for n, p in net.architecture.parameters.items() if p.is_frozen] == ["W1", "b1", "gamma1"]
    assert net.parameters["gamma1"].tolist() == [1.0, 1.0]
    assert net.parameters["beta1"].tolist() == [1.0, 2.0]


@pytest.mark.parametrize(
    ("given", "function"),
    [
        (layer("ReLU", max_value=None, negative_slope=0.0, threshold=0.0), "relu"),
        (layer("ReLU", negative_slope=0.25), cp.LeakyReLU(0.25)),
        (layer("LeakyReLU", negative_slope=0.3), cp.LeakyReLU(0.3)),
        (layer("ELU", alpha=2.0), cp.ELU(2.0)),
        (layer("Softmax", axis=-1), "softmax"),
        (layer("Activation", activation="swish"), "silu"),
        (layer("Activation", activation="leaky_relu"), cp.LeakyReLU(0.2)),
        (layer("Activation", activation="exponential"), "exp"),
        (layer("Activation", activation="gelu"), "gelu"),
    ],
)
def test_activations(given, function):
    assert cp.from_keras(sequential(dense(2, 2), given)).architecture.layers[0].activation == function


@pytest.mark.parametrize(
    ("compiled", "wanted"),
    [("mse", cp.MeanSquaredError), ("mae", cp.MeanAbsoluteError), (None, cp.MeanSquaredError)],
)
def test_the_loss_that_it_was_compiled_with(compiled, wanted):
    assert type(cp.from_keras(sequential(dense(2, 1), loss=compiled)).architecture.loss) is wanted
    crossed = type("SparseCategoricalCrossentropy", (), {})()
    net = cp.from_keras(sequential(dense(2, 2, "softmax"), loss=crossed))
    assert net.architecture.loss == cp.CrossEntropy()


def test_a_functional_model_is_followed_from_its_output_back():
    start, first, last = Value(), dense(2, 3, "relu"), dense(3, 1)
    aside = Value(first, Value())  # a layer may have been called elsewhere
    end = Value(last, Value(first, start))
    X = np.array([[0.5, -1.0]], np.float32)
    assert np.array_equal(
        cp.from_keras(functional(start, end)).predict(X), cp.from_keras(sequential(first, last)).predict(X)
    )
    with pytest.raises(cp.ClearpropError, match="2 outputs"):
        cp.from_keras(functional(start, aside, end))
    square = dense(2, 2)
    with pytest.raises(cp.ClearpropError, match="dense_1.*used more than once"):
        cp.from_keras(functional(start, Value(square, Value(square, start))))
    with pytest.raises(cp.ClearpropError, match="used more than once"):
        cp.from_keras(sequential(square, sequential(square)))
    with pytest.raises(cp.ClearpropError, match="training=True"):
        cp.from_keras(functional(start, Value(layer("Dropout", rate=0.5), start, training=True)))
    branch = Value(layer("Add"), Value(square, start), Value(first, start))
    with pytest.raises(cp.ClearpropError, match="layer 'add_1' is an Add.*dense_1, dense_1"):
        cp.from_keras(functional(start, branch))


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (layer("Conv1D"), "layer 'conv1d_1' is a Conv1D"),
        (layer("Activation", activation="relu6"), "'relu6'"),
        (layer("Activation", activation={"class_name": "function"}), "function"),
        (layer("ReLU", max_value=6.0), "max_value"),
        (layer("Softmax", axis=0), "axis=0"),
        (layer("BatchNormalization", [[1.0, 1.0]], momentum=0.9, epsilon=1e-3), "build the model"),
        (layer("LayerNormalization", rms_scaling=True), "rms_scaling"),
        (layer("LayerNormalization", scale=False, center=False), "scale=True"),
        (layer("Dense", [], use_bias=True), "build the model first"),
        (dense(3, 1), "takes 3 values"),
        (layer("Dense", module="mine"), "layer 'dense_1' is a Dense; expected one of keras.layers itself"),
        (layer("Softmax", module="keras.src.ops.nn"), "keras.layers itself"),
        (layer("Dropout", rate=1.5), "dropout rate"),
    ],
)
def test_what_is_not_known_is_refused_by_class_and_name(given, says):
    with pytest.raises(cp.ClearpropError, match=says):
        cp.from_keras(sequential(dense(2, 2), given))


def test_what_is_no_model_is_refused():
    with pytest.raises(cp.ClearpropError, match="a Subclassed"):
        cp.from_keras(sequential(dense(2, 2), kind="Subclassed"))
    with pytest.raises(cp.ClearpropError, match="one row for each sample"):
        cp.from_keras(sequential(dense(2, 2), shape=(None, 4, 2)))
    with pytest.raises(cp.ClearpropError, match="an int"):
        cp.from_keras(7)
