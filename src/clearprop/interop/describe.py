"""Descriptions: layers, initialisers and losses as plain data and back, from a closed list of classes."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

from clearprop import nn
from clearprop.errors import InvalidValueError, ModelFileError, a_or_an
from clearprop.nn import Architecture

_MOST_NUMBERS = 1000  # of starting values that stand in a description
_MOST_LAYERS = 2000  # a file of more would take seconds to be refused

_CLASSES: dict[str, type] = {
    cls.__name__: cls
    for cls in (
        *(
            nn.Activation,
            nn.BatchNorm,
            nn.Dense,
            nn.Dropout,
            nn.Ensemble,
            nn.Heads,
            nn.LayerNorm,
            nn.Linear,
            nn.Residual,
        ),
        *(nn.ELU, nn.LeakyReLU),
        *(nn.Constant, nn.FanInUniform, nn.Glorot, nn.He, nn.LeCun, nn.Normal, nn.Uniform, nn.Zeros),
        *(nn.Embedding, nn.ParametricActivation, nn.Periodic, nn.PiecewiseLinear, nn.Radial, nn.Scale),
        *(nn.Given, nn.Cuts, nn.ByParameter),
        *(nn.ConstantRate, nn.CosLog, nn.Cosine, nn.FlatCosine, nn.StepDecay, nn.WarmUp),
        *(nn.SquaredError, nn.MeanSquaredError, nn.MeanAbsoluteError, nn.Huber),
        *(nn.BinaryCrossEntropy, nn.CrossEntropy, nn.BinaryCrossEntropies),
        *(nn.Quantile, nn.Poisson, nn.Focal, nn.BinaryFocal, nn.MultiTask),
        *(nn.RecordedActivation, nn.RecordedLoss),
    )
}


def describe(value: Any) -> Any:
    """Plain data for a layer, an initialiser, a loss, or a plain value. A function of one's own is described by the
    operations of its graph.

    Raises:
        InvalidValueError: for an object of another class, which a file cannot carry, or a function that is not of its
            arguments alone.

    Example:
        >>> describe(nn.Dropout(0.1))
        {'class': 'Dropout', 'rate': 0.1}
    """
    if isinstance(value, nn.ActivationFunction) and nn.ACTIVATIONS.get(value.name) is value:
        return value.name
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, np.ndarray):
        return value.tolist() if value.size <= _MOST_NUMBERS else None
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, tuple | list):
        return [describe(v) for v in value]
    if is_dataclass(value) and _CLASSES.get(type(value).__name__) is type(value):
        told = [f for f in fields(value) if not f.kw_only or getattr(value, f.name) != f.default]
        return {"class": type(value).__name__} | {f.name: describe(getattr(value, f.name)) for f in told}
    if isinstance(value, nn.Loss) or (callable(value) and not isinstance(value, nn.Layer | nn.Initializer | type)):
        return describe(nn.recorded(value))
    raise InvalidValueError(
        f"{value!r} cannot be written to a file",
        "layers, activations and losses of clearprop, or functions of nodes",
        "a network with your own classes can be pickled where those can be imported",
    )


def revive(data: Any) -> Any:
    """The inverse of `describe`. Only the classes listed here are made.

    Raises:
        ModelFileError: for an unknown class or wrong fields.
    """
    if isinstance(data, list):
        return tuple(revive(d) for d in data)
    if not isinstance(data, dict):
        return data
    cls = _CLASSES.get(str(data.get("class")))
    if cls is None:
        raise ModelFileError(f"unknown class {data.get('class')!r}", "one of: " + ", ".join(_CLASSES))
    try:
        return cls(**{k: revive(v) for k, v in data.items() if k != "class"})
    except (TypeError, ValueError, OverflowError) as error:  # a ClearpropError is one of these
        raise ModelFileError(f"bad description of {a_or_an(cls.__name__)}: {error}") from None


def describe_architecture(architecture: Architecture) -> dict[str, Any]:
    """An architecture as plain data."""
    return {f.name: describe(getattr(architecture, f.name)) for f in fields(architecture)}


def revive_architecture(data: Any) -> Architecture:
    """The inverse of `describe_architecture`.

    Raises:
        ModelFileError: if it does not describe a network that can be built.
    """
    names = {f.name for f in fields(Architecture)}
    if not isinstance(data, dict) or set(data) != names:
        raise ModelFileError("bad description of the architecture", "the fields " + ", ".join(sorted(names)))
    if isinstance(data["n_inputs"], bool) or not isinstance(data["n_inputs"], int) or data["n_inputs"] < 1:
        raise ModelFileError(f"{data['n_inputs']!r} inputs", "a positive integer")
    for name in ("l1", "l2"):
        penalty = data[name]
        if isinstance(penalty, dict):
            continue  # a schedule, which is looked at when it is revived
        if isinstance(penalty, bool) or not isinstance(penalty, int | float) or not 0 <= penalty < float("inf"):
            raise ModelFileError(f"{name} = {penalty!r}", "a number ≥ 0")
    if isinstance(data["layers"], list) and len(data["layers"]) > _MOST_LAYERS:
        raise ModelFileError(f"{len(data['layers'])} layers", f"at most {_MOST_LAYERS}")
    try:
        parts = {name: revive(data[name]) for name in names}
    except RecursionError:
        raise ModelFileError(
            "bad description of the architecture", "lists that are not nested a thousand deep"
        ) from None
    for name in ("l1", "l2"):
        if not isinstance(parts[name], int | float | nn.Schedule):
            raise ModelFileError(f"{name} = {parts[name]!r}", "a number ≥ 0 or a schedule")
    layers = parts["layers"]
    if not isinstance(layers, tuple) or not all(isinstance(layer, nn.Layer) for layer in layers):
        raise ModelFileError("bad description of the layers", "a list of layers")
    if not isinstance(parts["loss"], nn.Loss | None):
        raise ModelFileError("bad description of the loss", "a loss")
    try:
        architecture = Architecture(**parts)
        assert architecture.n_outputs  # builds the graph, so every shape is checked
    except (TypeError, ValueError, OverflowError, AttributeError) as error:
        raise ModelFileError(f"the layers in the file do not fit together: {error}") from None
    return architecture
