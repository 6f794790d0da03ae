"""The inputs of a step graph that are one number per step: learning rate, decay rates, what layers let change."""

from __future__ import annotations

import numpy as np

from clearprop.execute import Array
from clearprop.nn import Architecture, Scalar, Schedule, first_value
from clearprop.nn.schedules import Steps
from clearprop.train.optimizers import Optimizer


def schedules(architecture: Architecture, optimizer: Optimizer) -> dict[str, Schedule]:
    """What follows a schedule, by the name of the input: η first, then what the optimizer and the layers let change."""
    others = {**optimizer.scheduled, **architecture.scalars}
    return {"η": optimizer.schedule, **{name: scalar.schedule for name, scalar in others.items()}}


def first_numbers(optimizer: Optimizer, step: int = 1) -> dict[str, float]:
    """The optimizer's numbers in its first step, η first; those that count the steps in a later one."""
    others = {name: scalar.first for name, scalar in optimizer.scheduled.items()}
    return {"η": first_value(optimizer.schedule), **others, **optimizer.scalars(step)}


def scalar_table(
    architecture: Architecture, optimizer: Optimizer, steps: Steps, total_steps: int, steps_per_epoch: int, before: int
) -> dict[str, Array]:
    """The numbers of some steps, by name: one of each per step.

    Args:
        architecture: the network.
        optimizer: whose update ends a step.
        steps: done in this fit before each of them: 0, 1, ….
        total_steps: that the fit will do.
        steps_per_epoch: steps in an epoch.
        before: optimizer steps done before the first of them, over all fits.

    Raises:
        InvalidValueError: if a schedule leaves the range of what it is for.
    """
    changing: dict[str, Schedule | Scalar] = {"η": optimizer.schedule, **optimizer.scheduled, **architecture.scalars}
    table = {name: each.rates(steps, total_steps, steps_per_epoch) for name, each in changing.items()}
    for name, value in optimizer.scalars(before + 1 + np.arange(len(steps))).items():
        table[name] = np.broadcast_to(np.asarray(value, np.float64), steps.shape)
    return table
