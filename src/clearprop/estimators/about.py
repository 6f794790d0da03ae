"""What a model file says of where the model comes from: shown, never needed, never trusted."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from clearprop.errors import ModelFileError
from clearprop.estimators.recall import check_training
from clearprop.estimators.recipe import FIELDS, Recipe
from clearprop.estimators.weights import Weighting
from clearprop.table.options import ReadOptions
from clearprop.table.plain import exactly, finite, record, texts


def checked_about(path: str | os.PathLike[str], about: Any) -> dict[str, Any]:
    """The facts that are known here; a later version may have written more.

    Raises:
        ModelFileError: if one has not the form it should have: anyone may have written the file.
    """
    if about is None:
        return {}
    if not isinstance(about, dict):
        raise ModelFileError(f"{path} says of its model {about!r:.40}", "facts by name")
    known = {key: value for key, value in about.items() if key in _CHECKS}
    for key, value in known.items():
        try:
            _CHECKS[key](value)
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            reason = f"no {error}" if isinstance(error, KeyError) else str(error)
            raise ModelFileError(
                f"{path} is damaged: what it says of {key!r} ({reason})", "a file written by save()"
            ) from None
    return known


def _check_reading(reading: Any) -> None:
    found = record(ReadOptions, reading)
    if found.decimal not in (".", ",", None):
        raise ValueError("a decimal sign that is none")
    unknown = reading.keys() - (vars(found).keys() - {"encoding"})
    if unknown:
        raise ValueError(f"options that are none: {', '.join(sorted(unknown))}")
    ReadOptions.of(**vars(found))


def _check_split(split: Any) -> None:
    if split["how"] not in ("random", "time", "group") or (split["column"] is None) != (split["how"] == "random"):
        raise ValueError("a split that is none")
    if split["column"] is not None:
        exactly(str, split["column"])
    if not set(texts(split["own"])) <= {"validation", "test"}:
        raise ValueError("a part that is none")


def _check_parts(parts: Any) -> None:
    for part in exactly(dict, parts).values():
        if (
            not exactly(dict, part).keys() <= _PART
            or min(exactly(int, part["rows"]), exactly(int, part["without_target"])) < 0
        ):
            raise ValueError("a count that is none, or a fact that is not known")
        _check_mistakes(part)
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


def _check_mistakes(part: Any) -> None:
    """Absent in files from before there were any."""
    exactly(bool, part.get("weighted", False))
    counts = [part.get("wrong", 0)]
    for mistake in exactly(list, part.get("mistakes", [])):
        is_, taken, rows = exactly(list, mistake)
        counts += [is_, taken, rows]
    if min(exactly(int, count) for count in counts) < 0:
        raise ValueError("a count of mistakes that is none")


def _check_recipe(recipe: Any) -> None:
    """None if no file could carry it; a later version may have more fields."""
    if recipe is not None:
        Recipe.from_dict({name: value for name, value in exactly(dict, recipe).items() if name in FIELDS})


_PART = {"rows", "without_target", "weighted", "wrong", "mistakes", "scores", "intervals", "baseline", "confusion"}
_CHECKS: dict[str, Callable[[Any], object]] = {
    "clearprop": lambda value: exactly(str, value),
    "seed": lambda value: exactly(int, value),
    "dropped": texts,
    "recipe": _check_recipe,
    "epochs": lambda value: exactly(int, value),
    "best_epoch": lambda value: value is None or exactly(int, value),  # None without validation rows
    "reading": _check_reading,
    "weighting": Weighting.from_dict,
    "digest": lambda value: exactly(str, value),
    "split": _check_split,
    "training": check_training,
    "parts": _check_parts,
}
