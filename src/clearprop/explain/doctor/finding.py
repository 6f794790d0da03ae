"""A finding: an illness with its evidence and its cure; and the examinations that findings come from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import isfinite
from typing import Any, Literal

import numpy as np

from clearprop.messages import Language, Message, checked_language
from clearprop.present.figure import Plot
from clearprop.train import Optimizer

Severity = Literal["serious", "mild"]
Cure = tuple[Mapping[str, Any], Message]  # which arguments to change, and the sentence that says so

# In the order in which they are looked for and shown: what causes others comes first.
_NAMES = (
    "unscaled_inputs",
    "unscaled_targets",
    "symmetry",
    "linear_collapse",
    "initial_loss",
    "dead_units",
    "saturated_units",
    "vanishing_gradients",
    "exploding_gradients",
    "small_learning_rate",
    "large_learning_rate",
    "linear_limit",
    "underfitting",
    "overfitting",
    "chance",
)
ILLNESSES = {illness: Message(f"doctor.{illness}.name") for illness in _NAMES}


@dataclass(frozen=True)
class Finding:
    """One illness of a network, or of how it was trained.

    `title`, `where`, `measured`, `why`, `advice` and `caption` are messages: `finding.advice("zh")`.

    Attributes:
        illness: its stable name: "symmetry", "dead_units", ….
        severity: "serious" where learning is blocked or its result is wrong, "mild" where it could be better.
        title: the illness and the place, in a few words.
        where: layers, units or columns.
        measured: what was measured, with its limit.
        advice: which argument to change, and to what.
        change: the same as data: argument → value.
        numbers: what was measured, as data.
        plot: a picture, where one says more than numbers.
    """

    illness: str
    severity: Severity
    title: Message
    where: Message
    measured: Message
    advice: Message
    change: Mapping[str, Any]
    numbers: Mapping[str, Any] = field(default_factory=dict)
    plot: Plot | None = None

    @property
    def why(self) -> Message:
        """Why it matters."""
        return Message(f"doctor.{self.illness}.why")

    @property
    def caption(self) -> Message:
        """What the picture shows."""
        return Message(f"doctor.{self.illness}.caption")

    @property
    def picture(self) -> str | None:
        """The picture as SVG; there are no words in it but its title."""
        return None if self.plot is None else self.plot.picture().svg

    def to_dict(self, lang: str = "en") -> dict[str, Any]:
        """As plain data, for JSON: the words in one language, and the same as messages."""
        spoken = checked_language(lang)
        said = {name: getattr(self, name) for name in ("title", "where", "measured", "why", "advice")}
        return {
            "illness": self.illness,
            "severity": self.severity,
            **{name: message(spoken) for name, message in said.items()},
            "change": json_ready(self.change),
            "numbers": json_ready(self.numbers),
            "messages": {name: json_ready(message.to_dict()) for name, message in said.items()},
        }


@dataclass(frozen=True)
class Examination:
    """One thing that was looked at, whether or not something was found."""

    illness: str  # what was looked for
    measured: Message  # the measured value beside its limit, or why nothing could be measured
    finding: Finding | None = None
    done: bool = True  # whether it could be measured at all

    def to_dict(self, lang: Language) -> dict[str, Any]:
        """As plain data, for JSON."""
        return {
            "illness": self.illness,
            "measured": self.measured(lang),
            "found": self.finding is not None,
            "done": self.done,
            "message": json_ready(self.measured.to_dict()),
        }


class Evidence:
    """What was measured for one illness: the values of the words that tell it."""

    def __init__(self, illness: str, **values: Any) -> None:
        self.illness, self.values = illness, values
        self.looked = Message.of(f"doctor.{illness}.looked", values)

    def healthy(self) -> Examination:
        """An examination that found nothing."""
        return Examination(self.illness, self.looked)

    def found(
        self, severity: Severity, where: Message, cure: Cure, numbers: Mapping[str, Any], plot: Plot | None = None
    ) -> Examination:
        """An examination with a finding."""
        values, (change, advice) = self.values | {"where": where, "looked": self.looked}, cure
        title = Message.of(f"doctor.{self.illness}.title", values)
        measured = Message.of(f"doctor.{self.illness}.measured", values)
        finding = Finding(self.illness, severity, title, where, measured, advice, change, numbers)
        if plot is not None:
            finding = replace(finding, plot=replace(plot, title=finding.caption))
        return Examination(self.illness, self.looked, finding)


def skipped(illness: str, reason: str) -> Examination:
    """An examination for which there was nothing to measure, for one of the reasons of the catalogue."""
    return Examination(illness, Message(f"doctor.skip.{reason}"), done=False)


def advised(advice: str, change: Mapping[str, Any], **values: Any) -> Cure:
    """A change of arguments, and the sentence that advises it.

    Example:
        >>> print(advised("bend", {"activation": "relu"})[1])
        Put a bend between the layers: activation="relu" in the hidden cp.Dense.
    """
    arguments = ", ".join(f"{name}={as_code(value)}" for name, value in change.items())
    return dict(change), Message.of(f"doctor.advice.{advice}", {"arguments": arguments, **values})


def as_code(value: Any) -> str:
    """As one writes it: "relu", (64, 64), 0.1, cp.Adam(0.001)."""
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, Optimizer):
        return f"cp.{type(value).__name__}({value.learning_rate:g})"
    return repr(value)


def json_ready(value: Any) -> Any:
    """As JSON has it: arrays as lists, what is not finite as null, objects as the code that makes them."""
    if isinstance(value, Mapping):
        return {str(name): json_ready(v) for name, v in value.items()}
    if isinstance(value, list | tuple):
        return [json_ready(v) for v in value]
    if isinstance(value, np.ndarray | np.generic):
        return json_ready(value.tolist())
    if isinstance(value, float):
        return value if isfinite(value) else None
    return value if value is None or isinstance(value, str | int) else as_code(value)
