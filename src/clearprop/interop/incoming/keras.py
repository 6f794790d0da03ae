"""Keras models: chains of layers, by their class, their configuration and their weights."""

from __future__ import annotations

from typing import Any

import numpy as np

from clearprop import nn
from clearprop.errors import InvalidValueError, a_or_an, plural
from clearprop.execute import Array
from clearprop.interop.incoming.stack import Imported, Stack, widened

_MOST_NESTED, _MOST_LAYERS = 50, 2000
_MODELS = ("Sequential", "Functional")
_SAME = {"leaky_relu": nn.LeakyReLU(0.2), "swish": "silu", "exponential": "exp"}  # by Keras's names
_LOSSES = {
    **dict.fromkeys(("mse", "mean_squared_error", "MeanSquaredError"), "mean_squared_error"),
    **dict.fromkeys(("mae", "mean_absolute_error", "MeanAbsoluteError"), "mean_absolute_error"),
    **dict.fromkeys(("binary_crossentropy", "BinaryCrossentropy"), "binary_cross_entropy"),
    **dict.fromkeys(("categorical_crossentropy", "CategoricalCrossentropy"), "cross_entropy"),
    **dict.fromkeys(("sparse_categorical_crossentropy", "SparseCategoricalCrossentropy"), "cross_entropy"),
}


def keras_network(model: Any, loss: Any = None) -> Imported:
    """What a model computes in prediction, as a network.

    Raises:
        InvalidValueError: for a layer or an activation that clearprop lacks, by its class and name.
    """
    stack = Stack("the Keras model", _n_inputs(model))
    _read(model, stack, 0, set())
    compiled = getattr(model, "loss", None)
    if loss is None and compiled is not None:
        loss = _LOSSES.get(compiled if isinstance(compiled, str) else type(compiled).__name__)
    return stack.imported(loss)


def _n_inputs(model: Any) -> int | None:
    shape = getattr(model, "input_shape", None)
    if isinstance(shape, tuple) and len(shape) == 2 and isinstance(shape[1], int):
        return shape[1]
    if shape is not None:
        raise InvalidValueError(f"a Keras model with inputs of shape {shape}", "(None, n): one row for each sample")
    return None


def _read(model: Any, stack: Stack, depth: int, used: set[int]) -> None:
    if not _is_of_keras(model, "models", "engine") or _kind(model) not in _MODELS or depth == _MOST_NESTED:
        raise InvalidValueError(
            f"{a_or_an(_kind(model))} of {type(model).__module__}",
            "a keras.Sequential, or a functional model that is a chain",
        )
    for layer in model.layers if _kind(model) == "Sequential" else _followed(model):
        kind = _kind(layer)
        if id(layer) in used:
            raise _refused(layer, "each layer used once", "it is used more than once, with the same weights")
        used.add(id(layer))
        if kind in _MODELS:
            _read(layer, stack, depth + 1, used)
        elif _is_of_keras(layer, "layers") and kind in _LAYERS:
            _LAYERS[kind](layer, _config(layer), stack)
        elif not _is_of_keras(layer, "layers", "engine") or kind not in ("InputLayer", "Flatten"):
            raise _refused(layer, "one of keras.layers itself: Sequential, " + ", ".join(_LAYERS))


def _kind(layer: Any) -> str:
    return type(layer).__name__


def _is_of_keras(layer: Any, *parts: str) -> bool:
    """Whether its class is one of Keras's own, not one of the same name."""
    package, *inner = type(layer).__module__.split(".")
    return package in ("keras", "tf_keras") and any(part in inner for part in parts)


def _followed(model: Any) -> list[Any]:
    """The layers of a functional model in their order, followed from its output back to its input."""
    if len(model.outputs) != 1 or len(model.inputs) != 1:
        found = f"{plural(len(model.inputs), 'input')} and {plural(len(model.outputs), 'output')}"
        raise InvalidValueError(f"a Keras model with {found}", "one of each: a chain")
    value, layers = model.outputs[0], list[Any]()
    while value is not model.inputs[0]:
        layer, index = value._keras_history[:2]
        node = layer._inbound_nodes[index]
        given = getattr(node, "input_tensors" if hasattr(node, "arguments") else "keras_inputs")
        call = node.arguments.kwargs if hasattr(node, "arguments") else node.call_kwargs
        if call.get("training"):
            raise _refused(layer, "one that predicts as the model does", "it is called with training=True")
        if len(given) != 1 or len(layers) == _MOST_LAYERS:
            names = ", ".join(str(_name(each._keras_history[0])) for each in given[:5])
            raise _refused(layer, "a chain of layers", f"it takes what {names} make" if given else None)
        layers.append(layer)
        value = given[0]
    return layers[::-1]


def _refused(layer: Any, expected: str, hint: str | None = None) -> InvalidValueError:
    return InvalidValueError(f"layer {_name(layer)!r} is {a_or_an(type(layer).__name__)}", expected, hint)


def _name(layer: Any) -> str:
    return str(getattr(layer, "name", "?"))


def _config(layer: Any) -> dict[str, Any]:
    return dict(layer.get_config())


