"""A network as an nn.Sequential with its weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from clearprop import nn
from clearprop.errors import InvalidValueError
from clearprop.execute import Array
from clearprop.interop.packages import required
from clearprop.interop.torch_words import torch_word
from clearprop.nn import Architecture


def torch_module(architecture: Architecture, parameters: Mapping[str, Array], dtype: str) -> Any:
    """The modules, in evaluation mode.

    Raises:
        InvalidValueError: for a layer or an activation that PyTorch lacks, by its name.
        MissingDependencyError: without PyTorch.
    """
    library = required("torch")
    kind = library.float64 if dtype == "f64" else library.float32
    arrays = {str(name): (np.array(parameters[name]), p.trainable) for name, p in architecture.parameters.items()}
    waiting = iter(arrays.values())  # in the order in which the layers declare them
    modules: list[Any] = []

    def add(word: str, *sizes: Any, fill: tuple[str, ...] = (), **options: Any) -> None:
        module = getattr(library.nn, word)(*sizes, **options)
        for name in fill:
            values, is_learned = next(waiting)
            turned = values.T if word == "Linear" and name == "weight" else values
            tensor = getattr(module, name)
            tensor.data = library.tensor(np.ascontiguousarray(turned), dtype=kind)
            if name in ("weight", "bias"):
                tensor.requires_grad_(is_learned)
        modules.append(module)

    n = architecture.n_inputs
    for layer in architecture.layers:
        match layer:
            case nn.Dense(bias=bias, parametrization="standard") | nn.Linear(bias=bias):
                units = layer.units if isinstance(layer, nn.Dense) else layer.out_features
                add("Linear", n, units, bias=bias, fill=("weight", "bias") if bias else ("weight",))
                n = units
                if isinstance(layer, nn.Dense) and layer.activation is not None:
                    word, options = torch_word(layer.activation)
                    add(word, **options)
            case nn.Activation():
                word, options = torch_word(layer.function)
                add(word, **options)
            case nn.Dropout(rate=float() | int()):
                add("Dropout", layer.rate)
            case nn.BatchNorm():
                every = ("weight", "bias", "running_mean", "running_var")
                add("BatchNorm1d", n, eps=layer.epsilon, momentum=layer.momentum, fill=every)
            case nn.LayerNorm():
                add("LayerNorm", n, eps=layer.epsilon, fill=("weight", "bias"))
            case _:
                raise InvalidValueError(f"a layer {layer!r}", "a layer that PyTorch has")
    return library.nn.Sequential(*modules).to(kind).eval()
