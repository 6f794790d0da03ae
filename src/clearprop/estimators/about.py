"""What a model file says of where the model comes from: shown, never needed, and not to be trusted."""

from __future__ import annotations

from math import isfinite
from typing import Any


def checked_about(about: Any) -> dict[str, Any]:
    """The facts of the expected form; others are dropped, because people wrote the file."""
    if not isinstance(about, dict):
        return {}
    kept = {}
    for key, kind in {"clearprop": str, "seed": int, "epochs": int, "best_epoch": int}.items():
        if type(about.get(key)) is kind:
            kept[key] = about[key]
    if _texts(about.get("dropped")):
        kept["dropped"] = about["dropped"]
    reading = about.get("reading")
    if isinstance(reading, dict) and _is_reading(reading):
        kept["reading"] = {key: reading[key] for key in ("header", "na", "encoding", "decimal")}
    parts = about.get("parts")
    if isinstance(parts, dict) and parts and all(_is_part(part) for part in parts.values()):
        kept["parts"] = parts
    return {key: kept[key] for key in about if key in kept}  # in the file's order: saved again, it is the same file


def _is_reading(reading: dict[str, Any]) -> bool:
    return (
        type(reading.get("header")) is bool
        and _texts(reading.get("na"))
        and isinstance(reading.get("encoding", ""), str | None)
        and reading.get("decimal") in (".", ",", None)
        and {"encoding", "decimal"} <= set(reading)
    )


def _is_part(part: Any) -> bool:
    if not isinstance(part, dict) or type(part.get("rows")) is not int:
        return False
    scores, intervals, baseline = part.get("scores"), part.get("intervals"), part.get("baseline")
    if not (isinstance(scores, dict) and isinstance(intervals, dict) and isinstance(baseline, dict)):
        return False
    pairs = list(intervals.values())
    bounded = all(isinstance(pair, list) and len(pair) == 2 and all(map(_is_number, pair)) for pair in pairs)
    named = set(scores) == set(baseline) and set(intervals) in (set(), set(scores))
    return bounded and named and all(map(_is_number, [*scores.values(), *baseline.values()]))


def _is_number(value: Any) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value))


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)
