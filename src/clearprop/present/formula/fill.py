"""Fill a template: put operands into its slots, in brackets where the reader would otherwise misread it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from enum import IntEnum

from clearprop.present.formula.tree import (
    COMMA,
    DOT,
    EXPONENT,
    GREATER,
    PARTIAL,
    Apply,
    Atom,
    Cases,
    Fenced,
    Fraction,
    Math,
    Matrix,
    Root,
    Row,
    Scripts,
    Slot,
    belongs_to_name,
    brackets,
)


class Level(IntEnum):
    """How tightly a formula holds together: a + b, f x, a × b, a² and f(x), a."""

    ANY = 0
    SUM = 1
    APPLICATION = 2
    PRODUCT = 3
    POWER = 4
    ATOM = 5


_PRODUCTS = {"×", "·", "⊙", "/"}


def level(m: Math) -> Level:
    """How tightly a tree holds together, which decides whether it needs brackets somewhere."""
    match m:
        case Atom(text=text, kind="number"):
            return _level_of_number(text)
        case Fraction():
            return Level.PRODUCT
        case Cases():
            return Level.SUM
        case Atom() | Slot() | Fenced() | Matrix() | Root():
            return Level.ATOM
        case Scripts(sup=sup):
            return Level.ATOM if sup is None or belongs_to_name(sup) else Level.POWER
        case Apply(argument=argument):
            return Level.POWER if isinstance(argument, Fenced) else Level.APPLICATION
        case Row(parts=parts):
            if parts[:1] == (PARTIAL,):  # ∂z is one thing
                return Level.ATOM
            own = [_own_level(part) for part in parts]
            return min([Level.PRODUCT if len(parts) > 1 else Level.ATOM, *own])


def _level_of_number(text: str) -> Level:
    """−2, 1.5·10⁻⁷, 10⁻⁷, 2."""
    if text.startswith("−"):
        return Level.SUM
    if "·" in text:
        return Level.PRODUCT
    return Level.POWER if text[-1] in EXPONENT else Level.ATOM


def _own_level(part: Math) -> Level:
    if isinstance(part, Atom) and part.kind in ("operator", "text"):
        return Level.PRODUCT if part.text in _PRODUCTS else Level.SUM
    if isinstance(part, Row | Apply | Cases):
        return level(part)
    return Level.ATOM


def fill(template: Math, values: Mapping[str, Math]) -> Math:
    """A template with a tree in each slot.

    Two numbers side by side get a dot between them: η g becomes 0.1 · 0.5.
    """
    match template:
        case Slot(name=name):
            return values[name]
        case Row(parts=parts):
            return _filled_row(parts, values)
        case Scripts(base=base, sub=sub, sup=sup):
            filled = fill(base, values)
            filled_base = _guarded(filled, Level.ATOM) if isinstance(base, Slot) else filled
            return Scripts(filled_base, sub and fill(sub, values), sup and fill(sup, values))
        case Fraction(top=top, bottom=bottom):
            return Fraction(fill(top, values), fill(bottom, values))
        case Root(inner=inner):
            return Root(fill(inner, values))
        case Fenced(inner=inner):
            return replace(template, inner=fill(inner, values))
        case Apply(function=function, argument=argument):
            return Apply(fill(function, values), _guarded(fill(argument, values), Level.POWER))
        case Cases(first=first, condition=condition, second=second):
            return Cases(fill(first, values), fill(condition, values), fill(second, values))
        case Matrix(rows=rows):
            return Matrix(tuple(tuple(fill(x, values) for x in line) for line in rows))
        case Atom():
            return template


def _filled_row(parts: tuple[Math, ...], values: Mapping[str, Math]) -> Row:
    out: list[Math] = []
    for i, part in enumerate(parts):
        before = parts[i - 1] if i else None
        after = parts[i + 1] if i + 1 < len(parts) else None
        filled = fill(part, values)
        if _is_operand(part):
            first = before is None or before in (COMMA, GREATER)
            filled = _guarded(filled, max(_needed_after(before), _needed_before(after)), first)
            if out and before is not None and _is_operand(before) and _clash(out[-1], filled):
                out.append(DOT)
        out.append(filled)
    return Row(tuple(out))


def _is_operand(part: Math) -> bool:
    return not (isinstance(part, Atom) and part.kind in ("operator", "text"))


def _needed_after(sign: Math | None) -> Level:
    """How tightly an operand must hold together behind this sign."""
    if sign is None:
        return Level.ANY
    if _is_operand(sign):  # side by side, as in η g
        return Level.APPLICATION
    text = sign.text if isinstance(sign, Atom) else ""
    if text == "/":
        return Level.POWER
    if text in _PRODUCTS or text == "−":
        return Level.APPLICATION
    return Level.SUM if text == "+" else Level.ANY


def _needed_before(sign: Math | None) -> Level:
    if sign is None:
        return Level.ANY
    if _is_operand(sign):
        return Level.PRODUCT
    text = sign.text if isinstance(sign, Atom) else ""
    return Level.PRODUCT if text in _PRODUCTS else Level.SUM if text in ("+", "−") else Level.ANY


def _guarded(m: Math, needed: Level, first: bool = True) -> Math:
    """In brackets, where it does not hold together as tightly as needed; a negative number begins no second term."""
    if level(m) < needed or (not first and _begins_with_minus(m)):
        return brackets(m)
    return m


def _begins_with_minus(m: Math) -> bool:
    while isinstance(m, Row) and m.parts:
        m = m.parts[0]
    return isinstance(m, Atom) and m.text.startswith("−")


def _clash(left: Math, right: Math) -> bool:
    """Whether two factors side by side would read as one, or as a function and its argument."""
    return _ends_in_number(left) or _is_number_like(right)


def _ends_in_number(m: Math) -> bool:
    if isinstance(m, Row) and m.parts:
        return _ends_in_number(m.parts[-1])
    return (isinstance(m, Atom) and m.kind == "number") or isinstance(m, Fenced)


def _is_number_like(m: Math) -> bool:
    if isinstance(m, Fenced):
        return _is_number_like(m.inner)
    if isinstance(m, Row) and m.parts:
        return any(_is_number_like(part) for part in m.parts)
    return isinstance(m, Atom) and m.kind == "number"
