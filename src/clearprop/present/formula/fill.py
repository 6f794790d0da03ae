"""Fill a template: put operands into its slots, in brackets where the reader would otherwise misread it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum

from clearprop.present.formula import tree
from clearprop.present.formula.tree import Math, brackets, is_number, is_sign, with_parts


class Level(IntEnum):
    """How tightly a formula holds together: a + b, f x, a × b, a² and f(x), a."""

    ANY = 0
    SUM = 1
    APPLICATION = 2
    PRODUCT = 3
    POWER = 4
    ATOM = 5


_PRODUCTS = ("×", "·", "⊙", "/")
_NEEDED = {  # sign → how tightly an operand must hold together behind it, and before it
    "+": (Level.SUM, Level.SUM),
    "−": (Level.APPLICATION, Level.SUM),
    "/": (Level.POWER, Level.PRODUCT),
    **dict.fromkeys("×·⊙", (Level.APPLICATION, Level.PRODUCT)),
}


def level(m: Math) -> Level:
    """How tightly a tree holds together, which decides whether it needs brackets somewhere."""
    match m:
        case tree.Atom(text=text, kind="number"):
            return _level_of_number(text)
        case tree.Fraction():
            return Level.PRODUCT
        case tree.Cases():
            return Level.SUM
        case tree.Atom() | tree.Slot() | tree.Fenced() | tree.Matrix() | tree.Root():
            return Level.ATOM
        case tree.Scripts(base=base) if tree.is_differential(base):  # (dW)², where dW² might be d(W²)
            return Level.POWER
        case tree.Scripts(sup=sup):
            return Level.ATOM if sup is None or tree.belongs_to_name(sup) else Level.POWER
        case tree.Apply(argument=argument):
            return Level.POWER if isinstance(argument, tree.Fenced) else Level.APPLICATION
        case tree.Row(parts=parts):
            if tree.is_differential(m):  # ∂z is one thing
                return Level.ATOM
            own = [_own_level(part) for part in parts]
            return min([Level.PRODUCT if len(parts) > 1 else Level.ATOM, *own])


def _level_of_number(text: str) -> Level:
    """−2, 1.5·10⁻⁷, 10⁻⁷, 2."""
    if text.startswith("−"):
        return Level.SUM
    if "·" in text:
        return Level.PRODUCT
    return Level.POWER if text[-1] in tree.EXPONENT else Level.ATOM


def _own_level(part: Math) -> Level:
    """That of one part of a row: of a sign that of what it joins."""
    if is_sign(part):
        return Level.PRODUCT if part.text in _PRODUCTS else Level.SUM
    return level(part) if isinstance(part, tree.Row | tree.Apply | tree.Cases) else Level.ATOM


def fill(template: Math, values: Mapping[str, Math]) -> Math:
    """A template with a tree in each slot.

    Two numbers side by side get a dot between them: η g becomes 0.1 · 0.5.
    """
    match template:
        case tree.Slot(name=name):
            return values[name]
        case tree.Row(parts=parts):
            return _filled_row(parts, values)
        case tree.Scripts(base=base, sub=sub, sup=sup):
            filled = fill(base, values)
            filled_base = _guarded(filled, Level.ATOM) if isinstance(base, tree.Slot) else filled
            above = fill(sup, values) if sup and not tree.belongs_to_name(sup) else sup  # z^[1](2) is one name
            return tree.Scripts(filled_base, sub and fill(sub, values), above)
        case tree.Apply(function=function, argument=argument):
            return tree.Apply(fill(function, values), _guarded(fill(argument, values), Level.POWER))
        case tree.Atom():
            return template
        case _:
            return with_parts(template, lambda part: fill(part, values))


def _filled_row(parts: tuple[Math, ...], values: Mapping[str, Math]) -> tree.Row:
    out: list[Math] = []
    for i, part in enumerate(parts):
        before = parts[i - 1] if i else None
        after = parts[i + 1] if i + 1 < len(parts) else None
        filled = fill(part, values)
        if not is_sign(part):
            first = before is None or before in (tree.COMMA, tree.GREATER)
            filled = _guarded(filled, max(_needed(before)[0], _needed(after)[1]), first)
            side_by_side = before is not None and not is_sign(before)
            if side_by_side and (_ends_in_number(out[-1]) or _is_number_like(filled)):  # they would read as one
                out.append(tree.DOT)
        out.append(filled)
    return tree.Row(tuple(out))


def _needed(neighbour: Math | None) -> tuple[Level, Level]:
    """How tightly an operand must hold together behind its neighbour, and before it."""
    if neighbour is None:
        return Level.ANY, Level.ANY
    if not is_sign(neighbour):  # side by side, as in η g
        return Level.APPLICATION, Level.PRODUCT
    return _NEEDED.get(neighbour.text, (Level.ANY, Level.ANY))


def _guarded(m: Math, needed: Level, first: bool = True) -> Math:
    """In brackets where it holds together less tightly than needed; and a negative number that does not stand first."""
    if level(m) < needed or (not first and _begins_with_minus(m)):
        return brackets(m)
    return m


def _begins_with_minus(m: Math) -> bool:
    while isinstance(m, tree.Row) and m.parts:
        m = m.parts[0]
    return isinstance(m, tree.Atom) and m.text.startswith("−")


def _ends_in_number(m: Math) -> bool:
    if isinstance(m, tree.Row) and m.parts:
        return _ends_in_number(m.parts[-1])
    return is_number(m) or isinstance(m, tree.Fenced)


def _is_number_like(m: Math) -> bool:
    if isinstance(m, tree.Fenced):
        return _is_number_like(m.inner)
    if isinstance(m, tree.Row) and m.parts:
        return any(_is_number_like(part) for part in m.parts)
    return is_number(m)
