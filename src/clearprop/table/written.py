"""Numbers as people write them: "$1,234.50", "12,5 %", "€1.2M", "(1,234)", "~12", "10 - 20", "1:02:30"."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from clearprop.table.values import exactly, texts

_CURRENCY = r"[$€£¥￥₹₩₽₺₫฿]|(?:US|A|C|HK|NT)\$|USD|EUR|GBP|CNY|RMB|JPY|CHF|INR|Rs\.?"
_SPACES = " \u00a0\u202f'’"
_ABOUT = r"[~≈<>≤≥约]|(?:ca|c|approx)\.|about|circa"
_DIGITS = rf"\d[\d.,{_SPACES}]*(?<=\d)|\d|[.,]\d+"
_UNIT = r"[^\d\s.,+\-–—()][^\d.,()]{0,11}|\+"
_NUMBER = re.compile(
    rf"(?P<about>{_ABOUT})?\s*(?P<sign>[+\-−]?)\s*(?P<prefix>(?:{_CURRENCY})?)\s*(?P<sign2>[+\-−]?)"
    rf"(?P<digits>{_DIGITS})\s*(?P<suffix>{_UNIT})?"
)
_IN_BRACKETS = re.compile(rf"(?P<prefix>(?:{_CURRENCY})?)\s*\((?P<inside>[^()]+)\)")
_RANGE = re.compile(r"(?P<low>.*?\d[^\d\-–—~]*?)\s*(?:-|–|—|~|\bto\b|\bbis\b|至)\s*(?P<high>[^\-–—~\d]{0,4}\d.*)")
_SPAN = re.compile(
    r"(?:(?P<days>\d+)\s*d(?:ays?)?,?\s*)?(?P<hours>\d+):(?P<minutes>\d\d)(?::(?P<seconds>\d\d(?:\.\d+)?))?"
)
_SPAN_IN_WORDS = re.compile(
    r"(?:(?P<days>\d+)\s*(?:d|days?|天))?\s*(?:(?P<hours>\d+)\s*(?:h|hrs?|hours?|小时|时))?\s*"
    r"(?:(?P<minutes>\d+)\s*(?:m|mins?|minutes?|分钟|分))?\s*(?:(?P<seconds>\d+(?:\.\d+)?)\s*(?:s|secs?|seconds?|秒))?"
)
# Thousands and decimal separators, tried in this order.
SEPARATORS = (("", "."), (",", "."), ("", ","), (".", ","), (" ", "."), (" ", ","))
_SURE = {"k": 1e3, "mn": 1e6, "mio": 1e6, "mm": 1e6, "bn": 1e9, "mrd": 1e9, "tn": 1e12}
_SURE |= {"thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12, "lakh": 1e5, "crore": 1e7, "cr": 1e7}
_SURE |= {"千": 1e3, "万": 1e4, "亿": 1e8}
_PERHAPS = {
    "m": 1e6,
    "b": 1e9,
    "t": 1e12,
    "l": 1e5,
}  # metres, bytes, tonnes, litres; powers beside others or a currency
_ORDINAL = {"st", "nd", "rd", "th"}
MOST_UNITS, MAIN_UNIT = 3, 0.5  # units of one column, and the least share of the most frequent
READABLE, READABLE_BESIDE_WORDS = 0.95, 0.5  # of the rows; the latter where the rest are a few words, again and again
FEW_WORDS, ENOUGH_NUMBERS, FEW_ORDINALS = 3, 10, 20
_SHOWN = 3


@dataclass(frozen=True)
class NumberFormat:
    """How the numbers of a column are written as text: "$1,234.50 " is prefix $, thousands in commas, a decimal point.

    Attributes:
        prefix: currency before the number, or before some.
        suffix: unit, currency or % behind it, or behind some.
        thousands: the character between groups of digits, or "".
        decimal: "." or ",".
        marks: texts that are no numbers and count as missing.
        example: one value as it was written.
        powers: whether K, M, bn, 万 behind a number multiply it.
        others: units that some values have instead of `suffix`; the numbers are not converted.
        brackets: whether (5) is −5.
        ranges: whether 10 - 20 is 15.
        spans: whether 1:30:00 and 2h 5m are seconds.
        about: whether ~12 is 12 and <5 is 5.
        rows: in how many rows there are marks.

    Example:
        >>> found = NumberFormat.find(["$1,234.50", "$7.25"])
        >>> found.parse("$2,000"), found.parse("12")
        (2000.0, 12.0)
        >>> NumberFormat.find(["€1.2M", "€350K"]).parse("€2M")
        2000000.0
    """

    prefix: str = ""
    suffix: str = ""
    thousands: str = ""
    decimal: str = "."
    marks: tuple[str, ...] = ()
    example: str = ""
    powers: bool = False
    others: tuple[str, ...] = ()
    brackets: bool = False
    ranges: bool = False
    spans: bool = False
    about: bool = False
    rows: int = 0

    @classmethod
    def find(cls, values: Iterable[str], marks: bool = True) -> NumberFormat | None:
        """The format of texts, or None if they are not numbers written in one way.

        Args:
            values: the texts.
            marks: whether words may stand among many numbers, as marks for a missing value; else at most three texts
                may be none, in at most 5 % of the places.
        """
        counts = Counter(value.strip() for value in values)
        counts.pop("", None)
        return _Finder(counts, marks).find() if counts else None

    @staticmethod
    def reads(text: str) -> bool:
        """Whether a text is a number in some way of writing."""
        return bool(_Finder(Counter(), False).pieces(text.strip())) or _seconds(text.strip()) is not None

    @classmethod
    def from_dict(cls, data: Any) -> NumberFormat:
        """From its fields."""
        names = ("prefix", "suffix", "thousands", "decimal", "example")
        fields: dict[str, Any] = {name: exactly(str, data[name]) for name in names}
        if (fields["thousands"], fields["decimal"]) not in SEPARATORS:
            raise ValueError("a format of numbers that no column has")
        fields |= {name: exactly(bool, data[name]) for name in ("powers", "brackets", "ranges", "spans", "about")}
        rows = exactly(int, data["rows"])
        if not 0 <= rows < 2**53:
            raise ValueError("a number of rows that no table has")
        return cls(**fields, rows=rows, marks=texts(data["marks"]), others=texts(data["others"]))

    @property
    def is_plain(self) -> bool:
        """Whether the numbers are written as everywhere, so that only the marks are special."""
        return self == NumberFormat(marks=self.marks, example=self.example, rows=self.rows)

    def parse(self, text: str) -> float:
        """The number in a text; NaN for a mark.

        Raises:
            ValueError: for other text.
        """
        text = text.strip()
        if text in self.marks:
            return float("nan")
        if self.spans and (seconds := _seconds(text)) is not None:
            return seconds
        if self.brackets and (match := _IN_BRACKETS.fullmatch(text)):
            return -abs(self.parse(match["prefix"] + match["inside"].strip()))
        match = _NUMBER.fullmatch(text)
        if match is None and self.ranges and (ends := _ends(text)):
            return sum(map(self.parse, ends)) / 2
        if match is None or match["prefix"] not in ("", self.prefix):
            return float(text)
        factor, unit = _power_and_unit(match) if self.powers else (1.0, _unit(match))
        if unit not in ("", self.suffix, *self.others):
            raise ValueError(text)
        digits = _plain_spaces(match["digits"])
        if not _written(self.thousands, self.decimal).fullmatch(digits):
            raise ValueError(text)
        number = float(digits.replace(self.thousands, "").replace(self.decimal, ".")) * factor
        return -number if (match["sign"] or match["sign2"]) in ("-", "−") else number

    def unit(self, text: str) -> int:
        """The place of a text's unit: 0 for the usual one or none, 1 … for `others`."""
        match = _NUMBER.fullmatch(text.strip())
        found = "" if match is None else _power_and_unit(match)[1] if self.powers else _unit(match)
        return 1 + self.others.index(found) if found in self.others else 0

    def describe(self) -> list[str]:
        """What was done beside reading plain numbers, each in a few words."""
        parts = [] if self.is_plain else [f"read from text such as {self.example!r}"]
        parts += ["in seconds"] * self.spans + ["(5) is −5"] * self.brackets + ["a range is its middle"] * self.ranges
        parts += ["~5 and <5 are 5"] * self.about
        if self.others:
            parts.append(f"{', '.join(map(repr, self.others))} beside {self.suffix!r}: not converted, a flag each")
        if self.marks:
            shown = " and ".join(map(repr, self.marks[:_SHOWN])) + (", …" if len(self.marks) > _SHOWN else "")
            parts.append(f"{shown} counted as missing" + (f" ({self.rows:,} rows)" if self.rows else ""))
        return parts


