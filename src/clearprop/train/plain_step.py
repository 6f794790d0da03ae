"""One plain step on one batch: θ ← θ − η ∂L/∂θ, without a loop around it and without anything kept beside θ."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from clearprop.errors import DivergenceError
from clearprop.execute import Array, default_executor
from clearprop.graph import Graph
from clearprop.nn import Architecture, TargetForm
from clearprop.nn.names import COUNTER, TARGET, X
from clearprop.train.loop import check_can_learn
from clearprop.train.optimizers import GradientDescent, check_number
from clearprop.train.step import step_graph


class PlainStep:
    """θ′ = θ − η ∂L/∂θ for batches of n rows; what is planned for them serves every further step.

    Args:
        architecture: the network.
        parameters: its arrays, which are read where they lie.
        form: of the targets.
        dtype: of the network.
        n: how many rows a batch has.
        code: the hash of the functions of the user's in it, for the caller: it tells whether they are still the same.

    Raises:
        InvalidValueError: if there is no parameter to learn, or if one row is to be normalised.
    """

    def __init__(
        self,
        architecture: Architecture,
        parameters: Mapping[str, Array],
        form: TargetForm,
        dtype: str,
        n: int,
        code: str = "",
    ) -> None:
        check_can_learn(architecture, n)
        step = step_graph(architecture, GradientDescent(), dtype, form)
        program = default_executor().load(Graph({name: step.graph.outputs[name] for name in step.stored}))
        held = {name: a for name, a in parameters.items() if name in program.plan.inputs}
        self.n, self.form, self.code = n, form, code
        self._run, self._stored = program.repeated(held, n), step.stored
        self._numbers = {name: scalar.first for name, scalar in architecture.scalars.items()}
        self.optimizer = GradientDescent()  # of the last step

    def __call__(self, rows: Array, y: Array, learning_rate: float, counter: Array) -> dict[str, Array]:
        """The new value of each parameter and running state by name, until the next call.

        Raises:
            InvalidValueError: for a learning rate that is no positive number.
            DivergenceError: if one of them is not finite.
        """
        check_number("learning_rate", learning_rate, 0, closed=False)
        η = float(learning_rate)
        if self.optimizer.learning_rate != η:
            self.optimizer = GradientDescent(η)
        new = self._run({X: rows, TARGET: y, "η": η, COUNTER: counter, **self._numbers})
        found = {self._stored[name]: a for name, a in new.items()}
        if not self._run.finite():
            wrong = next(name for name, a in found.items() if not np.isfinite(a).all())
            raise DivergenceError(
                f"{wrong} is not finite after a step with learning rate {η:g}",
                "finite numbers",
                "a smaller learning rate, or scaled inputs; the parameters stay as they were",
            )
        return found
