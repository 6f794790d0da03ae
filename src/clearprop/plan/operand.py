"""How a fused step reads a value: where it lies, or spread from a row, a column, a number, labels or random numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from clearprop.plan.plan import Step, Value

# How an operand is read, as the native machine counts it.
FULL, ROW, COLUMN, SCALAR, FILE, CONSTANT, ONE_HOT, UNIFORM = range(8)
WRITTEN_OUT = frozenset({ROW, COLUMN, ONE_HOT, UNIFORM})  # into scratch, before a chain can read them


@dataclass(frozen=True, slots=True)
class Operand:
    """What an elementwise step reads, and how.

    Attributes:
        mode: FULL is an array of the step's own shape; ROW, COLUMN and SCALAR are spread to it; FILE is a number known
            before the run begins, CONSTANT one known now; ONE_HOT is made of labels, UNIFORM of random numbers.
        value: index of the value that is read; for CONSTANT and UNIFORM of the operand itself.
        number: the constant; which stream of random numbers.
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


def operand_of(v: int, values: Sequence[Value], makers: Mapping[int, Step]) -> Operand | None:
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
        return Operand(CONSTANT, v, value.number)
    if value.place == "scalar":
        return Operand(FILE, v)
    if value.place != "view":
        return Operand(FULL, v)
    step = makers[v]
    if step.kernel == "one_hot":
        return Operand(ONE_HOT, in_memory(step.inputs[0], values, makers))
    if step.kernel == "uniform":
        return Operand(UNIFORM, v, float(step.attrs["stream"]))
    return _spread(step, values, makers)


def _spread(step: Step, values: Sequence[Value], makers: Mapping[int, Step]) -> Operand | None:
    """A broadcast: of a number, however often it was spread already, or of a vector that is in memory."""
    below = operand_of(step.inputs[0], values, makers)
    if below is None or below.mode in (FILE, CONSTANT, SCALAR):
        return below
    if below.mode != FULL:
        return None
    axes = step.attrs["axes"]
    if axes == ():
        return Operand(SCALAR, below.value)
    return Operand(ROW if axes == (1,) else COLUMN, below.value)


def in_memory(v: int, values: Sequence[Value], makers: Mapping[int, Step]) -> int:
    """The value whose memory is read where v is: v itself, or what a view of it looks at."""
    source = operand_of(v, values, makers)
    return v if source is None or source.mode == CONSTANT else source.value


def same_array(v: int, values: Sequence[Value], makers: Mapping[int, Step]) -> int:
    """The value in memory that v is element by element, under another name; v itself where that is not so."""
    operand = operand_of(v, values, makers)
    return operand.value if operand is not None and operand.mode == FULL else v
