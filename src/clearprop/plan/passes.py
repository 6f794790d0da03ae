"""The passes that turn a plan of single steps into one for a machine, each a function from plan to plan."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from clearprop.graph import Graph
from clearprop.plan.build import build_plan
from clearprop.plan.fuse import SPREAD, fuse
from clearprop.plan.phases import phased
from clearprop.plan.place import place, with_twins
from clearprop.plan.plan import Plan, Step


def view_steps(plan: Plan) -> dict[int, Step]:
    """The step behind each value that is not stored but read through: broadcasts, one-hot rows, random numbers."""
    return {s.output: s for s in plan.steps if s.kernel in SPREAD}


def passes(
    graph: Graph, kernels: Collection[str], elementwise: Collection[str], stored: Mapping[str, str] | None = None
) -> dict[str, Plan]:
    """The plan of a graph after each pass, by the name of the pass.

    Args:
        graph: what to compute.
        kernels: names of the ops that the executor runs itself.
        elementwise: those of them that may be part of a chain.
        stored: output name → input name: outputs that replace an input when the run is over.
    """
    single = build_plan(graph, kernels, stored, reuse=False, views=SPREAD)
    views = view_steps(single)
    fused = fuse(single, elementwise)
    twins = with_twins(fused, views)
    ordered = phased(twins, views)
    return {"steps": single, "fuse": fused, "orders": twins, "phases": ordered, "memory": place(ordered, views)}
