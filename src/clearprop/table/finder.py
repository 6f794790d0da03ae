"""How the texts of a column are written as numbers, found from all of them together."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from clearprop.table.pieces import (
    GLUED,
    POWERS,
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
from clearprop.table.written import NumberFormat

READABLE, READABLE_BESIDE_WORDS = 0.95, 0.5  # of the rows; the latter where the rest are words without a digit
FEW_WORDS, MOST_WORDS, WORDS_PER_NUMBER = 3, 20, 0.2
ENOUGH_NUMBERS = 10
_ENOUGH_RANGES, _WIDEST_RANGE = 10, 100
_ENOUGH_GROUPED = 5
_CODE = re.compile(r"[+-]?0\d+")
# Units of one quantity, in small letters, and what one of each is in the first of its family.
_FAMILIES: tuple[dict[str, float], ...] = (
    {"kb": 1e3, "mb": 1e6, "gb": 1e9, "tb": 1e12, "pb": 1e15},
    {
        "mg": 1e-3,
        "g": 1.0,
        "gram": 1.0,
        "kg": 1e3,
        "kilogram": 1e3,
        "lb": 453.59237,
        "pound": 453.59237,
        "oz": 28.349523125,
    },
    {"mm": 1e-3, "cm": 1e-2, "m": 1.0, "meter": 1.0, "metre": 1.0, "km": 1e3, "kilometer": 1e3, "kilometre": 1e3}
    | {"in": 0.0254, "inch": 0.0254, "inche": 0.0254, "ft": 0.3048, "feet": 0.3048, "mi": 1609.344, "mile": 1609.344},
    {"ml": 1e-3, "cl": 1e-2, "l": 1.0, "liter": 1.0, "litre": 1.0},
    {"hz": 1.0, "khz": 1e3, "mhz": 1e6, "ghz": 1e9},
    {"ad": 1.0, "ce": 1.0, "bc": -1.0, "bce": -1.0},
)
_BEFORE = ("BC", "BCE")
_MOST_UNITS, _MAIN_UNIT, _FEW_ORDINALS = 3, 0.5, 20


def find_format(texts: Iterable[str], marks: bool = True, spans: bool = False) -> NumberFormat | None:
    """How texts are written as numbers; None if they are not numbers written in one way.

    Args:
        texts: of a column; a `Counter` of them will do.
        marks: whether words may stand among many numbers, as marks for a missing value; else at most three texts may be
            none, in at most 5 % of the places.
        spans: whether 00:45 is a length of time, and no time of the day.

    Example:
        >>> found = find_format(["$1,234.50", "$7.25"])
        >>> found.parse("$2,000"), found.parse("12")
        (2000.0, 12.0)
        >>> find_format(["€1.2M", "€350K"]).parse("€2M")
        2000000.0
    """
    counts: Counter[str] = Counter()
    for text, rows in (texts if isinstance(texts, Counter) else Counter(texts)).items():
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

    def find(self) -> NumberFormat | None:
        """The format of the texts, or None."""
        spans = self._spans()
        if spans is not None:
            return spans
        if self.notes and self._remarks_differ():
            return None
        self.brackets = self._brackets()
        pieces = {
            text: pieces_of(form) if self.brackets or not in_brackets(form) else [] for text, form in self.texts.items()
        }  # where all stand in brackets, nobody knows what they say
        ranged = [text for text, found in pieces.items() if len(found) == 2]
        if sum(self.counts[text] for text in ranged) > 0.5 * self.counts.total() and not self._are_ranges(ranged):
            return None  # classes such as 10-20, 20-30
        if any(_CODE.fullmatch(text) for text in self.texts.values()):
            return None  # codes such as 007 are no numbers
        odd = [text for text, found in pieces.items() if not found]
        with_units = [text for text, found in pieces.items() if any(piece.unit or piece.prefix for piece in found)]
        return self._format(pieces, odd) or self._format(pieces, odd + with_units)  # a few other quantities are missing

    def _format(self, pieces: dict[str, list[Piece]], odd: list[str]) -> NumberFormat | None:
        """The format of all texts but the odd ones, which count as missing if they may."""
        marks, without = self._marks(odd), set(odd)
        there = [text for text in pieces if text not in without]
        if marks is None or not there:
            return None
        found = [(piece, self.counts[text]) for text in there for piece in pieces[text]]
        prefixes = {piece.prefix for piece, _ in found}
        currencies = len(prefixes - {""}) > 1
        separators = _separators([piece.digits for piece, _ in found])
        powers = _are_powers(piece for piece, _ in found)
        named = [
            (piece, (piece.power_and_unit[1] if powers else piece.unit) or piece.prefix * currencies, n)
            for piece, n in found
        ]
        units = _units_of(named)
        if separators is None or units is None:
            return None
        return NumberFormat(
            example=max(there, key=lambda text: (len(text) <= 24, not text.isdecimal(), len(text), text)),
            prefix="" if currencies else max(prefixes),
            suffix=units[0],
            thousands=separators[0],
            decimal=separators[1],
            marks=marks,
            powers=powers,
            others=tuple(units[1:]),
            brackets=self.brackets,
            ranges=any(len(pieces[text]) == 2 for text in there),
            about=any(piece.about for piece, _ in found),
            rows=sum(self.counts[text] for text in marks),
            factors=_factors_of(units)[1:],
            percent=units == ["%"] and _are_shares(named, separators),
            currencies=currencies,
            notes=self.notes,
            fractions=self.fractions,
            feet=self.feet,
        )

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

    def _spans(self) -> NumberFormat | None:
        """Durations, 1:02:30 or 2h 5m; not the times of a day, which all lie below 24:00."""
        spans = [text for text in self.counts if seconds_of(self.texts[text]) is not None]
        forms = [self.texts[text] for text in spans]
        marks = self._marks([text for text in self.counts if text not in spans])
        clocks = self.clocks and all(":" in form for form in forms)
        if not spans or marks is None or not (clocks or are_spans(forms)):
            return None
        return NumberFormat(
            example=max(spans, key=lambda text: (len(text), text)),
            marks=marks,
            spans=True,
            minutes=are_of_two_lengths(forms),
            rows=sum(self.counts[text] for text in marks),
            notes=self.notes,
        )


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


def _are_powers(pieces: Iterable[Piece]) -> bool:
    """Whether K, M, bn multiply: where they differ from row to row, or a currency stands there."""
    pieces = list(pieces)
    factors = {piece.power_and_unit[0] for piece in pieces} - {1.0}
    if not factors:
        return False
    multiplied = [piece.unit for piece in pieces if piece.power_and_unit[0] != 1.0]
    sure = any(unit.lower().split()[0] in POWERS or unit[0] in GLUED for unit in multiplied)
    currency = any(piece.prefix for piece in pieces)
    bare = any(not piece.unit and not piece.is_zero for piece in pieces)
    return currency or (sure and bare) or len(factors) > 1


def _units_of(found: Sequence[tuple[Piece, str, int]]) -> list[str] | None:
    """The units of a column, the most frequent first, "" for none; None if they are not units of one quantity.

    Args:
        found: numbers, the unit of each, and in how many rows it stands.
    """
    counts: Counter[str] = Counter()
    bare = 0  # rows without a unit that are not 0
    for piece, unit, n in found:
        if unit:
            counts[unit] += n
        elif not piece.is_zero:
            bare += n
    if not counts:
        return [""]
    ranked = [unit for unit, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0]))]
    if bare and len(ranked) == 1 and ranked[0] in _BEFORE:
        return ["AD", *ranked]
    if _factors_of(ranked):
        return sorted(ranked, key=lambda unit: unit in _BEFORE)  # AD before BC, though there are fewer
    a_unit = all(len(unit) > 1 or not unit.isascii() or not unit.isalpha() for unit in ranked)
    if bare and not a_unit and counts.total() < bare:
        return None  # house numbers, 12 and 12a
    if len(ranked) > 1 and (not a_unit or len(ranked) > _MOST_UNITS or counts[ranked[0]] < _MAIN_UNIT * counts.total()):
        return None
    if "th" in ranked:  # 1st, 2nd, 3rd are classes
        return ranked if len(ranked) == 1 and len(found) > _FEW_ORDINALS else None
    return ranked


def _factors_of(units: Sequence[str]) -> tuple[float, ...]:
    """What one of each unit is in the first; nothing for one unit, or units of several families.

    Example:
        >>> _factors_of(["GB", "TB"]), _factors_of(["kmpl", "km/kg"])
        ((1.0, 1000.0), ())
    """
    if len(units) < 2:
        return ()
    small = [unit.lower() for unit in units]
    family = next((family for family in _FAMILIES if all(unit in family for unit in small)), None)
    return tuple(family[unit] / family[small[0]] for unit in small) if family else ()
