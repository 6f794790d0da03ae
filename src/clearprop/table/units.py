"""The units of a column of numbers: what they multiply by, and whether they are units of one quantity."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from clearprop.table.pieces import GLUED, POWERS, Piece

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


def are_powers(pieces: Iterable[Piece]) -> bool:
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


def units_of(found: Sequence[tuple[Piece, str, int]]) -> list[str] | None:
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
    if factors_of(ranked):
        return sorted(ranked, key=lambda unit: unit in _BEFORE)  # AD before BC, though there are fewer
    a_unit = all(len(unit) > 1 or not unit.isascii() or not unit.isalpha() for unit in ranked)
    if bare and not a_unit and counts.total() < bare:
        return None  # house numbers, 12 and 12a
    if len(ranked) > 1 and (not a_unit or len(ranked) > _MOST_UNITS or counts[ranked[0]] < _MAIN_UNIT * counts.total()):
        return None
    if "th" in ranked:  # 1st, 2nd, 3rd are classes
        return ranked if len(ranked) == 1 and len(found) > _FEW_ORDINALS else None
    return ranked


def factors_of(units: Sequence[str]) -> tuple[float, ...]:
    """What one of each unit is in the first; nothing for one unit, or units of several families.

    Example:
        >>> factors_of(["GB", "TB"]), factors_of(["kmpl", "km/kg"])
        ((1.0, 1000.0), ())
    """
    if len(units) < 2:
        return ()
    small = [unit.lower() for unit in units]
    family = next((family for family in _FAMILIES if all(unit in family for unit in small)), None)
    return tuple(family[unit] / family[small[0]] for unit in small) if family else ()
