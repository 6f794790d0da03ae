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

    The new value takes the place of the old one. A flat card has its gradient beside the value, in one row.
    """

    def __init__(
        self,
        leaf: str,
        letter: tuple[Run, ...],
        numbers: Mapping[str, Block],
        derivative: tuple[Run, ...],
        is_flat: bool = False,
    ) -> None:
        self.leaf, self._letter, self._numbers, self._derivative = leaf, letter, numbers, derivative
        self._rows = {part: max(_ROW, block.height + 4) for part, block in numbers.items() if part != "new"}
        value = max((block.width for part, block in numbers.items() if part != "gradient"), default=0.0)
        gradient = numbers["gradient"].width if "gradient" in numbers else 0.0
        self._beside = gradient + _PAD if is_flat and gradient else 0.0  # to the right of the value
        self._is_flat = is_flat
        left = max(runs_width(letter, SIZE), 0.0 if is_flat else runs_width(self._derivative, _SMALL))
        numbers_width = value + self._beside if is_flat else max(value, gradient)
        self.width = left + numbers_width + (2.5 if is_flat else 3) * _PAD
        self.height = self._rows["value"] + 2 if is_flat else sum(self._rows.values())

    def marks(self, x: float, top: float) -> Iterator[Mark]:
        """The card, by the middle of its upper edge, and the numbers on it."""
        left, right, second = x - self.width / 2, x + self.width / 2, top + self._rows["value"]
        marks: list[Mark] = [Rect(left, top, self.width, self.height, "paper", "soft", 1.2, 5)]
        marks.append(Label(left + _PAD, top + 15, self._letter, SIZE))
        if "gradient" in self._numbers and not self._is_flat:
            marks.append(Label(left + _PAD, second + 13, self._derivative, _SMALL, "soft"))
        yield Group(tuple(marks), node=self.leaf, part="vertex")
        for part, block in self._numbers.items():
            is_below = part == "gradient" and not self._is_flat
            end = right - _PAD - (0 if part == "gradient" else self._beside)
            yield Group(block.marks, end - block.width, (second if is_below else top) + 2, self.leaf, part)
