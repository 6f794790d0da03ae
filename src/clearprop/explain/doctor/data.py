"""Illnesses of the data: columns or targets far from mean 0 and deviation 1; and of the start: the first loss."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp

import numpy as np

from clearprop.execute import Array
from clearprop.explain.doctor.finding import Cure, Evidence, Examination, Severity, advised, skipped
from clearprop.explain.doctor.patient import BAD_START, Patient
from clearprop.explain.doctor.plots import loss_plot, sizes
from clearprop.messages import Message, Words

# Initial weights suit columns of mean 0 and standard deviation 1; ten times off begins to hurt: lengths in cm (mean
# 5.8) do no harm, ages (mean 40) and years (mean 2000) do.
FAR = 10.0
SMALL = 0.1  # all columns so small: signals, and with them the gradients of the first layer, are ten times too small
DIFFERENT = 100.0  # times: one learning rate cannot suit columns so different
SERIOUS = 100.0  # times FAR
# √n_in times the size of a unit's initial weights, and a bias: z is so many times as large as the values that come in.
# Glorot and He have up to 1.5.
LARGE_WEIGHTS = 3.0
_MOST_NAMED = 5


@dataclass(frozen=True, repr=False, eq=False)
class Standardised:
    """(values − mean)/std, column by column, as a function: what the doctor advises to train on.

    Example:
        >>> Standardised.of(np.array([[1.0, 7.0], [3.0, 7.0]]))([[2.0, 7.0]]).tolist()
        [[0.0, 0.0]]
    """

    mean: Array  # of each column
    std: Array  # of each column; 1 for a column that is constant

    @classmethod
    def of(cls, values: Array) -> Standardised:
        """With the means and deviations of these rows."""
        std = values.std(axis=0)
        return cls(values.mean(axis=0), np.where(std > 0, std, 1.0))

    def __call__(self, values: object) -> Array:
        """Other rows, by the same means and deviations."""
        scaled: Array = (np.asarray(values) - self.mean) / self.std
        return scaled

    def __repr__(self) -> str:
        return "(X − mean) / std"


def cure_of_data(patient: Patient) -> Cure | None:
    """The cure of inputs or targets that are not standardised, which cures what they cause; None where they are."""
    for examined in (examine_inputs(patient), examine_targets(patient)):
        if examined.finding is not None:
            return examined.finding.change, examined.finding.advice
    return None


def examine_inputs(patient: Patient) -> Examination:
    """Means and standard deviations of the columns of X; constants and indicators (0 and 1) are as they must be."""
    X = patient.data.X
    mean, std = X.mean(axis=0), X.std(axis=0)
    judged = np.flatnonzero((std > 0) & ~((X == 0) | (X == 1)).all(axis=0))
    if not len(judged):
        return skipped("unscaled_inputs", "no_number")
    size = np.maximum(np.abs(mean), std)
    means, stds = ((float(v[judged].min()), float(v[judged].max())) for v in (mean, std))
    dense = judged[np.median(np.abs(X[:, judged]), axis=0) > 0]  # a pixel that is mostly 0 may be small without harm
    different = len(dense) > 0 and std[dense].max() > DIFFERENT * std[dense].min()
    by_size = judged[np.argsort(-np.abs(np.log(size[judged])), kind="stable")]
    worst = by_size[:_MOST_NAMED].tolist()
    named = "; ".join(f"x{j} {mean[j]:.4g} ± {std[j]:.4g}" for j in worst)
    evidence = Evidence("unscaled_inputs", means=means, stds=stds, far=FAR, worst=named)
    if size[judged].max() <= FAR and std[judged].max() >= SMALL and not different:
        return evidence.healthy()
    severity: Severity = "serious" if size[judged].max() > FAR * SERIOUS else "mild"
    cure = advised("standardise_inputs", {"X": Standardised.of(X)})
    numbers = {"columns": worst, "means": mean[worst], "stds": std[worst]}
    plot = sizes([f"x{j}" for j in by_size], size[by_size].tolist())
    return evidence.found(severity, Message("doctor.columns", columns=worst), cure, numbers, plot)


def examine_targets(patient: Patient) -> Examination:
    """Mean and standard deviation of targets that are numbers; of several outputs, the one that is furthest off.

    That is a finding where they are large, or where nothing else can be why the first loss is far off.
    """
    if patient.is_classification:
        return skipped("unscaled_targets", "classes")
    y = patient.targets_as_rows(patient.data)
    mean, std = y.mean(axis=0), y.std(axis=0)
    size = np.maximum(np.abs(mean), std)
    is_large = bool(size.max() > FAR)
    spoils_start = not is_large and _targets_spoil_the_start(patient)
    worst = int(np.argmax((mean**2 + 1) / np.where(std > 0, std, np.inf) ** 2 if spoils_start else size))
    limits = Message("doctor.size_of_targets", far=FAR)
    if spoils_start:
        limits = Message("doctor.start_of_targets", first=patient.first_loss, expected=patient.ignorant_loss)
    numbers = {"mean": float(mean[worst]), "std": float(std[worst])}
    evidence = Evidence("unscaled_targets", limits=limits, **numbers)
    if not is_large and not spoils_start:
        return evidence.healthy()
    severity: Severity = "serious" if size[worst] > FAR * SERIOUS else "mild"
    cure = advised("standardise_targets", {"y": Standardised.of(y)})
    return evidence.found(severity, Message("doctor.column_of_y", column=worst), cure, numbers)


def _targets_spoil_the_start(patient: Patient) -> bool:
    """Whether the first loss is far off although the initial outputs are of the size of standardised targets."""
    if not patient.first_loss > patient.highest_first_loss > 0:
        return False
    for name, drawn in patient.initial.items():
        p, size = patient.architecture.parameters[name], np.mean(np.asarray(drawn, np.float64) ** 2)
        if p.trainable and size * (p.shape[0] if p.is_weight else 1) > LARGE_WEIGHTS**2:
            return False
    return True


def examine_initial_loss(patient: Patient) -> Examination:
    """The first loss against ln k, ln 2 or the variance of y."""
    first, expected, limit = patient.first_loss, patient.ignorant_loss, patient.highest_first_loss
    name: Words = Message("doctor.loss_of_the_mean")
    if patient.is_classification:
        name = "ln 2" if patient.loss.target == "binary" else f"ln {patient.architecture.n_outputs}"
    evidence = Evidence("initial_loss", first=first, expected=expected, limit=limit, name=name)
    if first <= limit or expected <= 0:
        return evidence.healthy()
    times_worse = exp(min(first - expected, 700.0)) if patient.is_classification else first / expected
    severity: Severity = "mild" if times_worse < BAD_START**2 else "serious"
    suited = {"init": patient.suited_initializer, "bias_init": "zeros"}
    cure = cure_of_data(patient) or advised("new_start", suited)
    numbers, plot = {"loss": first, "expected": expected, "limit": limit}, loss_plot(patient.history, level=expected)
    return evidence.found(severity, Message("doctor.initial_outputs"), cure, numbers, plot)
