"""Units that measure how far an input is from points of its space: a radial basis network, a kernel machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any

from clearprop import graph as g
from clearprop.errors import InvalidValueError, checked_integer
from clearprop.graph import Node
from clearprop.graph.expression import cast
from clearprop.nn.activations import Activating, canonical, resolve_activation
from clearprop.nn.given import as_given
from clearprop.nn.initializers import Normal, Zeros
from clearprop.nn.parameter import Role
from clearprop.nn.scope import Scope
from clearprop.nn.settings import Learned

ROUND = 1e-6  # added to (r/σ)²: at a centre the kernel is round, with a gradient of 0, where exp(−r/σ) has none

_LEAST = 1e-100  # of a width, whose square is a number, too


@dataclass(frozen=True, repr=False)
class Radial(Learned):
    """Sums of what is left of an input at each of some centres: z = k · W + b, a = f(z).

        kⱼ = exp(−√(‖x − cⱼ‖²/σ² + 10⁻⁶))    for the centres c₁ … c_J

    k is near 1 at the centre and falls with the distance, by the factor e for each σ: the Laplace kernel. With the
    training rows as centres it is a kernel machine: each row answers for what lies near it. ‖x − c‖² is found as
    ‖x‖² + ‖c‖² − 2·x·c, which cancels for near rows, and the W of near rows may cancel too. So from x to z everything
    is in float64, whatever the network's dtype; the parameters are kept in that. Scale the inputs all the same: from
    ‖x‖ of some 10⁵ σ on nothing is left of small distances.
    A network in float32 with this layer is run by NumPy: the native machine takes one floating-point type in a program.

    The centres are frozen. A network of this layer holds what it was given as centres: rows of people, perhaps. W is
    no weight to penalties: what it should be small by is Wᵀ·K·W, and near rows have large ones that cancel.

    Source: Broomhead & Lowe (1988), "Multivariable functional interpolation and adaptive networks".

    Args:
        units: number of outputs.
        centres: an array (J, n_in) of them, or how many are drawn from N(0, 1).
        width: σ, in the unit of the inputs.
        activation: f, as of `Dense`.
        trainable, learning_rate_factor, decay_factor: of W and b, as of `Dense`.

    Raises:
        InvalidValueError: for a width that is not positive, or no centre.
        ShapeError: when it is built, for centres with another number of columns than the input.

    Example:
        >>> import clearprop as cp
        >>> net = cp.Network(1, [Radial(1, centres=[[0.0], [1.0]])], "squared_error", dtype="float64")
        >>> net.parameters["W1"] = [[1.0], [0.0]]
        >>> net.predict([[0.0], [1.0], [2.0]]).round(2).ravel().tolist()
        [1.0, 0.37, 0.14]
    """

    units: int
    centres: Any
    width: float = 1.0
    activation: Activating = None

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "units", checked_integer("units", self.units))
        width = self.width
        if isinstance(width, bool) or not isinstance(width, Real) or not _LEAST < float(width) < 1 / _LEAST:
            raise InvalidValueError(
                f"width {width!r} of Radial", f"a positive number from {_LEAST:g} to {1 / _LEAST:g}"
            )
        object.__setattr__(self, "width", float(width))
        object.__setattr__(self, "activation", canonical(self.activation))
        if isinstance(self.centres, Integral):
            object.__setattr__(self, "centres", checked_integer("centres", self.centres))
            return
        given = as_given("centres of Radial", self.centres)
        if given is None or len(given.shape) != 2 or not given.shape[0]:
            raise InvalidValueError(f"centres {given!r} of Radial", "an array (centres, inputs), or how many to draw")
        object.__setattr__(self, "centres", given)

    def parts(self) -> Mapping[str, Role]:
        """W and b."""
        return {"W": "other", "b": "bias"}

    def build(self, x: Node, scope: Scope) -> Node:
        """k from the distances, z = k · W + b, a = f(z)."""
        x = scope.open_layer(x)
        n_in, f = x.shape[-1], resolve_activation(self.activation)
        assert isinstance(n_in, int)
        drawn = isinstance(self.centres, int)
        n = self.centres if drawn else self.centres.shape[0]
        start = Normal(1.0) if drawn else self.centres
        C = scope.parameter("C", (n, n_in), start, role="constant", trainable=False)
        W = scope.parameter("W", (n, self.units), f.initializer, n, self.units, **self.settings("W"))
        b = scope.parameter("b", (self.units,), Zeros(), n, self.units, **self.settings("b"))
        x64, C64 = cast(x, "f64"), cast(C, "f64")
        shape = (x.shape[0], n)
        square = g.broadcast(g.sum(x64 * x64, 1), shape, [0]) + g.broadcast(g.sum(C64 * C64, 1), shape, [1])
        square = square - (x64 @ g.transpose(C64)) * 2.0
        r = g.sqrt(g.relu(square) * self.width**-2 + ROUND)  # far from 0 what is rounded may be below it
        k = scope.named(g.exp(-r), "k")
        z = scope.named(cast(g.affine(k, cast(W, "f64"), cast(b, "f64")), x.dtype), "z")
        return z if self.activation is None else scope.named(f(z), "a")
