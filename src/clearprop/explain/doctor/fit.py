"""The fit: poor on the training rows themselves, far better there than on new rows, or no better than chance.

It is judged by scores with their intervals (accuracy, R², R¹ of a quantile, log loss), and by the vote of neighbours.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from clearprop.execute import Array
from clearprop.explain.doctor.finding import Cure, Evidence, Examination, Finding, Severity, advised, skipped
from clearprop.explain.doctor.judgement import LOST, Judgement, Measure, Measures, defined
from clearprop.explain.doctor.layers import cure_of_vanishing, vanished_at_start
from clearprop.explain.doctor.patient import Patient
from clearprop.explain.doctor.plots import loss_plot
from clearprop.explain.doctor.rate import FEWEST_EPOCHS
from clearprop.messages import Message
from clearprop.nn import Quantile, first_value
from clearprop.present.figure import Plot
from clearprop.train import Data
from clearprop.train.metrics import right_answers, right_classes

NEIGHBOURS = 5  # that vote
SMALLEST = 1e-7  # of a probability, so that its logarithm is finite
_Z = 1.96  # of a 95% interval
_RESAMPLES, _MOST_RESAMPLED = 500, 5000
FEWEST_ROWS = 20  # below which the vote of neighbours says nothing
# Shares of what there is to learn (1 − the baseline's score). Underfitting is to miss a tenth that five neighbours
# find, or to have learned nothing. Both beyond chance: by two standard errors, or by 95% intervals.
MISSED, NOTHING = 0.1, 0.95
SHRUNK = 0.2  # of their initial size: weights that a penalty has shrunk so far are held back

# The loss on new rows has risen, from its least: so many times, and by such a share of that of always answering the
# same; that on the training rows has fallen to such a share.
ROSE, ROSE_BY, FELL = 1.5, 0.2, 0.8


def examine_underfitting(patient: Patient, earlier: Sequence[Finding] = ()) -> Examination:
    """The score on the training rows, beside the baseline and the vote of the five nearest other rows.

    The first of the findings so far, where there are any, is the likely cause.
    """
    if patient.is_untrained:
        return skipped("underfitting", "untrained")
    measures = measures_of(patient, patient.scored)
    if not measures:
        return skipped("underfitting", "one_target")
    score = next(iter(measures.values()))
    gain, error, neighbours = gain_of_neighbours(patient)
    vote: dict[str, Any] = {"neighbours": neighbours}
    evidence = Evidence("underfitting", name=score.name, score=score.said, baseline=score.baseline, **vote)
    enough = len(patient.sample) >= FEWEST_ROWS
    more_to_learn = enough and gain > MISSED * (1 - score.baseline) and gain > 2 * error
    if not more_to_learn and min(measure.least_missed for measure in measures.values()) <= NOTHING:
        return evidence.healthy()
    where, cure = Message("doctor.training_rows"), _cure_of_underfitting(patient, earlier)
    return evidence.found("serious", where, cure, _numbers(score) | vote, _losses(patient))


def examine_chance(patient: Patient, judgement: Judgement | None) -> Examination:
    """The scores on rows that were not learned from, beside the baseline's."""
    if judgement is None:
        return skipped("chance", "no_validation")
    if patient.is_untrained:
        return skipped("chance", "untrained")
    if not judgement.unseen:
        return skipped("chance", "one_target" if judgement.few is None else "few_rows")
    shown = judgement.better_than_chance or next(iter(judgement.unseen.values()))
    evidence = Evidence("chance", name=shown.name, unseen=shown.said, baseline=shown.baseline)
    if judgement.better_than_chance is not None:
        return evidence.healthy()
    numbers = {metric: _numbers(measure) for metric, measure in judgement.unseen.items()}
    cure = advised("other_columns", {})
    return evidence.found("serious", Message("doctor.new_rows"), cure, numbers, _losses(patient))


def examine_overfitting(patient: Patient, judgement: Judgement | None) -> Examination:
    """The scores on training rows and on others, with their intervals."""
    if judgement is None:
        return skipped("overfitting", "no_validation")
    metric = next((name for name in judgement.unseen if name in judgement.seen), None)
    if metric is None:
        why = "remembered" if judgement.remembered else "one_target"
        return skipped("overfitting", why if judgement.few is None else "few_rows")
    seen, unseen = judgement.overfitting or (judgement.seen[metric], judgement.unseen[metric])
    lost = unseen.missed(unseen.value) - seen.missed(seen.value)
    rise = _rise(patient)
    told = "" if rise is None else Message("doctor.rise_of_loss", least=rise[0], last=rise[1])
    values = {"name": seen.name, "seen": seen.said, "unseen": unseen.said, "rise": told}
    evidence = Evidence("overfitting", lost=lost, limit=LOST, **values)
    if judgement.overfitting is None and rise is None:
        return evidence.healthy()
    l2 = float(f"{max(10 * first_value(patient.architecture.l2), 10 / len(patient.data)):.1g}")
    numbers = {"train": _numbers(seen), "validation": _numbers(unseen), "lost": lost}
    cure = advised("larger_penalty", {"l2": l2})
    severity: Severity = "mild" if judgement.overfitting is None else "serious"  # the answers are right, but too sure
    return evidence.found(severity, Message("doctor.new_rows"), cure, numbers, _losses(patient))


