"""Numbers as people write them: "$1,234.50", "12,5 %", "€1.2M", "(1,234)", "~12", "10 - 20", "1:02:30"."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from clearprop.messages import Message
from clearprop.table.marks import counted_as_missing
from clearprop.table.pieces import SEPARATORS, Piece, ends_of, in_brackets, piece_of, pieces_of, written_with
from clearprop.table.plain import RowCount, positive
from clearprop.table.spans import seconds_of
from clearprop.table.spelling import behind, in_feet, spelled, with_fractions, without_note

Factor = Annotated[float, lambda value: value if value == -1 else positive(value)]  # BC is −1 AD


@dataclass(frozen=True)
class NumberFormat:
    """How numbers are written as text: "$1,234.50 " is prefix $, thousands in commas, a decimal point."""

    example: str  # one value as it was written
    prefix: str = ""  # currency before the number, or before some
    suffix: str = ""  # unit, currency or % behind it, or behind some
    thousands: str = ""  # the character between groups of digits, or ""
    decimal: str = "."  # "." or ","
    marks: tuple[str, ...] = ()  # texts that are no numbers and count as missing
    powers: bool = False  # whether K, M, bn, 万 behind a number multiply it
    others: tuple[str, ...] = ()  # units that some values have instead of `suffix`
    brackets: bool = False  # whether (5) and 5- are −5
    ranges: bool = False  # whether 10 - 20 is 15
    spans: bool = False  # whether 1:30:00 and 2h 5m are seconds
    about: bool = False  # whether ~12 is 12 and <5 is 5
    rows: RowCount = 0  # in how many rows there are marks
    # What one of each of `others` is in `suffix`; empty where the numbers are not converted.
    factors: tuple[Factor, ...] = ()
    percent: bool = False  # whether 5% is 0.05, because other rows have 0.05
    currencies: bool = False  # whether the units are currencies before the numbers
    minutes: bool = False  # whether a span of 1:30 is a minute and a half, because others are written as 1:02:30
    notes: bool = False  # whether a * or (est.) behind a number is left out
    fractions: bool = False  # whether 3/4 is 0.75
    feet: bool = False  # whether 5'11" is feet and inches, beside lengths in other units

    def __post_init__(self) -> None:
        separators = self.thousands, self.decimal
        units = len(self.others)
        if separators not in SEPARATORS or len(self.factors) not in (0, units) or len(set(self.others)) < units:
            raise ValueError("a format of numbers that no column has")

    @staticmethod
    def reads(text: str) -> bool:
        """Whether a text is a number in some way of writing."""
        text = without_note(spelled(text))
        return bool(pieces_of(text)) or seconds_of(text) is not None

    @property
    def is_plain(self) -> bool:
        """Whether the numbers are written as everywhere, so that only the marks are special."""
        plain = NumberFormat(marks=self.marks, example=self.example, rows=self.rows)
        return self == plain and spelled(self.example) == self.example.strip()

    @property
    def flagged(self) -> tuple[str, ...]:
        """Units that are not converted, for which there is a flag each."""
        return () if self.factors else self.others

    @property
    def converted(self) -> list[tuple[str, float]]:
        """Units that are converted, and what one of each is in `suffix`."""
        return list(zip(self.others, self.factors, strict=True)) if self.factors else []

    def parse(self, text: str) -> float:
        """The number in a text; NaN for a mark.

        Raises:
            ValueError: for other text.
        """
        if text.strip() in self.marks:
            return float("nan")
        text = self._spelled(text)
        if self.spans and (seconds := seconds_of(text, self.minutes)) is not None:
            return seconds
        if self.brackets and (inside := in_brackets(text)):
            return -abs(self._number(inside))
        if piece_of(text) is None and self.ranges and (ends := ends_of(text)):
            return sum(map(self._number, ends)) / 2
        return self._number(text)

    def _spelled(self, text: str) -> str:
        text = spelled(text)
        text = in_feet(text) if self.feet else text
        text = without_note(text) if self.notes else text
        text = behind(text) if self.brackets else text
        return with_fractions(text) if self.fractions else text

    def _number(self, text: str) -> float:
        """One number and its unit."""
        piece = piece_of(text)
        if piece is None or (not self.currencies and piece.prefix not in ("", self.prefix)):
            return float(text)
        power, unit = self._power_and_unit(piece)
        if unit not in ("", self.suffix, *self.others) or not written_with(self.thousands, self.decimal, piece.digits):
            raise ValueError(text)
        number = piece.size(self.thousands, self.decimal) * power
        if unit in self.others and self.factors:
            number *= self.factors[self.others.index(unit)]
        number = number / 100 if self.percent and unit == "%" else number
        return -number if piece.negative else number

    def _power_and_unit(self, piece: Piece) -> tuple[float, str]:
        power, unit = piece.power_and_unit if self.powers else (1.0, piece.unit)
        return power, unit or (piece.prefix if self.currencies else "")

    def unit(self, text: str) -> int:
        """The place of a text's unit: 0 for the usual one or none, 1 … for `flagged`."""
        piece = piece_of(self._spelled(text))
        unit = "" if piece is None else self._power_and_unit(piece)[1]
        return 1 + self.flagged.index(unit) if unit in self.flagged else 0

    def describe(self) -> list[Message]:
        """What was done beside reading plain numbers, each in a few words."""
        parts = [] if self.is_plain else [Message("table.number.from_text", example=self.example)]
        seconds = "table.number.seconds_of_minutes" if self.minutes else "table.number.seconds"
        done = {
            seconds: self.spans,
            "table.number.brackets": self.brackets,
            "table.number.ranges": self.ranges,
            "table.number.about": self.about,
            "table.number.percent": self.percent,
            "table.number.fractions": self.fractions,
            "table.number.notes": self.notes,
            "table.number.thousands": self.thousands == ".",
        }
        parts += [Message(key) for key, is_done in done.items() if is_done]
        if self.flagged:
            others = list(map(repr, self.others))
            parts.append(Message("table.number.flagged", others=others, suffix=self.suffix))
        for unit, factor in self.converted:
            parts.append(Message("table.number.converted", unit=unit, factor=factor, suffix=self.suffix))
        return parts + counted_as_missing(self.marks, self.rows)
