"""Values that no level stands for, and dates of other times, counted while a table is encoded."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from clearprop.table.dates import DateColumn, day_of
from clearprop.table.values import Numbers

EXAMPLES = 3


@dataclass(frozen=True)
class Far:
    """Dates far outside of the time that was learned."""

    rows: int  # how many
    first: float  # of them, in microseconds since 1970-01-01
    last: float
    learned: str  # that time: "2021-01-01 to 2022-12-31"

    def to_dict(self) -> dict[str, Any]:
        """As plain data, for JSON."""
        return {"rows": self.rows, "examples": list(self.examples), "learned": self.learned}

    @property
    def examples(self) -> tuple[str, ...]:
        """The first and the last."""
        return tuple(dict.fromkeys((day_of(self.first), day_of(self.last))))


@dataclass
class Unseen:
    """In how many rows a column holds what it did not in training, and a few such values.

    Example:
        >>> unseen = Unseen()
        >>> unseen.note("shop", ["s7", "s9", "s7"])
        >>> unseen.to_dict()
        {'shop': {'rows': 3, 'examples': ['s7', 's9']}}
    """

    rows: dict[str, int] = field(default_factory=dict)
    examples: dict[str, list[str]] = field(default_factory=dict)
    far: dict[str, Far] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.rows or self.far)

    def note(self, column: str, values: Iterable[Any]) -> None:
        """Count more values of a column."""
        shown = self.examples.setdefault(column, [])
        for value in values:
            self.rows[column] = self.rows.get(column, 0) + 1
            if len(shown) < EXAMPLES and str(value) not in shown:
                shown.append(str(value))

    def note_far(self, column: DateColumn, us: Numbers) -> None:
        """Count dates (N,) that lie far outside of the time that was learned."""
        away = us[column.far(us)]
        if not len(away):
            return
        low, high = float(away.min()), float(away.max())
        before = self.far.get(column.name)
        if before is not None:
            low, high = min(low, before.first), max(high, before.last)
        self.far[column.name] = Far((before.rows if before else 0) + len(away), low, high, column.learned)

    def to_dict(self) -> dict[str, Any]:
        """As plain data, for JSON."""
        levels = {name: {"rows": n, "examples": self.examples[name]} for name, n in self.rows.items()}
        return levels | {name: far.to_dict() for name, far in self.far.items()}
