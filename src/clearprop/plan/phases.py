"""Phases: which steps may run between two meetings of the threads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from clearprop.plan.operand import CONSTANT, operand_of
from clearprop.plan.plan import Plan, Step, Value

REDUCING = frozenset({"sum", "max"})


def domain_of(step: Step, values: tuple[Value, ...]) -> str:
    """How the work of a step is split over threads: by "rows" of the batch, by "tiles" of the result, or "single"."""
    made = values[step.output]
    if made.is_batch:
        return "rows"  # each row depends on its own rows only: types see to it that nothing mixes samples
    return "single" if made.type.shape == () else "tiles"


def reads(step: Step, plan: Plan) -> Iterator[int]:
    """Values in memory that a step reads, for itself or for its epilogue."""
    for part in (step, *step.epilogue):
        for v in part.inputs:
            source = operand_of(v, plan.values, plan.views)
            if source is not None and source.mode != CONSTANT:
                yield source.value


def readers_of(plan: Plan) -> dict[int, list[int]]:
    """Value → the numbers of the steps that read it, in order; a step does not read what it makes itself."""
    readers: dict[int, list[int]] = {}
    for i, step in enumerate(plan.steps):
        for v in set(reads(step, plan)) - set(step.made):
            readers.setdefault(v, []).append(i)
    return readers


def phased(plan: Plan) -> Plan:
    """Give every step its domain and the earliest phase it can run in, and sort the steps by phase.

    Between two steps that split by rows, and between two that run on one thread, no meeting is needed.

    Args:
        plan: fused.
    """
    # value → phase and domain of the step that makes it; the rows of a batch are gathered first
    born = {v: (0, "rows") for v in plan.inputs.values() if plan.values[v].is_batch}
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
        born |= dict.fromkeys(step.made, (phase, domain))
        steps.append(replace(step, domain=domain, phase=phase))
    return replace(plan, steps=tuple(sorted(steps, key=lambda s: s.phase if s.domain else -1)))
