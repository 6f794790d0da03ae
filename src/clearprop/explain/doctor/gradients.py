"""Illnesses of depth: gradients that vanish or explode on their way back through the layers."""

from __future__ import annotations

from typing import Any

import numpy as np

from clearprop.explain.doctor.finding import Cure, Examination, advised, found, healthy, skipped
from clearprop.explain.doctor.patient import Patient, layers_in_words
from clearprop.explain.doctor.plots import sizes
from clearprop.explain.doctor.rate import smaller_steps
from clearprop.explain.trace import Trace

# ‖δ[1]‖/‖δ[H]‖ between the first and the last hidden layer H. Ten tanh layers have 0.3 at the start, trained relu
# layers 1 to 4; three sigmoid layers that learn nothing have 0.02. The output layer is left out: the size of its
# weights, and so of the gradient that passes them, follows from the unit of y.
VANISHED, EXPLODED = 0.05, 100.0
SERIOUS = 20.0  # times beyond the limit


def examine_gradients(patient: Patient) -> list[Examination]:
    """‖δ[l]‖ from the last hidden layer back to the first: at the weights as they are, and at the initial ones."""
    last = patient.architecture.depth - 1
    if last < 2:
        return _neither("shallow")
    now, start = _norms(patient.now), _norms(patient.start)
    if not _ratio(now, last) > 0:  # nothing is left to learn, or nothing passes: then how did it begin?
        now = start
    if not _ratio(now, last) > 0:
        return _neither("cut_off")
    ratio = _ratio(now, last)
    values: dict[str, Any] = {
        "last": last,
        "ratio": ratio,
        "at_start": _ratio(start, last),
        "per_layer": ratio ** (1 / (last - 1)),
        "vanished": VANISHED,
        "exploded": EXPLODED,
    }
    limits = {"vanishing_gradients": ratio < VANISHED, "exploding_gradients": not ratio <= EXPLODED}
    return [_examined(patient, name, is_ill, now, start, values) for name, is_ill in limits.items()]


def _examined(
    patient: Patient,
    illness: str,
    is_ill: bool,
    now: dict[int, float],
    start: dict[int, float],
    values: dict[str, Any],
) -> Examination:
    if not is_ill:
        return healthy(illness, **values)
    vanishing, ratio = illness == "vanishing_gradients", values["ratio"]
    return found(
        illness,
        "mild" if VANISHED / SERIOUS < ratio < EXPLODED * SERIOUS else "serious",
        layers_in_words([1]),
        cure_of_vanishing(patient) if vanishing else _cure_of_exploding(patient, values["at_start"]),
        {"norms": list(now.values()), **{name: values[name] for name in ("ratio", "at_start", "per_layer")}},
        sizes([f"‖δ[{layer}]‖" for layer in now], list(now.values()), list(start.values())),
        **values,
    )


def _neither(reason: str) -> list[Examination]:
    return [skipped(illness, reason) for illness in ("vanishing_gradients", "exploding_gradients")]


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
    if any(hidden.activation in ("sigmoid", "tanh") for hidden in patient.hidden):
        return advised("pass_gradients", {"activation": "relu", "init": "he"})
    return advised("pass_gradients", {"init": patient.suited_initializer})


def _cure_of_exploding(patient: Patient, at_start: float) -> Cure:
    if not at_start <= EXPLODED:
        return advised("new_start", {"init": patient.suited_initializer})
    return smaller_steps(patient)
