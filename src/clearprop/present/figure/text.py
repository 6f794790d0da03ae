"""How much room writing takes, without a font to ask: the widths of Times and Helvetica, which most fonts follow."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from clearprop.present.formula import Run
from clearprop.visible import visible

SMALL = 0.7  # size of a sub- or superscript beside its base
RAISED, LOWERED = 0.46, 0.28  # how far they stand above and below the line, in sizes of the base
ASCENT, DESCENT = 0.72, 0.22  # of capitals and of letters such as y

# Widths in thousandths of the size; what is not listed has the last width.
_MATH = {
    250: " ,.·",
    280: "/:;ijlt|′",
    333: "()[]-fIrs‖",
    444: "acezvJ?",
    500: "0123456789bdghknopquxyαβγεημνθτπδσλρ_*ℓ",
    560: "+−=<>×÷∂ELSFPTBZ≤≥≈√∇",
    670: "CRΣΦVXYAN⊤",
    722: "DGHKOQUwm⊙←→",
    830: "MW⋮…",
}
_WORDS = {
    270: " ,.:;·!'|ijl",
    330: "ft()[]-/r",
    500: "ckssvxyzJ",
    556: "0123456789abdeghnopquL+−=<>_*",
    667: "ABEKPSVXYFTZ×",
    722: "CDHNRU",
    790: "GOQmw",
    870: "MW…→←",
}
_WIDE = 1000  # Chinese, Japanese, Korean
_TABLES = {
    face: {sign: width for width, signs in table.items() for sign in signs}
    for face, table in (("math", _MATH), ("words", _WORDS))
}


def text_width(text: str, size: float, face: str = "math") -> float:
    """The width of a line in pixels, give or take a tenth."""
    table, other = _TABLES[face], 600
    return sum(_WIDE if ord(sign) >= 0x2E80 else table.get(sign, other) for sign in text) * size / 1000


def text_runs(text: str) -> tuple[Run, ...]:
    """Plain text as runs."""
    return ((text, "normal", False),)


def runs_width(runs: Iterable[Run], size: float, face: str = "math") -> float:
    """How far runs reach to the right."""
    return max((run.end for run in placed_runs(runs, size, face)), default=0.0)


@dataclass(frozen=True, slots=True)
class PlacedRun:
    """One run of a label, with where it begins and ends, from the label's start.

    `back` is how far it begins before the end of the piece before it: a subscript below a superscript.
    """

    text: str
    x: float
    end: float
    rise: float
    size: float
    italic: bool
    back: float


def placed_runs(
    runs: Iterable[Run], size: float, measure: str | Callable[[str, float, bool], float]
) -> list[PlacedRun]:
    """Runs put in place from x = 0, on the line y = 0; a subscript right below the superscript before it.

    Args:
        runs: pieces of text, of formulas.
        size: of letters on the line.
        measure: the width of a text by its size and whether it is italic; or the face whose usual widths are taken.
    """
    out: list[PlacedRun] = []
    x = end = start = 0.0  # where the last piece ended, how far anything reaches, where the last scripts began
    before = "normal"
    for text, where, italic in runs:
        if not text:
            continue
        text = visible(text)  # before it is measured
        small = size if where == "normal" else size * SMALL
        rise = {"normal": 0.0, "sup": RAISED * size, "sub": -LOWERED * size}[where]
        begin = end
        if where == before:
            begin = x  # the second piece of a subscript follows the first, however far the superscript reaches
        elif where != "normal" and before != "normal":
            begin = start
        elif where != "normal":
            start = end
        width = text_width(text, small, measure) if isinstance(measure, str) else measure(text, small, italic)
        out.append(PlacedRun(text, begin, begin + width, rise, small, italic, x - begin))
        x, before = begin + width, where
        end = max(end, x)
    return out
