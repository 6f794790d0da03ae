"""What a network without a hidden layer cannot learn: its loss stands still, above what the rows allow."""

from __future__ import annotations

import numpy as np

from clearprop.explain.doctor.finding import Evidence, Examination, advised, skipped
from clearprop.explain.doctor.fit import FEWEST_ROWS, MISSED, answers_of, gain_of_neighbours
from clearprop.explain.doctor.patient import Patient
from clearprop.explain.doctor.plots import loss_plot
from clearprop.explain.doctor.rate import FEWEST_STEPS
from clearprop.messages import Message

# Shares of the gap between the loss of always answering the same and the least that the rows allow.
STILL = 0.05  # by which a loss that stands still has moved over the last half of the training, at most
LEFT = 0.75  # that is left: so few rows are as good as not learned
UNITS = 16  # of the hidden layer that is advised


def examine_linear_limit(patient: Patient, other_findings: bool) -> Examination:
    """The loss of now beside that of guessing, the least that the rows allow, and how it has moved at last.

    Of few rows much of the gap must be left; of many the vote of neighbours must show that there is more to learn.
    """
    if patient.widths:
        return skipped("linear_limit", "has_hidden")
    if patient.is_untrained:
        return skipped("linear_limit", "untrained")
    if patient.history is None or patient.steps < FEWEST_STEPS:
        return skipped("linear_limit", "too_short")
    now, least = patient.loss_of(answers_of(patient, patient.sample.X)), least_loss(patient)
    gap = patient.baseline_loss - least
    if not gap > 0:
        return skipped("linear_limit", "one_target")
    losses = patient.history["loss"]
    late = losses[len(losses) // 2 :]
    moved = (max(late) - min(late)) / gap
    values = {"loss": now, "baseline": patient.baseline_loss, "least": least}
    evidence = Evidence("linear_limit", **values, moved=moved)
    if not (moved <= STILL and len(late) > 1 and _is_above(patient, (now - least) / gap)):
        return evidence.healthy()
    if other_findings:
        return skipped("linear_limit", "other_findings")
    plot = loss_plot(patient.history, level=patient.baseline_loss)
    cure = advised("hidden_layer", {"hidden": (UNITS,)})
    return evidence.found("serious", Message("doctor.training_rows"), cure, values, plot)


def _is_above(patient: Patient, left: float) -> bool:
    if len(patient.sample) < FEWEST_ROWS:
        return patient.is_classification and left > LEFT
    gain, error, _ = gain_of_neighbours(patient)
    return gain > max(MISSED, 2 * error)


def least_loss(patient: Patient) -> float:
    """The loss of the best answer to each row, where rows with the same inputs get the same one."""
    y, weights = patient.targets_as_rows(patient.sample), patient.row_weights(patient.sample)
    which = np.unique(patient.sample.X, axis=0, return_inverse=True)[1].ravel()
    sums = np.zeros((which.max() + 1, y.shape[1]))
    np.add.at(sums, which, weights[:, None] * y)
    found = patient.loss_of((sums / np.bincount(which, weights)[:, None])[which])
    return found if found > 1e-9 else 0.0  # probabilities are held off 0 and 1
