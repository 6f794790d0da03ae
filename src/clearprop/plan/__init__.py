"""Graph to plan: which kernels run in which order, in which memory. Data only; nothing here computes."""

from clearprop.plan.build import VIEWS, Takes, any_of, build_plan, lower
from clearprop.plan.cost import Linear, elements, flops, size_in_bytes
from clearprop.plan.fuse import Limits
from clearprop.plan.operand import Source, source_of
from clearprop.plan.passes import passes
from clearprop.plan.plan import Plan, Step, Value

__all__ = [
    "VIEWS",
    "Limits",
    "Linear",
    "Plan",
    "Source",
    "Step",
    "Takes",
    "Value",
    "any_of",
    "build_plan",
    "elements",
    "flops",
    "lower",
    "passes",
    "size_in_bytes",
    "source_of",
]
