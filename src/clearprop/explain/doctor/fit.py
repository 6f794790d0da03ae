"""The fit: poor on the training rows themselves, far better there than on new rows, or no better than chance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from clearprop.execute import Array
from clearprop.explain.doctor.finding import Cure, Examination, Finding, advised, found, healthy, skipped
from clearprop.explain.doctor.gradients import cure_of_vanishing, vanished_at_start
from clearprop.explain.doctor.judgement import LOST, Judgement, Measure
from clearprop.explain.doctor.measures import gain_of_neighbours, measures_of
from clearprop.explain.doctor.patient import Patient
from clearprop.explain.doctor.plots import loss_plot
from clearprop.explain.doctor.rate import FEWEST_EPOCHS
from clearprop.messages import Message
from clearprop.nn import first_value
from clearprop.present.figure import Plot

FEWEST_ROWS = 20  # below which the vote of neighbours says nothing
# Shares of what there is to learn (1 − the baseline's score). Underfitting is to miss a tenth that five neighbours
# find, or to have learned nothing. Both beyond chance: by two standard errors, or by 95% intervals.
MISSED, NOTHING = 0.1, 0.95
SHRUNK = 0.2  # of their initial size: weights that a penalty has shrunk so far are held back


def examine_underfitting(patient: Patient, earlier: Sequence[Finding] = ()) -> Examination:
    """The score on the training rows, beside the baseline and the vote of the five nearest other rows.

    Args:
        patient: the network with its data.
        earlier: the findings so far, the first of which is the likely cause.
    """
    if patient.is_untrained:
        return skipped("underfitting", "untrained")
    measures = measures_of(patient, patient.scored)
    if not measures:
        return skipped("underfitting", "one_target")
    score = next(iter(measures.values()))
    gain, error, neighbours = gain_of_neighbours(patient)
    values = {"name": score.name, "score": score.said, "baseline": score.baseline, "neighbours": neighbours}
    enough = len(patient.sample) >= FEWEST_ROWS
    more_to_learn = enough and gain > MISSED * (1 - score.baseline) and gain > 2 * error
    if not more_to_learn and min(measure.least_missed for measure in measures.values()) <= NOTHING:
        return healthy("underfitting", **values)
    return found(
        "underfitting",
        "serious",
        Message("doctor.training_rows"),
        _cure_of_underfitting(patient, earlier),
        {**_numbers(score), "neighbours": neighbours},
        _losses(patient),
        **values,
    )


def examine_chance(patient: Patient) -> Examination:
    """The scores on rows that were not learned from, beside the baseline's."""
    judgement = _judgement(patient)
    if judgement is None:
        return skipped("chance", "no_validation")
    if patient.is_untrained:
        return skipped("chance", "untrained")
    if not judgement.unseen:
        return skipped("chance", "one_target")
    shown = judgement.better_than_chance or next(iter(judgement.unseen.values()))
    values = {"name": shown.name, "unseen": shown.said, "baseline": shown.baseline}
    if judgement.better_than_chance is not None:
        return healthy("chance", **values)
    numbers = {metric: _numbers(measure) for metric, measure in judgement.unseen.items()}
    return found(
        "chance",
        "serious",
        Message("doctor.new_rows"),
        advised("other_columns", {}),
        numbers,
        _losses(patient),
        **values,
    )


def examine_overfitting(patient: Patient) -> Examination:
    """The scores on training rows and on others, with their intervals."""
    judgement = _judgement(patient)
    if judgement is None:
        return skipped("overfitting", "no_validation")
    metric = next((name for name in judgement.unseen if name in judgement.seen), None)
    if metric is None:
        return skipped("overfitting", "one_target")
    shown = judgement.overfitting
    if shown is None:
        seen, unseen = judgement.seen[metric], judgement.unseen[metric]
        return healthy("overfitting", name=seen.name, seen=seen.said, unseen=unseen.said)
    seen, unseen = shown
    lost = unseen.missed(unseen.value) - seen.missed(seen.value)
    l2 = float(f"{max(10 * first_value(patient.architecture.l2), 10 / len(patient.data)):.1g}")
    return found(
        "overfitting",
        "serious",
        Message("doctor.new_rows"),
        advised("larger_penalty", {"l2": l2}),
        {"train": _numbers(seen), "validation": _numbers(unseen), "lost": lost},
        _losses(patient),
        name=seen.name,
        seen=seen.said,
        unseen=unseen.said,
        lost=lost,
        limit=LOST,
    )


def _cure_of_underfitting(patient: Patient, earlier: Sequence[Finding]) -> Cure:
    """The likeliest cause: another illness, too short a training, a start without gradients, a penalty, few units."""
    if earlier:
        return earlier[0].change, Message("doctor.advice.first_the_cause", title=earlier[0].title)
    history = patient.history
    if history is not None and history.stopped_by == "epochs":
        more = {"epochs": max(4 * history.epochs, 100)}
        if history.epochs < FEWEST_EPOCHS:
            return advised("hardly_begun", more)
        if _still_falling(history["loss"]):
            return advised("go_on", more)
    if vanished_at_start(patient):
        return cure_of_vanishing(patient)
    shrunk = _size_of_weights(patient, patient.parameters) / (_size_of_weights(patient, patient.initial) or 1.0)
    penalties = {name: value for name in ("l1", "l2") if (value := getattr(patient.architecture, name))}
    if penalties and shrunk < SHRUNK:
        light = 2.5 / len(patient.data)
        smaller = {name: float(f"{min(value / 100, light):.1g}") for name, value in penalties.items()}
        return advised("smaller_penalty", smaller, shrunk=shrunk)
    return advised("more_units", {"hidden": tuple(max(64, 2 * units) for units in patient.widths) or (64,)})


def _size_of_weights(patient: Patient, parameters: Mapping[str, Array]) -> float:
    """√ΣW² over all layers."""
    names = [name for name, p in patient.architecture.parameters.items() if p.is_weight]
    return float(sum(np.sum(np.asarray(parameters[name], np.float64) ** 2) for name in names) ** 0.5)


def _still_falling(losses: Sequence[float]) -> bool:
    """Whether the last tenth of the epochs made more than a hundredth of the fall so far."""
    late = losses[-max(2, len(losses) // 10) :]
    return late[0] - late[-1] > 0.01 * (losses[0] - late[0]) > 0


def _judgement(patient: Patient) -> Judgement | None:
    """The one that was given, or one by the scores on training and validation rows; None without the latter."""
    if patient.judgement is not None or patient.validation is None:
        return patient.judgement
    return Judgement(measures_of(patient, patient.scored), measures_of(patient, patient.validation))


def _numbers(measure: Measure) -> dict[str, float]:
    return {"value": measure.value, "low": measure.low, "high": measure.high, "trivial": measure.baseline}


def _losses(patient: Patient) -> Plot | None:
    return loss_plot(patient.history, ("loss", "validation_loss"))
