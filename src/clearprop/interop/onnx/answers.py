"""What an ONNX model of a table answers: labels and probabilities, or numbers, and how far off they may be."""

from __future__ import annotations

from typing import Any

import numpy as np

from clearprop import graph as g
from clearprop.arrays import Array
from clearprop.graph import N, Node, variable
from clearprop.interop.onnx.columns import require_text
from clearprop.interop.onnx.formula import written_formula
from clearprop.interop.onnx.writing import KINDS, OnnxGraph
from clearprop.table.conformal import Residuals, checked_coverage
from clearprop.table.number_target import NumberTarget
from clearprop.table.target import ClassTarget, Target

_LABELS = {"i": "i64", "b": "bool"}
_INT64 = np.iinfo(np.int64)


class Answers:
    """The outputs of one target, which are added to a model.

    Args:
        into: the model.
        target: what is answered.
        behind: of the outputs' names, where there are several targets.
        coverage: the share of rows whose truth is to be within intervals and sets; None leaves them out.

    Attributes:
        told: output → what it holds, in plain data, for the metadata.
    """

    def __init__(self, into: OnnxGraph, target: Target, behind: str, coverage: float | None) -> None:
        self._into, self._target, self._behind = into, target, behind
        self._coverage = None if coverage is None else checked_coverage(coverage)
        self.told: dict[str, dict[str, Any]] = {}

    def write(self, a: str, dtype: str, n_outputs: int) -> None:
        """Add the outputs that follow from those of the network, a (N, n_outputs).

        Raises:
            InvalidValueError: for intervals or sets of a model that has none, or labels that ONNX cannot write.
        """
        if isinstance(self._target, NumberTarget):
            self._numbers(self._target, self._into.node("Cast", a, to=KINDS["f64"]))
        else:
            self._classes(self._target, a, dtype, n_outputs)

    def _output(self, stem: str, value: str, kind: str, shape: tuple[Any, ...], holds: str, **facts: Any) -> str:
        name = self._into.node("Identity", value, name=self._into.free(stem + self._behind))
        self._into.output(name, kind, shape)
        self.told[name] = {"target": self._target.name, "holds": holds, **facts}
        return name

    def _classes(self, target: ClassTarget, a: str, dtype: str, n_outputs: int) -> None:
        into, k, labels = self._into, len(target.classes), _labels(target)
        require_text(f"a label of {target.name!r}", [str(label) for label in target.classes])
        if n_outputs == 1:
            one = into.constant(np.array(1, np.float32 if dtype == "f32" else np.float64))
            a = into.node("Concat", into.node("Sub", one, a), a, axis=1)
        p = self._output("probabilities", a, dtype, (N, k), "the probability of each class", classes=[*target.classes])
        if target.decision is not None:
            a = into.node("Cast", p, to=KINDS["f64"])
            a = into.node("Div", a, into.constant(np.array([target.decision.cuts])))
        label = into.node("Gather", into.constant(labels), into.node("ArgMax", a, axis=1, keepdims=0))
        self._output("label", label, _LABELS.get(labels.dtype.kind, "str"), (N,), "the label")
        if self._coverage is not None:
            target.possible(np.empty((0, k)), self._coverage)  # refuses what has no sets
            assert target.held_out is not None
            rest = into.node("Sub", into.constant(np.float64(1)), into.node("Cast", p, to=KINDS["f64"]))
            held = into.node("LessOrEqual", rest, into.constant(np.float64(target.held_out.quantile(self._coverage))))
            self._output("possible", held, "bool", (N, k), "the classes in the set", coverage=self._coverage)

    def _numbers(self, target: NumberTarget, a: str) -> None:
        holds = "numbers" if target.dates is None else "days since 1970-01-01"
        (value,) = written_formula(self._into, [_prediction(target, variable("x", (N, 1)))], a)
        whole = target.dates is not None and target.whole_days
        self._output("value", self._into.node("Round", value) if whole else value, "f64", (N, 1), holds)
        if self._coverage is not None:
            target.bounds(np.empty(0), self._coverage)  # refuses what has no intervals
            assert target.residuals is not None
            half = _half_widths(self._into, target.residuals, a, self._coverage)
            for stem, op in (("low", "Sub"), ("high", "Add")):
                end = _decoded(target, variable("x", (N, 1)))
                end = end if target.lowest is None else g.maximum(end, 0.0)
                (value,) = written_formula(self._into, [end], self._into.node(op, a, half))
                value = self._into.node("Round", value) if whole else value
                self._output(stem, value, "f64", (N, 1), f"{holds}, the {stem} end", coverage=self._coverage)


def _labels(target: ClassTarget) -> Array:
    """The labels as whole numbers, as truth values, or else as text."""
    if all(type(label) is int and _INT64.min <= label <= _INT64.max for label in target.classes):
        return np.array(target.classes, np.int64)
    if all(type(label) is bool for label in target.classes):
        return np.array(target.classes, bool)
    return np.array(list(map(str, target.classes)), object)


def _decoded(target: NumberTarget, v: Node) -> Node:
    """`NumberTarget.decode` of a value."""
    t = v * target.std + target.mean
    return t if target.log_unit is None else g.sign(t) * target.log_unit * g.expm1(g.abs(t))


def _prediction(target: NumberTarget, v: Node) -> Node:
    """`NumberTarget.predictions` of a value."""
    y = _decoded(target, v)
    if target.log_unit is not None and target.highest is not None:
        logs = g.clip(v * target.std + target.mean, 0.0, target.largest_log)
        y = (g.exp(logs) * target.smear - 1.0) * target.log_unit
    if target.lowest is None:
        return y
    return g.clip(y, target.lowest, np.inf if target.highest is None else target.highest)


def _half_widths(into: OnnxGraph, residuals: Residuals, a: str, coverage: float) -> str:
    """`Residuals.half_widths`: q·s(a), where s runs straight from one group's middle to the next."""
    q, x, s = residuals.scores.quantile(coverage), np.array(residuals.outputs), np.array(residuals.sizes)
    if len(x) == 1:
        return into.constant(np.array([[q * s[0]]]))
    within = into.node("Clip", a, into.constant(x[0]), into.constant(x[-1]))
    passed = into.node("GreaterOrEqual", within, into.constant(x[None, 1:-1]))
    place = into.node("ReduceSum", into.node("Cast", passed, to=KINDS["i64"]), into.constant(np.array([1])), keepdims=1)
    start, first, slope = (
        into.node("Gather", into.constant(v), place) for v in (x[:-1], s[:-1], np.diff(s) / np.diff(x))
    )
    risen = into.node("Mul", slope, into.node("Sub", within, start))
    return into.node("Mul", into.constant(np.float64(q)), into.node("Add", risen, first))
