"""The start: whether the first loss is that of a network that knows nothing yet."""

from __future__ import annotations

from math import exp, log

from clearprop.explain.doctor.evidence import curves
from clearprop.explain.doctor.finding import Examination, advised, found, healthy
from clearprop.explain.doctor.inputs import cure_of_data
from clearprop.explain.doctor.patient import Patient
from clearprop.explain.language import Phrase

# How much worse than knowing nothing a start may be. Initial outputs are random, not 0: with initialisers that suit,
# losses up to 5 times the variance occur in healthy regressions, and probabilities 3 times worse than by guessing.
BAD_START = 10.0


def examine_initial_loss(patient: Patient) -> Examination:
    """The first loss against ln k, ln 2 or the variance of y.

    It is the first that the history tells of, or else the loss at the parameters that the seed draws.
    """
    first, expected = _first_loss(patient), patient.ignorant_loss
    # Of a cross-entropy: probabilities ten times smaller than by guessing. Of other losses: ten times the loss.
    limit = expected + log(BAD_START) if patient.is_classification else expected * BAD_START
    values = {"first": first, "expected": expected, "limit": limit, "name": _name(patient)}
    if first <= limit or expected == 0:
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


def _first_loss(patient: Patient) -> float:
    if patient.history is not None and patient.history.step_loss:
        return min(patient.history.step_loss[:3])  # one batch may be odd; a start that is bad is so for all of them
    return patient.start.loss - patient.penalty(patient.initial)


def _name(patient: Patient) -> Phrase:
    if patient.loss.target == "numbers":
        return Phrase("the loss of answering the mean", "总是回答均值时的损失")
    name = "ln 2" if patient.loss.target == "binary" else f"ln {patient.architecture.n_outputs}"
    return Phrase(name, name)
