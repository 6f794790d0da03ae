"""A card: a parameter that comes into an operation from above, with its value and its gradient."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from clearprop.present.figure.blocks import SIZE, Block
from clearprop.present.figure.scene import Group, Label, Mark, Rect
from clearprop.present.figure.text import runs_width
from clearprop.present.formula import Run

GAP = 6.0  # between cards
_PAD, _ROW, _SMALL = 8.0, 20.0, 11.0  # within a card; height of a row, at least; size of small writing


class Card:
    """A leaf above the operation that needs it: its letter, and on the right its value and, below, its gradient.

    The new value takes the place of the old one.
    """

    def __init__(
        self, leaf: str, letter: tuple[Run, ...], numbers: Mapping[str, Block], derivative: tuple[Run, ...]
    ) -> None:
        self.leaf, self._letter, self._numbers, self._derivative = leaf, letter, numbers, derivative
        self._rows = {part: max(_ROW, block.height + 4) for part, block in numbers.items() if part != "new"}
        left = max(runs_width(letter, SIZE), runs_width(self._derivative, _SMALL))
        self.width = left + max(block.width for block in numbers.values()) + 3 * _PAD
        self.height = sum(self._rows.values())

    def marks(self, x: float, top: float) -> Iterator[Mark]:
        """The card, by the middle of its upper edge, and the numbers on it."""
        left, right, second = x - self.width / 2, x + self.width / 2, top + self._rows["value"]
        marks: list[Mark] = [Rect(left, top, self.width, self.height, "paper", "soft", 1.2, 5)]
        marks.append(Label(left + _PAD, top + 15, self._letter, SIZE))
        if "gradient" in self._numbers:
            marks.append(Label(left + _PAD, second + 13, self._derivative, _SMALL, "soft"))
        yield Group(tuple(marks), node=self.leaf, part="vertex")
        for part, block in self._numbers.items():
            y = second if part == "gradient" else top
            yield Group(block.marks, right - _PAD - block.width, y + 2, self.leaf, part)
