"""The start: whether the first loss is that of a network that knows nothing yet."""

from __future__ import annotations

from math import exp

from clearprop.explain.doctor.finding import Examination, advised, found, healthy
from clearprop.explain.doctor.inputs import cure_of_data
from clearprop.explain.doctor.losses import BAD_START
from clearprop.explain.doctor.patient import Patient
from clearprop.explain.doctor.plots import loss_plot
from clearprop.messages import Message, Words


def examine_initial_loss(patient: Patient) -> Examination:
    """The first loss against ln k, ln 2 or the variance of y."""
    first, expected, limit = patient.losses.first, patient.losses.ignorant, patient.losses.highest_first
    values = {"first": first, "expected": expected, "limit": limit, "name": _name(patient)}
    if first <= limit or expected <= 0:
        return healthy("initial_loss", **values)
    times_worse = exp(min(first - expected, 700.0)) if patient.is_classification else first / expected
    suited = {"init": patient.suited_initializer, "bias_init": "zeros"}
    return found(
        "initial_loss",
        "mild" if times_worse < BAD_START**2 else "serious",
        Message("doctor.initial_outputs"),
        cure_of_data(patient) or advised("new_start", suited),
        {"loss": first, "expected": expected, "limit": limit},
        loss_plot(patient.history, level=expected),
        **values,
    )


def _name(patient: Patient) -> Words:
    """What the expected loss is: ln 3 for three classes."""
    if patient.loss.target == "numbers":
        return Message("doctor.loss_of_the_mean")
    return "ln 2" if patient.loss.target == "binary" else f"ln {patient.architecture.n_outputs}"
