"""A model of a table as an ONNX model: one input for each column, what becomes of it, the network, and what it answers.

Numbers are float64 with NaN where they are missing, scaled in double; text is text, "" where it is missing, and a level
is known by its own spelling: `table_inputs` brings the values of a data frame to that.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from clearprop import graph as g
from clearprop.arrays import Array
from clearprop.errors import InvalidValueError
from clearprop.files import StrPath, write_atomically
from clearprop.graph import Graph, N, Node, variable
from clearprop.interop.onnx.network import write_network
from clearprop.interop.onnx.writer import write_graph
from clearprop.interop.onnx.writing import KINDS, OnnxGraph
from clearprop.nn import Architecture
from clearprop.table.categories import BooleanColumn, CategoryColumn
from clearprop.table.codes import CodedColumn
from clearprop.table.columns import Column
from clearprop.table.encoder import TableEncoder, as_frame
from clearprop.table.lookup import MISSING
from clearprop.table.number_target import NumberTarget
from clearprop.table.numbers import NumberColumn
from clearprop.table.target import ClassTarget, Target
from clearprop.table.values import as_numbers, each_place

COLUMNS = "clearprop.columns"  # the key of the metadata: what each input holds


def table_to_onnx(
    encoder: TableEncoder,
    target: Target,
    architecture: Architecture,
    parameters: Mapping[str, Array],
    dtype: str,
    path: StrPath | None = None,
) -> Any:
    """The onnx.ModelProto of a model of a table, written to a file if a path is given; see `TableModel.to_onnx`."""
    into, told = OnnxGraph("table"), {column.name: _kind(column) for column in encoder.columns}
    inputs = [into.input(name, kind, (N, 1)) for name, kind in told.items()]  # first: their names are given
    features = [
        into.node("Cast", part, to=KINDS[dtype])
        for column, x in zip(encoder.columns, inputs, strict=True)
        for part in _features(into, column, x)
    ]
    x = into.node("Concat", *features, axis=1)
    a = write_network(into, architecture, parameters, dtype, x, _prefix(told))
    _answer(into, target, a, dtype, architecture.n_outputs)
    model = into.model({COLUMNS: json.dumps({name: _WORDS[kind] for name, kind in told.items()})}, _NOTE)
    if path is not None:
        write_atomically(path, model.SerializeToString(deterministic=True))
    return model


def table_inputs(encoder: TableEncoder, frame: Any) -> dict[str, Array]:
    """What the ONNX model of a table is given for the rows of a data frame: name of a column → (N, 1).

    Missing values and their marks become NaN or ""; numbers that are written as text are read; other spellings of a
    level become its own. The model alone knows a level by its own spelling only.

    Raises:
        TableError: if a column is missing, or holds what it did not in training.
    """
    table = as_frame(frame)
    if any(column.name not in table.columns for column in encoder.columns):
        raise encoder.lacking(table.columns)
    return {column.name: _given(encoder, column, table[column.name]) for column in encoder.columns}


_WORDS = {"f64": "numbers, NaN where missing", "str": 'text, "" where missing'}
_NOTE = "A model of a table: an input for each column, as `metadata_props` tells; rows are answered one by one."


def _prefix(taken: Collection[str]) -> str:
    """Of the network's names: one that no input begins with."""
    prefix = "network."
    while any(name.startswith(prefix) for name in taken):
        prefix = "_" + prefix
    return prefix


def _kind(column: Column) -> str:
    """The dtype of a column's input.

    Raises:
        InvalidValueError: for a column that ONNX models cannot read yet, by its name.
    """
    if isinstance(column, NumberColumn) and (column.text is None or not column.text.flagged):
        return "f64"
    if isinstance(column, CategoryColumn | BooleanColumn):
        if column.holds_numbers and not _are_apart(column.find.levels):
            raise InvalidValueError(
                f"the column {column.name!r} in ONNX", "numbers that float64 can tell apart", "make text of it before"
            )
        return "f64" if column.holds_numbers else "str"
    raise InvalidValueError(
        f"the column {column.name!r} in ONNX", "numbers, text or truth values", "make numbers of it, or drop it"
    )


def _are_apart(levels: Sequence[str]) -> bool:
    """Whether levels that are numbers stay what they are as float64: of 2⁵³ + 1 and its like others would be made."""
    return all("." in level or "e" in level.lower() or int(float(level)) == int(level) for level in levels)


def _given(encoder: TableEncoder, column: Column, series: Any) -> Array:
    _kind(column)
    series = encoder.cleaned(series)
    if isinstance(column, NumberColumn):
        return as_numbers(series, column.text.parse if column.text else None).reshape(-1, 1)
    assert isinstance(column, CategoryColumn | BooleanColumn)
    levels, places = list(column.find.levels), each_place(series, column.find)
    if column.holds_numbers:
        values = np.array([*map(float, levels), np.inf, np.nan])
    else:
        values = np.array([*levels, _other(levels), ""], object)
    return values[np.where(places >= 0, places, len(levels) + (places == MISSING))].reshape(-1, 1)


# --- what becomes of a column


