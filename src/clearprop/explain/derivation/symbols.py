"""Names of values as the textbooks print them: z1 is z^[1], dz1 is δ^[1], dW1 is ∂L/∂W^[1]; (i) is a sample."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from clearprop.present.formula import COMMANDS, Atom, Fraction, Math, Row, Scripts, brackets, identifier, parse, row
from clearprop.present.formula.tree import COMMA, PARTIAL, Fenced, joined
from clearprop.visible import visible

_LAYERED = re.compile(r"(?P<letter>[^\W\d_]+(?:_[^\W\d_]+)*)(?P<layer>\d+)(?P<again>_\d+)?")
_LETTERS = {
    "gamma": parse(r"\gamma"),
    "beta": parse(r"\beta"),
    "running_mean": parse(r"\mu"),
    "running_var": identifier("σ²", r"{\sigma^2}"),
}
_OTHERS: dict[str, Math] = {
    "X": Scripts(identifier("a"), None, Fenced("[", Atom("0", "0", "number"), "]")),
    "loss": Scripts(identifier("L"), Atom("0", "0", "number")),
    "c₁": Scripts(identifier("c"), parse("1")),
    "c₂": Scripts(identifier("c"), parse("2")),
    **{letter: Scripts(parse(r"\beta"), parse(letter[1])) for letter in ("β1", "β2")},
    "η": parse(r"\eta"),
    "λ": parse(r"\lambda"),
    "μ": parse(r"\mu"),
    "β": parse(r"\beta"),
    "ε": parse(r"\epsilon"),
    "ŷ": identifier("ŷ", r"\hat{y}"),
}
_DELTA, _DL = parse(r"\delta"), Row((PARTIAL, identifier("L")))


@dataclass(frozen=True)
class Place:
    """Where in a value an element stands.

    Attributes:
        below: 1-based numbers of the units, as they are printed: (j,), or (j, k) for a weight.
        sample: 1-based number of the sample, where there are several.
    """

    below: tuple[int, ...] = ()
    sample: int | None = None


WHOLE = Place()


@lru_cache(maxsize=4096)  # an element is named again and again
def symbol(name: str, place: Place = WHOLE) -> Math:
    """The symbol of a value, or of one element of it.

    Example:
        >>> from clearprop.present.formula import to_text
        >>> [to_text(symbol(n)) for n in ("z1", "dz2", "dW1", "X", "gamma1")]
        ['z[1]', 'δ[2]', '∂L/∂W[1]', 'a[0]', 'γ[1]']
        >>> to_text(symbol("dW2", Place((1, 3)))), to_text(symbol("a1", Place((2,), sample=5)))
        ('∂L/∂w[2]₁₃', 'a[1](5)₂')
    """
    if name.endswith("'"):
        return _primed(symbol(name[:-1], place))
    slot, dot, parameter = name.partition(".")  # m.W1, an optimizer's array beside W1
    if dot:
        return _indexed(Scripts(identifier(slot), symbol(parameter)), place)
    of = differentiated(name)
    if of is None:
        return _plain(name, place)
    if re.fullmatch(r"z\d+(_\d+)?", of):
        return _layered(_DELTA, of, place)
    return Fraction(_DL, row(PARTIAL, symbol(of, place)))


def _primed(m: Math) -> Math:
    """The new value of something: W^[1]′."""
    prime = Atom("′", r"\prime")
    if isinstance(m, Scripts):
        return Scripts(m.base, m.sub, prime if m.sup is None else Row((m.sup, prime)))
    return Scripts(m, None, prime)


def differentiated(name: str) -> str | None:
    """What a gradient is the gradient of: dz1 of z1. None for other values; d1 is what dropout makes of layer 1."""
    if not name.startswith("d") or len(name) == 1:
        return None
    rest = name[1:]
    known = rest in _OTHERS or rest == "y" or _LAYERED.fullmatch(rest) is not None
    return rest if known else None


def _plain(name: str, place: Place) -> Math:
    if name in _OTHERS:
        found = _OTHERS[name]
        return _with_scripts(found.base, found.sup, place) if isinstance(found, Scripts) and found.sup else found
    if _LAYERED.fullmatch(name):
        letter = _LAYERED.fullmatch(name)["letter"]  # type: ignore[index]
        shown = letter.lower() if place.below and letter == "W" else letter
        return _layered(_LETTERS.get(letter, _letters(shown)), name, place)
    return _indexed(_word(name), place)


def _word(name: str) -> Math:
    """A learner's own variable: x, or x1 with its number below."""
    match = re.fullmatch(r"([^\W\d_]+)_?(\d+)", name)
    if match:
        return Scripts(identifier(match[1]), Atom(match[2], match[2], "number"))
    return _letters(name)


def _letters(name: str) -> Math:
    """One letter in italics, or a word upright."""
    name = visible(name)
    is_letter = name.isalpha() and len(name) == 1
    return identifier(name, COMMANDS.get(name, name) if is_letter else rf"\mathrm{{{_safe(name)}}}")


def _safe(name: str) -> str:
    """A name inside LaTeX, where some signs are commands."""
    return re.sub(r"([\\{}$&#^_%~])", lambda sign: "\\textbackslash{}" if sign[1] == "\\" else "\\" + sign[1], name)


def _layered(letter: Math, name: str, place: Place) -> Math:
    match = _LAYERED.fullmatch(name)
    assert match is not None
    again = int(match["again"][1:]) if match["again"] else 1  # the second value of this letter in this layer: [1b]
    number = match["layer"] + ("" if again == 1 else chr(ord("a") + again - 1))
    layer = Fenced("[", Atom(number, number, "number"), "]")
    return _with_scripts(letter, layer, place)


def _with_scripts(base: Math, sup: Math | None, place: Place) -> Math:
    if place.sample is not None:
        sample = brackets(_digits(place.sample))
        sup = sample if sup is None else Row((sup, sample))
    return Scripts(base, _below(place.below), sup)


def _indexed(base: Math, place: Place) -> Math:
    """An element of u₁ is (u₁)₂: one number below another would read as u₁₂."""
    if place == WHOLE:
        return base
    return _with_scripts(brackets(base) if isinstance(base, Scripts) else base, None, place)


def _below(indices: Sequence[int]) -> Math | None:
    if not indices:
        return None
    numbers = [_digits(k) for k in indices]
    return row(*numbers) if all(k < 10 for k in indices) else joined(numbers, COMMA)


def _digits(k: int) -> Atom:
    return Atom(str(k), str(k), "number")
