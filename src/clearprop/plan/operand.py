"""How a fused step reads a value: where it lies, or spread from a row, a column, a number, labels or random numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from clearprop.plan.plan import Step, Value

FULL, ROW, COLUMN, SCALAR, FILE, CONSTANT, ONE_HOT, UNIFORM = range(8)
MODES = ("", "row ", "column ", "scalar ", "scalar ", "", "one-hot ", "random ")


@dataclass(frozen=True, slots=True)
class Source:
    """Where an operand comes from.

    Attributes:
        mode: one of the modes above.
        value: index of the value that is read; for CONSTANT the constant itself.
        number: the constant; the stream of random numbers.
    """

    mode: int
    value: int
    number: float = 0.0


def source_of(v: int, values: Sequence[Value], makers: Mapping[int, Step], spread: bool = True) -> Source | None:
    """Follow views from a value to what must be in memory; None if it takes a step of its own to get there.

    Args:
        v: the value.
        values: of the plan.
        makers: the step that makes each value.
        spread: whether rows, columns, labels and random numbers may be spread on the fly, as a chain can.
    """
    while values[v].place == "view" and makers[v].kernel in ("identity", "stop_gradient"):
        v = makers[v].inputs[0]
    value = values[v]
    if value.place == "constant":
        assert value.number is not None
        return Source(CONSTANT, v, value.number)
    if value.place == "scalar":
        return Source(FILE, v)
    if value.place != "view":
        return Source(FULL, v)
    step = makers[v]
    if not spread:
        return None
    if step.kernel == "one_hot":
        return Source(ONE_HOT, step.inputs[0])
    if step.kernel == "uniform":
        return Source(UNIFORM, v, float(step.attrs["stream"]))
    return _broadcast(step, values, makers)


def _broadcast(step: Step, values: Sequence[Value], makers: Mapping[int, Step]) -> Source | None:
    below = source_of(step.inputs[0], values, makers)
    if below is None or below.mode not in (FULL, FILE, CONSTANT):
        return None
    if below.mode != FULL:
        return below
    axes = step.attrs["axes"]
    if axes == ():
        return Source(SCALAR, below.value)
    rank = len(step.attrs["shape"])
    if rank != 2 or len(axes) != 1:
        return None if len(axes) != rank else below
    return Source(ROW if axes == (1,) else COLUMN, below.value)