def _weights(layer: Any, least: int, most: int) -> list[Array]:
    found = [widened(np.array(a), f"weights of {_name(layer)!r}") for a in layer.get_weights()]
    if not least <= len(found) <= most:
        raise _refused(layer, f"{plural(least, 'array')} of weights", f"it has {len(found)}; build the model first")
    return found


def _learned(layer: Any, *names: str) -> dict[str, bool]:
    """Which of its first arrays are trained: a layer is frozen as a whole, or a variable of it."""
    whole = bool(getattr(layer, "trainable", True))
    variables = [bool(getattr(each, "trainable", True)) for each in getattr(layer, "weights", [])]
    return {name: whole and (variables[i] if i < len(variables) else True) for i, name in enumerate(names)}


def _trainable(learned: dict[str, bool]) -> Any:
    """As a layer of ours is told it."""
    return learned if len(set(learned.values())) > 1 else next(iter(learned.values()))


def _activate(layer: Any, name: Any, stack: Stack) -> None:
    found = _SAME.get(name, name) if isinstance(name, str) else name
    if found in (None, "linear"):
        return
    if found == "log_softmax":
        stack.log_softmax()
    elif isinstance(found, nn.LeakyReLU) or (isinstance(found, str) and found in nn.ACTIVATIONS):
        stack.activation(found)
    else:
        raise _refused(layer, f"an activation of clearprop, not {name!r}")


def _dense(layer: Any, config: dict[str, Any], stack: Stack) -> None:
    has_bias = bool(config.get("use_bias", True))
    W, *b = _weights(layer, 1 + has_bias, 1 + has_bias)
    learned = _learned(layer, "W", *(["b"] if b else []))
    stack.dense(W, b[0] if b else None, f"layer {_name(layer)!r}", _trainable(learned))
    _activate(layer, config.get("activation"), stack)


def _activation(layer: Any, config: dict[str, Any], stack: Stack) -> None:
    _activate(layer, config.get("activation"), stack)


def _relu(layer: Any, config: dict[str, Any], stack: Stack) -> None:
    slope = float(np.asarray(config.get("negative_slope") or 0.0))
    if config.get("max_value") is not None or config.get("threshold"):
        raise _refused(layer, "no max_value and no threshold")
    stack.activation(nn.LeakyReLU(slope) if slope else "relu")


def _leaky_relu(layer: Any, config: dict[str, Any], stack: Stack) -> None:
    stack.activation(nn.LeakyReLU(float(np.asarray(config.get("negative_slope", config.get("alpha", 0.3))))))


def _elu(layer: Any, config: dict[str, Any], stack: Stack) -> None:
    stack.activation(nn.ELU(float(np.asarray(config.get("alpha", 1.0)))))


def _softmax(layer: Any, config: dict[str, Any], stack: Stack) -> None:
    if config.get("axis", -1) not in (-1, 1):
        raise _refused(layer, "axis=-1", f"it has axis={config['axis']}")
    stack.activation("softmax")


def _dropout(layer: Any, config: dict[str, Any], stack: Stack) -> None:
    stack.dropout(float(config["rate"]))


def _scale_and_shift(layer: Any, config: dict[str, Any], states: int) -> tuple[list[Array], Any]:
    """γ, β and the running states; the 1 or 0 that stands for what is not there is frozen."""
    if config.get("axis", -1) not in (-1, 1, [-1], [1], (-1,), (1,)):
        raise _refused(layer, "axis=-1", f"it has axis={config['axis']}")
    has = [bool(config.get("scale", True)), bool(config.get("center", True))]
    found = _weights(layer, sum(has) + states, sum(has) + states)
    if not found:
        raise _refused(layer, "scale=True or center=True")
    whole = [
        found.pop(0) if there else np.full(found[-1].shape, plain, found[-1].dtype)
        for there, plain in zip(has, (1.0, 0.0), strict=True)
    ]
    names = [name for name, there in zip(("gamma", "beta"), has, strict=True) if there]
    return [*whole, *found], _trainable({"gamma": False, "beta": False, **_learned(layer, *names)})


def _batch_norm(layer: Any, config: dict[str, Any], stack: Stack) -> None:
    (gamma, beta, mean, var), learned = _scale_and_shift(layer, config, 2)
    momentum = round(1.0 - float(config["momentum"]), 12)  # Keras counts what is kept
    where = f"layer {_name(layer)!r}"
    stack.batch_norm((gamma, beta, mean, var), float(config["epsilon"]), momentum, where, learned)


def _layer_norm(layer: Any, config: dict[str, Any], stack: Stack) -> None:
    if config.get("rms_scaling"):
        raise _refused(layer, "rms_scaling=False")
    (gamma, beta), learned = _scale_and_shift(layer, config, 0)
    stack.layer_norm((gamma, beta), float(config["epsilon"]), f"layer {_name(layer)!r}", learned)


_LAYERS = {
    "Dense": _dense,
    "Activation": _activation,
    "ReLU": _relu,
    "LeakyReLU": _leaky_relu,
    "ELU": _elu,
    "Softmax": _softmax,
    "Dropout": _dropout,
    "BatchNormalization": _batch_norm,
    "LayerNormalization": _layer_norm,
}
