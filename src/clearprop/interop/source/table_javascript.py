"""A model of a table as one module of JavaScript: what becomes of each column, the network, and what it answers."""

from __future__ import annotations

import re
from importlib.resources import files
from typing import Any

from clearprop.interop.source.content import Content
from clearprop.interop.source.javascript_file import comment, literal, network_parts
from clearprop.interop.source.table_description import Described, described, number_answered
from clearprop.table.encoder import TableEncoder
from clearprop.table.number_target import NumberTarget
from clearprop.table.target import Target
from clearprop.table.values import FALSE, TRUE


def table_javascript(encoder: TableEncoder, target: Target, content: Content) -> str:
    """The file's text.

    Raises:
        InvalidValueError: for a column whose values cannot be read in JavaScript, by its name.
    """
    told = described(encoder, "JavaScript")
    runtime = files(__package__).joinpath("table.js").read_text(encoding="utf-8").strip()
    answer, data = _answer(target)
    taken = re.findall(r"^(?:const|function|export function|export const) (\w+)", f"{runtime}\n{answer}", re.MULTILINE)
    network = network_parts(content, [*taken, "columns", "classes", "cuts", "target", "words"])
    words = {"yes": sorted(TRUE), "no": sorted(FALSE)}
    parts = [
        comment(content.say("source.javascript_table_title")),
        comment(content.say("source.javascript_columns")),
        f"const words = {literal(words)};",
        "const columns = [\n" + "\n".join(f"    {_entry(each)}," for each in told) + "\n];",
        *data,
        runtime,
        *network,
        answer,
    ]
    return "\n\n".join(parts) + "\n"


def _entry(told: Described) -> str:
    """A column's entry: what its function in table.js needs to know."""
    return "{" + ", ".join(f"{key}: {_written(value)}" for key, value in told.items()) + "}"


def _written(value: Any) -> str:
    """Plain data; what is looked up becomes a Map."""
    if isinstance(value, dict):
        return f"new Map({literal([[key, place] for key, place in value.items()])})"
    if isinstance(value, list) and any(isinstance(one, dict) for one in value):
        return f"[{', '.join(map(_written, value))}]"
    return literal(value)


def _answer(target: Target) -> tuple[str, list[str]]:
    """The functions that a caller calls, and the data that they need."""
    if isinstance(target, NumberTarget):
        return _FEATURES + _NUMBER, [f"const target = {literal(number_answered(target))};"]
    cuts = None if target.decision is None else target.decision.cuts
    classes = [str(label) if _is_long(label) else label for label in target.classes]
    return _FEATURES + _CLASS, [f"export const classes = {literal(classes)};\nconst cuts = {literal(cuts)};"]


def _is_long(label: Any) -> bool:
    """Whether a label is a whole number that JavaScript would make another one of: it is text there."""
    return isinstance(label, int) and abs(label) >= 2**53


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
// The number of a row; of a date, days since 1970-01-01.
export function value(row) {
    let found = predictRow(features(row))[0] * target.std + target.mean;
    if (target.unit !== null && target.most !== null) {
        found = target.unit * (Math.exp(Math.min(Math.max(found, 0), target.most)) * target.smear - 1);
    } else if (target.unit !== null) found = Math.sign(found) * target.unit * Math.expm1(Math.abs(found));
    if (target.lowest !== null) found = Math.max(found, target.lowest);
    return target.lowest !== null && target.highest !== null ? Math.min(found, target.highest) : found;
}

// The number, or the date, of a row.
export function predict(row) {
    const found = value(row);
    if (!target.dates) return found;
    const days = Math.min(Math.max(found, -700000), 2900000);
    const seconds = target.daily ? Math.round(days) * 86400 : Math.floor(days * 86400);
    const text = new Date(seconds * 1000).toISOString();
    return text.slice(0, target.daily ? 10 : 19);
}"""
