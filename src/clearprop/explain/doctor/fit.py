"""The fit: too poor on the training rows themselves, or far better there than on rows that the network has not seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from clearprop.execute import Array
from clearprop.explain.doctor.evidence import curves
from clearprop.explain.doctor.finding import Examination, Finding, advised, found, healthy, skipped
from clearprop.explain.doctor.gradients import cure_of_vanishing, vanished_at_start
from clearprop.explain.doctor.judgement import LOST, Judgement, Measure, Measures, defined
from clearprop.explain.doctor.patient import Cure, Patient
from clearprop.explain.doctor.rate import FEWEST_EPOCHS
from clearprop.explain.doctor.words import ADVICE
from clearprop.messages.language import Phrase, said
from clearprop.train import Data

NEIGHBOURS, FEWEST_ROWS = 5, 20  # neighbours that vote; rows below which their vote says nothing
# Shares of what there is to learn (1 − the trivial answer's score). A tenth that five neighbours find and the network
# does not is underfitting, and so is having learned nothing. Both beyond chance: two standard errors, or 95% intervals.
MISSED, NOTHING = 0.1, 0.95
SHRUNK = 0.2  # of its initial size: weights that a penalty has shrunk so far are held back
_Z = 1.96
_RESAMPLES, _MOST_RESAMPLED = 500, 5000
_NEW_ROWS = Phrase("rows that were not learned from", "未用于学习的样本")


def examine_underfitting(patient: Patient, earlier: Sequence[Finding] = ()) -> Examination:
    """The score on the training rows, beside the trivial answer and the vote of the five nearest other rows.

    Args:
        patient: the network with its data.
        earlier: what was found already, which is then the likely cause.
    """
    if patient.is_untrained:
        return skipped("underfitting", "the network is not trained", "网络尚未训练")
    measures = measures_of(patient, patient.scored)
    if not measures:
        return _undefined("underfitting")
    score = next(iter(measures.values()))
    gain, error, neighbours = _gain_of_neighbours(patient)
    values = {"name": _name(patient), "score": score, "trivial": score.trivial, "neighbours": neighbours}
    enough = len(patient.sample) >= FEWEST_ROWS
    more_to_learn = enough and gain > MISSED * (1 - score.trivial) and gain > 2 * error
    if not more_to_learn and min(measure.least_missed for measure in measures.values()) <= NOTHING:
        return healthy("underfitting", **values)
    return found(
        "underfitting",
        "serious",
        Phrase("the training rows", "训练样本"),
        _cure_of_underfitting(patient, earlier),
        {**_numbers(score), "neighbours": neighbours},
        _losses(patient),
        **values,
    )


def examine_chance(patient: Patient) -> Examination:
    """The scores on rows that were not learned from, beside the trivial answer's."""
    judgement = _judgement(patient)
    if judgement is None:
        return skipped("chance", "needs validation=(X, y)", "需要 validation=(X, y)")
    if patient.is_untrained:
        return skipped("chance", "the network is not trained", "网络尚未训练")
    if not judgement.unseen:
        return _undefined("chance")
    shown = judgement.better_than_chance or next(iter(judgement.unseen.values()))
    values = {"name": shown.name, "unseen": shown, "trivial": shown.trivial}
    if judgement.better_than_chance is not None:
        return healthy("chance", **values)
    numbers = {metric: _numbers(measure) for metric, measure in judgement.unseen.items()}
    return found("chance", "serious", _NEW_ROWS, advised("other_columns", {}), numbers, _losses(patient), **values)


def examine_overfitting(patient: Patient) -> Examination:
    """The scores on training rows and on others, with their intervals."""
    judgement = _judgement(patient)
    if judgement is None:
        return skipped("overfitting", "needs validation=(X, y)", "需要 validation=(X, y)")
    metric = next((name for name in judgement.unseen if name in judgement.seen), None)
    if metric is None:
        return _undefined("overfitting")
    shown = judgement.overfitting
    if shown is None:
        seen, unseen = judgement.seen[metric], judgement.unseen[metric]
        return healthy("overfitting", name=seen.name, seen=seen, unseen=unseen)
    seen, unseen = shown
    lost = unseen.missed(unseen.value) - seen.missed(seen.value)
    l2 = float(f"{max(10 * patient.architecture.l2, 10 / len(patient.data)):.1g}")
    return found(
        "overfitting",
        "serious",
        _NEW_ROWS,
        advised("larger_penalty", {"l2": l2}),
        {"train": _numbers(seen), "validation": _numbers(unseen), "lost": lost},
        _losses(patient),
        name=seen.name,
        seen=seen,
        unseen=unseen,
        lost=lost,
        limit=LOST,
    )


def _cure_of_underfitting(patient: Patient, earlier: Sequence[Finding]) -> Cure:
    """The likeliest cause: another illness, too short a training, a start without gradients, a penalty, few units."""
    if earlier:
        change = earlier[0].change
        return change, said(ADVICE["first_the_cause"], title=earlier[0].title)
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


