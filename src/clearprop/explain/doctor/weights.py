"""Illnesses of the weights: hidden units that are equal to each other, and linear layers that together are one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from clearprop.execute import Array
from clearprop.explain.doctor.finding import Examination, advised, found, healthy, skipped
from clearprop.explain.doctor.patient import Patient, layers_in_words
from clearprop.explain.doctor.plots import weights
from clearprop.explain.trace import Trace
from clearprop.explain.units import LINEAR
from clearprop.graph import Name
from clearprop.messages import Message

# Units count as equal where they differ by less than this share of their size: products that are summed in another
# order let equal units drift apart by some units in the last place of float32 (1e-7).
EQUAL = 1e-5


def examine_symmetry(patient: Patient) -> Examination:
    """Units of a layer with equal weights in, bias, weights out and gradients: they stay equal for ever."""
    layers = [hidden.layer for hidden in patient.hidden if Name.parameter("W", hidden.layer) in patient.parameters]
    if not layers:
        return skipped("symmetry", "no_hidden")
    units = {layer: patient.parameters[Name.parameter("W", layer)].shape[1] for layer in layers}
    distinct = {layer: _distinct_units(patient, layer) for layer in layers}
    counts = {"units": sum(units.values()), "distinct": sum(distinct.values())}
    ill = [layer for layer in layers if distinct[layer] < units[layer]]
    if not ill:
        return healthy("symmetry", **counts)
    return found(
        "symmetry",
        "serious" if any(distinct[layer] <= units[layer] / 2 for layer in ill) else "mild",
        layers_in_words(ill),
        advised("break_symmetry", {"init": patient.suited_initializer}),
        {"layers": ill, "units": [units[layer] for layer in ill], "distinct": [distinct[layer] for layer in ill]},
        weights(patient.parameters[Name.parameter("W", ill[0])]),
        **counts,
    )


def _distinct_units(patient: Patient, layer: int) -> int:
    """How many units of a layer differ in what belongs to them, or else in its gradients, which cost a trace."""
    alike = _first_alike(_by_unit(patient, layer, patient.parameters))
    if len(set(alike)) == len(alike):
        return len(alike)
    return len(set(zip(alike, _first_alike(_by_unit(patient, layer, _gradients(patient))), strict=True)))


def _gradients(patient: Patient) -> dict[str, Array]:
    """Those of a training step, in which dropout may treat equal units differently."""
    sample = patient.sample
    trace = Trace(patient.architecture, patient.parameters, sample.X, sample.y, sample.form, "training")
    none = {name: np.zeros_like(value) for name, value in patient.parameters.items()}  # the loss depends not on all
    return none | {name.root: trace[name] for name in trace.backward_names}


def _by_unit(patient: Patient, layer: int, values: Mapping[str, Array]) -> Array:
    """A row per unit of a layer: all that belongs to it, and the weights that lead out of it."""
    declared = {name: p for name, p in patient.architecture.parameters.items() if p.trainable}
    width = declared[Name.parameter("W", layer)].shape[1]
    own = [np.atleast_2d(values[name]).T for name, p in declared.items() if p.layer == layer and p.shape[-1] == width]
    out = [values[name] for name, p in declared.items() if p.layer == layer + 1 and p.is_weight and p.shape[0] == width]
    return np.concatenate([*own, *out], axis=1)


def _first_alike(rows: Array) -> list[int]:
    """For each row the number of the first row that it equals.

    Example:
        >>> _first_alike(np.array([[1.0], [2.0], [1.0]]))
        [0, 1, 0]
    """
    squares = (rows**2).sum(axis=1)
    gaps = squares[:, None] + squares - 2 * rows @ rows.T  # ‖u − v‖², right to 1e-13 of the larger square
    first: list[int] = (gaps <= EQUAL**2 * np.maximum(squares[:, None], squares)).argmax(axis=1).tolist()
    return first


def examine_linear_collapse(patient: Patient) -> Examination:
    """Linear layers in a row are one layer, W = W1·W2·…; the finding's numbers hold it, as W and b."""
    L = patient.architecture.depth
    if L < 2:
        return skipped("linear_collapse", "no_hidden")
    linear = [hidden.layer for hidden in patient.hidden if hidden.activation in LINEAR]
    counts: dict[str, Any] = {"linear": len(linear), "hidden": L - 1, "narrow": ""}
    of_dense = {Name.parameter(letter, layer) for letter in "Wb" for layer in range(1, L + 1)}
    normalises = not of_dense.issuperset(patient.architecture.parameters)
    if len(linear) < L - 1 or normalises:
        return healthy("linear_collapse", **counts)
    W, b = collapsed(patient.parameters, L)
    narrowest = min(patient.widths)
    if narrowest < min(W.shape):  # what a linear autoencoder is made for
        return healthy("linear_collapse", **counts | {"narrow": Message("doctor.narrow", rank=narrowest)})
    error = float(np.abs(patient.sample.X @ W + b - patient.now.z[L]).max())
    return found(
        "linear_collapse",
        "serious",
        layers_in_words(linear),
        advised("bend", {"activation": "relu"}),
        {"W": W, "b": b, "max_error": error},
        weights(W),
        **counts,
        layers=L,
        product="·".join(f"W[{layer}]" for layer in range(1, L + 1)),
        size=f"{W.shape[0]} × {W.shape[1]}",
        rows=len(patient.sample),
        error=error,
    )


def collapsed(parameters: Mapping[str, Array], L: int) -> tuple[Array, Array]:
    """The one layer (W, b) that equals L linear layers: W ← W·W[l], b ← b·W[l] + b[l].

    Example:
        >>> two = {"W1": np.array([[2.0]]), "b1": np.array([1.0]), "W2": np.array([[3.0]]), "b2": np.array([5.0])}
        >>> W, b = collapsed(two, 2)
        >>> W.item(), b.item()
        (6.0, 8.0)
    """
    n = len(parameters["W1"])
    W, b = np.eye(n), np.zeros(n)
    for layer in range(1, L + 1):
        W_l = parameters[Name.parameter("W", layer)]
        W, b = W @ W_l, b @ W_l + parameters.get(Name.parameter("b", layer), 0.0)
    return W, b
