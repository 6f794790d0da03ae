"""State that a plan carries from run to run: weight matrices in both orders, and W′ in the place of W."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from clearprop.plan.cost import PerBatch, size_in_bytes
from clearprop.plan.operand import CONSTANT, FULL, operand_of, same_array
from clearprop.plan.phases import readers_of
from clearprop.plan.plan import Plan, Step, Value


def with_twins(plan: Plan) -> Plan:
    """Give a product by a transposed matrix the transpose itself, its twin.

    A weight matrix that the plan updates is kept in both orders; any other is transposed by a step of its own.
    """
    stored = {plan.inputs[name] for name in plan.stored.values()}
    values = list(plan.values)
    steps: list[Step] = []
    twins: dict[int, int] = {}
    for step in plan.steps:
        if step.kernel != "matmul" or not step.attrs.get("transpose_b"):
            steps.append(step)
            continue
        a, b = step.inputs
        if values[a].type.rank == 1:  # a vector from the left is one from the right of the matrix as it stands
            steps.append(replace(step, inputs=(b, a), attrs={}))
            continue
        if values[b].type.rank == 2 and b not in twins:
            twins[b] = len(values)
            values.append(_twin(b, values[b], "copy" if b in stored else "slot"))
            if b not in stored:
                steps.append(_moving("transpose", b, twins[b], values))
        attrs = {key: flag for key, flag in step.attrs.items() if key != "transpose_b"}
        steps.append(replace(step, inputs=(a, twins.get(b, b)), attrs=attrs))
    return replace(plan, values=tuple(values), steps=tuple(steps))


def _twin(v: int, value: Value, place: str) -> Value:
    type = value.type.with_shape(value.type.shape[::-1])
    return Value(f"{value.label}ᵀ", type, place, source=v, name=value.name)


def _moving(kernel: str, start: int, goal: int, values: Sequence[Value]) -> Step:
    """A step that only moves numbers: "copy" or "transpose"."""
    size = size_in_bytes(values[start].type)
    return Step(kernel, (start,), goal, {}, PerBatch(), size + size)


def with_new_state(plan: Plan) -> Plan:
    """Let W′ overwrite W where nothing reads W later; otherwise add a step at the end that copies it there.

    The twin of W is written by the product that makes W′, block by block; or by a step at the end, too.

    Args:
        plan: fused, with twins and in phases.
    """
    readers = readers_of(plan)
    new_of = {
        plan.inputs[name]: same_array(plan.outputs[output], plan.values, plan.views)
        for output, name in plan.stored.items()
    }
    replaced = {old: new for old, new in new_of.items() if old != new}
    values, steps, last = list(plan.values), list(plan.steps), []
    for old, new in replaced.items():
        if values[new].place == "slot" and _may_overwrite(plan, readers, old, new):
            values[new] = replace(values[new], place="state", source=old)
        else:
            last.append(_moving("copy", new, old, values))
    for twin, value in enumerate(plan.values):
        if value.place != "copy" or value.source not in replaced:
            continue
        new = replaced[value.source]
        writer = next((i for i, step in enumerate(plan.steps) if _may_write_twin(plan, readers, step, new, twin)), None)
        if writer is None:
            last.append(_moving("transpose", new, twin, values))
        else:
            steps[writer] = replace(steps[writer], twin=twin)
    end = 1 + max((step.phase for step in steps), default=0)
    steps += [replace(step, domain="tiles", phase=end) for step in last]
    return replace(plan, steps=tuple(steps), values=tuple(values))


def _may_overwrite(plan: Plan, readers: Mapping[int, list[int]], old: int, new: int) -> bool:
    """Whether the step that makes new state may write it where the old is."""
    writer = next((i for i, step in enumerate(plan.steps) if new in step.made), None)
    if writer is None or plan.values[old].place != "input":
        return False
    step = plan.steps[writer]
    if any(i != writer and plan.steps[i].phase >= step.phase for i in readers.get(old, [])):
        return False
    return may_write_over(plan, step, old, new)


def _may_write_twin(plan: Plan, readers: Mapping[int, list[int]], step: Step, new: int, twin: int) -> bool:
    """Whether a step makes new state as the last of a product's chain, when nobody reads the old twin any more."""
    makes_it = bool(step.epilogue) and bool(step.attrs.get("transpose_a")) and step.epilogue[-1].output == new
    return makes_it and all(plan.steps[i].phase < step.phase for i in readers.get(twin, []))


def may_write_over(plan: Plan, step: Step, old: int, new: int) -> bool:
    """Whether a step may write a value where another one is that it reads.

    It goes through both element by element: so no part of it may read the old one after the part that makes the new
    one, none may read it spread, and its head, which reads anywhere, may not read it at all.
    """
    if old in (same_array(v, plan.values, plan.views) for v in step.inputs):
        return False
    if new == step.output and step.kernel != "chain":
        return False
    made = False
    for part in step.epilogue:
        for v in part.inputs:
            operand = operand_of(v, plan.values, plan.views)
            if operand is None or operand.mode == CONSTANT or operand.value != old:
                continue
            if made or operand.mode != FULL:
                return False
        made = made or part.output == new
    return True
