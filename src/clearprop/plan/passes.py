"""The passes that turn a plan of single steps into one for a machine, each a function from plan to plan."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from clearprop.graph import Graph, N
from clearprop.plan.build import Takes, build_plan
from clearprop.plan.changes import by_changes
from clearprop.plan.cost import PerBatch
from clearprop.plan.fuse import UNLIMITED, Limits, fuse
from clearprop.plan.join import SPREAD
from clearprop.plan.phases import phased
from clearprop.plan.place import place
from clearprop.plan.plan import Plan
from clearprop.plan.squares import with_sums_of_squares
from clearprop.plan.state import with_new_state, with_twins


def without_sums_of_one(plan: Plan) -> Plan:
    """A sum or maximum over the only column of a batch is the column: a view, of another shape."""
    steps, values = list(plan.steps), list(plan.values)
    for i, step in enumerate(steps):
        if step.kernel in ("sum", "max") and plan.values[step.inputs[0]].type.shape == (N, 1) and step.attrs["axis"]:
            steps[i] = replace(step, flops=PerBatch(), bytes=PerBatch())
            values[step.output] = replace(values[step.output], place="view", source=step.inputs[0], slot=None)
    return replace(plan, steps=tuple(steps), values=tuple(values))


def passes(
    graph: Graph,
    takes: Takes,
    elementwise: Collection[str],
    stored: Mapping[str, str] | None = None,
    reuse: bool = True,
    limits: Limits = UNLIMITED,
    zeros: Collection[str] = (),
) -> dict[str, Plan]:
    """The plan of a graph after each pass, by the name of the pass.

    Args:
        graph: what to compute.
        takes: whether the executor runs a node as it stands.
        elementwise: the ops that may be part of a chain.
        stored: output name → input name: outputs that replace an input when the run is over.
        reuse: whether values whose lives do not overlap may share a buffer.
        limits: what a chain may hold.
        zeros: inputs with a row per sample that are mostly 0.
    """
    single = build_plan(graph, takes, stored, reuse=False, views=SPREAD)
    fused = fuse(without_sums_of_one(single), elementwise, limits)
    changing = by_changes(with_sums_of_squares(fused), zeros)
    twins = with_twins(changing)
    ordered = phased(twins)
    placed = place(with_new_state(ordered), reuse)
    return {"steps": single, "fuse": fused, "changes": changing, "orders": twins, "phases": ordered, "memory": placed}
