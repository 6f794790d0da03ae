"""Graph to plan: which kernels run in which order, in which memory. Data only; nothing here computes."""

from clearprop.plan.build import VIEWS, Takes, any_of, build_plan, lower
from clearprop.plan.cost import PerBatch, elements, flops, size_in_bytes
from clearprop.plan.fuse import Limits
from clearprop.plan.operand import Operand, operand_of
from clearprop.plan.passes import passes
from clearprop.plan.pieces import Pieces
from clearprop.plan.plan import Plan, Step, Value

__all__ = [
    "VIEWS",
    "Limits",
    "Operand",
    "PerBatch",
    "Pieces",
    "Plan",
    "Step",
    "Takes",
    "Value",
    "any_of",
    "build_plan",
    "elements",
    "flops",
    "lower",
    "operand_of",
    "passes",
    "size_in_bytes",
]
