"""A model of a table as one module of JavaScript: what becomes of each column, the network, and what it answers."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from clearprop.errors import InvalidValueError
from clearprop.interop.source.content import Content
from clearprop.interop.source.javascript_file import comment, network_parts
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
from clearprop.table.target import Target
from clearprop.table.values import FALSE, TRUE


def table_javascript(encoder: TableEncoder, target: Target, content: Content) -> str:
    """The file's text.

    Raises:
        InvalidValueError: for a column whose values cannot be read in JavaScript, by its name.
    """
    told = [_described(column, encoder) for column in encoder.columns]
    runtime = files(__package__).joinpath("table.js").read_text(encoding="utf-8").strip()
    answer, data = _answer(target)
    taken = re.findall(r"^(?:const|function|export function|export const) (\w+)", f"{runtime}\n{answer}", re.MULTILINE)
    network = network_parts(content, [*taken, "columns", "classes", "cuts", "target", "words", "usualMarks"])
    words = {"yes": sorted(TRUE), "no": sorted(FALSE)}
    parts = [
        comment(content.say("source.javascript_table_title")),
        comment(content.say("source.javascript_columns")),
        f"const words = {_json(words)};\nconst usualMarks = {_json(encoder.missing)};",
        "const columns = [\n" + "\n".join(f"    {each}," for each in told) + "\n];",
        *data,
        runtime,
        *network,
        answer,
    ]
    return "\n\n".join(parts) + "\n"


def _json(value: Any) -> str:
    """Plain data as a literal, which may also stand within a page."""
    text = json.dumps(value, ensure_ascii=not _is_plain(value), allow_nan=False)
    return text.replace("</", "<\\/").replace("<!--", "<\\u0021--")


def _is_plain(value: Any) -> bool:
    """Whether all text in it can be written to a file; a lone half of a character cannot."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def _map(pairs: Mapping[Any, int]) -> str:
    return f"new Map({_json([[key, place] for key, place in pairs.items()])})"


def _described(column: Column, encoder: TableEncoder) -> str:
    """A column's entry: what its function in table.js needs to know."""
    marks = [*encoder.marks_of(column.name)]
    facts: dict[str, str] = {}
    told: dict[str, Any]
    match column:
        case NumberColumn(text=None):
            told = {"median": column.median, "center": column.center, "scale": column.scale, "bend": column.bend}
            told |= {"unit": column.log_unit, "gap": column.has_missing, "truth": column.name in encoder.truths}
        case CategoryColumn():
            told = {"length": len(column.levels), "own": len(column.levels) - column.has_missing}
            told |= {"missing": column.has_missing, "pooled": column.pooled, "size": column.size}
            told |= {"coded": isinstance(column, CodedColumn), "numbers": column.holds_numbers}
            facts = _lookup(column.find)
        case BooleanColumn():
            told, facts = {"numbers": column.holds_numbers}, _lookup(column.find)
        case DateColumn() if not is_clock(column.form):
            marks += column.marks
            told = {"parts": [[part, *scale] for part, scale in column.parts.items()], "gap": column.has_missing}
            told |= {"counted": COUNTED.get(column.form or ""), "digits": column.form == "%Y%m%d"}
        case _:
            raise InvalidValueError(
                f"the column {column.name!r} in JavaScript",
                "numbers, text, truth values, or dates with a year",
                "make numbers out of its text before training, or leave it out (ignore=)",
            )
    kind = "category" if isinstance(column, CategoryColumn) else column.kind
    told = {"kind": kind, "name": column.name, "marks": marks, "markedNumbers": numbers_among(marks), **told}
    return (
        "{"
        + ", ".join(f"{key}: {value}" for key, value in ({k: _json(v) for k, v in told.items()} | facts).items())
        + "}"
    )


def _lookup(find: Lookup) -> dict[str, str]:
    """Every way to write a level, and where it stands."""
    places = {level: place for place, level in enumerate(find.levels)}
    looser = ", ".join(_map(known) for _, known in find.looser)
    meant = [truth_of(level) for level in find.levels] if len(find.levels) == 2 else []
    return {
        "places": _map(places),
        "looser": f"[{looser}]",
        "truths": _json(meant if set(meant) == {True, False} else None),
    }


def _answer(target: Target) -> tuple[str, list[str]]:
    """The functions that a caller calls, and the data that they need."""
    if isinstance(target, NumberTarget):
        most = None if target.log_unit is None or target.highest is None else target.largest_log
        told = {"mean": target.mean, "std": target.std, "unit": target.log_unit, "smear": target.smear, "most": most}
        told |= {"lowest": target.lowest, "highest": target.highest, "dates": target.dates is not None}
        return _FEATURES + _NUMBER, [f"const target = {_json(told | {'wholeDays': target.whole_days})};"]
    cuts = None if target.decision is None else target.decision.cuts
    return _FEATURES + _CLASS, [f"export const classes = {_json(target.classes)};\nconst cuts = {_json(cuts)};"]


_FEATURES = """\
// The inputs of the network that a row becomes: {column: value}.
export function features(row) {
    const out = [];
    for (const column of columns) {
        if (!Object.hasOwn(row, column.name)) throw new TypeError(`no column ${JSON.stringify(column.name)}`);
        encoders[column.kind](column, row[column.name], out);
    }
    return out;
}

"""
_CLASS = """\
// The probability of each of the classes.
export function probabilities(row) {
    const a = predictRow(features(row));
    return a.length > 1 ? a : [1 - a[0], a[0]];
}

// The label of a row.
export function predict(row) {
    const p = probabilities(row).map((one, k) => (cuts === null ? one : one / cuts[k]));
    return classes[p.indexOf(Math.max(...p))];
}"""
_NUMBER = """\
// The number, or the date, of a row.
export function predict(row) {
    let value = predictRow(features(row))[0] * target.std + target.mean;
    if (target.unit !== null && target.most !== null) {
        value = target.unit * (Math.exp(Math.min(Math.max(value, 0), target.most)) * target.smear - 1);
    } else if (target.unit !== null) value = Math.sign(value) * target.unit * Math.expm1(Math.abs(value));
    if (target.lowest !== null) value = Math.max(value, target.lowest);
    if (target.highest !== null) value = Math.min(value, target.highest);
    if (!target.dates) return value;
    const days = Math.min(Math.max(value, -700000), 2900000);
    const seconds = target.wholeDays ? Math.round(days) * 86400 : Math.floor(days * 86400);
    const text = new Date(seconds * 1000).toISOString();
    return text.slice(0, target.wholeDays ? 10 : 19);
}"""
