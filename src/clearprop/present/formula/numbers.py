"""Numbers for people: a few digits, and honest about it.

A number that is written with fewer digits than asked for is exact (0.8, 3, −1.5); all others are rounded. So whoever
recomputes a line by hand knows how far the result may be off.
"""

from __future__ import annotations

import math

from clearprop.errors import InvalidValueError, checked_integer
from clearprop.present.formula.tree import RAISED, Atom

DIGITS, _MOST_DIGITS = 4, 15  # by default, and those that a float64 holds whatever the number
LONGEST, _LARGEST = 12, 40  # side, and number of entries, of a matrix that is printed
_NOT_FINITE = {
    "nan": Atom("NaN", r"\mathrm{NaN}", "number"),
    "inf": Atom("∞", r"\infty", "number"),
    "-inf": Atom("−∞", r"-\infty", "number"),
}


def checked_digits(given: object) -> int:
    """A number of significant digits that numbers can be printed with.

    Raises:
        InvalidValueError: if it is no integer from 2 to 15.
    """
    digits = checked_integer("digits", given, low=2)
    if digits > _MOST_DIGITS:
        raise InvalidValueError(f"digits {given!r}", f"2 … {_MOST_DIGITS}")
    return digits


def is_printable(shape: tuple[int, ...]) -> bool:
    """Whether a matrix is small enough to be printed whole."""
    return max(shape, default=0) <= LONGEST and math.prod(shape) <= _LARGEST


def number(value: float, digits: int = DIGITS) -> Atom:
    """A number as it is printed, with so many significant digits.

    Example:
        >>> [number(x).text for x in (0.8, 1 / 3, -2.0, 1.5e-7, 123456.0, 0.1 + 0.2)]
        ['0.8', '0.3333', '−2', '1.5·10⁻⁷', '1.235·10⁵', '0.3000']
    """
    value = float(value)
    if not math.isfinite(value):
        return _NOT_FINITE[str(value)]
    if value == 0:
        return Atom("0", "0", "number")
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    power = int(exponent)
    exact = float(f"{value:.{digits - 1}e}") == value
    if -4 <= power < digits:
        text = f"{value:.{digits - 1 - power}f}"
        text = _shortest(text) if exact else text
        return Atom(text.replace("-", "−"), text, "number")
    mantissa = _shortest(mantissa) if exact else mantissa
    shown, latex = f"10{str(power).translate(RAISED)}", f"10^{{{power}}}"
    if mantissa != "1":
        shown, latex = f"{mantissa}·{shown}", rf"{mantissa} \cdot {latex}"
    return Atom(shown.replace("-", "−"), latex, "number")


def _shortest(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text
