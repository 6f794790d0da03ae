"""A model of a table as an ONNX model: inputs for each column, what becomes of it, the network, and what it answers.

Numbers are float64 with NaN where they are missing, scaled in double; dates are whole numbers of microseconds; text is
text, "" where it is missing, and a level is known by its own spelling: `table_inputs` brings the values of a data frame
to that.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from clearprop.arrays import Array
from clearprop.files import StrPath, write_atomically
from clearprop.graph import N
from clearprop.interop.onnx.answers import Answers
from clearprop.interop.onnx.columns import features_of, inputs_of, require_text, values_of
from clearprop.interop.onnx.network import write_network
from clearprop.interop.onnx.writing import KINDS, OnnxGraph
from clearprop.nn import Architecture
from clearprop.table.encoder import TableEncoder, as_frame
from clearprop.table.target import ClassTarget, Target

COLUMNS, OUTPUTS = "clearprop.columns", "clearprop.outputs"  # keys of the metadata: what each input and output holds
_NOTE = "A model of a table: inputs and outputs are told of in `metadata_props`; rows are answered one by one."


def table_to_onnx(
    encoder: TableEncoder,
    targets: Sequence[Target],
    architecture: Architecture,
    parameters: Mapping[str, Array],
    dtype: str,
    path: StrPath | None = None,
    coverage: float | None = None,
) -> Any:
    """The onnx.ModelProto of a model of a table, written to a file if a path is given; see `TableModel.to_onnx`."""
    into, columns = OnnxGraph("table"), inputs_of(encoder)
    told = {each.name: each.holds for _, inputs in columns for each in inputs}
    for _, inputs in columns:  # first: their names are given
        for name, kind, _ in inputs:
            into.input(name, kind, (N, 1))
    features = [
        into.node("Cast", part, to=KINDS[dtype])
        for column, inputs in columns
        for part in features_of(into, column, [each.name for each in inputs])
    ]
    x = into.node("Concat", *features, axis=1, name=into.free("features"))
    a = write_network(into, architecture, parameters, dtype, x, _prefix(told))
    outputs = _answers(into, targets, a, dtype, coverage)
    model = into.model({COLUMNS: json.dumps(told), OUTPUTS: json.dumps(outputs)}, _NOTE)
    if path is not None:
        write_atomically(path, model.SerializeToString(deterministic=True))
    return model


def table_inputs(encoder: TableEncoder, frame: Any) -> dict[str, Array]:
    """What the ONNX model of a table is given for the rows of a data frame: name of an input → (N, 1).

    Missing values and their marks become NaN, "" or −2⁶³; numbers that are written as text are read, and dates brought
    to microseconds; other spellings of a level become its own. The model alone knows a level by its own spelling only.

    Raises:
        TableError: if a column is missing, or holds what it did not in training.
    """
    table = as_frame(frame)
    if any(column.name not in table.columns for column in encoder.columns):
        raise encoder.lacking(table.columns)
    return {
        each.name: values
        for column, inputs in inputs_of(encoder)
        for each, values in zip(inputs, values_of(encoder, column, table[column.name]), strict=True)
    }


def _prefix(taken: Collection[str]) -> str:
    """Of the network's names: one that no input begins with."""
    prefix = "network."
    while any(name.startswith(prefix) for name in taken):
        prefix = "_" + prefix
    return prefix


def _answers(
    into: OnnxGraph, targets: Sequence[Target], a: str, dtype: str, coverage: float | None
) -> dict[str, dict[str, Any]]:
    """Add the outputs of every target; what each holds."""
    told: dict[str, dict[str, Any]] = {}
    start = 0
    for target in targets:
        require_text("the name of a target", [target.name])
        width = len(target.classes) if isinstance(target, ClassTarget) and len(target.classes) > 2 else 1
        own = a
        if len(targets) > 1:
            own = into.node("Slice", a, *(into.constant(np.array([n])) for n in (start, start + width, 1)))
        answers = Answers(into, target, f"_{target.name}" if len(targets) > 1 else "", coverage)
        answers.write(own, dtype, width)
        told |= answers.told
        start += width
    return told
