"""Graph to plan: which kernels run in which order, in which memory. Data only; nothing here computes."""

from clearprop.plan.build import VIEWS, build_plan, lower
from clearprop.plan.cost import Linear, elements, flops, size_in_bytes
from clearprop.plan.plan import Plan, Step, Value

__all__ = ["VIEWS", "Linear", "Plan", "Step", "Value", "build_plan", "elements", "flops", "lower", "size_in_bytes"]
