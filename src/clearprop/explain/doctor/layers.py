"""Illnesses of layers: equal units, linear layers in a row, units that are stuck, gradients that vanish or explode."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from clearprop.execute import Array
from clearprop.explain.doctor.data import cure_of_data
from clearprop.explain.doctor.finding import Cure, Evidence, Examination, Severity, advised, skipped
from clearprop.explain.doctor.linear import linear_map
from clearprop.explain.doctor.patient import Patient, layers_in_words
from clearprop.explain.doctor.plots import cells, sizes, weights
from clearprop.explain.doctor.rate import smaller_steps
from clearprop.explain.trace import Trace
from clearprop.explain.units import DEAD, FLAT, LINEAR, MOSTLY, SATURATED, Stuck
from clearprop.graph import Name
from clearprop.messages import Message, Words

# Units count as equal where they differ by less than this share of their size: products that are summed in another
# order let equal units drift apart by some units in the last place of float32 (1e-7).
EQUAL = 1e-5
# Some units are dead in every healthy network: up to 5 of 128 after training with the defaults, a third at a learning
# rate that is high but works. Half of a layer is a loss of width that one should know of.
ILL_SHARE, SERIOUS_SHARE = 0.5, 0.9
# ‖δ[1]‖/‖δ[H]‖ between the first and the last hidden layer H. Ten tanh layers have 0.3 at the start, trained relu
# layers 1 to 4; three sigmoid layers that learn nothing have 0.02. The output layer is left out: the size of its
# weights, and so of the gradient that passes them, follows from the unit of y.
VANISHED, EXPLODED = 0.05, 100.0
SERIOUS = 20.0  # times beyond the limit
VANISHING, EXPLODING = "vanishing_gradients", "exploding_gradients"


# --- equal units


def examine_symmetry(patient: Patient) -> Examination:
    """Units of a layer with equal weights in, bias, weights out and gradients: they stay equal for ever."""
    trained = {name for name, p in patient.architecture.parameters.items() if p.trainable}  # what is frozen stays so
    layers = [layer for layer in patient.hidden if Name.parameter("W", layer) in trained]
    if not layers:
        return skipped("symmetry", "no_hidden")
    units = {layer: patient.parameters[Name.parameter("W", layer)].shape[1] for layer in layers}
    distinct = {layer: _distinct_units(patient, layer) for layer in layers}
    evidence = Evidence("symmetry", units=sum(units.values()), distinct=sum(distinct.values()))
    ill = [layer for layer in layers if distinct[layer] < units[layer]]
    if not ill:
        return evidence.healthy()
    severity: Severity = "serious" if any(distinct[layer] <= units[layer] / 2 for layer in ill) else "mild"
    cure = advised("break_symmetry", {"init": patient.suited_initializer})
    numbers = {"layers": ill, "units": [units[layer] for layer in ill], "distinct": [distinct[layer] for layer in ill]}
    plot = weights(patient.parameters[Name.parameter("W", ill[0])])
    return evidence.found(severity, layers_in_words(ill), cure, numbers, plot)


def _distinct_units(patient: Patient, layer: int) -> int:
    """How many units of a layer differ in what belongs to them, or else in its gradients, which cost a trace.

    The gradients are those of a training step, in which dropout may treat equal units differently.
    """
    alike = _first_alike(_by_unit(patient, layer, patient.parameters))
    if len(set(alike)) == len(alike):
        return len(alike)
    sample = patient.sample
    trace = Trace(patient.architecture, patient.parameters, sample.X, sample.y, sample.form, "training")
    gradients = {name: np.zeros_like(value) for name, value in patient.parameters.items()}  # L depends not on all
    gradients |= {name.root: trace[name] for name in trace.backward_names}
    return len(set(zip(alike, _first_alike(_by_unit(patient, layer, gradients)), strict=True)))


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


# --- linear layers in a row


def examine_linear_collapse(patient: Patient) -> Examination:
    """Linear layers in a row are one layer, W = W1·W2·…, and so are their residual sums; its numbers are W and b."""
    L = patient.architecture.depth
    if L < 2:
        return skipped("linear_collapse", "no_hidden")
    linear = [layer for layer, activation in patient.hidden.items() if activation in LINEAR]
    one = linear_map(patient.architecture, patient.parameters)
    if one is None:
        return Evidence("linear_collapse", linear=len(linear), hidden=L - 1, narrow="").healthy()
    counts: dict[str, Any] = {"linear": L - 1, "hidden": L - 1, "narrow": ""}
    if one.rank < min(one.W.shape):  # what a linear autoencoder is made for
        counts["narrow"] = Message("doctor.narrow", rank=one.rank)
        return Evidence("linear_collapse", **counts).healthy()
    error = float(np.abs(patient.sample.X @ one.W + one.b - patient.now.z[L]).max())
    rows, columns = one.W.shape
    facts = {"layers": L, "product": one.product, "size": f"{rows} × {columns}", "rows": len(patient.sample)}
    evidence = Evidence("linear_collapse", **counts, **facts, error=error)
    cure, numbers = advised("bend", {"activation": "relu"}), {"W": one.W, "b": one.b, "max_error": error}
    return evidence.found("serious", layers_in_words(range(1, L)), cure, numbers, weights(one.W))


# --- units that are stuck


def examine_saturation(patient: Patient) -> Examination:
    """The share of sigmoid and tanh units whose slope is near 0 for nearly all rows."""
    if not SATURATED.layers(patient.architecture):
        return skipped("saturated_units", "no_sigmoid")
    return _stuck(patient, "saturated_units", SATURATED, {"flat": FLAT, "mostly": MOSTLY})


def examine_death(patient: Patient) -> Examination:
    """The share of relu units whose output is 0 for every row."""
    if not DEAD.layers(patient.architecture):
        return skipped("dead_units", "no_relu")
    return _stuck(patient, "dead_units", DEAD, {"rows": len(patient.sample)})


def _stuck(patient: Patient, illness: str, stuck: Stuck, values: dict[str, Any]) -> Examination:
    """The layers in which more than `ILL_SHARE` of the units are stuck."""

    def shares_of(rows: Mapping[int, Array]) -> dict[int, float]:
        return {layer: float((of_units >= stuck.limit).mean()) for layer, of_units in rows.items()}

    rows = stuck.shares(patient.now)
    shares = shares_of(rows)
    ill = [layer for layer, share in shares.items() if share > ILL_SHARE]
    some: list[Words] = [Message("doctor.share_of_layer", share=v, layer=n) for n, v in shares.items() if v > 0]
    evidence = Evidence(illness, **values, shares=some or ["0%"], limit=ILL_SHARE)
    if not ill:
        return evidence.healthy()
    at_start = shares_of(stuck.shares(patient.start))
    severity: Severity = "serious" if max(shares.values()) > SERIOUS_SHARE else "mild"
    cure = _cure_of_stuck(patient, any(at_start[layer] > ILL_SHARE for layer in ill))
    numbers = {"layers": ill, "shares": [shares[n] for n in ill], "at_start": [at_start[n] for n in ill]}
    plot = cells({f"a[{layer}]": np.where(units >= stuck.limit, 1.0, units / 3) for layer, units in rows.items()})
    return evidence.found(severity, layers_in_words(ill), cure, numbers, plot)


def _cure_of_stuck(patient: Patient, at_start: bool) -> Cure:
    """By what made the units stuck: data that is not standardised, the initial weights, or else too large steps."""
    cure = cure_of_data(patient)
    if cure is not None:
        return cure
    if at_start:
        return advised("new_start", {"init": patient.suited_initializer, "bias_init": "zeros"})
    return smaller_steps(patient)


# --- gradients that vanish or explode


def examine_gradients(patient: Patient) -> list[Examination]:
    """‖δ[l]‖ from the last hidden layer back to the first: at the weights as they are, and at the initial ones."""
    last = patient.architecture.depth - 1
    if last < 2:
        return [skipped(illness, "shallow") for illness in (VANISHING, EXPLODING)]
    now, start = _norms(patient.now), _norms(patient.start)
    if not _ratio(now, last) > 0:  # nothing is left to learn, or nothing passes: then how did it begin?
        now = start
    ratio, at_start = _ratio(now, last), _ratio(start, last)
    if not ratio > 0:
        return [skipped(illness, "cut_off") for illness in (VANISHING, EXPLODING)]
    measured = {"ratio": ratio, "at_start": at_start, "per_layer": ratio ** (1 / (last - 1))}
    values = {"last": last, **measured, "vanished": VANISHED, "exploded": EXPLODED}
    vanishing, exploding = Evidence(VANISHING, **values), Evidence(EXPLODING, **values)
    vanishes, explodes = ratio < VANISHED, not ratio <= EXPLODED
    if not vanishes and not explodes:
        return [vanishing.healthy(), exploding.healthy()]
    severity: Severity = "mild" if VANISHED / SERIOUS < ratio < EXPLODED * SERIOUS else "serious"
    numbers, first = {"norms": list(now.values()), **measured}, layers_in_words([1])
    plot = sizes([f"‖δ[{layer}]‖" for layer in now], list(now.values()), list(start.values()))
    if vanishes:
        cure = cure_of_vanishing(patient)
        return [vanishing.found(severity, first, cure, numbers, plot), exploding.healthy()]
    cure = smaller_steps(patient)
    if not at_start <= EXPLODED:
        cure = advised("new_start", {"init": patient.suited_initializer})
    return [vanishing.healthy(), exploding.found(severity, first, cure, numbers, plot)]


def _norms(trace: Trace) -> dict[int, float]:
    with np.errstate(over="ignore", invalid="ignore"):
        return {layer: float(np.linalg.norm(delta)) for layer, delta in trace.delta.items()}


def _ratio(norms: dict[int, float], last: int) -> float:
    """‖δ[1]‖/‖δ[last]‖; not a number where a layer gets no gradient at all."""
    return norms[1] / norms[last] if norms.get(1) is not None and norms.get(last, 0) > 0 else float("nan")


def vanished_at_start(patient: Patient) -> bool:
    """Whether the training had to begin almost without gradients in the first layer, even if it overcame that."""
    last = patient.architecture.depth - 1
    return last >= 2 and _ratio(_norms(patient.start), last) < VANISHED


def cure_of_vanishing(patient: Patient) -> Cure:
    """An activation that does not shrink the gradient, and the initial weights that suit it."""
    if not {"sigmoid", "tanh"}.isdisjoint(patient.hidden.values()):
        return advised("pass_gradients", {"activation": "relu", "init": "he"})
    return advised("pass_gradients", {"init": patient.suited_initializer})
