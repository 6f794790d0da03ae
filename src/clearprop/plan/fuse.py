"""Fusion: elementwise steps join the step that makes what they read, and run on it while it is in cache.

A product, a sum over rows or another elementwise step may carry a chain of elementwise steps as its *epilogue*. What
only the chain reads never reaches memory. `join` says which steps belong together; here steps then move to where they
cost no memory, chains that are too long are cut, and each group becomes one step.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from clearprop.plan.cost import PerBatch, size_in_bytes
from clearprop.plan.groups import StepGroup
from clearprop.plan.join import JoinedPlan
from clearprop.plan.operand import CONSTANT, FILE, FULL, WRITTEN_OUT
from clearprop.plan.plan import Plan, Step


@dataclass(frozen=True)
class Limits:
    """What a chain may hold: operands and operations, and pieces of scratch at one time."""

    registers: int
    scratch: int


UNLIMITED = Limits(10**9, 10**9)


def fuse(plan: Plan, elementwise: Collection[str], limits: Limits = UNLIMITED) -> Plan:
    """Join elementwise steps to what they read.

    Args:
        plan: one step per node, nothing sharing memory (`build_plan(..., reuse=False)`).
        elementwise: kernels that may be part of a chain.
        limits: what a chain may hold.
    """
    joined = JoinedPlan(plan, frozenset(elementwise))
    for group in reversed(list(joined.groups)):
        _move_to_reader(joined, group)
    for group in joined.groups:
        _split(joined, group, limits)
    groups = joined.groups.in_order()
    in_memory = _in_memory(joined)
    for group in groups:
        for v in set(group.made) - in_memory:
            joined.values[v] = replace(joined.values[v], place="register")
    steps = [_as_step(joined, group) for group in groups]
    return replace(
        plan,
        steps=(*joined.scalars, *steps),
        values=tuple(joined.values),
        slots=(),
        outputs=joined.outputs,
        views={v: step for v, step in joined.makers.items() if joined.values[v].place == "view"},
    )


# --- steps that cost no memory elsewhere


def _move_to_reader(joined: JoinedPlan, group: StepGroup) -> None:
    """Move what only one later group reads to that group, if what it is made from is in memory anyway.

    1 − a², say, is read by the backward pass only: computed there it need not be kept.
    """
    for step in reversed(group.chain[:]):
        reader = _only_reader(joined, group, step)
        if reader is None or not joined.can_carry(reader, step):
            continue
        if reader.head and step.output in map(joined.root, reader.head.inputs):
            continue  # a head reads memory
        reads = [x for part in reader.chain for x in joined.operands(part)]
        if any(x.value == step.output and x.mode != FULL for x in reads):
            continue  # so does what spreads a value
        operands = joined.operands(step)
        if len({x.value for x in operands if joined.groups.maker(x.value) == group.number}) > 1:
            continue  # for one value that need not be kept, two would have to be
        joined.groups.move(step, group, reader, joined.needs(operands))
    if not group.steps:
        joined.groups.remove(group)


def _only_reader(joined: JoinedPlan, group: StepGroup, step: Step) -> StepGroup | None:
    """The one group, other than its own, that reads what a step makes; None if there are more, or it is an output."""
    v = step.output
    readers = [other for other in joined.groups if v in _read(joined, other)]
    if len(readers) != 1 or readers[0] is group or v in joined.outputs.values():
        return None
    return readers[0]


def _read(joined: JoinedPlan, group: StepGroup) -> set[int]:
    """The values in memory or register that the steps of a group read, those that they make themselves among them."""
    read = set(map(joined.root, group.head.inputs)) if group.head else set()
    return read | {x.value for step in group.chain for x in joined.operands(step) if x.mode != CONSTANT}


# --- chains that are too long


def _split(joined: JoinedPlan, group: StepGroup, limits: Limits) -> None:
    """Cut a chain that needs more than a chain may hold in two, until each part fits."""
    if len(group.chain) < 2 or _fits(joined, group.chain, limits):
        return
    rest = joined.groups.cut(group, joined.ordered(group.chain), len(group.chain) // 2)
    _split(joined, group, limits)
    _split(joined, rest, limits)


def _fits(joined: JoinedPlan, chain: list[Step], limits: Limits) -> bool:
    """Whether a chain keeps to the limits.

    A register holds an operand from outside, or a result. Scratch holds operands that have to be spread first, for the
    whole chain, and each result from the step that makes it to the last that reads it.
    """
    made = {step.output: k for k, step in enumerate(chain)}
    last_read = dict(made)
    outside = set()
    for k, step in enumerate(chain):
        for operand in joined.operands(step):
            if operand.mode == FULL and operand.value in made:
                last_read[operand.value] = k
            else:
                outside.add(operand)
    spread = sum(operand.mode in WRITTEN_OUT for operand in outside)
    alive = max(sum(made[v] <= now <= last_read[v] for v in made) for now in range(len(chain)))
    return len(outside) + len(chain) <= limits.registers and spread + alive <= limits.scratch


# --- the result


def _in_memory(joined: JoinedPlan) -> set[int]:
    """Values that must be in memory: outputs, what another group reads, and what a step without a chain makes."""
    needed = {joined.root(v) for v in joined.outputs.values()}
    for group in joined.groups:
        needed |= _read(joined, group) - set(group.made)
        if group.head and not group.chain:
            needed.add(group.head.output)
    return needed


def _as_step(joined: JoinedPlan, group: StepGroup) -> Step:
    """The step that a group becomes: its head with the chain as epilogue, or a chain."""
    head, chain = group.head, tuple(group.chain)
    if head and not chain:
        return head
    flops = sum((step.flops for step in group.steps), PerBatch())
    moved = _bytes_moved(joined, group)
    if head:
        return replace(head, flops=flops, bytes=moved, epilogue=chain)
    stored = [step.output for step in chain if joined.values[step.output].place != "register"]
    return Step("chain", (), stored[-1], {}, flops, moved, chain)


def _bytes_moved(joined: JoinedPlan, group: StepGroup) -> PerBatch:
    """Bytes read and written by a group as a whole."""
    made = set(group.made)
    touched = {x.value for step in group.chain for x in joined.operands(step) if x.mode not in (CONSTANT, FILE)} - made
    if group.head:
        touched |= set(map(joined.root, group.head.inputs))
    touched |= {v for v in made if joined.values[v].place == "slot"}
    return sum((size_in_bytes(joined.values[v].type) for v in touched), PerBatch())