class _Finder:
    """How some texts, and how often each stands there, are written as numbers."""

    def __init__(self, counts: Counter[str], marks: bool) -> None:
        self.counts, self.may_be_marks = counts, marks
        self.brackets = self.ranges = False

    def find(self) -> NumberFormat | None:
        """The format, or None."""
        spans = self._spans()
        if spans is not None:
            return spans
        pieces = {text: self.pieces(text) for text in self.counts}
        bracketed = sum(n for text, n in self.counts.items() if _IN_BRACKETS.fullmatch(text) and pieces[text])
        self.brackets = 0 < bracketed < self._rows(pieces)
        ranged = [text for text, found in pieces.items() if len(found) == 2]
        if sum(self.counts[text] for text in ranged) > 0.5 * self.counts.total():
            return None  # classes such as 10-20, 20-30
        self.ranges = bool(ranged)
        marks = self._marks([text for text, found in pieces.items() if not found])
        matches = [(match, self.counts[text]) for text, found in pieces.items() for match in found]
        if marks is None or not matches:
            return None
        if any(re.fullmatch(r"[+-]?0\d+", text) for text in pieces):
            return None  # codes such as 007 are no numbers
        return self._format(matches, marks, [text for text, found in pieces.items() if found])

    def _format(
        self, matches: Sequence[tuple[re.Match[str], int]], marks: tuple[str, ...], written: Sequence[str]
    ) -> NumberFormat | None:
        prefixes = {match["prefix"] for match, _ in matches}
        separators = _separators([match["digits"] for match, _ in matches])
        powers = _are_powers(matches)
        units = _units(matches, powers)
        if len(prefixes - {""}) > 1 or separators is None or units is None:
            return None
        example = max(written, key=lambda text: (len(text) <= 24, not text.isdecimal(), len(text), text))
        main, *others = units
        rows = sum(self.counts[text] for text in marks)
        return NumberFormat(
            max(prefixes),
            main,
            *separators,
            marks,
            example,
            powers=powers,
            others=tuple(others),
            brackets=self.brackets,
            ranges=self.ranges,
            about=any(match["about"] for match, _ in matches),
            rows=rows,
        )

    def pieces(self, text: str) -> list[re.Match[str]]:
        """One number, two of a range, or none."""
        match = _IN_BRACKETS.fullmatch(text)
        whole = _NUMBER.fullmatch(match["prefix"] + match["inside"].strip() if match else text)
        if whole is not None:
            return [whole]
        ends = [_NUMBER.fullmatch(end) for end in _ends(text) or ()]
        return [end for end in ends if end is not None] if all(ends) else []

    def _rows(self, pieces: dict[str, list[re.Match[str]]]) -> int:
        return sum(self.counts[text] for text, found in pieces.items() if found)

    def _marks(self, odd: list[str]) -> tuple[str, ...] | None:
        """Texts that are no numbers, if they may count as missing."""
        total, gone = self.counts.total(), sum(self.counts[text] for text in odd)
        if not self.may_be_marks:
            return tuple(sorted(odd)) if len(odd) <= FEW_WORDS and gone <= (1 - READABLE) * total else None
        words = len(odd) <= FEW_WORDS and not any(c.isdigit() for text in odd for c in text)
        enough = len(self.counts) - len(odd) >= ENOUGH_NUMBERS
        least = READABLE_BESIDE_WORDS if words and enough else READABLE
        often_enough = len(odd) < len(self.counts) and total - gone >= least * total
        return tuple(sorted(odd, key=lambda text: (-self.counts[text], text))) if often_enough else None

    def _spans(self) -> NumberFormat | None:
        """Durations, 1:02:30 or 2h 5m; not the times of a day, which all lie below 24:00."""
        spans = {text: seconds for text in self.counts if (seconds := _seconds(text)) is not None}
        marks = self._marks([text for text in self.counts if text not in spans])
        if not spans or marks is None:
            return None
        clocks = all(_SPAN.fullmatch(text) for text in spans)
        if max(spans.values()) < 86_400 if clocks else not _of_several_units(spans):
            return None
        rows = sum(self.counts[text] for text in marks)
        return NumberFormat(marks=marks, example=max(spans, key=lambda text: (len(text), text)), spans=True, rows=rows)


