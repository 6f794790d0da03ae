"""One training step, node by node, as a page that plays it."""

from clearprop.explain.stepper.page import StepByStep
from clearprop.explain.stepper.stepbystep import step_by_step

__all__ = ["StepByStep", "step_by_step"]