def _features(into: OnnxGraph, column: Column, x: str) -> list[str]:
    """The features of a column, each (N, k)."""
    if isinstance(column, NumberColumn):
        return _of_number(into, column, x)
    assert isinstance(column, CategoryColumn | BooleanColumn)
    if isinstance(column, BooleanColumn):
        false, true = (_is_level(into, column, x, level) for level in (column.false, column.true))
        return [into.node("Sub", true, false)]
    named = [level for level in column.levels if level is not None]
    there = [_is_level(into, column, x, named)] if named else []
    if isinstance(column, CodedColumn):
        numbers = into.constant(np.arange(1, len(named) + 1, dtype=np.float64).reshape(-1, 1))
        code = into.node("MatMul", there[0], numbers)
        if column.has_missing:
            gap = into.node("Mul", _is_missing(into, column, x), into.constant(np.float64(len(named) + 1)))
            code = into.node("Add", code, gap)
        return [code]
    if column.has_missing:
        there.append(_is_missing(into, column, x))
    if column.pooled:
        whole = into.node("Concat", *there, axis=1) if len(there) > 1 else there[0]
        some = into.node("ReduceSum", whole, into.constant(np.array([1])), keepdims=1)
        there.append(into.node("Sub", into.constant(np.float64(1)), some))
    return [into.node("Mul", each, into.constant(np.float64(column.size))) for each in there]


def _of_number(into: OnnxGraph, column: NumberColumn, x: str) -> list[str]:
    missing = into.node("IsNaN", x)
    filled = into.node("Where", missing, into.constant(np.float64(column.median)), x)
    v = variable("x", (N, 1))
    t = v if column.log_unit is None else g.sign(v) * g.log1p(g.abs(v) / column.log_unit)
    t = (t - column.center) / column.scale
    (scaled,) = _written(into, t / g.sqrt(1.0 + (t / column.bend) ** 2), filled)
    return [scaled, into.node("Cast", missing, to=KINDS["f64"])] if column.has_missing else [scaled]


def _written(into: OnnxGraph, node: Node, x: str) -> tuple[str, ...]:
    """The nodes of a formula of x."""
    return tuple(write_graph(into, Graph({into.fresh("scaled"): node}), {"x": x}, "", {}).values())


def _is_level(into: OnnxGraph, column: CategoryColumn | BooleanColumn, x: str, levels: Any) -> str:
    """1 where a value is a level, else 0, (N, k)."""
    names = [levels] if isinstance(levels, str) else levels
    values = np.array(list(map(float, names))) if column.holds_numbers else np.array(names, object)
    return into.node("Cast", into.node("Equal", x, into.constant(values.reshape(1, -1))), to=KINDS["f64"])


def _is_missing(into: OnnxGraph, column: CategoryColumn, x: str) -> str:
    found = (
        into.node("IsNaN", x)
        if column.holds_numbers
        else into.node("Equal", x, into.constant(np.array([[""]], object)))
    )
    return into.node("Cast", found, to=KINDS["f64"])


def _other(levels: list[str]) -> str:
    """A text that is none of the levels."""
    text = "?"
    while text in levels:
        text += "?"
    return text


# --- what is answered


def _answer(into: OnnxGraph, target: Target, a: str, dtype: str, n_outputs: int) -> None:
    if isinstance(target, NumberTarget):
        _number(into, target, a)
        return
    if n_outputs == 1:
        one = into.constant(np.array(1, np.float32 if dtype == "f32" else np.float64))
        a = into.node("Concat", into.node("Sub", one, a), a, axis=1)
    p = into.node("Identity", a, name=into.free("probabilities"))
    into.output(p, dtype, (N, len(target.classes)))
    if target.decision is not None:
        a = into.node("Cast", p, to=KINDS["f64"])
        a = into.node("Div", a, into.constant(np.array([target.decision.cuts])))
    label = into.node("Gather", into.constant(_labels(target)), into.node("ArgMax", a, axis=1, keepdims=0))
    label = into.node("Identity", label, name=into.free("label"))
    into.output(label, _LABELS.get(_labels(target).dtype.kind, "str"), (N,))


_LABELS = {"i": "i64", "b": "bool"}


def _labels(target: ClassTarget) -> Array:
    """The labels as whole numbers, as truth values, or else as text."""
    for kind in (int, bool):
        if all(type(label) is kind for label in target.classes):
            return np.array(target.classes, np.int64 if kind is int else bool)
    return np.array(list(map(str, target.classes)), object)


def _number(into: OnnxGraph, target: NumberTarget, a: str) -> None:
    v = variable("x", (N, 1))
    t = v * target.std + target.mean
    if target.log_unit is not None and target.highest is not None:
        y = (g.exp(g.clip(t, 0.0, target.largest_log)) * target.smear - 1.0) * target.log_unit
    elif target.log_unit is not None:
        y = g.sign(t) * target.log_unit * g.expm1(g.abs(t))
    else:
        y = t
    if target.lowest is not None:
        y = g.clip(y, target.lowest, np.inf if target.highest is None else target.highest)
    (found,) = _written(into, y, into.node("Cast", a, to=KINDS["f64"]))
    found = into.node("Round", found) if target.dates is not None and target.whole_days else found
    into.output(into.node("Identity", found, name=into.free("value")), "f64", (N, 1))
