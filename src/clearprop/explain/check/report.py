"""What a gradient check found: a table, the verdict, and where the mistake lies; as a document, and as data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any

from clearprop.errors import UnknownNameError
from clearprop.explain.check.compare import TensorCheck
from clearprop.graph import Name
from clearprop.messages import Language, Message, Words, checked_language
from clearprop.present.document import Cell, Column, Document, Paragraph, Table
from clearprop.present.writers import notebook_of, text_of

# Where there is no room, "measured by" is left out first, then "shape", then "compared".
_COLUMNS = (
    Column(),
    Column(Message("check.columns.shape"), rank=2),
    Column(Message("check.columns.compared"), rank=1),
    Column(Message("check.columns.measured_by"), rank=3),
    Column(Message("check.columns.worst_error"), numbers=True),
    Column(Message("check.columns.at")),
    Column(Message("check.columns.backpropagation"), numbers=True),
    Column(Message("check.columns.measured"), numbers=True),
    Column(Message("check.columns.verdict")),
)
_NOTHING, _DIRECTION = "–", "v"


@dataclass(frozen=True, eq=False, repr=False)
class GradientCheck(Mapping[str, TensorCheck]):
    """The check of every gradient, by parameter name; printed, a table with its verdict.

    Attributes:
        title: what was checked.
        checks: one per parameter.
        tolerance: of the relative error.
        notes: what is to be known of how it was measured.
        first_wrong: the first wrong gradient of the backward pass, an inner value's too, where that is known.
        place: where the mistake lies.
        lang: the language in which it is printed.
    """

    title: Message
    checks: Mapping[str, TensorCheck]
    tolerance: float
    notes: tuple[Message, ...] = ()
    first_wrong: TensorCheck | None = None
    place: Message | None = None
    lang: Language = "en"

    @property
    def ok(self) -> bool:
        """Whether no gradient is wrong."""
        return not self.wrong

    @property
    def wrong(self) -> tuple[Name, ...]:
        """The parameters whose gradients are wrong."""
        return tuple(check.name for check in self.checks.values() if check.verdict == "wrong")

    @property
    def not_checked(self) -> tuple[Name, ...]:
        """The parameters of which nothing could be compared."""
        return tuple(check.name for check in self.checks.values() if check.verdict == "not checked")

    @property
    def error(self) -> float:
        """The worst relative error of all."""
        return max((c.error for c in self.checks.values() if c.verdict != "not checked"), default=float("nan"))

    def __getitem__(self, name: str) -> TensorCheck:
        if name not in self.checks:
            raise UnknownNameError(f"no parameter {name!r} in this check", "one of: " + ", ".join(self.checks))
        return self.checks[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.checks)

    def __len__(self) -> int:
        return len(self.checks)

    # --- in words

    @property
    def document(self) -> Document:
        """The table, what was left out, the verdict and, where something is wrong, where and what it looks like."""
        verdict = Paragraph.of(self._verdict, kind="good" if self.ok else "bad")
        remarks, reasons = ([Paragraph.of(one) for one in some] for some in (self._remarks, self._reasons))
        table = Table(_COLUMNS, tuple(map(_row, self.checks.values())))
        return Document("", (Paragraph.of(self.title), table, *remarks, verdict, *reasons))

    def verdict(self, lang: Language | None = None) -> str:
        """One sentence."""
        return self._verdict(lang or self.lang)

    def sentences(self, lang: Language | None = None) -> list[str]:
        """What is said below the table; the verdict comes last but for its reasons."""
        return [one(lang or self.lang) for one in (*self._remarks, self._verdict, *self._reasons)]

    def reasons(self, lang: Language | None = None) -> list[str]:
        """Where the mistake lies and what it looks like; nothing where nothing is wrong."""
        return [one(lang or self.lang) for one in self._reasons]

    def explain(self, lang: Language | None = None, width: int | None = None) -> str:
        """The document as text.

        Args:
            lang: "en" or "zh"; by default the one that the check was asked for in.
            width: of the terminal; the table leaves out columns that do not fit.

        Raises:
            UnknownNameError: for a language that clearprop does not speak.
        """
        return text_of(self.document, checked_language(lang or self.lang), width).rstrip("\n")

    def __repr__(self) -> str:
        return self.explain()

    def _repr_html_(self) -> str:
        return notebook_of(self.document, self.lang)

    def to_dict(self, lang: Language | None = None) -> dict[str, Any]:
        """The same as plain data: names, numbers and sentences."""
        spoken = lang or self.lang
        return {
            "ok": self.ok,
            "verdict": self.verdict(spoken),
            "tolerance": self.tolerance,
            "worst_error": _finite(self.error),
            "parameters": {name: _as_dict(c) for name, c in self.checks.items()},
            "remarks": [one(spoken) for one in self._remarks],
            "reasons": self.reasons(spoken),
        }

    @property
    def _verdict(self) -> Message:
        if self.wrong:
            wrong = [name.gradient for name in self.wrong]
            return Message("check.some_wrong", names=wrong, error=self.error, tolerance=self.tolerance)
        if self.not_checked:
            return Message("check.some_right", names=[name.gradient for name in self.not_checked])
        return Message("check.all_right", error=self.error)

    @property
    def _remarks(self) -> list[Message]:
        """How it was measured, and what could not be."""
        said = [*self.notes]
        if any(c.direction for c in self.checks.values()):
            said.append(Message("check.what_v_is"))
        for c in self.checks.values():
            if c.kinks:
                said.append(Message("check.kinks", name=c.name, count=c.kinks))
            if c.vague:
                said.append(Message("check.vague", name=c.name, count=c.vague))
            if c.all_zero:
                said.append(Message("check.all_zero", name=c.name))
            elif c.rough:
                uncertainty = max(one.uncertainty / one.scale for one in c.rough)
                said.append(Message("check.rough", name=c.name, count=len(c.rough), uncertainty=uncertainty))
        return said

    @property
    def _reasons(self) -> list[Message]:
        """Where the mistake lies, and what it looks like."""
        blamed = [self.first_wrong] if self.first_wrong else [c for c in self.checks.values() if c.verdict == "wrong"]
        if not blamed:
            return []
        said = [self.place] if self.place else []
        if not any(c.looks for c in blamed):
            said.append(Message("check.like_nothing"))
        return said + [Message("check.look", name=c.name.gradient, look=look) for c in blamed for look in c.looks]


def _row(check: TensorCheck) -> tuple[Cell, ...]:
    count, worst = len(check.comparisons), check.worst
    key = "check.all_entries" if count == check.size else "check.some_entries"
    compared = Message.of(key, {"count": count, "size": check.size})
    if check.direction is not None:
        compared = Message("check.and_direction", entries=compared)
    numbers: tuple[Words, ...] = (_NOTHING,) * 4
    if worst is not None:
        place = ", ".join(str(k + 1) for k in worst.index or ())  # as people count, from 1; a scalar has no place
        place = _DIRECTION if worst.index is None else f"[{place}]" if place else _NOTHING
        numbers = (f"{worst.error:.1e}", place, f"{worst.analytic:.6g}", f"{worst.numeric:.6g}")
    shape = f"({', '.join(map(str, check.shape))}{',' if len(check.shape) == 1 else ''})"
    method, verdict = (word.replace(" ", "_") for word in (check.method, check.verdict))
    said = Message(f"check.methods.{method}"), Message(f"check.verdicts.{verdict}")
    return (check.name.gradient, shape, compared, said[0], *numbers, said[1])


def _as_dict(check: TensorCheck) -> dict[str, Any]:
    worst = check.worst
    return {
        "verdict": check.verdict,
        "shape": list(check.shape),
        "method": check.method,
        "compared": len(check.comparisons),
        "direction": check.direction is not None,
        "kinks": check.kinks,
        "hidden_by_rounding": check.vague,
        "worst_error": _finite(check.error),
        "at": None if worst is None or worst.index is None else [k + 1 for k in worst.index],
        "analytic": None if worst is None else _finite(worst.analytic),
        "numeric": None if worst is None else _finite(worst.numeric),
    }


def _finite(number: float) -> float | None:
    """A number that JSON knows."""
    return number if isfinite(number) else None
