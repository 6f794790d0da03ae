"""The start: whether the first loss is that of a network that knows nothing yet."""

from __future__ import annotations

from math import exp

from clearprop.explain.doctor.evidence import curves
from clearprop.explain.doctor.finding import Examination, advised, found, healthy
from clearprop.explain.doctor.inputs import cure_of_data
from clearprop.explain.doctor.patient import BAD_START, Patient
from clearprop.messages.language import Phrase


def examine_initial_loss(patient: Patient) -> Examination:
    """The first loss against ln k, ln 2 or the variance of y."""
    first, expected, limit = patient.first_loss, patient.ignorant_loss, patient.highest_first_loss
    values = {"first": first, "expected": expected, "limit": limit, "name": _name(patient)}
    if first <= limit or expected <= 0:
        return healthy("initial_loss", **values)
    times_worse = exp(min(first - expected, 700.0)) if patient.is_classification else first / expected
    suited = {"init": patient.suited_initializer, "bias_init": "zeros"}
    return found(
        "initial_loss",
        "mild" if times_worse < BAD_START**2 else "serious",
        Phrase("the initial outputs", "初始输出"),
        cure_of_data(patient) or advised("new_start", suited),
        {"loss": first, "expected": expected, "limit": limit},
        None if patient.history is None else curves([patient.history["loss"]], expected),
        **values,
    )


def _name(patient: Patient) -> Phrase:
    if patient.loss.target == "numbers":
        return Phrase("the loss of answering the mean", "总是回答均值时的损失")
    name = "ln 2" if patient.loss.target == "binary" else f"ln {patient.architecture.n_outputs}"
    return Phrase(name, name)
