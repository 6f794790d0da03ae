"""What becomes of the columns of a table, and of a network's outputs, as plain data that every language writes down."""

from __future__ import annotations

import re
from typing import Any

from clearprop.errors import InvalidValueError
from clearprop.table.categories import BooleanColumn, CategoryColumn
from clearprop.table.codes import CodedColumn
from clearprop.table.columns import Column
from clearprop.table.date_text import COUNTED, is_clock
from clearprop.table.dates import DateColumn
from clearprop.table.encoder import TableEncoder
from clearprop.table.lookup import Lookup, truth_of
from clearprop.table.marks import numbers_among
from clearprop.table.number_target import NumberTarget
from clearprop.table.numbers import NumberColumn

Described = dict[str, Any]
_NUMERIC = re.compile(r"(?!%Y%m%d)(%[YmdyHMS]|[-/. :T])+")  # forms of dates in figures alone


def described(encoder: TableEncoder, language: str) -> list[Described]:
    """Each column: its kind (number, category, boolean, date), its name, and what its kind needs.

    Raises:
        InvalidValueError: for a column whose values are not to be had outside of Python, by its name.
    """
    return [_described(column, encoder, language) for column in encoder.columns]


def _described(column: Column, encoder: TableEncoder, language: str) -> Described:
    marks = [*encoder.marks_of(column.name)]
    told: Described
    match column:
        case NumberColumn(text=None):
            told = {"median": column.median, "center": column.center, "scale": column.scale, "bend": column.bend}
            told |= {"unit": column.log_unit, "gap": column.has_missing, "truth": column.name in encoder.truths}
        case CategoryColumn():
            told = {"length": len(column.levels), "own": len(column.levels) - column.has_missing}
            told |= {"missing": column.has_missing, "pooled": column.pooled, "size": column.size}
            told |= {"coded": isinstance(column, CodedColumn), "numbers": column.holds_numbers}
            told |= _lookup(column.find)
        case BooleanColumn():
            told = {"numbers": column.holds_numbers, **_lookup(column.find)}
        case DateColumn() if not is_clock(column.form):
            marks += column.marks
            told = {"parts": [[part, *scale] for part, scale in column.parts.items()], "gap": column.has_missing}
            told |= {"counted": COUNTED.get(column.form or ""), "digits": column.form == "%Y%m%d"}
            told |= {"form": column.form if _NUMERIC.fullmatch(column.form or "") else None}
        case _:
            raise InvalidValueError(
                f"the column {column.name!r} in {language}",
                "numbers, text, truth values, or dates with a year",
                "make numbers out of its text before training, or leave it out (ignore=)",
            )
    kind = "category" if isinstance(column, CategoryColumn) else column.kind
    return {"kind": kind, "name": column.name, "marks": marks, "gone": numbers_among(marks), **told}


def _lookup(find: Lookup) -> Described:
    """Every way to write a level, and where it stands; −1 for what several levels could mean."""
    meant = [truth_of(level) for level in find.levels] if len(find.levels) == 2 else []
    return {
        "places": {level: place for place, level in enumerate(find.levels)},
        "looser": [known for _, known in find.looser],
        "truths": meant if set(meant) == {True, False} else None,
    }


def number_answered(target: NumberTarget) -> Described:
    """How the output of a network becomes a number, or the days since 1970 of a date."""
    most = None if target.log_unit is None or target.highest is None else target.largest_log
    told = {"mean": target.mean, "std": target.std, "unit": target.log_unit, "smear": target.smear, "most": most}
    dates = {"dates": target.dates is not None, "daily": target.whole_days}
    return {**told, "lowest": target.lowest, "highest": target.highest, **dates}
