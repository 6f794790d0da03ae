"""What the loss is before training, and what it would be without a network."""

from __future__ import annotations

from math import log
from typing import TYPE_CHECKING

import numpy as np

from clearprop.cached import cached_property
from clearprop.execute import Array, evaluate
from clearprop.graph import N, variable
from clearprop.nn import first_value

if TYPE_CHECKING:
    from clearprop.explain.doctor.patient import Patient

# How much worse than knowing nothing a start may be. Initial outputs are random, not 0: with initialisers that suit,
# losses up to 5 times the variance occur in healthy regressions, and probabilities 3 times worse than by guessing.
BAD_START = 10.0
SMALLEST = 1e-12  # share of a class that no row has, so that its logarithm is finite


class Losses:
    """Losses of a network that is examined, without penalties on its weights."""

    def __init__(self, patient: Patient) -> None:
        self._patient = patient

    @cached_property
    def baseline(self) -> float:
        """Of always answering the same, as well as possible: with the classes' shares, or the mean."""
        patient = self._patient
        y, weights = patient.targets_as_rows(patient.sample), patient.row_weights(patient.sample)
        shares = np.average(y, axis=0, weights=weights)
        return self._of_answer(np.clip(shares, SMALLEST, 1 - SMALLEST) if patient.is_classification else shares)

    @cached_property
    def ignorant(self) -> float:
        """Of knowing nothing: ln k for k classes, ln 2 for a yes or no; for numbers, of answering the mean."""
        patient, k = self._patient, self._patient.architecture.n_outputs
        if not patient.is_classification:
            return self.baseline
        return self._of_answer(np.full(k, 1 / k if patient.loss.target == "classes" else 0.5))

    @cached_property
    def first(self) -> float:
        """The smallest of the first three steps, as one batch may be odd; without a history, at the initial weights."""
        patient = self._patient
        if patient.history is not None and patient.history.step_loss:
            return min(patient.history.step_loss[:3])
        return patient.start.loss - self._initial_penalty()

    @property
    def highest_first(self) -> float:
        """The limit of a healthy start: probabilities ten times below guessing; of numbers, ten times the loss."""
        return self.ignorant + log(BAD_START) if self._patient.is_classification else self.ignorant * BAD_START

    def _of_answer(self, answer: Array) -> float:
        """The mean loss of giving every row the same output (k,)."""
        patient = self._patient
        y = patient.targets_as_rows(patient.sample)
        a, t = variable("a", (N, y.shape[1])), variable("y", (N, y.shape[1]))
        losses = evaluate(patient.loss(a, t), {"a": np.broadcast_to(answer, y.shape), "y": y})
        return float(np.average(losses, weights=patient.row_weights(patient.sample)))

    def _initial_penalty(self) -> float:
        """l1·Σ|W| + l2/2·ΣW²."""
        a = self._patient.architecture
        weights = [np.asarray(self._patient.initial[n], np.float64) for n, p in a.parameters.items() if p.is_weight]
        l1, l2 = first_value(a.l1), first_value(a.l2)
        return float(sum(l1 * np.abs(W).sum() + 0.5 * l2 * (W**2).sum() for W in weights))
