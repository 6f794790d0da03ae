"""Illnesses of single units: sigmoid and tanh units that are saturated, and relu units that are dead."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from clearprop.execute import Array
from clearprop.explain.doctor.finding import Cure, Examination, advised, found, healthy, skipped
from clearprop.explain.doctor.inputs import cure_of_data
from clearprop.explain.doctor.patient import Patient, layers_in_words
from clearprop.explain.doctor.plots import cells
from clearprop.explain.doctor.rate import smaller_steps
from clearprop.explain.units import DEAD, FLAT, MOSTLY, SATURATED, Stuck
from clearprop.messages import Message, Words

# Some units are dead in every healthy network: up to 5 of 128 after training with the defaults, a third at a learning
# rate that is high but works. Half of a layer is a loss of width that one should know of.
ILL_SHARE, SERIOUS_SHARE = 0.5, 0.9


def examine_saturation(patient: Patient) -> Examination:
    """The share of sigmoid and tanh units whose slope is near 0 for nearly all rows."""
    if not SATURATED.layers(patient.architecture):
        return skipped("saturated_units", "no_sigmoid")
    return _examined(patient, "saturated_units", SATURATED, {"flat": FLAT, "mostly": MOSTLY})


def examine_death(patient: Patient) -> Examination:
    """The share of relu units whose output is 0 for every row."""
    if not DEAD.layers(patient.architecture):
        return skipped("dead_units", "no_relu")
    return _examined(patient, "dead_units", DEAD, {"rows": len(patient.sample)})


def _examined(patient: Patient, illness: str, stuck: Stuck, values: dict[str, Any]) -> Examination:
    """Find the layers in which more than `ILL_SHARE` of the units are stuck."""
    rows = stuck.shares(patient.now)
    shares = _shares(rows, stuck.limit)
    ill = [layer for layer, share in shares.items() if share > ILL_SHARE]
    values |= {"shares": _in_words(shares), "limit": ILL_SHARE}
    if not ill:
        return healthy(illness, **values)
    at_start = _shares(stuck.shares(patient.start), stuck.limit)
    return found(
        illness,
        "serious" if max(shares.values()) > SERIOUS_SHARE else "mild",
        layers_in_words(ill),
        _cure(patient, any(at_start[layer] > ILL_SHARE for layer in ill)),
        {"layers": ill, "shares": [shares[layer] for layer in ill], "at_start": [at_start[layer] for layer in ill]},
        cells({f"a[{layer}]": np.where(units >= stuck.limit, 1.0, units / 3) for layer, units in rows.items()}),
        **values,
    )


def _shares(rows: Mapping[int, Array], limit: float) -> dict[int, float]:
    """Of each layer the share of units that are stuck for as many of the rows as the limit."""
    return {layer: float((of_units >= limit).mean()) for layer, of_units in rows.items()}


def _cure(patient: Patient, at_start: bool) -> Cure:
    """By what made the units stuck: data that is not standardised, the initial weights, or else too large steps."""
    cure = cure_of_data(patient)
    if cure is not None:
        return cure
    if at_start:
        return advised("new_start", {"init": patient.suited_initializer, "bias_init": "zeros"})
    return smaller_steps(patient)


def _in_words(shares: Mapping[int, float]) -> list[Words]:
    """The shares of the layers that have such units."""
    some: list[Words] = [Message("doctor.share_of_layer", share=v, layer=n) for n, v in shares.items() if v > 0]
    return some or ["0%"]
