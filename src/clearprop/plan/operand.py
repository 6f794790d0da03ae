"""How a fused step reads a value: where it lies, or spread from a row, a column, a number, labels or random numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from clearprop.plan.plan import Step, Value

FULL, ROW, COLUMN, SCALAR, FILE, CONSTANT, ONE_HOT, UNIFORM = range(8)
WRITTEN_OUT = frozenset({ROW, COLUMN, ONE_HOT, UNIFORM})  # into scratch, before a chain can read them
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


def shares_memory(step: Step) -> bool:
    """Whether the value of a view is the same numbers in the same places as what it is made from, if not of its shape.

    So are a second name, a sum over the only column, and a broadcast that adds no axis.
    """
    if step.kernel == "broadcast":
        return len(step.attrs["axes"]) == len(step.attrs["shape"])
    return step.kernel in ("identity", "stop_gradient", "sum", "max")


def source_of(v: int, values: Sequence[Value], makers: Mapping[int, Step]) -> Source | None:
    """Follow views from a value to what must be in memory; None if something on the way has to be written out first.

    Args:
        v: the value.
        values: of the plan.
        makers: the step that makes each value.
    """
    while values[v].place == "view" and shares_memory(makers[v]):
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
    if step.kernel == "one_hot":
        return Source(ONE_HOT, in_memory(step.inputs[0], values, makers))
    if step.kernel == "uniform":
        return Source(UNIFORM, v, float(step.attrs["stream"]))
    return _spread(step, values, makers)


def _spread(step: Step, values: Sequence[Value], makers: Mapping[int, Step]) -> Source | None:
    """A broadcast: of a number, however often it was spread already, or of a vector that is in memory."""
    below = source_of(step.inputs[0], values, makers)
    if below is None or below.mode in (FILE, CONSTANT, SCALAR):
        return below
    if below.mode != FULL:
        return None
    axes = step.attrs["axes"]
    if axes == ():
        return Source(SCALAR, below.value)
    return Source(ROW if axes == (1,) else COLUMN, below.value)


def in_memory(v: int, values: Sequence[Value], makers: Mapping[int, Step]) -> int:
    """The value whose memory is read where v is: v itself, or what a view of it looks at."""
    source = source_of(v, values, makers)
    return v if source is None or source.mode == CONSTANT else source.value
