"""Numbers encoded piece by piece, as a plan has them: columns that are taken, and a chain that cuts them off."""

from __future__ import annotations

from dataclasses import dataclass

from clearprop.plan.operand import CONSTANT, ROW, Operand, operand_of
from clearprop.plan.plan import Plan, Step

_CHAIN = ("subtract", "divide", "maximum", "minimum")
_ENDS = ((), ("subtract",), ("multiply",), ("multiply", "subtract"))
_USUAL = (("multiply", 1.0), ("subtract", 0.0))  # where an end is not there


@dataclass(frozen=True)
class Pieces:
    """min(max((x − t)/h, 0), 1)·scale − less of columns of x, with t and h for each.

    Attributes:
        x, t, h: values.
        index: the columns.
        scale, less: numbers.
    """

    x: int
    t: int
    h: int
    index: tuple[int, ...]
    scale: float
    less: float


def pieces(plan: Plan, step: Step) -> Pieces | None:
    """What a step encodes, if that is all it does."""
    chain = step.epilogue
    kernels = tuple("maximum" if part.kernel == "relu" else part.kernel for part in chain)
    if step.kernel != "take_columns" or kernels[:4] != _CHAIN or kernels[4:] not in _ENDS:
        return None
    if any(part.inputs[0] != before.output for before, part in zip((step, *chain), chain, strict=False)):
        return None
    t, h = (_other(plan, part) for part in chain[:2])
    floor, ceiling, *ends = (0.0 if part.kernel == "relu" else _number(plan, part) for part in chain[2:])
    if not (t and h and t.mode == h.mode == ROW and (floor, ceiling) == (0.0, 1.0)):
        return None
    scale, less = (dict(zip(kernels[4:], ends, strict=True)).get(name, usual) for name, usual in _USUAL)
    if scale is None or less is None:
        return None
    return Pieces(step.inputs[0], t.value, h.value, tuple(step.attrs["index"]), scale, less)


def _number(plan: Plan, part: Step) -> float | None:
    """The constant that an elementwise step reads second."""
    other = _other(plan, part)
    return other.number if other is not None and other.mode == CONSTANT else None


def _other(plan: Plan, part: Step) -> Operand | None:
    """The second thing that an elementwise step reads."""
    return operand_of(part.inputs[1], plan.values, plan.views)