def _undefined(illness: str) -> Examination:
    return skipped(illness, "all rows have the same target", "所有样本的目标都相同")


def _name(patient: Patient) -> Phrase:
    return Phrase("accuracy", "准确率") if patient.is_classification else Phrase("R²", " R² ")


def _losses(patient: Patient) -> str | None:
    history = patient.history
    if history is None:
        return None
    return curves([history.columns[name] for name in ("loss", "validation_loss") if name in history.columns])


# --- scores


def _judgement(patient: Patient) -> Judgement | None:
    """That which the patient came with, or one of the training and validation rows; None without the latter."""
    if patient.judgement is not None or patient.validation is None:
        return patient.judgement
    return Judgement(measures_of(patient, patient.scored), measures_of(patient, patient.validation))


def measures_of(patient: Patient, data: Data) -> Measures:
    """Accuracy or R² on some rows, and behind it the log loss; only those that are defined."""
    y, known = patient.targets_as_rows(data), patient.targets_as_rows(patient.scored)
    a, weights = _outputs(patient, data.X), patient.row_weights(data)
    usual = np.average(known, axis=0, weights=patient.row_weights(patient.scored))
    if not patient.is_classification:
        scale, squares = ((y - usual) ** 2).sum(axis=1) * weights, ((y - a) ** 2).sum(axis=1) * weights
        found = {"r2": _ratio_measure(_name(patient), squares, scale)} if scale.sum() > 0 else {}
    else:
        right = _right(patient, a, y)
        p, trivial = (
            float(np.average(v, weights=weights)) for v in (right, _right(patient, np.broadcast_to(usual, y.shape), y))
        )
        found = {"accuracy": Measure(_name(patient), p, *_wilson(p, weights.sum() ** 2 / (weights**2).sum()), trivial)}
        if patient.is_one_of_several:
            losses = (patient.log_losses(x, y) * weights for x in (a, np.broadcast_to(usual, y.shape)))
            found["log_loss"] = _ratio_measure(Phrase("the share of log loss removed", "对数损失的减少比例"), *losses)
    return defined(found)


def _ratio_measure(name: Phrase, errors: Array, trivial: Array) -> Measure:
    """1 − Σ errors/Σ trivial errors: R², or the same of the log loss."""
    return Measure(name, 1 - float(errors.sum() / trivial.sum()), *_bootstrapped(errors, trivial), 0.0)


def _numbers(measure: Measure) -> dict[str, float]:
    return {name: getattr(measure, name) for name in ("value", "low", "high", "trivial")}


def _outputs(patient: Patient, X: Array) -> Array:
    """a[L]; what has grown beyond all bounds is held within ±1e60, whose fourth powers are finite."""
    return np.clip(np.asarray(patient.net.predict(X), np.float64), -1e60, 1e60)


def _right(patient: Patient, a: Array, y: Array) -> Array:
    """How right each row is, 0 … 1: whether its most probable class is, or the share of right answers yes and no."""
    one_of_many = patient.loss.target == "classes"
    right: Array = a.argmax(axis=1) == y.argmax(axis=1) if one_of_many else ((a >= 0.5) == (y >= 0.5)).mean(axis=1)
    return right.astype(np.float64)


def _wilson(p: float, n: float) -> tuple[float, float]:
    """The interval of a share p of n rows (Wilson, 1927); unlike p ± z·√(p(1 − p)/n) it is right near 0 and 1."""
    middle, half = p + _Z**2 / (2 * n), _Z * (p * (1 - p) / n + _Z**2 / (4 * n**2)) ** 0.5
    return (middle - half) / (1 + _Z**2 / n), (middle + half) / (1 + _Z**2 / n)


def _bootstrapped(squares: Array, scale: Array) -> tuple[float, float]:
    """The interval of 1 − Σ squares/Σ scale when the rows are drawn again."""
    n, rng = min(len(squares), _MOST_RESAMPLED), np.random.Generator(np.random.Philox(0))
    rows = rng.permutation(len(squares))[:n]
    counts = rng.multinomial(n, np.full(n, 1 / n), _RESAMPLES)
    drawn = 1 - (counts @ squares[rows]) / np.maximum(counts @ scale[rows], 1e-300)
    low, high = np.quantile(drawn, [0.025, 0.975])
    return float(low), float(high)


def _gain_of_neighbours(patient: Patient) -> tuple[float, float, float]:
    """By how much the vote of the nearest other rows beats the network on the same rows, its standard error, its score.

    The vote has not seen the row that it answers for, the network has: so a gain means that there is more to learn.
    """
    data = patient.sample
    y, a, weights = patient.targets_as_rows(data), _outputs(patient, data.X), patient.row_weights(data)
    vote = _vote(data.X, y, weights)
    if patient.is_classification:
        theirs, ours = _right(patient, vote, y), _right(patient, a, y)
    else:
        squares = ((y - np.average(y, axis=0, weights=weights)) ** 2).sum(axis=1)
        scale = np.average(squares, weights=weights) or 1.0
        theirs, ours = (1 - ((y - x) ** 2).sum(axis=1) / scale for x in (vote, a))
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
