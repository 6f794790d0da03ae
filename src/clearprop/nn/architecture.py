"""The architecture: a pure description of a network, and the graphs that follow from it."""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass
from typing import Any, Literal

from clearprop import graph as g
from clearprop.cached import cached_property
from clearprop.errors import InvalidValueError, ShapeError
from clearprop.graph import Graph, N, Name, Node, as_graph
from clearprop.graph.fused.updates import spread
from clearprop.nn.activations import ACTIVATIONS
from clearprop.nn.layers import Layer
from clearprop.nn.losses import Loss, loss_name
from clearprop.nn.names import DATA_LOSS, LOSS, SAMPLE_WEIGHT, TARGET, X
from clearprop.nn.parameter import Parameter
from clearprop.nn.schedules import Scalar, Schedule
from clearprop.nn.scope import Scope

# How class targets come in: as integer labels (N,), or as rows of numbers (N, k).
TargetForm = Literal["labels", "rows"]


@dataclass(frozen=True)
class Forward:
    """The forward pass as nodes: the input X, the output a[L] and what the layers declared.

    `built` says for each layer object which l it belongs to and how many values it puts out.
    """

    x: Node
    output: Node
    scope: Scope
    built: tuple[tuple[Layer, int, int], ...]


@dataclass(frozen=True)
class Architecture:
    """Inputs, layers, loss and penalties: everything about a network but its numbers.

    Attributes:
        n_inputs: number of input columns.
        layers: the layers, in order.
        loss: the loss per sample; None for a network that only predicts.
        l1, l2: penalties l1·Σ|W| + l2/2·ΣW² on the weights (not on biases), added to the mean loss; numbers or
            schedules.
    """

    n_inputs: int
    layers: tuple[Layer, ...]
    loss: Loss | None = None
    l1: float | Schedule = 0.0
    l2: float | Schedule = 0.0

    def forward(self, dtype: str, training: bool = False) -> Forward:
        """Build X → a[L]."""
        scope = Scope(training, dtype)
        first = x = g.variable(X, (N, self.n_inputs), dtype)
        built = []
        for layer in self.layers:
            x = layer.build(x, scope)
            width = x.shape[1] if isinstance(x, Node) and x.type.rank == 2 else None
            if not isinstance(width, int):
                raise ShapeError(f"{layer!r} made {x!r}", "a node of shape (N, n_out)")
            built.append((layer, scope.layer, width))
        return Forward(first, scope.output(x), scope, tuple(built))

    def built(self) -> tuple[tuple[Layer, int, int], ...]:
        """Each layer object with the l it belongs to and its number of outputs."""
        return self._declared.built

    def __hash__(self) -> int:
        """Of a description that says everything: what follows from it may be remembered.

        Raises:
            TypeError: with a function or a layer of the user's, which may build something else tomorrow.
        """
        values = tuple(getattr(self, f.name) for f in fields(self))
        if not _is_closed(values):
            raise TypeError("an architecture with the user's functions in it cannot be hashed")
        return hash(values)

    def __getstate__(self) -> dict[str, Any]:
        return {f.name: getattr(self, f.name) for f in fields(self)}  # graphs are built again when needed

    @cached_property
    def _declared(self) -> Forward:
        return self.forward("f64")

    @cached_property
    def scalars(self) -> dict[str, Scalar]:
        """What the layers and the penalties let change from step to step: inputs of the training graph, by name."""
        penalties = {name: each for name, each in self._penalties.items() if isinstance(each, Scalar)}
        return {**self.forward("f64", training=True).scope.scalars, **penalties}

    @property
    def _penalties(self) -> dict[str, float | Scalar]:
        """λ₁ of Σ|W| and λ₂ of ½ΣW²."""
        given = {"λ₁": ("l1", self.l1), "λ₂": ("l2", self.l2)}
        return {name: Scalar(x, what) if isinstance(x, Schedule) else x for name, (what, x) in given.items()}

    @property
    def parameters(self) -> dict[str, Parameter]:
        """What the layers declare, by name: shapes and initialisers of parameters and running states."""
        return self._declared.scope.parameters

    @property
    def depth(self) -> int:
        """L, the number of layers with parameters; the input does not count."""
        return self._declared.scope.layer

    @property
    def n_outputs(self) -> int:
        """Number of output columns."""
        return int(self._declared.output.shape[1])  # type: ignore[arg-type]

    @property
    def normalises_batches(self) -> bool:
        """Whether training needs batches of at least two rows."""
        return any(p.is_state for p in self.parameters.values())

    def prediction_graph(self, dtype: str) -> Graph:
        """X → a[L] with everything named, for inference."""
        forward = self.forward(dtype)
        return as_graph(forward.output)

    def loss_graph(
        self, dtype: str, training: bool = True, targets: TargetForm = "rows", weighted: bool = False
    ) -> Graph:
        """X, y (and sample weights w) → `loss`, the mean loss, `L`, the same with penalties, and running states.

        Raises:
            InvalidValueError: if there is no loss, or it does not suit the output.
        """
        loss = self.checked_loss()
        forward = self.forward(dtype, training)
        a, scope = forward.output, forward.scope
        if targets == "labels":
            k = self.n_outputs
            y = g.one_hot(g.variable(TARGET, (N,), "int64"), k, dtype)
        else:
            y = g.variable(TARGET, (N, self.n_outputs), dtype)
        per_sample = loss(a, y)
        if weighted:
            per_sample = per_sample * g.variable(SAMPLE_WEIGHT, (N,), dtype)
        mean_loss = g.mean(per_sample)
        total = self._with_penalties(mean_loss, scope)
        outputs = {DATA_LOSS: mean_loss, LOSS: total, **scope.updates}
        return Graph({name: node.named(name) for name, node in outputs.items()})

    def _with_penalties(self, loss: Node, scope: Scope) -> Node:
        l1, l2 = (g.variable(Name.scalar(n)) if isinstance(x, Scalar) else x for n, x in self._penalties.items())
        for name, parameter in scope.parameters.items():
            W = scope.nodes[name]
            if parameter.is_weight and self.l2:
                loss = loss + g.sum(W**2) * _factor(0.5 * l2, loss)
            if parameter.is_weight and self.l1:
                loss = loss + g.sum(g.abs(W)) * _factor(l1, loss)
        return loss

    def checked_loss(self) -> Loss:
        """The loss, if there is one and it suits the output activation.

        Raises:
            InvalidValueError: otherwise.
        """
        if self.loss is None:
            raise InvalidValueError("the network has no loss", "a loss", "cp.Network(..., loss='cross_entropy')")
        wanted, name = self.loss.output, loss_name(self.loss)
        if wanted is None:
            return self.loss
        found = self._declared.output.op.name
        if found == "identity" or (found in ACTIVATIONS and found != wanted):
            raise InvalidValueError(
                f"loss {name!r} on an output of activation {found!r}",
                f"activation {wanted!r} in the last layer",
                f"cp.Dense({self.n_outputs}, {wanted!r})",
            )
        if wanted == "softmax" and self.n_outputs < 2:
            raise InvalidValueError(
                "softmax over 1 output, which is always 1",
                "2 outputs or more",
                "for two classes use cp.Dense(1, 'sigmoid') with loss='binary_cross_entropy'",
            )
        return self.loss


def _factor(number: float | Node, like: Node) -> float | Node:
    return spread(number, like) if isinstance(number, Node) else number


def _is_closed(value: Any) -> bool:
    """Whether a value is made of numbers, names and things of clearprop alone."""
    if isinstance(value, tuple):
        return all(_is_closed(v) for v in value)
    if value is None or isinstance(value, str | int | float):
        return True
    if is_dataclass(value):
        return type(value).__module__.startswith("clearprop.") and all(
            _is_closed(getattr(value, f.name)) for f in fields(value) if f.compare
        )
    return str(getattr(value, "__module__", "")).startswith("clearprop.")


def parameter_nodes(graph: Graph, architecture: Architecture) -> dict[Name, Node]:
    """The trainable parameters that a graph of this architecture uses, by name."""
    return {
        p.name: graph.inputs[p.name] for p in architecture.parameters.values() if p.trainable and p.name in graph.inputs
    }
