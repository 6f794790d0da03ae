"""Sums of squares, such as a penalty's ΣW²: the squares never reach memory."""

from __future__ import annotations

from dataclasses import replace

from clearprop.plan.operand import FULL, operand_of, same_array
from clearprop.plan.phases import readers_of
from clearprop.plan.plan import Plan, Step


def with_sums_of_squares(plan: Plan) -> Plan:
    """Let sums along the rows of a matrix square what they add, where nobody else reads the squares.

    Args:
        plan: fused.
    """
    readers = readers_of(plan)
    kept = {same_array(v, plan.values, plan.views) for v in plan.outputs.values()}
    squares: dict[int, Step] = {}  # value → the step that makes it, for sums alone
    for step in plan.steps:
        reading = [plan.steps[i] for i in readers.get(step.output, [])]
        if _is_square(plan, step) and step.output not in kept and all(_adds_rows(plan, other) for other in reading):
            squares[step.output] = step
    steps = []
    for step in plan.steps:
        below = squares.get(same_array(step.inputs[0], plan.values, plan.views)) if _adds_rows(plan, step) else None
        if below is not None:
            attrs, flops = {**step.attrs, "squares": True}, step.flops + below.flops
            step = replace(step, inputs=below.epilogue[0].inputs, attrs=attrs, flops=flops)
        if step.output not in squares:
            steps.append(step)
    return replace(plan, steps=tuple(steps))


def _is_square(plan: Plan, step: Step) -> bool:
    """Whether a step makes the squares of an array, which lies in memory as it is, and no more."""
    if step.kernel != "chain" or len(step.epilogue) != 1:
        return False
    part = step.epilogue[0]
    read = operand_of(part.inputs[0], plan.values, plan.views)
    return part.kernel == "power" and part.attrs["exponent"] == 2 and read is not None and read.mode == FULL


def _adds_rows(plan: Plan, step: Step) -> bool:
    """Whether a step adds up the columns of a matrix, with nothing behind it that may read the matrix again."""
    return (
        step.kernel == "sum"
        and not step.epilogue
        and step.attrs["axis"] == 1
        and plan.values[step.inputs[0]].type.rank == 2
    )
