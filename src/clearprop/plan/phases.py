"""Phases: which steps may run between two meetings of the threads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from clearprop.plan.fuse import is_batch
from clearprop.plan.operand import CONSTANT, source_of
from clearprop.plan.plan import Plan, Step, Value

REDUCING = frozenset({"sum", "max"})


def domain_of(step: Step, values: tuple[Value, ...]) -> str:
    """How the work of a step is split."""
    made = values[step.output]
    if is_batch(made):
        return "rows"  # each row depends on its own rows only: types see to it that nothing mixes samples
    return "single" if made.type.shape == () else "tiles"


def reads(step: Step, plan: Plan) -> Iterator[int]:
    """Values in memory that a step reads, for itself or for its epilogue."""
    for part in (step, *step.epilogue):
        for v in part.inputs:
            source = source_of(v, plan.values, plan.views)
            if source is not None and source.mode != CONSTANT:
                yield source.value


def phased(plan: Plan) -> Plan:
    """Give every step its domain and the earliest phase it can run in, and sort the steps by phase.

    Between two steps that split by rows, and between two that run on one thread, no meeting is needed.

    Args:
        plan: fused.
    """
    # value → phase and domain of the step that makes it; the rows of a batch are gathered first
    born = {v: (0, "rows") for v in plan.inputs.values() if is_batch(plan.values[v])}
    steps: list[Step] = []
    for step in plan.steps:
        if plan.values[step.output].place == "scalar":
            steps.append(step)
            continue
        domain, phase = domain_of(step, plan.values), 0
        for v in reads(step, plan):
            if v in born:
                made, how = born[v]
                phase = max(phase, made if how == domain != "tiles" else made + 1)
        for part in (step, *step.epilogue):
            born[part.output] = (phase, domain)
        steps.append(replace(step, domain=domain, phase=phase))
    return replace(plan, steps=tuple(sorted(steps, key=lambda s: s.phase if s.domain else -1)))
