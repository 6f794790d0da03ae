"""What a model file says of where the model comes from: shown, never needed, and not to be trusted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from clearprop.estimators.recall import check_training
from clearprop.table import exactly, finite, texts


def checked_about(about: Any) -> dict[str, Any]:
    """The facts of the expected form; others are dropped, because anyone may have written the file."""
    if not isinstance(about, dict):
        return {}
    return {key: value for key, value in about.items() if key in _CHECKS and _holds(_CHECKS[key], value)}


def _holds(check: Callable[[Any], object], value: Any) -> bool:
    try:
        check(value)
    except (KeyError, TypeError, ValueError, OverflowError):
        return False
    return True


def _check_reading(reading: Any) -> None:
    exactly(bool, reading["header"])
    texts(reading["na"])
    if reading["decimal"] not in (".", ",", None):
        raise ValueError("a decimal sign that is none")


def _check_parts(parts: Any) -> None:
    for part in exactly(dict, parts).values():
        exactly(int, part["rows"])
        scores, intervals, baseline = (exactly(dict, part[key]) for key in ("scores", "intervals", "baseline"))
        numbers = [*scores.values(), *baseline.values()]
        for pair in intervals.values():
            low, high = exactly(list, pair)
            numbers += [low, high]
        for number in numbers:
            if number is not None:
                finite(number)
        if set(scores) != set(baseline) or set(intervals) not in (set(), set(scores)):
            raise ValueError("scores that do not belong together")


_CHECKS: dict[str, Callable[[Any], object]] = {
    "clearprop": lambda value: exactly(str, value),
    "seed": lambda value: exactly(int, value),
    "dropped": texts,
    "epochs": lambda value: exactly(int, value),
    "best_epoch": lambda value: exactly(int, value),
    "reading": _check_reading,
    "training": check_training,
    "parts": _check_parts,
}
