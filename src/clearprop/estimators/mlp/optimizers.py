"""The updates of scikit-learn's solvers, where they are not those of the house."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from clearprop import graph as g
from clearprop.graph import Node
from clearprop.graph.fused import updates
from clearprop.nn import Schedule
from clearprop.train import Adam, AdamW, Optimizer
from clearprop.train.optimizers import Slots


@dataclass(frozen=True)
class HatAdam(Adam):
    """Adam as at the end of section 2 of its paper: θ ← θ − η √c₂/c₁ · m/(√v + ε), cᵢ = 1 − βᵢᵗ.

    ε is outside of the correction: `cp.Adam` has √(v/c₂) + ε instead. Weight decay is decoupled.
    """

    decayed = AdamW.decayed

    def update(self, theta: Node, dtheta: Node, slots: Slots, h: Slots) -> tuple[Node, dict[str, Node]]:
        """m′, v′ and θ′."""
        m = updates.average(slots["m"], dtheta, h["β1"])
        v = updates.average_square(slots["v"], dtheta, h["β2"])
        rate = h["η"] * g.sqrt(h["c₂"]) / h["c₁"]
        return updates.scaled_descend(theta, m, v, rate, h["ε"]), {"m": m, "v": v}


@dataclass(frozen=True)
class Velocity(Optimizer):
    """v ← μv − ηg, θ ← θ + v; with Nesterov θ ← θ + μv − ηg. Without momentum θ ← θ − ηg.

    η is in v: where it changes, what was gathered before keeps its old rate. `cp.SGD` has v ← μv + g, θ ← θ − ηv.
    Weight decay is decoupled.
    """

    learning_rate: float | Schedule = 0.01
    momentum: float = 0.0
    nesterov: bool = False

    decayed = AdamW.decayed

    @property
    def slots(self) -> tuple[str, ...]:
        """v, where there is a momentum."""
        return ("v",) if self.momentum else ()

    def scalars(self, step: Any) -> dict[str, Any]:
        """λ and μ."""
        return {**super().scalars(step), "μ": self.momentum} if self.momentum else super().scalars(step)

    def update(self, theta: Node, dtheta: Node, slots: Slots, h: Slots) -> tuple[Node, dict[str, Node]]:
        """v′ and θ′."""
        if not self.momentum:
            return updates.descend(theta, dtheta, h["η"]), {}
        v = updates.descend(slots["v"] * updates.spread(h["μ"], theta), dtheta, h["η"])
        step = updates.descend(v * updates.spread(h["μ"], theta), dtheta, h["η"]) if self.nesterov else v
        return theta + step, {"v": v}
