"""Names of values as the textbooks print them: z1 is z^[1], W2 is W^[2]; (i) is a sample.

Gradients are written in one of two notations: "delta" has δ^[1] and ∂L/∂W^[1], "d" has dz^[1] and dW^[1].
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, get_args

from clearprop.graph import Name
from clearprop.present.formula import COMMANDS, Atom, Fraction, Math, Row, Scripts, brackets, identifier, parse, row
from clearprop.present.formula.tree import COMMA, DIFFERENTIAL, PARTIAL, Fenced, joined
from clearprop.visible import visible

Notation = Literal["delta", "d"]
NOTATIONS: tuple[Notation, ...] = get_args(Notation)

_AGAIN = {"": "", **{f"_{k}": chr(ord("a") + k - 1) for k in range(2, 27)}}  # a layer's second z is z[1b]
_LETTERS = {
    "alpha": parse(r"\alpha"),
    "gamma": parse(r"\gamma"),
    "beta": parse(r"\beta"),
    "omega": parse(r"\omega"),
    "phi": parse(r"\phi"),
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
    "ŷ": identifier("ŷ", r"\hat{y}"),  # of a user's own graph
}
_ESCAPED = str.maketrans({"\\": "\\textbackslash{}"} | {sign: f"\\{sign}" for sign in "{}$&#^_%~"})  # in LaTeX
_DELTA, _DL = parse(r"\delta"), Row((PARTIAL, identifier("L")))

OUTPUT = _OTHERS["ŷ"]  # a[L], where the notation "d" names it


@dataclass(frozen=True)
class ElementPlace:
    """Where in a value an element stands."""

    below: tuple[int, ...] = ()  # numbers of the units from 1, as they are printed: (j,), or (j, k) for a weight
    sample: int | None = None  # number of the sample from 1, where there are several


WHOLE = ElementPlace()


def symbol(name: Name, place: ElementPlace = WHOLE, notation: Notation = "delta") -> Math:
    """The symbol of a value, or of one element of it.

    Example:
        >>> from clearprop.present.formula import to_text
        >>> z, W, a = Name.value("z", 1), Name.parameter("W", 2), Name.value("a", 1)
        >>> [to_text(symbol(name)) for name in (z, z.gradient, W.gradient, W.new, Name.parameter("gamma", 1))]
        ['z[1]', 'δ[1]', '∂L/∂W[2]', 'W[2]′', 'γ[1]']
        >>> to_text(symbol(W.gradient, ElementPlace((1, 3)))), to_text(symbol(a, ElementPlace((2,), sample=5)))
        ('∂L/∂w[2]₁₃', 'a[1](5)₂')
        >>> to_text(symbol(z.gradient, notation="d")), to_text(symbol(W.gradient, ElementPlace((1, 3)), "d"))
        ('dz[1]', 'dw[2]₁₃')
    """
    of = name.of
    if of is None:
        return _letter_of(name, place)
    if name.role == "new":  # W^[1]′
        old, prime = symbol(of, place, notation), Atom("′", r"\prime")
        if isinstance(old, Scripts):
            return Scripts(old.base, old.sub, prime if old.sup is None else Row((old.sup, prime)))
        return Scripts(old, None, prime)
    if name.role == "state":  # m.W1, an optimizer's array beside W1
        return _indexed(Scripts(identifier(name.letter), symbol(of)), place)
    if notation == "d":
        return differential(symbol(of, place))
    if of.role == "value" and of.letter == "z" and of.suffix in _AGAIN:
        return _layered(_DELTA, of, place)
    return Fraction(_DL, row(PARTIAL, symbol(of, place)))


def differential(of: Math) -> Math:
    """dz^[1]: the layer and the sample stand above both letters."""
    if isinstance(of, Scripts):
        return Scripts(Row((DIFFERENTIAL, of.base)), of.sub, of.sup)
    return Row((DIFFERENTIAL, of))


def _letter_of(name: Name, place: ElementPlace) -> Math:
    if name in _OTHERS:
        found = _OTHERS[name]
        return _with_scripts(found.base, found.sup, place) if isinstance(found, Scripts) and found.sup else found
    if name.layer is None or name.suffix not in _AGAIN:
        return _indexed(own_letter(name), place)
    letter = name.letter
    shown = letter.lower() if place.below and letter == "W" else letter
    return _layered(_LETTERS.get(letter, _letters(shown)), name, place)


def own_letter(name: str) -> Math:
    """A learner's own name as it was given, x or loss; x1 with its number below."""
    match = re.fullmatch(r"([^\W\d_]+)_?(\d+)", name)
    if match:
        return Scripts(identifier(match[1]), Atom(match[2], match[2], "number"))
    return _letters(name)


def _letters(name: str) -> Math:
    """One letter in italics, or a word upright."""
    name = visible(name)
    if name.isalpha() and len(name) == 1:
        return identifier(name, COMMANDS.get(name, name))
    return identifier(name, rf"\mathrm{{{name.translate(_ESCAPED)}}}")


def _layered(letter: Math, name: Name, place: ElementPlace) -> Math:
    number = f"{name.layer}{_AGAIN[name.suffix]}"
    layer = Fenced("[", Atom(number, number, "number"), "]")
    return _with_scripts(letter, layer, place)


def _with_scripts(base: Math, sup: Math | None, place: ElementPlace) -> Math:
    if place.sample is not None:
        sample = brackets(_digits(place.sample))
        sup = sample if sup is None else Row((sup, sample))
    numbers = [_digits(k) for k in place.below]
    below = joined(numbers, COMMA) if any(k > 9 for k in place.below) else row(*numbers)
    return Scripts(base, below if numbers else None, sup)


def _indexed(base: Math, place: ElementPlace) -> Math:
    """An element of u₁ is (u₁)₂: one number below another would read as u₁₂."""
    if place == WHOLE:
        return base
    return _with_scripts(brackets(base) if isinstance(base, Scripts) else base, None, place)


def _digits(k: int) -> Atom:
    return Atom(str(k), str(k), "number")
