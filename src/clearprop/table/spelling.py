"""One spelling for numbers: ５０, ٥٠, −5, ½, 1 1/2, 3×10⁴, 1,234- and 12[1] in plain characters."""

from __future__ import annotations

import re
from fractions import Fraction
from unicodedata import category, digit, numeric

_SAME = {
    **dict.fromkeys("−‐‑‒﹣－", "-"),
    **dict(zip("．，％＋（）＄￥：／", ".,%+()$¥:/", strict=True)),
    "٫": ".",
    "٬": ",",
    "’": "'",
    "´": "'",
    "′": "'",
}
_BLANKS = "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
_RISES, _FALLS = "▲△↑", "▼▽↓"
_TABLE = str.maketrans(_SAME | dict.fromkeys(_BLANKS, " "))

_FRACTION = re.compile(r"(?<![\d/.,])(\d+)?[ -]?(\d{1,2})[/⁄](\d{1,2})(?![\d/.,])")
_PARTS = (2, 3, 4, 5, 6, 8, 10, 12, 16, 32, 64)
_POWER_OF_TEN = re.compile(r"(?<=\d)\s*[x×*·]\s*10\s*(?:\^\s*\(?([+-]?\d{1,2})\)?|([⁻⁺]?[⁰¹²³⁴-⁹]{1,2}))")
_NO_CENTS = re.compile(r"(?<=\d)[.,](?:-{1,2}|–|—)(?=\s|$)")
_BEHIND = re.compile(r"([+]?[^\d\s+\-]{0,3}\s*\d[\d., ']*)-")
_FEET = re.compile(r"(\d)(?:'|\s*ft\.?)\s*(?:(\d|1[01])(?:\"|''|\s*in\.?)?)?")
_NOTE = re.compile(r"(.*\d.*?)\s*(?:\[\w{1,3}\]|\*+|[†‡]|\((?=[^()]*[^\W\d_])[^()]*\))")


def spelled(text: str) -> str:
    """A text in plain characters; what is no number stays what it is.

    Example:
        >>> [spelled(text) for text in ("１２３", "−5", "9½", "1 1/2", "3.2×10⁴", "12,-", "▼3%")]
        ['123', '-5', '9.5', '1.5', '3.2e4', '12', '-3%']
    """
    text = "".join(map(_plain_character, text.translate(_TABLE))).strip() if not text.isascii() else text.strip()
    if text[:1] in ("–", "—"):  # a dash for a minus
        text = "-" + text[1:]
    if not text.isascii() or "10" in text:
        text = _POWER_OF_TEN.sub(_exponent, text)
    text = _NO_CENTS.sub("", text)
    return _FRACTION.sub(lambda match: _decimal(match) if match[1] else match[0], text)


def with_fractions(text: str) -> str:
    """A spelled text with 3/4 as 0.75 too."""
    return _FRACTION.sub(_decimal, text)


def in_feet(text: str) -> str:
    """A spelled text with 5'11" as feet."""
    match = _FEET.fullmatch(text)
    return f"{int(match[1]) + int(match[2] or 0) / 12:.12g}ft" if match else text


def behind(text: str) -> str:
    """A spelled text with 5- as -5."""
    match = _BEHIND.fullmatch(text)
    return f"-{match[1]}" if match else text


def without_note(text: str) -> str:
    """A spelled text without a mark such as * or [1], or a remark such as (est.), at its end."""
    match = _NOTE.fullmatch(text)
    return match[1] if match else text


def _plain_character(character: str) -> str:
    """A digit of any script as 0 … 9; ½ as " 1/2"; triangles as signs."""
    if character.isascii():
        return character
    kind = category(character)
    if kind == "Nd":
        return str(digit(character))
    if kind == "No" and 0 < numeric(character, 0) < 1:
        found = Fraction(numeric(character)).limit_denominator(64)
        return f" {found.numerator}/{found.denominator}"
    return "+" if character in _RISES else "-" if character in _FALLS else character


def _decimal(match: re.Match[str]) -> str:
    over, under = int(match[2]), int(match[3])
    if under not in _PARTS or over >= under:
        return match[0]
    return f"{int(match[1] or 0) + over / under:.6g}"


def _exponent(match: re.Match[str]) -> str:
    raised = match[1] or "".join("-" if c == "⁻" else "" if c == "⁺" else str(digit(c)) for c in match[2])
    return f"e{raised}"
