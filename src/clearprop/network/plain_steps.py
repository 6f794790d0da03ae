"""The plain steps of one network: planned once, and anew where the batch or the code of the user's is another."""

from __future__ import annotations

from typing import Any

import numpy as np

from clearprop.execute import Array
from clearprop.explain import Trace
from clearprop.network.hashed import hashed
from clearprop.nn import Architecture, TargetForm
from clearprop.train import PlainStep, Run


class PlainSteps:
    """What `Network.step` keeps from one step to the next.

    Attributes:
        taken: how many steps there were: dropout drops others in each.
    """

    def __init__(self, architecture: Architecture, seed: int, dtype: str) -> None:
        self._architecture, self._seed, self._dtype = architecture, seed, dtype
        self._planned: PlainStep | None = None
        self.taken = 0

    def counter(self, run: Run) -> Array:
        """What the next step's random numbers are counted by: seed, epoch, step."""
        return np.array([self._seed, run.epoch, self.taken])

    def take(self, run: Run, before: Trace, learning_rate: float) -> None:
        """Go one step from where a trace was made, along its gradients; the trace is told which step that was.

        Raises:
            InvalidValueError, DivergenceError: as `PlainStep`.
        """
        step = self._step(run, before)
        new = step(*before.data_as(self._dtype), learning_rate, before.counter)
        for name, values in new.items():
            run.assign(name, values)
        self.taken += 1
        before.optimizer = step.optimizer

    def _step(self, run: Run, before: Trace) -> PlainStep:
        """The step that was planned before, if it is for as many rows of the same form and by the same code."""
        planned, users = self._planned, self._architecture.code_of_users
        code = hashed(users) if users else ""  # a function may read a variable that has changed
        if planned is None or (planned.n, planned.form, planned.code) != (before.samples, before.form, code):
            form: TargetForm = before.form
            planned = PlainStep(self._architecture, run.parameters, form, self._dtype, before.samples, code)
            self._planned = planned
        return planned

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_planned": None}  # it reads the arrays of this network where they lie
