"""A first verdict on a fit, in words: no better than chance, overfitting, or neither."""

from __future__ import annotations

from collections.abc import Mapping
from math import nan
from typing import Any

from clearprop.estimators.weights import Weighting
from clearprop.explain.doctor import LEAST_ROWS, Judgement, Measure, Measures, defined
from clearprop.messages import Message
from clearprop.table.target import ClassTarget, Target
from clearprop.train import History
from clearprop.visible import shown_name

PARTS = {name: Message(f"verdict.parts.{name}") for name in ("train", "validation", "held_out", "test", "table")}
_NAMES = {name: Message(f"verdict.names.{name}") for name in ("accuracy", "auc", "log_loss", "r2", "r1")}
_MOSTLY = 0.8  # of the rows are of one class: then accuracy has little to say
_ADVICE = {True: Message("verdict.advice.true"), False: Message("verdict.advice.false")}


def judgement_of(
    parts: Mapping[str, Mapping[str, Any]], *, later: bool = False, remembered: bool = False
) -> Judgement | None:
    """What the scores say; None where no rows were held out.

    Args:
        parts: part → its evaluation as plain data, the training rows first; the last part has intervals.
        later: whether the last part's rows come after the others in time.
        remembered: whether a kernel machine holds the training rows.
    """
    last = list(parts)[-1] if parts else "train"
    if last == "train" or not parts[last]["intervals"]:
        return None
    seen = defined_scores(parts["train"]) if "train" in parts else {}
    within = defined_scores(parts["validation"]) if later and last == "test" and "validation" in parts else None
    return Judgement.of(seen, defined_scores(parts[last]), parts[last]["rows"], within, remembered)


def defined_scores(part: Mapping[str, Any]) -> Measures:
    """The scores of a part by which a fit is judged, as far as they are defined."""
    found = {}
    for metric, name in _NAMES.items():
        value, trivial = (_number(part[key].get(metric)) for key in ("scores", "baseline"))
        low, high = part["intervals"].get(metric, (value, value))
        perfect = 0.0 if metric == "log_loss" else 1.0
        found[metric] = Measure(name, value, _number(low), _number(high), trivial, perfect)
    return defined(found)


def _number(value: float | None) -> float:
    return nan if value is None else value


def verdict(
    target: Target,
    judgement: Judgement | None,
    part: str,
    history: History | None = None,
    *,
    weighting: Weighting | None = None,
) -> list[Message]:
    """What the scores say, each sentence with its evidence and what to change.

    Args:
        target: what was learned.
        judgement: what the scores say; None where no rows were held out.
        part: which rows they were judged by.
        history: of the training, if it was just now.
        weighting: of the training: what was done already is not advised.
    """
    if judgement is None:
        return [Message("verdict.nothing_held_out")]
    unfinished = []
    if history is not None and still_falling(history):
        unfinished.append(Message("verdict.unfinished", epochs=history.epochs, more=2 * history.epochs))
    if judgement.few is not None:
        return [Message("verdict.few_rows", n=judgement.few, part=PARTS[part], least=LEAST_ROWS), *unfinished]
    is_quantile = not isinstance(target, ClassTarget) and target.quantile is not None
    metric = "accuracy" if isinstance(target, ClassTarget) else "r1" if is_quantile else "r2"
    if metric not in judgement.unseen:
        return [Message("verdict.too_few", part=PARTS[part], name=_NAMES[metric])]
    unseen = judgement.unseen[metric]
    measured = _measured(unseen, part)
    found, better = [], judgement.better_than_chance
    if better is None:
        constant = "quantile" if is_quantile else "mean"
        answer = Message("verdict.most_frequent" if isinstance(target, ClassTarget) else f"verdict.{constant}")
        found.append(Message("verdict.chance", measured=measured, answer=answer, trivial=unseen.baseline))
    elif better is not unseen and isinstance(target, ClassTarget):
        found.append(_blunt(target, measured, better, weighting))
    within = judgement.within.get(metric) if judgement.within is not None else None
    if within is not None and within.value > unseen.high:
        found.append(Message("verdict.later", name=_NAMES[metric], within=within.value, measured=measured))
    if judgement.overfitting is not None:
        seen, new = judgement.overfitting
        values = {"name": seen.name, "seen": seen.value, "measured": _measured(new, part)}
        found.append(Message("verdict.overfitting", **values))
    known = [Message("verdict.remembered")] if judgement.remembered else []
    if found or unfinished:
        return [*found, *unfinished, *known]
    if metric not in judgement.seen:
        return [Message("verdict.better", measured=measured, trivial=unseen.baseline), *known]
    return [Message("verdict.healthy", measured=measured, seen=judgement.seen[metric].value)]


def _measured(measure: Measure, part: str) -> Message:
    bounds = {"low": measure.low, "high": measure.high}
    return Message("verdict.measured", name=measure.name, unseen=measure.value, part=PARTS[part], **bounds)


def _blunt(target: ClassTarget, measured: Message, better: Measure, weighting: Weighting | None) -> Message:
    """Accuracy is no better than the baseline's, but another score is."""
    shares = target.shares or (1.0 / len(target.classes),) * len(target.classes)
    most = max(range(len(shares)), key=shares.__getitem__)
    values = {"name": better.name, "value": better.value, "low": better.low, "high": better.high}
    values |= {"trivial": better.baseline, "measured": measured}
    if shares[most] < _MOSTLY:
        return Message("verdict.weak", **values)
    is_done = target.decision is not None or (weighting is not None and weighting.classes)
    advice = "" if is_done else _ADVICE[len(target.classes) == 2]
    usual, label = f"{100 * shares[most]:.3g}%", shown_name(target.classes[most])
    return Message("verdict.blunt", **values, usual=usual, label=label, advice=advice)


def still_falling(history: History) -> bool:
    """Whether training ended with its epochs, the best of them among the last tenth, and the steps were not yet small.

    Along a schedule that ends at nothing the last epochs are the best by its design.
    """
    best, rates = history.best_epoch, history.columns.get("learning_rate", [1.0])
    late = best is not None and best > 0.9 * history.epochs and history.epochs >= 10
    return history.stopped_by == "epochs" and late and rates[-1] > 0.5 * max(rates)
