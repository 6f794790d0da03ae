"""The passes that turn a plan of single steps into one for a machine, each a function from plan to plan."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from clearprop.graph import Graph, N
from clearprop.plan.build import build_plan
from clearprop.plan.cost import Linear
from clearprop.plan.fuse import SPREAD, fuse
from clearprop.plan.phases import phased
from clearprop.plan.place import place, with_twins
from clearprop.plan.plan import Plan


def without_sums_of_one(plan: Plan) -> Plan:
    """A sum or maximum over the only column of a batch is the column: a view."""
    steps, values = list(plan.steps), list(plan.values)
    for i, step in enumerate(steps):
        if step.kernel in ("sum", "max") and plan.values[step.inputs[0]].type.shape == (N, 1) and step.attrs["axis"]:
            steps[i] = replace(step, kernel="identity", attrs={}, flops=Linear(), bytes=Linear())
            values[step.output] = replace(values[step.output], place="view", source=step.inputs[0], slot=None)
    return replace(plan, steps=tuple(steps), values=tuple(values))


def passes(
    graph: Graph,
    kernels: Collection[str],
    elementwise: Collection[str],
    stored: Mapping[str, str] | None = None,
    reuse: bool = True,
) -> dict[str, Plan]:
    """The plan of a graph after each pass, by the name of the pass.

    Args:
        graph: what to compute.
        kernels: names of the ops that the executor runs itself.
        elementwise: those of them that may be part of a chain.
        stored: output name → input name: outputs that replace an input when the run is over.
        reuse: whether values whose lives do not overlap may share a buffer.
    """
    single = build_plan(graph, kernels, stored, reuse=False, views=SPREAD)
    fused = fuse(without_sums_of_one(single), elementwise)
    twins = with_twins(fused)
    ordered = phased(twins)
    return {"steps": single, "fuse": fused, "orders": twins, "phases": ordered, "memory": place(ordered, reuse)}