def _ends(text: str) -> tuple[str, str] | None:
    """The two ends of a range such as 10 - 20; what stands before and behind one belongs to both."""
    match = _RANGE.fullmatch(text)
    return (match["low"].strip(), match["high"].strip()) if match and match["low"].strip() else None


def _seconds(text: str) -> float | None:
    """The length of a span of time."""
    match = _SPAN.fullmatch(text) or (re.search(r"\d\s*[dhms时分秒天小]", text) and _SPAN_IN_WORDS.fullmatch(text))
    if not match or not any(match[part] for part in ("days", "hours", "minutes")):
        return None
    return sum(
        float(match[part] or 0) * seconds
        for part, seconds in (("days", 86_400), ("hours", 3_600), ("minutes", 60), ("seconds", 1))
    )


def _of_several_units(spans: Iterable[str]) -> bool:
    """Whether spans in words are in hours and minutes, say; minutes alone are numbers with a unit."""
    found = (_SPAN_IN_WORDS.fullmatch(text) for text in spans)
    return len({part for match in found if match for part, n in match.groupdict().items() if n}) > 1


def _unit(match: re.Match[str]) -> str:
    """What stands behind a number: 100+ is 100, 3rd is 3, and years are units of a year."""
    unit = (match["suffix"] or "").strip().removesuffix("+").strip()
    if unit.lower() in _ORDINAL:
        return "th"
    return unit[:-1] if len(unit) > 2 and unit[-2:].isalpha() and unit.endswith("s") else unit


