"""The columns of a table in an ONNX model: which inputs each has, what these are given, and what becomes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from clearprop import graph as g
from clearprop.arrays import Array
from clearprop.errors import InvalidValueError
from clearprop.graph import N, variable
from clearprop.interop.onnx.calendar import A_DAY, GONE, date_features, whole_microseconds
from clearprop.interop.onnx.formula import written_formula
from clearprop.interop.onnx.writing import KINDS, OnnxGraph
from clearprop.table.categories import BooleanColumn, CategoryColumn
from clearprop.table.codes import CodedColumn
from clearprop.table.columns import Column
from clearprop.table.dates import DateColumn
from clearprop.table.encoder import TableEncoder
from clearprop.table.lookup import MISSING
from clearprop.table.numbers import NumberColumn
from clearprop.table.several import SeveralColumn
from clearprop.table.values import Series, each_place, each_value

_NUMBERS, _TEXT = "numbers, NaN where missing", 'text, "" where missing'
_DATES = "microseconds since 1970-01-01 00:00, -2**63 where missing"
_CLOCK = "microseconds since midnight, -2**63 where missing"
_NAMELESS = "column"


class Input(NamedTuple):
    """An input of the model, (N, 1)."""

    name: str
    kind: str  # dtype: "f64", "i64" or "str"
    holds: str  # in words, for the metadata


def inputs_of(encoder: TableEncoder) -> list[tuple[Column, list[Input]]]:
    """Each column and its inputs: one of its own name, or two or three for texts in which as many things stand.

    Raises:
        InvalidValueError: for a column whose name or level ONNX cannot write, by its name.
    """
    taken = {column.name for column in encoder.columns} - {""}

    def free(name: str) -> str:
        found, k = name, 1
        while found in taken:
            k += 1
            found = f"{name} {k}"
        taken.add(found)
        return found

    return [(column, _inputs(column, free)) for column in encoder.columns]


def _inputs(column: Column, free: Callable[[str], str]) -> list[Input]:
    name = column.name or free(_NAMELESS)
    require_text(f"the name of the column {name!r}", [name])
    if isinstance(column, DateColumn):
        return [Input(name, "i64", _CLOCK if _is_of_day(column) else _DATES)]
    if isinstance(column, SeveralColumn):
        return [Input(free(part.name), "f64", _NUMBERS) for part in column.parts]
    if isinstance(column, NumberColumn):
        units = column.text.flagged if column.text is not None else ()
        unit = [Input(free(f"{name} unit"), "str", f'the unit: {", ".join(units)}, or ""')] if units else []
        return [Input(name, "f64", _NUMBERS), *unit]
    require_text(f"a level of the column {name!r}", column.find.levels)
    return [Input(name, "str", _TEXT) if _as_text(column) else Input(name, "f64", _NUMBERS)]


def require_text(what: str, texts: Sequence[str]) -> None:
    """Refuse text that is none in Unicode: half of a character, as a faulty reader leaves it.

    Raises:
        InvalidValueError: by what it is.
    """
    for text in texts:
        try:
            text.encode()
        except UnicodeEncodeError:
            raise InvalidValueError(f"{what}, {text!r}, in ONNX", "text that UTF-8 can write") from None


def _is_of_day(column: DateColumn) -> bool:
    return list(column.parts) == ["hour"] and column.period is None


def _as_text(column: CategoryColumn | BooleanColumn) -> bool:
    """Whether a level comes as text; numbers do if float64 would make others of them, of 2⁵³ + 1 and its like.

    So do very many of them: ONNX looks up whole texts, but no float64.
    """
    if not column.holds_numbers or isinstance(column, CodedColumn):
        return True
    return not all("." in x or "e" in x.lower() or int(float(x)) == int(x) for x in column.find.levels)


# --- what the inputs are given


def values_of(encoder: TableEncoder, column: Column, series: Series) -> list[Array]:
    """What each input of a column is given for its values, (N, 1).

    Raises:
        TableError: for values that are not as in training.
    """
    return [np.asarray(values).reshape(-1, 1) for values in _values(column, encoder.cleaned(series))]


def _values(column: Column, series: Series) -> list[Array]:
    if isinstance(column, DateColumn):
        us = whole_microseconds(column.microseconds(series))
        return [np.where(us == GONE, us, us % A_DAY) if _is_of_day(column) else us]
    if isinstance(column, SeveralColumn):
        return [part.numbers(each) for part, each in zip(column.parts, column.split(series), strict=True)]
    if isinstance(column, NumberColumn):
        units = ("", *column.text.flagged) if column.text is not None else ("",)
        named = [np.array([units[k] for k in each_value(series, column.place_of_unit)], object)]
        return [column.numbers(series), *named[: len(units) - 1]]
    levels, places = list(column.find.levels), each_place(series, column.find)
    if _as_text(column):
        known = np.array([*levels, _other(levels), ""], object)
    else:
        known = np.array([*map(float, levels), np.inf, np.nan])
    return [known[np.where(places >= 0, places, len(levels) + (places == MISSING))]]


def _other(levels: Sequence[str]) -> str:
    """A text that is none of the levels."""
    text = "?"
    while text in levels:
        text += "?"
    return text


# --- what becomes of them


def features_of(into: OnnxGraph, column: Column, inputs: Sequence[str]) -> list[str]:
    """The features of a column, each (N, k) in float64."""
    x, *others = inputs
    if isinstance(column, DateColumn):
        return date_features(into, column, x)
    if isinstance(column, SeveralColumn):
        pairs = zip(column.parts, inputs, strict=True)
        return [feature for part, each in pairs for feature in _of_number(into, part, each)]
    if isinstance(column, NumberColumn):
        units = column.text.flagged if others and column.text is not None else ()
        return _of_number(into, column, x) + ([_is_text(into, others[0], units)] if units else [])
    if isinstance(column, BooleanColumn):
        return [_of_truth(into, column, x)]
    named = [level for level in column.levels if level is not None]
    if isinstance(column, CodedColumn):
        codes = {level: place + 1 for place, level in enumerate([*named, ""] if column.has_missing else named)}
        return [_coded(into, x, codes, 0)]
    if _as_text(column):
        there = [_is_text(into, x, [*named, ""] if column.has_missing else named)]
    else:
        there = [_is_number(into, x, named)] if named else []
        there += [into.node("Cast", into.node("IsNaN", x), to=KINDS["f64"])] if column.has_missing else []
    if column.pooled:
        some = into.node("ReduceSum", _side_by_side(into, there), into.constant(np.array([1])), keepdims=1)
        there.append(into.node("Sub", into.constant(np.float64(1)), some))
    if column.size == 1.0:
        return there
    return [into.node("Mul", each, into.constant(np.float64(column.size))) for each in there]


def _side_by_side(into: OnnxGraph, parts: Sequence[str]) -> str:
    return into.node("Concat", *parts, axis=1) if len(parts) > 1 else parts[0]


def _of_number(into: OnnxGraph, column: NumberColumn, x: str) -> list[str]:
    missing = into.node("IsNaN", x)
    filled = into.node("Where", missing, into.constant(np.float64(column.median)), x)
    v = variable("x", (N, 1))
    t = v if column.log_unit is None else g.sign(v) * g.log1p(g.abs(v) / column.log_unit)
    t = (t - column.center) / column.scale
    scaled = written_formula(into, [t / g.sqrt(1.0 + (t / column.bend) ** 2)], filled)
    return scaled + ([into.node("Cast", missing, to=KINDS["f64"])] if column.has_missing else [])


def _of_truth(into: OnnxGraph, column: BooleanColumn, x: str) -> str:
    """1 for true, −1 for false, else 0."""
    if _as_text(column):
        return _coded(into, x, {column.false: -1, column.true: 1}, 0)
    return into.node("Sub", _is_number(into, x, [column.true]), _is_number(into, x, [column.false]))


def _coded(into: OnnxGraph, x: str, codes: Mapping[str, int], other: int) -> str:
    """The code of a text, and `other` for one that has none."""
    return into.node("Cast", _code(into, x, codes, other), to=KINDS["f64"])


def _code(into: OnnxGraph, x: str, codes: Mapping[str, int], other: int) -> str:
    texts, places = [*codes], [*codes.values()]
    known: dict[str, Any] = {"keys_strings": texts, "values_int64s": places, "default_int64": other}
    return into.node("LabelEncoder", x, domain="ai.onnx.ml", **known)


def _is_text(into: OnnxGraph, x: str, texts: Sequence[str]) -> str:
    """1 where a value is one of the texts, else 0, (N, k): by its place among them, for which one look-up is enough."""
    place = _code(into, x, {text: place for place, text in enumerate(texts)}, -1)
    return into.node("Cast", into.node("Equal", place, into.constant(np.arange(len(texts))[None])), to=KINDS["f64"])


def _is_number(into: OnnxGraph, x: str, levels: Sequence[str]) -> str:
    """The same of levels that are numbers."""
    return into.node("Cast", into.node("Equal", x, into.constant(np.array([[*map(float, levels)]]))), to=KINDS["f64"])
