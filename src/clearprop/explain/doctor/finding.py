"""A finding: an illness with its evidence and its cure; and the examinations that findings come from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import Any, Literal

import numpy as np

from clearprop.explain.doctor.words import ADVICE, WORDS
from clearprop.messages.language import Phrase, checked_language, said
from clearprop.train import Optimizer

Severity = Literal["serious", "mild"]

ILLNESSES = {illness: words.name for illness, words in WORDS.items()}


@dataclass(frozen=True)
class Finding:
    """One illness of a network, or of how it was trained.

    `title`, `where`, `measured`, `why`, `advice` and `caption` are called with a language: `finding.advice("zh")`.

    Attributes:
        illness: its stable name: "symmetry", "dead_units", ….
        severity: "serious" where learning is blocked or its result is wrong, "mild" where it could be better.
        title: the illness and the place, in a few words.
        where: layers, units or columns.
        measured: what was measured, with its limit.
        why: why it matters.
        advice: which argument to change, and to what.
        change: the same as data: argument → value.
        numbers: what was measured, as data.
        picture: an SVG, where one says more than numbers; it has no words in it.
        caption: what the picture shows.
    """

    illness: str
    severity: Severity
    title: Phrase
    where: Phrase
    measured: Phrase
    why: Phrase
    advice: Phrase
    change: Mapping[str, Any]
    numbers: Mapping[str, Any] = field(default_factory=dict)
    picture: str | None = None
    caption: Phrase = field(default=Phrase("", ""))

    def to_dict(self, lang: str = "en") -> dict[str, Any]:
        """As plain data, for JSON."""
        spoken = checked_language(lang)
        words = {name: getattr(self, name)(spoken) for name in ("title", "where", "measured", "why", "advice")}
        data = {"change": plain(dict(self.change)), "numbers": plain(dict(self.numbers))}
        return {"illness": self.illness, "severity": self.severity, **words, **data}


@dataclass(frozen=True)
class Examination:
    """One thing that was looked at, whether or not something was found.

    Attributes:
        illness: what was looked for.
        measured: the measured value beside its limit, or why nothing could be measured.
        finding: what was found, if anything.
        done: whether it could be measured at all.
    """

    illness: str
    measured: Phrase
    finding: Finding | None = None
    done: bool = True


def advised(advice: str, change: Mapping[str, Any], **values: Any) -> tuple[dict[str, Any], Phrase]:
    """A change of arguments, and the sentence that advises it.

    Example:
        >>> advised("bend", {"activation": "relu"})[1]("en")
        'Put a bend between the layers: activation="relu" in the hidden cp.Dense.'
    """
    shown = ", ".join(f"{name}={as_code(value)}" for name, value in change.items())
    return dict(change), said(ADVICE[advice], arguments=shown, **values)


def healthy(illness: str, **values: Any) -> Examination:
    """An examination that found nothing."""
    return Examination(illness, said(WORDS[illness].looked, **values))


def skipped(illness: str, en: str, zh: str) -> Examination:
    """An examination for which there was nothing to measure."""
    return Examination(illness, Phrase(en, zh), done=False)


def found(
    illness: str,
    severity: Severity,
    where: Phrase,
    cure: tuple[Mapping[str, Any], Phrase],
    numbers: Mapping[str, Any],
    picture: str | None = None,
    **values: Any,
) -> Examination:
    """An examination with a finding, put into the words for this illness."""
    words, (change, advice) = WORDS[illness], cure
    looked = said(words.looked, **values)
    values |= {"where": where, "looked": looked}
    title, measured = said(words.title, **values), said(words.measured, **values)
    measured = Phrase(measured.en[0].upper() + measured.en[1:], measured.zh)
    finding = Finding(
        illness, severity, title, where, measured, words.why, advice, change, numbers, picture, words.caption
    )
    return Examination(illness, looked, finding)


def as_code(value: Any) -> str:
    """As one writes it: "relu", (64, 64), 0.1, cp.Adam(0.001)."""
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, Optimizer):
        return f"cp.{type(value).__name__}({value.learning_rate:g})"
    return repr(value)


def plain(value: Any) -> Any:
    """As JSON has it: arrays as lists, what is not finite as null, objects as the code that makes them."""
    if isinstance(value, dict):
        return {str(name): plain(v) for name, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    if isinstance(value, np.ndarray | np.generic):
        return plain(value.tolist())
    if isinstance(value, float):
        return value if isfinite(value) else None
    return value if value is None or isinstance(value, str | int) else as_code(value)
