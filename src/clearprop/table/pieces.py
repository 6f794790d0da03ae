"""One number in a text and what stands around it: a currency, a power of ten such as K and 万, a unit."""

from __future__ import annotations

import re
from functools import cache

_CURRENCY = (
    r"(?:[A-Z]{1,3})?\$|[€£¥₹₩₽₺₫฿₪₦₱₴₡₲₵₸₼₾]|"
    r"(?:USD|EUR|GBP|CNY|RMB|JPY|CHF|INR|AUD|CAD|NZD|HKD|SGD|SEK|NOK|DKK|PLN|CZK|HUF|RON|TRY|RUB|ZAR|BRL|MXN|AED|SAR|IDR|"
    r"MYR|PHP|THB|VND|KRW|TWD|NGN|KES|EGP|PKR|ILS)(?![A-Z])|(?:Rs|Rp|kr|Kr)\.?|zł|Kč|RM(?![A-Z])"
)
POWERS = {"k": 1e3, "mn": 1e6, "mio": 1e6, "mm": 1e6, "bn": 1e9, "mrd": 1e9, "tn": 1e12}
POWERS |= {"thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12, "mil": 1e6, "tsd": 1e3}
POWERS |= {"lakh": 1e5, "lac": 1e5, "crore": 1e7, "cr": 1e7, "千": 1e3, "万": 1e4, "亿": 1e8}
# Metres, bytes, tonnes, litres; powers beside others or a currency.
_PERHAPS = {"m": 1e6, "b": 1e9, "t": 1e12, "l": 1e5}
GLUED = "千万亿"
_ORDINAL = {"st", "nd", "rd", "th"}
_ABOUT = r"[~≈<>≤≥约]=?|(?:ca|c|approx|est)\.|about|circa|over|under|up to"
_DIGITS = r"(?:\d[\d., ']*(?<=\d)|\d|[.,]\d+)\.?"
_UNIT = r"\+?\s*[^\d\s.,+\-–—()][^\d,()]{0,15}|\+"
_NUMBER = re.compile(
    rf"(?P<about>{_ABOUT})?\s*(?P<sign>[+\-]?)\s*(?P<prefix>(?:{_CURRENCY})?)\s*(?P<sign2>[+\-]?)\s*"
    rf"(?P<digits>{_DIGITS}?)(?P<exponent>[eE][+-]?\d{{1,3}})?\s*(?P<suffix>{_UNIT})?"
)
_IN_BRACKETS = re.compile(rf"(?P<prefix>(?:{_CURRENCY})?)\s*\((?P<inside>[^()]+)\)(?P<behind>\s*%?)")
_RANGE = re.compile(r"(?P<low>.*?\d[^\d\-–—~]*?)\s*(?:-|–|—|~|\bto\b|\bbis\b|至|到)\s*(?P<high>[^\-–—~\d]{0,4}\d.*)")
# Thousands and decimal separators, tried in this order.
SEPARATORS = (("", "."), (",", "."), ("", ","), (".", ","), (" ", "."), (" ", ","), ("'", "."), ("'", ","))


class Piece:
    """A number and what stands around it.

    Attributes:
        prefix: currency before it.
        digits: as they are written.
        exponent: of ten, as it is written.
        unit: behind it, without a plural s and a +.
        negative: whether it has a minus.
        about: whether it is said to be about so much.
    """

    def __init__(self, match: re.Match[str]) -> None:
        self.prefix, self.digits, self.exponent = match["prefix"], match["digits"], match["exponent"] or ""
        self.unit = _unit(match["suffix"] or "")
        self.negative = (match["sign"] or match["sign2"]) == "-"
        self.about = bool(match["about"])

    @property
    def is_zero(self) -> bool:
        """Whether it is 0, which needs no unit."""
        return not self.digits.strip("0.,")

    def size(self, thousands: str, decimal: str) -> float:
        """The digits as a number, in which these are the separators."""
        return float(self.digits.replace(thousands, "").replace(decimal, ".") + self.exponent)

    @property
    def power_and_unit(self) -> tuple[float, str]:
        """K, M, bn, 万 as what they multiply by, and the unit behind them."""
        found = re.fullmatch(r"([^\W\d_]+?)(?:\s+(.*)|(\W.*|元.*))?", self.unit)
        word = found[1].lower() if found else ""
        factor = POWERS.get(word) or _PERHAPS.get(word)
        if found and factor is not None:
            return factor, (found[2] or found[3] or "").strip()
        first = self.unit[:1]
        return (POWERS[first], self.unit[1:].strip()) if first and first in GLUED else (1.0, self.unit)


def _unit(suffix: str) -> str:
    """What stands behind a number: 100+ is 100, 3rd is 3, and years are units of a year."""
    unit = suffix.strip().strip("+").strip()
    if unit.lower() in _ORDINAL:
        return "th"
    return unit[:-1] if len(unit) > 2 and unit[-2:].isalpha() and unit.endswith("s") else unit


def piece_of(text: str) -> Piece | None:
    """A spelled text as one number; None if it is none. 8E8 is a code, 8E+8 and 8.0E8 are numbers."""
    match = _NUMBER.fullmatch(text)
    if match is None or not match["digits"]:
        return None
    is_code = match["exponent"] and not re.search(r"[.,]", match["digits"]) and match["exponent"][1:].isdigit()
    return None if is_code else Piece(match)


def in_brackets(text: str) -> str | None:
    """What stands in the brackets of a spelled (5) or $(5), with the currency."""
    match = _IN_BRACKETS.fullmatch(text)
    return match["prefix"] + match["inside"].strip() + match["behind"] if match else None


def ends_of(text: str) -> tuple[str, str] | None:
    """The two ends of a range such as 10 - 20; what stands behind the second alone belongs to both, as in 10-20K."""
    match = _RANGE.fullmatch(text)
    if not match or not match["low"].strip():
        return None
    low, high = match["low"].strip(), match["high"].strip()
    first, second = piece_of(low), piece_of(high)
    if first and second and second.unit and not first.unit:
        low += re.split(r"(?<=\d)(?=\D*$)", high)[-1]
    return low, high


def pieces_of(text: str) -> list[Piece]:
    """One number of a spelled text, two of a range, or none."""
    whole = piece_of(in_brackets(text) or text)
    if whole is not None:
        return [whole]
    ends = [piece_of(end) for end in ends_of(text) or ()]
    return [end for end in ends if end is not None] if all(ends) else []


def written_with(thousands: str, decimal: str, digits: str) -> bool:
    """Whether digits are written with these separators."""
    return bool(_digits_with(thousands, decimal).fullmatch(digits))


@cache
def _digits_with(thousands: str, decimal: str) -> re.Pattern[str]:
    """Digits with these separators: groups of three behind the first, which does not begin with 0; or as in India."""
    t, d = re.escape(thousands), re.escape(decimal)
    group = rf"[1-9]\d{{0,2}}(?:{t}\d{{3}})+|\d+" if thousands else r"\d+"
    group += rf"|[1-9]\d?(?:{t}\d\d)+{t}\d{{3}}" if thousands == "," else ""
    group += rf"|[1-9]\d{{0,3}}(?:{t}\d{{4}})+" if thousands == "," else ""  # 1,2345,6789 as in China
    return re.compile(rf"(?:{group})(?:{d}\d*)?|{d}\d+")
