"""What exported models of tables answer, preprocessing included: rows in, as a user of each language has them."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clearprop.app.exported import COMPILERS, FORMATS, OFF, found_program, run
from clearprop.app.rows_in_c import main_of, rows_in_c
from clearprop.errors import InvalidValueError, listed, plural
from clearprop.estimators import MultiTargetModel, TableModel
from clearprop.graph import DTYPES
from clearprop.interop.onnx.table import OUTPUTS
from clearprop.table.date_text import COUNTED
from clearprop.table.dates import DateColumn
from clearprop.table.encoder import TableEncoder, as_frame
from clearprop.table.target import ClassTarget
from clearprop.table.values import as_values, each_value, is_number
from clearprop.visible import shown_name

Array = NDArray[Any]


@dataclass(frozen=True)
class Answered:
    """What a model answers to rows.

    Attributes:
        features: what the network reads (N, n); None where a format does not show them.
        numbers: probabilities (N, k), or values (N, 1), of dates in days since 1970-01-01.
        labels: as text; none of numbers.
    """

    features: Array | None
    numbers: Array
    labels: list[str]

    @classmethod
    def by(cls, model: TableModel, frame: Any) -> Answered:
        """By the model itself."""
        X = model.encoder.transform(frame, DTYPES[model.predictor.dtype])
        a, target = model.predictor.predict(X), model.target
        if not isinstance(target, ClassTarget):
            return cls(X, target.predictions(a[:, 0])[:, None], [])
        p = a if a.shape[1] > 1 else np.concatenate([1 - a, a], axis=1)
        return cls(X, p, list(map(str, target.decode(target.decide(p)))))


@dataclass(frozen=True)
class TableFormat:
    """What a model of a table can be exported to; the attributes are as of `Format`."""

    ending: str
    needs: str
    written: Callable[[TableModel, str], bytes]
    answers: Callable[[bytes, TableModel, Any], Answered]
    lacking: Callable[[], str] = lambda: ""


@dataclass(frozen=True)
class ComparedTable:
    """How far the answers of an exported model are from the model's own.

    Attributes:
        rows: that were compared; 0 for none.
        of: where they are from, in words.
        difference, scale: the largest difference of a probability or a value, and the largest of these.
        labels: rows whose label is another one; None of numbers.
        features: the share of the features that are the same to the bit; None where they are not shown.
        why: nothing was compared.
    """

    rows: int
    of: str = ""
    difference: float = 0.0
    scale: float = 0.0
    labels: int | None = None
    features: float | None = None
    why: str = ""

    def to_dict(self) -> dict[str, Any]:
        """As plain data."""
        if not self.rows:
            return {"rows": 0, "not_compared": self.why}
        told = {"rows": self.rows, "rows_of": self.of, "largest_difference": self.difference}
        told |= {"largest_answer": self.scale, "labels_different": self.labels, "features_same": self.features}
        return {name: value for name, value in told.items() if value is not None}

    def __str__(self) -> str:
        if not self.rows:
            return f"Not compared with the model: {self.why}."
        what = "value" if self.labels is None else "probability"
        said = f"Compared with the model on {plural(self.rows, 'row')}, {self.of}: largest difference of a {what} "
        said += f"{self.difference:.2g}, where the largest is {self.scale:.3g}"
        said += "" if self.labels is None else f"; {plural(self.labels, 'label')} different"
        return said + ("." if self.features is None else f"; {self.features:.2%} of the features the same to the bit.")


@dataclass(frozen=True)
class ComparedTargets:
    """The same of a model of several targets.

    Attributes:
        each: target → how far its answers are off.
    """

    each: dict[str, ComparedTable]

    def to_dict(self) -> dict[str, Any]:
        """As plain data."""
        rows = next(iter(self.each.values())).rows
        return {"rows": rows, "targets": {name: found.to_dict() for name, found in self.each.items()}}

    def __str__(self) -> str:
        return "\n".join(f"{shown_name(name)}: {found}" for name, found in self.each.items())


def compared_tables(form: TableFormat, content: bytes, model: TableModel, frame: Any, of: str) -> ComparedTable:
    """Let a file answer rows that the model answers, too.

    Raises:
        ClearpropError: if the file does not run, or answers something else.
    """
    if why := form.lacking():
        return ComparedTable(0, why=why)
    return _compared(model, frame, form.answers(content, model, frame), of)


def compared_targets(content: bytes, model: MultiTargetModel, frame: Any, of: str) -> ComparedTable | ComparedTargets:
    """The same of a file of ONNX that answers every target of a model of several."""
    if why := TABLE_FORMATS["onnx"].lacking():
        return ComparedTable(0, why=why)
    theirs = _answers_of_each_in_onnx(content, model, frame)
    if theirs.keys() != model.models.keys():
        raise InvalidValueError(f"the exported model answers {listed(theirs)}", listed(model.names))
    each = {name: _compared(one, frame, theirs[name], of, name) for name, one in model.models.items()}
    return ComparedTargets(each)


def _compared(model: TableModel, frame: Any, theirs: Answered, of: str, target: str = "") -> ComparedTable:
    """How far answers are from those of the model; of several targets errors name the target."""
    ours, named = Answered.by(model, frame), f" in {shown_name(target)}" if target else ""
    if ours.numbers.shape != theirs.numbers.shape or len(ours.labels) != len(theirs.labels):
        raise InvalidValueError(f"the exported model answers {theirs.numbers.shape}{named}", f"{ours.numbers.shape}")
    difference = float(np.abs(ours.numbers - theirs.numbers).max(initial=0))
    scale = max(float(np.abs(ours.numbers).max(initial=0)), getattr(model.target, "std", 0.0))
    others = np.array([a != b for a, b in zip(ours.labels, theirs.labels, strict=True)], bool)
    same = None if theirs.features is None else float(np.mean(ours.features == theirs.features))
    labels = int(others.sum()) if ours.labels else None
    found = ComparedTable(len(ours.numbers), of, difference, scale, labels, same)
    allowed = OFF[model.predictor.dtype] * max(1.0, scale)
    if not difference <= allowed or (others.any() and (_margins(model, ours)[others] > 4 * allowed).any()):
        raise InvalidValueError(
            f"the exported model is not the model{named}: {found}",
            "a difference that rounding explains",
            "no file was written",
        )
    return found


def _margins(model: TableModel, answered: Answered) -> Array:
    """How far apart the two best scores of each row are, by which labels are chosen."""
    decision = model.target.decision if isinstance(model.target, ClassTarget) else None
    scores = np.sort(answered.numbers if decision is None else answered.numbers / np.array(decision.cuts))
    return np.asarray(scores[:, -1] - scores[:, -2])


# --- rows as text: Python and JavaScript


def rows_as_json(encoder: TableEncoder, frame: Any) -> list[dict[str, Any]]:
    """Rows as JSON has them: dates as text of ISO 8601, or as they are counted; whole numbers from 10¹⁵ on as text."""
    table = as_frame(frame)
    columns: dict[str, list[Any]] = {}
    for column in encoder.columns:
        series = table[column.name]
        if isinstance(column, DateColumn) and not (column.form in COUNTED and is_number(series)):
            us = column.microseconds(encoder.cleaned(series))
            columns[column.name] = [None if np.isnan(t) else str(np.datetime64(int(t), "us")) for t in us]
        else:
            columns[column.name] = each_value(series, _as_json) if len(series) else as_values(series)
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _as_json(value: Any) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return value if np.isfinite(value) else None if np.isnan(value) else str(value)
    is_plain = value is None or isinstance(value, bool | str) or (isinstance(value, int) and abs(value) < 10**15)
    return value if is_plain else str(value)


_ASK_PYTHON = """
import json, sys
import model
rows = json.load(sys.stdin)
numbers = model.probabilities(rows) if hasattr(model, "probabilities") else model.values(rows)[:, None]
labels = list(map(str, model.predict(rows))) if hasattr(model, "probabilities") else []
print(json.dumps([model.features(rows).tolist(), numbers.tolist(), labels]))
"""
_ASK_NODE = """
import { readFileSync } from "node:fs";
import * as model from "./model.mjs";
const rows = JSON.parse(readFileSync(0, "utf8"));
const numbers = rows.map((row) => (model.probabilities ? model.probabilities(row) : [model.value(row)]));
const labels = model.probabilities ? rows.map((row) => model.predict(row)) : [];
process.stdout.write(JSON.stringify([rows.map(model.features), numbers, labels]));
"""


def _asked(content: bytes, model: TableModel, frame: Any, files: dict[str, str], command: list[str]) -> Answered:
    with tempfile.TemporaryDirectory(prefix="clearprop-") as name:
        folder = Path(name)
        for file, text in files.items():
            (folder / file).write_bytes(text.encode() or content)
        given = json.dumps(rows_as_json(model.encoder, frame)).encode()
        X, numbers, labels = json.loads(run(command, folder, given))
    features = np.array(X, DTYPES[model.predictor.dtype]).reshape(len(X), -1)
    return Answered(features, np.array(numbers, float), [_label(label) for label in labels])


def _label(label: Any) -> str:
    return label if isinstance(label, str) else str(label)


def answers_of_python(content: bytes, model: TableModel, frame: Any) -> Answered:
    """What the file answers as a module."""
    return _asked(content, model, frame, {"model.py": ""}, [sys.executable, "-c", _ASK_PYTHON])


def answers_of_javascript(content: bytes, model: TableModel, frame: Any) -> Answered:
    """What Node answers."""
    files = {"model.mjs": "", "ask.mjs": _ASK_NODE}
    return _asked(content, model, frame, files, [found_program(("node",)), "ask.mjs"])


# --- C and ONNX


def answers_of_c(content: bytes, model: TableModel, frame: Any, flags: tuple[str, ...] = ("-O2",)) -> Answered:
    """What a program answers that the file is compiled into."""
    is_class = isinstance(model.target, ClassTarget)
    n, real = len(model.encoder.feature_names), DTYPES[model.predictor.dtype]
    k = len(model.target.classes) if isinstance(model.target, ClassTarget) else 1
    with tempfile.TemporaryDirectory(prefix="clearprop-") as name:
        folder = Path(name)
        main = main_of(model.encoder, "float" if real == "float32" else "double", is_class)
        (folder / "model.c").write_bytes(content + main.encode())
        run([found_program(COMPILERS), "-std=c99", *flags, "model.c", "-o", "model", "-lm"], folder)
        printed = run([str(folder / "model")], folder, rows_in_c(model.encoder, frame))
    ends = [("p", real, (k,)), ("label", "int32")] if is_class else [("p", "float64", (1,))]
    found = np.frombuffer(printed, np.dtype([("x", real, (n,)), *ends]))
    labels = [str(model.target.classes[i]) for i in found["label"]] if isinstance(model.target, ClassTarget) else []
    return Answered(found["x"].reshape(-1, n), found["p"].reshape(-1, k), labels)


def answers_of_onnx(content: bytes, model: TableModel, frame: Any) -> Answered:
    """What ONNX Runtime answers."""
    return _answers_of_each_in_onnx(content, model, frame)[model.target.name]


def _answers_of_each_in_onnx(content: bytes, model: TableModel | MultiTargetModel, frame: Any) -> dict[str, Answered]:
    """Target → what ONNX Runtime answers; which output is whose stands in the metadata."""
    import onnxruntime

    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    told = json.loads(session.get_modelmeta().custom_metadata_map[OUTPUTS])
    found: dict[str, list[Array]] = {}
    for name, values in zip(told, session.run(list(told), model.onnx_inputs(frame)), strict=True):
        found.setdefault(told[name]["target"], []).append(values)
    return {target: _in_onnx(*values) for target, values in found.items()}


def _in_onnx(first: Array, *labels: Array) -> Answered:
    """Probabilities and labels, or the numbers alone."""
    if not labels:
        return Answered(None, np.asarray(first, float).reshape(-1, 1), [])
    return Answered(None, first, [str(label) for label in labels[0].tolist()])


# How each is written, and what the file answers.
_HOW: dict[str, tuple[Callable[[TableModel, str], bytes], Callable[[bytes, TableModel, Any], Answered]]] = {
    "onnx": (lambda model, lang: bytes(model.to_onnx().SerializeToString()), answers_of_onnx),
    "c": (lambda model, lang: model.to_c(lang=lang).encode(), answers_of_c),
    "javascript": (lambda model, lang: model.to_javascript(lang=lang).encode(), answers_of_javascript),
    "numpy": (lambda model, lang: model.to_numpy_source(lang=lang).encode(), answers_of_python),
    "torch": (lambda model, lang: model.to_torch_source(lang=lang).encode(), answers_of_python),
}
TABLE_FORMATS = {
    name: TableFormat(FORMATS[name].ending, FORMATS[name].needs, *how, FORMATS[name].lacking)
    for name, how in _HOW.items()
}
