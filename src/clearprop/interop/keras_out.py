"""A network as a keras.Sequential with its weights."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from clearprop import nn
from clearprop.errors import DataWarning, InvalidValueError, MissingDependencyError
from clearprop.execute import Array
from clearprop.interop.packages import required
from clearprop.nn import Architecture

_BACKENDS = ("torch", "jax", "tensorflow")

# Activations in the words of Keras; LeakyReLU and ELU are layers of their own there, with their slopes.
_WORDS = {
    **{name: name for name in ("sigmoid", "tanh", "relu", "selu", "gelu", "silu", "mish", "softplus", "softsign")},
    "identity": "linear",
    "linear": "linear",
    "swish": "silu",
    "softmax": "softmax",
    "exp": "exponential",
}


def keras_model(architecture: Architecture, parameters: Mapping[str, Array], dtype: str) -> Any:
    """The model, built.

    Raises:
        InvalidValueError: for a layer or an activation that Keras lacks, by its name.
        MissingDependencyError: without Keras, or without a backend for it.
    """
    library = _keras()
    kind = "float64" if dtype == "f64" else "float32"
    made = [library.layers.Input((architecture.n_inputs,), dtype=kind)]
    filled: list[tuple[Any, int]] = []  # layers with parameters, and how many arrays each has

    def add(word: str, *sizes: Any, arrays: int = 0, **options: Any) -> None:
        layer = getattr(library.layers, word)(*sizes, dtype=kind, **options)
        made.append(layer)
        if arrays:
            filled.append((layer, arrays))

    for layer in architecture.layers:
        match layer:
            case nn.Dense(bias=bias, parametrization="standard") | nn.Linear(bias=bias):
                units = layer.units if isinstance(layer, nn.Dense) else layer.out_features
                activation = layer.activation if isinstance(layer, nn.Dense) else None
                word, options = _keras_word(activation)
                is_one = word == "Activation"
                add("Dense", units, use_bias=bias, arrays=1 + bias, **(options if is_one else {}))
                if not is_one:
                    add(word, **options)
            case nn.Activation():
                word, options = _keras_word(layer.function)
                add(word, **options)
            case nn.Dropout(rate=float() | int()):
                add("Dropout", layer.rate)
            case nn.BatchNorm():  # Keras counts what is kept of the running states, not what is new
                add("BatchNormalization", epsilon=layer.epsilon, momentum=1.0 - layer.momentum, arrays=4)
            case nn.LayerNorm():
                add("LayerNormalization", epsilon=layer.epsilon, arrays=2)
            case _:
                raise InvalidValueError(f"a layer {layer!r}", "a layer that Keras has")
    model = library.Sequential(made)
    names = iter(architecture.parameters.items())  # in the order in which the layers declare them
    for layer, count in filled:
        found = [next(names) for _ in range(count)]
        _fill(layer, [np.asarray(parameters[str(name)]) for name, _ in found])
        _freeze(layer, [p.is_frozen for _, p in found if not p.is_state])
    return model


def _fill(layer: Any, arrays: list[Array]) -> None:
    layer.set_weights(arrays)
    if any(kept.dtype != given.dtype for kept, given in zip(map(np.asarray, layer.get_weights()), arrays, strict=True)):
        raise InvalidValueError(
            f"a Keras that keeps {arrays[0].dtype} as {np.asarray(layer.get_weights()[0]).dtype}",
            "one that keeps it",
            "with JAX: JAX_ENABLE_X64=1 in the environment; or KERAS_BACKEND=torch",
        )


def _freeze(layer: Any, frozen: list[bool]) -> None:
    """A frozen layer is one to Keras; of a layer that is frozen in part, its variables are."""
    if all(frozen):
        layer.trainable = False
        return
    for variable, is_frozen in zip(list(layer.trainable_variables), frozen, strict=True):
        variable.trainable = not is_frozen


def keras_bytes(model: Any) -> bytes:
    """What stands in a `.keras` file of a model.

    A file tells of each layer whether it is frozen. One that is frozen in part, as the model in memory has it, is said
    to be learned there.
    """
    for layer in model.layers:
        if layer.trainable and not all(variable.trainable for variable in layer._trainable_variables):
            what = f"layer {layer.name!r} is frozen in part, which a file of Keras does not tell: there it is learned"
            warnings.warn(what, DataWarning, stacklevel=3)
    with tempfile.TemporaryDirectory(prefix="clearprop-") as folder:
        path = Path(folder) / "network.keras"
        model.save(path)
        return path.read_bytes()


def _keras_word(given: Any) -> tuple[str, dict[str, Any]]:
    """The layer of Keras that an activation is, and its arguments."""
    found = nn.resolve_activation(given)
    if found is nn.ACTIVATIONS["leaky_relu"]:
        given = nn.LeakyReLU()
    if found is nn.ACTIVATIONS["elu"]:
        given = nn.ELU()
    if isinstance(given, nn.LeakyReLU):
        return "LeakyReLU", {"negative_slope": given.slope}
    if isinstance(given, nn.ELU):
        return "ELU", {"alpha": given.alpha}
    if nn.ACTIVATIONS.get(found.name) is not found or found.name not in _WORDS:
        raise InvalidValueError(
            f"the activation {found.name}", "one that Keras has: " + ", ".join([*_WORDS, "leaky_relu", "elu"])
        )
    return "Activation", {"activation": _WORDS[found.name]}


def _keras() -> Any:
    """Keras, with whatever computes for it here."""
    try:
        return required("keras")
    except MissingDependencyError:
        if find_spec("keras") is None:
            raise
    here = [name for name in _BACKENDS if find_spec(name)]
    hint = f"KERAS_BACKEND={here[0]} in the environment" if here else 'pip install "clearprop[torch]"'
    raise MissingDependencyError("Keras finds nothing that computes for it", " or ".join(_BACKENDS), hint)
