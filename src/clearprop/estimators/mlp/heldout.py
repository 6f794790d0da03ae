"""The loss of held-out rows."""

from __future__ import annotations

from clearprop.arrays import Array
from clearprop.estimators.mlp.objective import Objective
from clearprop.estimators.mlp.stochastic import Rows
from clearprop.execute import CHUNK, Executor
from clearprop.graph import Graph, simplify
from clearprop.nn.names import DATA_LOSS


class HeldOutLoss:
    """The loss of held-out rows, without penalties: Σ wᵢℓᵢ/Σw, of several outputs as scikit-learn reports it."""

    def __init__(self, objective: Objective, rows: Rows, executor: Executor, dtype: str, loss_outputs: int) -> None:
        graph = objective.loss_graph(dtype, False, rows.form, rows.w is not None)
        self._program = executor.load(simplify(Graph({DATA_LOSS: graph[DATA_LOSS]})))
        self._rows, self._outputs = rows, loss_outputs

    def __call__(self, parameters: dict[str, Array]) -> float:
        """The loss with these parameters."""
        inputs = self._program.plan.inputs
        bound = {name: a for name, a in parameters.items() if name in inputs}
        total = weight = 0.0
        for start in range(0, len(self._rows), CHUNK):
            part = self._rows.take(slice(start, start + CHUNK))
            heavy = float(len(part) if part.w is None else part.w.sum())
            given = {name: a for name, a in part.arrays().items() if name in inputs}
            total += float(self._program.run({**bound, **given}, len(part))[DATA_LOSS]) * heavy if heavy else 0.0
            weight += heavy
        return total / weight / self._outputs
