"""What must hold of every plan for threads: checked by reading it, step by step, not by running it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

from clearprop.plan import Plan, Step, operand_of
from clearprop.plan.operand import CONSTANT, FILE, FULL
from clearprop.plan.phases import reads

Home = tuple[str, Any]


def parts(step: Step) -> list[Step]:
    """A step and what runs on its result."""
    return [*([] if step.kernel == "chain" else [step]), *step.epilogue]


def home(plan: Plan, v: int) -> Home | None:
    """Where a value lies in memory; None for what is computed by every thread for itself."""
    value = plan.values[v]
    if value.place in ("slot", "register") and value.slot is not None:
        return "slot", value.slot
    if value.place == "state":
        return "input", value.source
    return ("input", v) if value.place in ("input", "copy") else None


def broken(plan: Plan) -> list[str]:
    """Every rule that a plan breaks, in words."""
    return [*_read_too_early(plan), *_meetings(plan), *_overwritten(plan)]


def _name(plan: Plan, v: int) -> str:
    return plan.values[v].label


def _read_too_early(plan: Plan) -> Iterator[str]:
    """What a step reads was made in an earlier phase, or in this one by the same thread."""
    made: dict[int, tuple[int, str]] = {}
    waits = {v for step in plan.steps for v in (*(p.output for p in parts(step)), step.twin) if v is not None}
    for step in plan.steps:
        if not step.domain:
            continue
        own = {p.output for p in parts(step)}
        for v in set(reads(step, plan)) - own:
            if v not in made:
                if v in waits and plan.values[v].place not in ("input", "copy", "scalar"):
                    yield f"{step.kernel} reads {_name(plan, v)} before it is made"
                continue
            phase, domain = made[v]
            if phase > step.phase or (phase == step.phase and not (domain == step.domain != "tiles")):
                yield f"{step.kernel} reads {_name(plan, v)} in the phase that makes it"
        made |= dict.fromkeys(own, (step.phase, step.domain))


def _meetings(plan: Plan) -> Iterator[str]:
    """No step of a phase writes where another one reads or writes, unless each thread keeps to its own rows."""
    steps = [step for step in plan.steps if step.domain]
    read = [{home(plan, v) for v in reads(step, plan)} - {None} for step in steps]
    written = [
        {home(plan, v) for v in (*(p.output for p in parts(step)), step.twin) if v is not None} - {None}
        for step in steps
    ]
    for i, j in itertools.permutations(range(len(steps)), 2):
        a, b = steps[i], steps[j]
        met = written[i] & (read[j] | written[j])
        if a.phase == b.phase and met and not (a.domain == b.domain != "tiles"):
            yield f"{a.kernel} → {_name(plan, a.output)} and {b.kernel} → {_name(plan, b.output)} meet in {met}"


def _overwritten(plan: Plan) -> Iterator[str]:
    """What is read is still there: nothing else was written to its place since."""
    content: dict[Home, int] = {}
    shapes: dict[tuple[Home, int], set[Any]] = {}
    for step in plan.steps:
        if not step.domain:
            continue
        spread: set[int] = set()
        for part in parts(step):
            for v in part.inputs:
                source = operand_of(v, plan.values, plan.views)
                if source is None or source.mode in (CONSTANT, FILE):
                    continue
                place = home(plan, source.value)
                if source.mode != FULL or part is step:
                    spread.add(source.value)
                if place is not None and content.get(place, source.value) != source.value:
                    yield f"{part.kernel} reads {_name(plan, source.value)}: {_name(plan, content[place])} is there"
                if place is not None:
                    shapes.setdefault((place, step.phase), set()).add((step.domain, plan.values[source.value].type))
            place = home(plan, part.output)
            if place is not None:
                content[place] = part.output
                shapes.setdefault((place, step.phase), set()).add((step.domain, plan.values[part.output].type))
        for v in spread:
            place = home(plan, v)
            if place is not None and content.get(place, v) != v:
                yield f"{step.kernel} reads {_name(plan, v)} again and again, and writes over it"
        if step.twin is not None:
            content["input", step.twin] = step.twin
    for name, v in plan.outputs.items():
        source = operand_of(v, plan.values, plan.views)
        place = home(plan, source.value) if source is not None and source.mode == FULL else None
        if place is not None and source is not None and content.get(place, source.value) != source.value:
            if name in plan.stored and ("input", plan.inputs[plan.stored[name]]) in content:
                continue  # copied to its input, and read there
            yield f"output {name} is overwritten by {_name(plan, content[place])}"
    for (place, phase), kinds in shapes.items():
        if place[0] == "slot" and len({t for _, t in kinds}) > 1 and any(domain == "rows" for domain, _ in kinds):
            yield f"values of {kinds} share {place} in phase {phase}: rows lie in other places"
