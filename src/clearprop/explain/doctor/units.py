"""Illnesses of single units: those that are stuck at the flat ends of their activation, and those that never fire."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from clearprop.execute import Array
from clearprop.explain.doctor.evidence import cells
from clearprop.explain.doctor.finding import Examination, advised, found, healthy, skipped
from clearprop.explain.doctor.inputs import cure_of_data
from clearprop.explain.doctor.patient import Cure, Patient, layers_in_words
from clearprop.explain.doctor.rate import smaller_steps
from clearprop.explain.language import Phrase
from clearprop.explain.trace import Trace

FLAT = 0.05  # f′(z) below a twentieth of its largest value: a gradient that is 20 times too small
MOSTLY = 0.95  # of the rows: a unit that is flat for so many is stuck
# Some units are dead in every healthy network: up to 5 of 128 after training with the defaults, a third at a learning
# rate that is high but works. Half of a layer is a loss of width that one should know of.
ILL_SHARE, SERIOUS_SHARE = 0.5, 0.9

SLOPES: Mapping[str, Callable[[Array], Array]] = {  # f′(z) over its largest value, from a = f(z)
    "tanh": lambda a: 1 - a**2,
    "sigmoid": lambda a: 4 * a * (1 - a),
}
Stuck = Callable[[Trace], dict[int, Array]]  # of each layer, for each unit the share of the rows


def examine_saturation(patient: Patient) -> Examination:
    """The share of sigmoid and tanh units whose slope is near 0 for nearly all rows."""
    slopes = {h.layer: SLOPES[h.activation] for h in patient.hidden if h.activation in SLOPES}
    if not slopes:
        return skipped("saturated_units", "no sigmoid or tanh layer", "没有 sigmoid 或 tanh 隐藏层")

    def flat(trace: Trace) -> dict[int, Array]:
        return {layer: (slope(trace.a[layer]) < FLAT).mean(axis=0) for layer, slope in slopes.items()}

    return _examined(patient, "saturated_units", flat, MOSTLY, {"flat": FLAT, "mostly": MOSTLY})


def examine_death(patient: Patient) -> Examination:
    """The share of relu units whose output is 0 for every row."""
    layers = [h.layer for h in patient.hidden if h.activation == "relu"]
    if not layers:
        return skipped("dead_units", "no relu layer", "没有 relu 隐藏层")

    def silent(trace: Trace) -> dict[int, Array]:
        return {layer: (trace.a[layer] <= 0).mean(axis=0) for layer in layers}

    return _examined(patient, "dead_units", silent, 1.0, {"rows": len(patient.sample)})


def _examined(patient: Patient, illness: str, stuck: Stuck, limit: float, values: dict[str, Any]) -> Examination:
    """Find the layers in which more than `ILL_SHARE` of the units are stuck for as many of the rows as the limit."""
    rows = stuck(patient.now)
    shares = {layer: float((of_units >= limit).mean()) for layer, of_units in rows.items()}
    ill = [layer for layer, share in shares.items() if share > ILL_SHARE]
    values |= {"shares": _in_words(shares), "limit": ILL_SHARE}
    if not ill:
        return healthy(illness, **values)
    at_start = {layer: float((of_units >= limit).mean()) for layer, of_units in stuck(patient.start).items()}
    return found(
        illness,
        "serious" if max(shares.values()) > SERIOUS_SHARE else "mild",
        layers_in_words(ill),
        _cure(patient, any(at_start[layer] > ILL_SHARE for layer in ill)),
        {"layers": ill, "shares": [shares[layer] for layer in ill], "at_start": [at_start[layer] for layer in ill]},
        cells([(f"a[{layer}]", np.where(of_units >= limit, 1.0, of_units / 3)) for layer, of_units in rows.items()]),
        **values,
    )


def _cure(patient: Patient, at_start: bool) -> Cure:
    """What made the units stuck: data that is not standardised, the initial weights, or too large steps."""
    cure = cure_of_data(patient)
    if cure is not None:
        return cure
    if at_start:
        return advised("new_start", {"init": patient.suited_initializer, "bias_init": "zeros"})
    return smaller_steps(patient)


def _in_words(shares: Mapping[int, float]) -> Phrase:
    """The shares of the layers that have such units."""
    some = {layer: share for layer, share in shares.items() if share > 0}
    en = ", ".join(f"{share:.0%} (layer {layer})" for layer, share in some.items())
    return Phrase(en or "0%", "，".join(f"第 {layer} 层 {share:.0%}" for layer, share in some.items()) or "0%")
