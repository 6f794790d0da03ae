"""scikit-learn's lbfgs: SciPy's L-BFGS-B over the planned graph of the loss and its gradient."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from clearprop.arrays import Array
from clearprop.estimators.mlp.objective import Objective
from clearprop.estimators.mlp.stochastic import Rows
from clearprop.execute import Executor
from clearprop.graph import Graph, gradient, simplify
from clearprop.nn import TargetForm, parameter_nodes
from clearprop.nn.names import DATA_LOSS, LOSS


class LossAndGradient:
    """θ → (L, ∂L/∂θ) for all rows, θ and the gradient packed as one vector: all W, then all b.

    Args:
        objective: what is minimised.
        data: the rows.
        names: of the parameters, in their order in the vector.
        executor: what runs the graph.
        loss_outputs: what the reported loss is divided by, beside its penalty.
    """

    def __init__(
        self, objective: Objective, data: Rows, names: list[str], executor: Executor, loss_outputs: int = 1
    ) -> None:
        asked = objective, data.form, data.w is not None
        try:
            graph = _remembered(*asked)
        except TypeError:  # a loss or an activation of the user's that cannot be hashed
            graph = _graph(*asked)
        program = executor.load(graph, zeros=data.zeros)
        self._repeated = program.repeated({**data.arrays()}, len(data))
        shapes = [objective.parameters[name].shape for name in names]
        ends = np.cumsum([np.prod(shape, dtype=int) for shape in shapes]).tolist()
        self._places = list(zip(names, [0, *ends[:-1]], ends, shapes, strict=True))
        self._outputs = loss_outputs

    def packed(self, parameters: dict[str, Array]) -> Array:
        """Parameters as one vector, float64."""
        return np.concatenate([parameters[name].ravel() for name, *_ in self._places], dtype=np.float64)

    def parts(self, packed: Array) -> dict[str, Array]:
        """A vector as parameters, by name."""
        return {name: packed[start:end].reshape(shape) for name, start, end, shape in self._places}

    def __call__(self, packed: Array) -> tuple[float, Array]:
        """The loss and the packed gradient."""
        made = self._repeated(self.parts(packed))
        return float(made[LOSS]), self.packed({name: made[f"d{name}"] for name, *_ in self._places})

    def reported(self, packed: Array) -> float:
        """The loss as scikit-learn reports it: of several outputs the mean, while it learns by the sum."""
        made = self._repeated(self.parts(packed))
        return float(made[LOSS] + made[DATA_LOSS] * (1.0 / self._outputs - 1.0))


def _graph(objective: Objective, form: TargetForm, weighted: bool) -> Graph:
    """The graph of the loss and of its gradient by every parameter, dW1 of W1."""
    loss = simplify(objective.loss_graph("f64", True, form, weighted))
    nodes = parameter_nodes(loss, objective)
    gradients = dict(zip(nodes, gradient(loss[LOSS], list(nodes.values())), strict=True))
    outputs = {LOSS: loss[LOSS], DATA_LOSS: loss[DATA_LOSS]} | {f"d{name}": node for name, node in gradients.items()}
    return simplify(Graph(outputs))


_remembered = lru_cache(maxsize=32)(_graph)


def minimised(function: Callable[[Array], tuple[float, Array]], start: Array, **options: Any) -> Any:
    """SciPy's result."""
    from scipy.optimize import minimize  # type: ignore[import-untyped]

    return minimize(function, start, method="L-BFGS-B", jac=True, options=options)
