"""Values that no level stands for, counted while a table is encoded."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

EXAMPLES = 3


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

    def __bool__(self) -> bool:
        return bool(self.rows)

    def note(self, column: str, values: Iterable[Any]) -> None:
        """Count more values of a column."""
        shown = self.examples.setdefault(column, [])
        for value in values:
            self.rows[column] = self.rows.get(column, 0) + 1
            if len(shown) < EXAMPLES and str(value) not in shown:
                shown.append(str(value))

    def to_dict(self) -> dict[str, Any]:
        """As plain data, for JSON."""
        return {name: {"rows": n, "examples": self.examples[name]} for name, n in self.rows.items()}