def _power_and_unit(match: re.Match[str]) -> tuple[float, str]:
    """K, M, bn, 万 as what they multiply by, and the unit behind them."""
    unit = _unit(match)
    found = re.fullmatch(r"([^\W\d_]+?)(?:\s+(.*)|([$€£¥元%]*))", unit)
    word = found[1].lower() if found else ""
    factor = _SURE.get(word) or _PERHAPS.get(word)
    if not found or factor is None:
        first = unit[:1]
        return (_SURE[first], unit[1:].strip()) if first in ("千", "万", "亿") else (1.0, unit)
    return factor, (found[2] or found[3] or "").strip()


def _are_powers(matches: Sequence[tuple[re.Match[str], int]]) -> bool:
    """Whether K, M, bn multiply: where they differ from row to row, or a currency stands there."""
    words = {_power_and_unit(match)[0]: match for match, _ in matches}
    factors = set(words) - {1.0}
    if not factors:
        return False
    units = [unit for match in words.values() if (unit := _unit(match))]
    sure = any(unit.lower().split()[0] in _SURE or unit[0] in "千万亿" for unit in units)
    currency = any(match["prefix"] for match, _ in matches)
    bare = 1.0 in words and any(not _unit(match) and match["digits"].strip("0.,") for match, _ in matches)
    return currency or (sure and (len(factors) > 1 or bare)) or len(factors) > 1


def _units(matches: Sequence[tuple[re.Match[str], int]], powers: bool) -> list[str] | None:
    """The units of a column, the most frequent first; None if they are not units of one quantity."""
    counts: Counter[str] = Counter()
    bare = 0  # rows without a unit that are not 0
    for match, n in matches:
        unit = _power_and_unit(match)[1] if powers else _unit(match)
        if unit:
            counts[unit] += n
        elif match["digits"].strip("0.,"):
            bare += n
    if not counts:
        return [""]
    ranked = [unit for unit, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0]))]
    a_unit = all(len(unit) > 1 or not unit.isascii() or not unit.isalpha() for unit in ranked)
    if bare and not a_unit and counts.total() < bare:
        return None  # house numbers, 12 and 12a
    if len(ranked) > 1 and (not a_unit or len(ranked) > MOST_UNITS or counts[ranked[0]] < MAIN_UNIT * counts.total()):
        return None
    if "th" in ranked:  # 1st, 2nd, 3rd are classes
        return ranked if len(ranked) == 1 and len(matches) > FEW_ORDINALS else None
    return ranked


def _separators(digits: list[str]) -> tuple[str, str] | None:
    """Thousands and decimal separators, or None if there is no consistent reading."""
    spaced = [_plain_spaces(text) for text in digits]
    for thousands, decimal in SEPARATORS:
        if all(_written(thousands, decimal).fullmatch(text) for text in spaced):
            return thousands, decimal
    return None


@cache
def _written(thousands: str, decimal: str) -> re.Pattern[str]:
    """Digits with these separators: groups of three behind the first, which does not begin with 0; or as in India."""
    t, d = re.escape(thousands), re.escape(decimal)
    group = rf"[1-9]\d{{0,2}}(?:{t}\d{{3}})+|\d+" if thousands else r"\d+"
    group += rf"|[1-9]\d?(?:{t}\d\d)+{t}\d{{3}}" if thousands == "," else ""
    return re.compile(rf"(?:{group})(?:{d}\d*)?|{d}\d+")


def _plain_spaces(text: str) -> str:
    return re.sub(f"[{_SPACES}]", " ", text)
