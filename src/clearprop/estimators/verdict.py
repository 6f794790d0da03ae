"""A first verdict on a fit, in words: underfitting, overfitting, or neither."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite

from clearprop.table import ClassTarget, Target
from clearprop.train import History

Scores = Mapping[str, float]
_NOTICEABLE = 0.02  # of accuracy or R², beyond what chance explains
_MUCH = 1.5  # times the error on the training rows


def verdict(
    target: Target,
    scores: Mapping[str, Scores],
    intervals: Mapping[str, tuple[float, float]],
    baseline: Scores,
    history: History,
) -> list[str]:
    """Sentences about what the scores say, each with its evidence and what to change.

    Args:
        target: what was learned.
        scores: part (train, validation, test) → metric → value.
        intervals: metric → bounds on the last part.
        baseline: metric → value of the trivial answer on the last part.
        history: of the training.
    """
    part = list(scores)[-1]
    if part == "train":
        return ["No rows were held out, so nothing is known about rows the network has not seen."]
    metric, name = ("accuracy", "accuracy") if isinstance(target, ClassTarget) else ("r2", "R²")
    low, high = intervals[metric]
    seen, unseen, trivial = scores["train"][metric], scores[part][metric], baseline[metric]
    if not all(map(isfinite, (low, high, seen, unseen, trivial))):
        return [f"Too few {part} rows to tell: {name} is not defined on them."]
    measured = f"{name} {unseen:.3f} on the {part} rows (95% interval {low:.3f} to {high:.3f})"
    found = []
    if low <= trivial:
        answer = "the most frequent class" if isinstance(target, ClassTarget) else "the mean"
        found.append(
            f"No better than chance explains: {measured}; always answering {answer} reaches {trivial:.3f}. "
            "Other columns, more rows, or more epochs may help."
        )
    if seen > high + _NOTICEABLE and 1 - high > _MUCH * (1 - seen):
        found.append(
            f"Overfitting: {name} {seen:.3f} on the training rows, but {measured}. "
            "More rows, fewer units (--hidden), or a larger penalty (--l2) bring the two together."
        )
    if _still_falling(history):
        found.append(
            f"Perhaps not finished: the validation loss was still falling after {history.epochs} epochs. "
            f"--epochs {2 * history.epochs} would tell."
        )
    if not found:
        found.append(f"No sign of under- or overfitting: {measured}, {seen:.3f} on the training rows.")
    return found


def _still_falling(history: History) -> bool:
    """Whether training ended with its epochs, and the best of them was among the last tenth."""
    best = history.best_epoch
    return history.stopped_by == "epochs" and best is not None and best > 0.9 * history.epochs and history.epochs >= 10
