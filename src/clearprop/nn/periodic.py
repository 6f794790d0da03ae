"""Columns as waves: each number through some cosines of its own, and what is learned to make of them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from clearprop import graph as g
from clearprop.errors import InvalidValueError, checked_integer
from clearprop.graph import Node
from clearprop.nn.initializers import FanInUniform, Normal, Uniform
from clearprop.nn.parameter import Role
from clearprop.nn.scope import Scope, require_few_columns
from clearprop.nn.settings import Learned


@dataclass(frozen=True, repr=False)
class Periodic(Learned):
    """Periodic encoding: for every column x, cosines of learned frequencies and phases, and sums of these.

        cₖ = cos(2π·ωₖ·x + φₖ)    for k = 1 … F frequencies of this column
        vₒ = Σₖ Vₖₒ·cₖ + βₒ       for o = 1 … width − 1

    The inputs themselves stand before the v of all columns, so that each column becomes `width` values. In the graph
    nothing has a third axis: columns are taken F times, the products with V are added up by column.

    Source: the embedding "PBLD" of RealMLP (Holzmüller, Grinsztajn & Steinwart, 2024, "Better by Default"), after
    Gorishniy, Rubachev & Babenko (2022).

    Args:
        frequencies: F, for each column.
        width: values that each column becomes, itself among them.
        std: of the first ω, N(0, std²). The columns should be scaled to about 1. φ starts uniform from −π to π, V and
            β within 1/√F of 0.
        trainable, learning_rate_factor, decay_factor: of "omega", "phi", "V" and "beta", as of `Dense`; RealMLP's
            factor on the learning rate is 0.1.

    Raises:
        InvalidValueError: for frequencies below 1, a width below 2, or std ≤ 0.

    Example:
        >>> import clearprop as cp
        >>> net = cp.Network(3, [Periodic(learning_rate_factor=0.1), cp.Dense(8, "relu"), cp.Dense(1)], "squared_error")
        >>> net.parameters["omega0"].shape, net.parameters["V0"].shape, net.parameters["W1"].shape
        ((48,), (144,), (12, 8))
    """

    frequencies: int = 16
    width: int = 4
    std: float = 0.1

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "frequencies", checked_integer("frequencies", self.frequencies))
        object.__setattr__(self, "width", checked_integer("width", self.width, low=2))
        if isinstance(self.std, bool) or not isinstance(self.std, int | float) or not 0 < self.std < math.inf:
            raise InvalidValueError(f"std {self.std!r} of Periodic", "a positive number")

    def parts(self) -> Mapping[str, Role]:
        """ω, φ, V and β."""
        return {"omega": "embedding", "phi": "embedding", "V": "embedding", "beta": "shift"}

    def build(self, x: Node, scope: Scope) -> Node:
        """[x, v]."""
        x = scope.output(x)
        columns, F, outputs = x.shape[-1], self.frequencies, self.width - 1
        assert isinstance(columns, int)
        require_few_columns(repr(self), columns * F * outputs)
        suffix = scope.suffix("v")
        omega = self._parameter("omega", columns * F, Normal(self.std), scope, suffix)
        phi = self._parameter("phi", columns * F, Uniform(math.pi), scope, suffix)
        V = self._parameter("V", columns * F * outputs, FanInUniform(), scope, suffix)
        beta = self._parameter("beta", columns * outputs, FanInUniform(), scope, suffix)

        def row(vector: Node) -> Node:
            assert isinstance(vector.shape[0], int)
            return g.broadcast(vector, (x.shape[0], vector.shape[0]), [1])

        taken = g.take_columns(x, [j for j in range(columns) for _ in range(F)])
        waves = scope.named(g.cos(taken * row(omega) * (2 * math.pi) + row(phi)), "c")
        # Every wave once for each output, output after output; what belongs to column j and output o is added up.
        products = g.take_columns(waves, [*range(columns * F)] * outputs) * row(V)
        sums = [j * outputs + o for o in range(outputs) for j in range(columns) for _ in range(F)]
        v = g.add_columns(products, sums, columns * outputs) + row(beta)
        return scope.named(g.concat([x, v], axis=1), "v")

    def _parameter(
        self, letter: str, size: int, start: Normal | Uniform | FanInUniform, scope: Scope, suffix: str
    ) -> Node:
        return scope.parameter(letter, (size,), start, self.frequencies, 1, suffix, **self.settings(letter))
