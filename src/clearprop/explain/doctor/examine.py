"""`diagnose`: every examination, one after the other."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from clearprop.explain.doctor.diagnosis import Diagnosis
from clearprop.explain.doctor.finding import Examination
from clearprop.explain.doctor.fit import examine_chance, examine_overfitting, examine_underfitting
from clearprop.explain.doctor.gradients import examine_gradients
from clearprop.explain.doctor.inputs import examine_inputs, examine_targets
from clearprop.explain.doctor.judgement import Judgement
from clearprop.explain.doctor.patient import Diagnosable, Patient
from clearprop.explain.doctor.rate import examine_learning_rate
from clearprop.explain.doctor.start import examine_initial_loss
from clearprop.explain.doctor.units import examine_death, examine_saturation
from clearprop.explain.doctor.weights import examine_linear_collapse, examine_symmetry
from clearprop.messages import checked_language
from clearprop.train import History


def diagnose(
    net: Diagnosable,
    X: ArrayLike,
    y: ArrayLike,
    history: History | None = None,
    *,
    validation: tuple[Any, Any] | None = None,
    optimizer: Any = None,
    batch_size: int = 32,
    sample_weight: ArrayLike | None = None,
    judgement: Judgement | None = None,
    lang: str = "en",
) -> Diagnosis:
    """Look for what ails a network or its training, and say which argument to change, and to what.

    Looked for are inputs and targets that are not standardised, equal units, layers that collapse into one, a bad
    initial loss, dead and saturated units, vanishing and exploding gradients, a learning rate that does not suit,
    under- and overfitting, and answers that are no better than chance. The limits stand beside what was measured.
    The network is not changed.

    Args:
        net: the network, trained or not.
        X, y: the rows it was trained on, as for `net.fit`.
        history: what `net.fit` returned; without it the losses are not looked at.
        validation: (X, y) that it was not trained on, for overfitting.
        sample_weight: (N,) numbers ≥ 0, as given to `net.fit`, times the weights of the classes.
        judgement: what scores say that are known already: then it is not judged by `validation`.
        optimizer, batch_size: as given to `net.fit`.
        lang: "en" or "zh", for what is printed.

    Returns:
        The findings, and everything that was examined. It is empty, and so false, where all is well.

    Raises:
        ClearpropError: if the data does not fit the network, or the network has no loss.

    Example:
        >>> X = np.random.default_rng(0).normal(size=(200, 2))
        >>> y = X[:, 0] * X[:, 1] > 0
        >>> net = cp.Network(2, [cp.Dense(8, "tanh", init="zeros"), cp.Dense(1, "sigmoid", init="zeros")],
        ...                  "binary_cross_entropy")
        >>> [finding.illness for finding in cp.diagnose(net, X, y)][0]
        'symmetry'
        >>> cp.diagnose(net, X, y)["symmetry"].change
        {'init': 'glorot'}
    """
    spoken = checked_language(lang)
    patient = Patient(net, X, y, history, validation, optimizer, batch_size, sample_weight, judgement)
    with np.errstate(all="ignore"):  # what has grown beyond all bounds is a finding
        return Diagnosis(tuple(_examined(patient)), spoken)


def _examined(patient: Patient) -> list[Examination]:
    """Everything that is looked at; what causes others comes first."""
    examined = [
        examine_inputs(patient),
        examine_targets(patient),
        examine_symmetry(patient),
        examine_linear_collapse(patient),
        examine_initial_loss(patient),
        examine_death(patient),
        examine_saturation(patient),
        *examine_gradients(patient),
    ]
    examined += examine_learning_rate(patient, {e.illness for e in examined if e.finding is not None})
    causes = [e.finding for e in examined if e.finding is not None]
    examined += [examine_underfitting(patient, causes), examine_overfitting(patient), examine_chance(patient)]
    return examined
