"""How long members were trained, and what ended it, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from clearprop.messages import Message

_ENDED = {
    "epochs": Message("overview.ended.epochs"),
    "early stopping": Message("overview.ended.early_stopping"),
    "interrupt": Message("overview.ended.interrupt"),
    "callback": Message("overview.ended.callback"),
}


def of_members(members: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """How many epochs, of which the best, and how that ended: from the least to the most of several members."""
    ends = [member["stopped_by"] for member in members]
    early = ends.count("early stopping")
    ended = _ENDED[next((one for one in ("interrupt", "callback", "epochs") if one in ends), "early stopping")]
    if 0 < early < len(ends) and set(ends) == {"early stopping", "epochs"}:
        ended = Message("overview.ended.some", n=early)
    best = [member["best_epoch"] for member in members if member["best_epoch"]]
    return {"epochs": _span([member["epochs"] for member in members]), "best": _span(best), "ended": ended}


def _span(numbers: Sequence[int]) -> str:
    """From the least to the most; nothing of no numbers."""
    return "–".join(dict.fromkeys(str(end) for end in (min(numbers), max(numbers)))) if numbers else ""