def _rise(patient: Patient) -> tuple[float, float] | None:
    """The least loss on new rows and the one of now, where it rose while that on the training rows fell."""
    history = patient.history
    if history is None or "validation_loss" not in history.columns or history.best_epoch is not None:
        return None
    seen, unseen = np.array(history["loss"]), np.array(history["validation_loss"])
    best, late = int(np.argmin(unseen)), max(1, len(unseen) // 10)
    least, last = float(unseen[best]), float(unseen[-late:].min())
    rose = last > ROSE * least and last - least > ROSE_BY * patient.baseline_loss
    return (least, last) if rose and seen[-late:].max() < FELL * seen[best] else None


def _cure_of_underfitting(patient: Patient, earlier: Sequence[Finding]) -> Cure:
    """The likeliest cause: another illness, too short a training, a start without gradients, a penalty, few units."""
    if earlier:
        return earlier[0].change, Message("doctor.advice.first_the_cause", title=earlier[0].title)
    history = patient.history
    if history is not None and history.stopped_by == "epochs":
        more = {"epochs": max(4 * history.epochs, 100)}
        if history.epochs < FEWEST_EPOCHS:
            return advised("hardly_begun", more)
        losses = history["loss"]
        late = losses[-max(2, len(losses) // 10) :]  # the last tenth of the epochs
        if late[0] - late[-1] > 0.01 * (losses[0] - late[0]) > 0:  # the loss is still falling
            return advised("go_on", more)
    if vanished_at_start(patient):
        return cure_of_vanishing(patient)
    now, at_start = (sum((W**2).sum() for W in patient.weights(p)) for p in (patient.parameters, patient.initial))
    shrunk = float(now**0.5) / (float(at_start**0.5) or 1.0)
    penalties = {name: value for name in ("l1", "l2") if (value := getattr(patient.architecture, name))}
    if penalties and shrunk < SHRUNK:
        light = 2.5 / len(patient.data)
        smaller = {name: float(f"{min(value / 100, light):.1g}") for name, value in penalties.items()}
        return advised("smaller_penalty", smaller, shrunk=shrunk)
    return advised("more_units", {"hidden": tuple(max(64, 2 * units) for units in patient.widths) or (64,)})


def judgement_of(patient: Patient) -> Judgement | None:
    """The one that was given, or one by the scores on training and validation rows; None without the latter."""
    if patient.judgement is not None or patient.validation is None:
        return patient.judgement
    seen, unseen = (measures_of(patient, data) for data in (patient.scored, patient.validation))
    return Judgement.of(seen, unseen, len(patient.validation))


def _numbers(measure: Measure) -> dict[str, float]:
    return {"value": measure.value, "low": measure.low, "high": measure.high, "trivial": measure.baseline}


def _losses(patient: Patient) -> Plot | None:
    return loss_plot(patient.history, ("loss", "validation_loss"))


# --- scores and their intervals


def measures_of(patient: Patient, data: Data) -> Measures:
    """Accuracy, R² or R¹ on some rows, and log loss of classes that exclude each other; only those that are defined."""
    y, known = patient.targets_as_rows(data), patient.targets_as_rows(patient.scored)
    a, weights = answers_of(patient, data.X), patient.row_weights(data)
    constant = _constant(patient, known, patient.row_weights(patient.scored))
    baseline = np.broadcast_to(constant, y.shape)
    if not patient.is_classification:
        errors, spread = (_errors(patient, y, answer) * weights for answer in (a, baseline))
        metric = "r1" if isinstance(patient.loss, Quantile) else "r2"
        name = Message(f"verdict.names.{metric}")
        return defined({metric: _explained(name, errors, spread)} if spread.sum() > 0 else {})
    share, trivial = (float(np.average(_right(patient, answer, y), weights=weights)) for answer in (a, baseline))
    bounds = _wilson(share, float(weights.sum() ** 2 / (weights**2).sum()))
    found = {"accuracy": Measure(Message("verdict.names.accuracy"), share, *bounds, trivial)}
    if patient.is_one_of_several:
        errors, spread = (_log_losses(answer, y) * weights for answer in (a, baseline))
        found["log_loss"] = _explained(Message("doctor.log_loss_removed"), errors, spread)
    return defined(found)


def _constant(patient: Patient, y: Array, weights: Array) -> Array:
    """The answer that looks at no column: the shares of the classes, the mean, or the quantile that is learned."""
    if isinstance(patient.loss, Quantile):
        every = [np.quantile(column, patient.loss.tau, weights=weights, method="inverted_cdf") for column in y.T]
        return np.array(every)
    return np.asarray(np.average(y, axis=0, weights=weights))


def _errors(patient: Patient, y: Array, a: Array) -> Array:
    """The squared error of each row, or its pinball loss where a quantile is learned, (N,)."""
    d, loss = y - a, patient.loss
    each = np.maximum(loss.tau * d, (loss.tau - 1) * d) if isinstance(loss, Quantile) else d**2
    return np.asarray(each.sum(axis=1))


def _explained(name: Message, errors: Array, baseline: Array) -> Measure:
    """1 − Σ errors/Σ the baseline's errors: R², or the same of the log loss."""
    interval = _bootstrapped(errors, baseline)
    return Measure(name, 1 - float(errors.sum() / baseline.sum()), *interval, 0.0)


def _log_losses(a: Array, y: Array) -> Array:
    """−Σ y ln a of each row, (N,)."""
    a, y = (v if v.shape[1] > 1 else np.concatenate([v, 1 - v], axis=1) for v in (a, y))
    return np.asarray(-(y * np.log(np.clip(a, SMALLEST, 1.0))).sum(axis=1))


def answers_of(patient: Patient, X: Array) -> Array:
    """a[L], held within ±1e60: the fourth powers of that are finite."""
    return np.clip(np.asarray(patient.net.predict(X), np.float64), -1e60, 1e60)


def _right(patient: Patient, a: Array, y: Array) -> Array:
    """How right each row is, 0 … 1: whether its most probable class is, or the share of right answers yes and no."""
    right = right_classes(y, a) if patient.loss.target == "classes" else right_answers(y, a).mean(axis=1)
    return right.astype(np.float64)


def _wilson(p: float, n: float) -> tuple[float, float]:
    """The interval of a share p of n rows (Wilson, 1927), which unlike p ± z·√(p(1 − p)/n) also holds near 0 and 1."""
    middle, half = p + _Z**2 / (2 * n), _Z * (p * (1 - p) / n + _Z**2 / (4 * n**2)) ** 0.5
    return (middle - half) / (1 + _Z**2 / n), (middle + half) / (1 + _Z**2 / n)


def _bootstrapped(errors: Array, baseline: Array) -> tuple[float, float]:
    """The interval of 1 − Σ errors/Σ baseline by the bootstrap over rows."""
    n, rng = min(len(errors), _MOST_RESAMPLED), np.random.Generator(np.random.Philox(0))
    rows = rng.permutation(len(errors))[:n]
    counts = rng.multinomial(n, np.full(n, 1 / n), _RESAMPLES)
    drawn = 1 - (counts @ errors[rows]) / np.maximum(counts @ baseline[rows], 1e-300)
    low, high = np.quantile(drawn, [0.025, 0.975])
    return float(low), float(high)


def gain_of_neighbours(patient: Patient) -> tuple[float, float, float]:
    """By how much the vote of the nearest other rows beats the network on the same rows, its standard error, its score.

    The vote has not seen the row that it answers for, the network has: so a gain means that there is more to learn.
    """
    data = patient.sample
    y, a, weights = patient.targets_as_rows(data), answers_of(patient, data.X), patient.row_weights(data)
    vote = _vote(data.X, y, weights)
    if patient.is_classification:
        theirs, ours = _right(patient, vote, y), _right(patient, a, y)
    else:
        scale = np.average(_errors(patient, y, _constant(patient, y, weights)), weights=weights) or 1.0
        theirs, ours = (1 - _errors(patient, y, x) / scale for x in (vote, a))
    gain = theirs - ours
    mean = float(np.average(gain, weights=weights))
    error = float(np.sqrt((weights**2 * (gain - mean) ** 2).sum()) / weights.sum())
    return mean, error, float(np.average(theirs, weights=weights))


def _vote(X: Array, y: Array, weights: Array) -> Array:
    """The mean target of each row's nearest other rows, by Euclidean distance of the standardised columns."""
    std = X.std(axis=0)
    Z = (X - X.mean(axis=0))[:, std > 0] / std[std > 0]
    squares = (Z**2).sum(axis=1)
    distance = squares[:, None] + squares - 2 * Z @ Z.T
    np.fill_diagonal(distance, np.inf)
    k = min(NEIGHBOURS, len(X) - 1)
    if k < 1:
        return np.broadcast_to(y.mean(axis=0), y.shape)
    nearest = np.argpartition(distance, k - 1, axis=1)[:, :k]
    votes = weights[nearest][:, :, None]
    mean: Array = (votes * y[nearest]).sum(axis=1) / np.maximum(votes.sum(axis=1), 1e-300)
    return mean
