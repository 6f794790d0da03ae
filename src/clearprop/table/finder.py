"""How the texts of a column are written as numbers, found from all of them together."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from clearprop.table.pieces import (
    SEPARATORS,
    Piece,
    ends_of,
    in_brackets,
    piece_of,
    pieces_of,
    written_with,
)
from clearprop.table.spans import are_of_two_lengths, are_spans, seconds_of
from clearprop.table.spelling import behind, in_feet, spelled, with_fractions, without_note
from clearprop.table.units import are_powers, factors_of, units_of

READABLE, READABLE_BESIDE_WORDS = 0.95, 0.5  # of the rows; the latter where the rest are words without a digit
FEW_WORDS, MOST_WORDS, WORDS_PER_NUMBER = 3, 20, 0.2
ENOUGH_NUMBERS = 10
_ENOUGH_RANGES, _WIDEST_RANGE = 10, 100
_ENOUGH_GROUPED = 5
_CODE = re.compile(r"[+-]?0\d+")


def find_format(values: Iterable[str], marks: bool = True, spans: bool = False) -> dict[str, Any] | None:
    """The fields of a `NumberFormat` that texts are written in, or None if they are not numbers written in one way."""
    counts: Counter[str] = Counter()
    for text, rows in (values if isinstance(values, Counter) else Counter(values)).items():
        counts[text.strip()] += rows
    counts.pop("", None)
    return _Finder(counts, marks, spans).find() if counts else None


class _Finder:
    """How some texts, and how often each stands there, are written as numbers.

    Attributes:
        counts: text → rows.
        may_be_marks: whether words may stand for missing values.
        clocks: whether 00:45 is a length of time.
        texts: text → the same, spelled, without remarks.
    """

    def __init__(self, counts: Counter[str], marks: bool, clocks: bool) -> None:
        self.counts, self.may_be_marks, self.clocks = counts, marks, clocks
        plain = {text: spelled(text) for text in counts}
        self.fractions = any(text.find(" ") > 0 and "/" in text and plain[text] != text for text in counts)
        feet = {text: in_feet(form) for text, form in plain.items()}
        self.feet = 0 < sum(feet[text] != form for text, form in plain.items()) < len(feet)
        plain = feet if self.feet else plain
        self.texts = {text: without_note(form) for text, form in plain.items()}
        self.notes = any(form != self.texts[text] for text, form in plain.items())
        if self.fractions:
            self.texts = {text: with_fractions(form) for text, form in self.texts.items()}

    def find(self) -> dict[str, Any] | None:
        """The fields of the format, or None."""
        spans = self._spans()
        if spans is not None:
            return spans
        if self.notes and self._remarks_differ():
            return None
        brackets = self._brackets()
        pieces = {
            text: pieces_of(form) if brackets or not in_brackets(form) else [] for text, form in self.texts.items()
        }  # where all stand in brackets, nobody knows what they say
        ranged = [text for text, found in pieces.items() if len(found) == 2]
        if sum(self.counts[text] for text in ranged) > 0.5 * self.counts.total() and not self._are_ranges(ranged):
            return None  # classes such as 10-20, 20-30
        if any(_CODE.fullmatch(text) for text in self.texts.values()):
            return None  # codes such as 007 are no numbers
        odd = [text for text, found in pieces.items() if not found]
        with_units = [text for text, found in pieces.items() if any(piece.unit or piece.prefix for piece in found)]
        found = self._read(pieces, odd, brackets)
        return found or self._read(pieces, odd + with_units, brackets)  # a few of other quantities count as missing

    def _read(self, pieces: dict[str, list[Piece]], odd: list[str], brackets: bool) -> dict[str, Any] | None:
        """The format of all texts but the odd ones, which count as missing if they may."""
        marks, without = self._marks(odd), set(odd)
        there = [text for text in pieces if text not in without]
        if marks is None or not there:
            return None
        found = [(piece, self.counts[text]) for text in there for piece in pieces[text]]
        return self._format(found, there, marks, brackets, any(len(pieces[text]) == 2 for text in there))

    def _format(
        self,
        found: Sequence[tuple[Piece, int]],
        there: Sequence[str],
        marks: tuple[str, ...],
        brackets: bool,
        ranges: bool,
    ) -> dict[str, Any] | None:
        prefixes = {piece.prefix for piece, _ in found}
        currencies = len(prefixes - {""}) > 1
        separators = _separators([piece.digits for piece, _ in found])
        powers = are_powers(piece for piece, _ in found)
        named = [
            (piece, (piece.power_and_unit[1] if powers else piece.unit) or piece.prefix * currencies, n)
            for piece, n in found
        ]
        units = units_of(named)
        if separators is None or units is None:
            return None
        main, *others = units
        factors = factors_of(units)[1:]
        return {
            "prefix": "" if currencies else max(prefixes),
            "suffix": main,
            "thousands": separators[0],
            "decimal": separators[1],
            "marks": marks,
            "example": max(there, key=lambda text: (len(text) <= 24, not text.isdecimal(), len(text), text)),
            "powers": powers,
            "others": tuple(others),
            "brackets": brackets,
            "ranges": ranges,
            "about": any(piece.about for piece, _ in found),
            "rows": sum(self.counts[text] for text in marks),
            "factors": factors,
            "percent": units == ["%"] and _are_shares(named, separators),
            "currencies": currencies,
            "notes": self.notes,
            "fractions": self.fractions,
            "feet": self.feet,
        }

    def _brackets(self) -> bool:
        """Whether some numbers stand in brackets, or have their minus behind them, and others not: those are negative.

        Numbers with a minus behind them are spelled anew.
        """
        turned = {text: behind(form) for text, form in self.texts.items()}
        negative = [text for text, form in self.texts.items() if in_brackets(form) or turned[text] != form]
        rows = sum(self.counts[text] for text in negative)
        are_negative = 0 < rows < sum(n for text, n in self.counts.items() if pieces_of(turned[text]))
        self.texts = turned if are_negative else self.texts
        return are_negative

    def _are_ranges(self, ranged: Sequence[str]) -> bool:
        """Whether a column of ranges holds so many that they are quantities, such as salaries, and no classes."""
        if len(ranged) < _ENOUGH_RANGES:
            return False
        ends = [[piece_of(end) for end in ends_of(self.texts[text]) or ()] for text in ranged]
        return all(low is not None and high is not None and _is_range(low, high) for low, high in ends)

    def _remarks_differ(self) -> bool:
        """Whether most texts have remarks that are not the same, such as sizes in (US) and (UK): no mere remarks."""
        remarks = Counter[str]()
        for text, n in self.counts.items():
            form = spelled(text)
            remarks[form.removeprefix(without_note(form)).strip()] += n
        bare = remarks.pop("", 0)
        return len(remarks) > 1 and remarks.total() > bare

    def _marks(self, odd: list[str]) -> tuple[str, ...] | None:
        """Texts that are no numbers, if they may count as missing.

        Words without a digit may be many, where the column holds many different numbers and few different words.
        """
        total, gone = self.counts.total(), sum(self.counts[text] for text in odd)
        if not self.may_be_marks:
            return tuple(sorted(odd)) if len(odd) <= FEW_WORDS and gone <= (1 - READABLE) * total else None
        numbers = len(self.counts) - len(odd)
        few = len(odd) <= max(FEW_WORDS, min(MOST_WORDS, WORDS_PER_NUMBER * numbers))
        words = few and numbers >= ENOUGH_NUMBERS and not any(c.isdigit() for text in odd for c in text)
        least = READABLE_BESIDE_WORDS if words else READABLE
        often_enough = numbers > 0 and total - gone >= least * total
        return tuple(sorted(odd, key=lambda text: (-self.counts[text], text))) if often_enough else None

    def _spans(self) -> dict[str, Any] | None:
        """Durations, 1:02:30 or 2h 5m; not the times of a day, which all lie below 24:00."""
        spans = [text for text in self.counts if seconds_of(self.texts[text]) is not None]
        minutes = are_of_two_lengths(self.texts[text] for text in spans)
        marks = self._marks([text for text in self.counts if text not in spans])
        if not spans or marks is None:
            return None
        clocks = self.clocks and all(":" in self.texts[text] for text in spans)
        if not clocks and not are_spans(self.texts[text] for text in spans):
            return None
        example, rows = max(spans, key=lambda text: (len(text), text)), sum(self.counts[text] for text in marks)
        return {
            "marks": marks,
            "example": example,
            "spans": True,
            "minutes": minutes,
            "rows": rows,
            "notes": self.notes,
        }


def _is_range(low: Piece, high: Piece) -> bool:
    """Whether two numbers are the ends of a range, and no score such as 3-1, no telephone number, no season."""
    if "." in low.digits + high.digits or "," in low.digits + high.digits or low.unit != high.unit:
        return True
    if any(len(end.digits) > 1 and end.digits.startswith("0") for end in (low, high)):
        return False
    first, last = (int(re.sub(r"\D", "", end.digits)) for end in (low, high))
    return first <= last <= _WIDEST_RANGE * max(first, 1)


def _are_shares(named: Sequence[tuple[Piece, str, int]], separators: tuple[str, str]) -> bool:
    """Whether numbers without % are the same quantities as shares: all at most 1, beside percentages above 1."""
    size: dict[str, list[float]] = {"": [], "%": []}
    for piece, unit, _ in named:
        if not piece.is_zero:
            size[unit].append(piece.size(*separators))
    return bool(size[""] and size["%"]) and max(size[""]) <= 1 < max(size["%"])


def _separators(digits: Sequence[str]) -> tuple[str, str] | None:
    """Thousands and decimal separators, or None if there is no consistent reading."""
    if _point_groups(digits):
        return ".", ","
    fitting = (pair for pair in SEPARATORS if all(written_with(*pair, text) for text in digits))
    return next(fitting, None)


def _point_groups(digits: Sequence[str]) -> bool:
    """Whether points that might be decimal ones group thousands, 1.234.

    Each stands before exactly three digits; and what has none is below 1000, or most end in two zeros.
    """
    grouped = {text for text in digits if "." in text}
    if len(grouped) < _ENOUGH_GROUPED or not all(re.fullmatch(r"[1-9]\d{0,2}\.\d{3}", text) for text in grouped):
        return False
    others = {text for text in digits if text not in grouped}
    if others:
        return all(text.isdecimal() and len(text) <= 3 for text in others)
    return 2 * sum(text.endswith("00") for text in grouped) > len(grouped)
