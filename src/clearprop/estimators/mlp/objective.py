"""What scikit-learn's MLP minimises, as a graph: its weights and its penalty are those of a batch, by Σw."""

from __future__ import annotations

from dataclasses import dataclass

from clearprop import graph as g
from clearprop.arrays import as_float
from clearprop.graph import Node
from clearprop.nn import Architecture, Scope


@dataclass(frozen=True)
class Objective(Architecture):
    """L = (Σ wᵢℓᵢ + α/2 ΣW²)/Σw, the sums over the rows of a batch and over all weights; α is `l2`.

    Without sample weights Σw is the number of rows. `Architecture` itself has Σ wᵢℓᵢ/N + l2/2 ΣW² instead, with the w
    scaled to mean 1 over all rows: there a batch of light rows counts less, here each batch counts alike.
    """

    __hash__ = Architecture.__hash__

    def _losses(self, per_sample: Node, w: Node | None, scope: Scope) -> tuple[Node, Node]:
        total = g.OPS["size"](dtype=per_sample.dtype) if w is None else g.sum(w)
        mean_loss = g.mean(per_sample) if w is None else g.sum(per_sample * w) / total
        loss, α = mean_loss, as_float(self.l2)
        for name, parameter in scope.parameters.items():
            if parameter.is_weight and α:
                loss = loss + g.sum(scope.nodes[name] ** 2) * (0.5 * α) / total
        return mean_loss, loss
