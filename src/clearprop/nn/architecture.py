"""The architecture: an immutable description of a network, and the graphs that are built from it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, Literal

from clearprop import graph as g
from clearprop.cached import cached_property
from clearprop.errors import InvalidValueError, plural
from clearprop.graph import Graph, N, Name, Node, as_graph
from clearprop.graph.fused.updates import spread
from clearprop.nn.activations import ACTIVATIONS
from clearprop.nn.ensemble import Ensemble
from clearprop.nn.heads import Heads
from clearprop.nn.layers import Activation, Layer, Linear
from clearprop.nn.losses import Loss, loss_name
from clearprop.nn.multitask import MultiTask
from clearprop.nn.names import DATA_LOSS, LOSS, SAMPLE_WEIGHT, TARGET, X
from clearprop.nn.parameter import Parameter
from clearprop.nn.residual import Residual
from clearprop.nn.schedules import Scalar, Schedule
from clearprop.nn.scope import BuiltLayer, Scope

# The form of the targets y: integer class labels (N,), or a row of numbers for each sample (N, k).
TargetForm = Literal["labels", "rows"]


@dataclass(frozen=True)
class Forward:
    """A forward pass as nodes of a graph.

    Attributes:
        x: the input X.
        output: the output a[L].
        scope: what the layers declared while they were built: parameters, running states, scheduled scalars, and of
            which layer objects it was made.
    """

    x: Node
    output: Node
    scope: Scope


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
        """Build the graph from X to a[L]: for training (dropout drops, batches normalise themselves) or inference."""
        scope = Scope(training, dtype)
        network_input = g.variable(X, (N, self.n_inputs), dtype)
        x = network_input
        for layer in self.layers:
            x = scope.build(layer, x)
        return Forward(network_input, scope.output(x), scope)

    def built(self) -> tuple[BuiltLayer, ...]:
        """The layer objects with their numbers and widths, in order."""
        return tuple(self._declared.scope.built)

    def __hash__(self) -> int:
        """The hash of all fields: it lets graphs that were built from this architecture be cached.

        Raises:
            TypeError: if a function or a layer of the user's is in it: its code may change, a cached graph would not.
        """
        return self._hash

    @cached_property
    def code_of_users(self) -> tuple[Any, ...]:
        """The functions and layers of the user's in it, whose code may change."""
        return tuple(_code_of_users(tuple(getattr(self, f.name) for f in fields(self))))

    @cached_property
    def _hash(self) -> int:
        values = tuple(getattr(self, f.name) for f in fields(self))
        if self.code_of_users:
            raise TypeError("an architecture with the user's functions in it cannot be hashed")
        return hash(values)

    def __getstate__(self) -> dict[str, Any]:
        return {f.name: getattr(self, f.name) for f in fields(self)}  # graphs are built again when needed

    @cached_property
    def _declared(self) -> Forward:
        """The inference pass, built once: for names, shapes and roles, which do not depend on the dtype."""
        return self.forward("f64")

    @cached_property
    def scalars(self) -> dict[str, Scalar]:
        """The numbers of layers and penalties that follow a schedule, by the name of their input in the step graph."""
        penalties = {name: each for name, each in self._penalties.items() if isinstance(each, Scalar)}
        return {**self.forward("f64", training=True).scope.scalars, **penalties}

    @property
    def _penalties(self) -> dict[str, float | Scalar]:
        """The factors of Σ|W| and of ½ΣW², under the names λ₁ and λ₂: a number, or a `Scalar` if it is scheduled."""
        given = {"λ₁": ("l1", self.l1), "λ₂": ("l2", self.l2)}
        return {name: Scalar(x, what) if isinstance(x, Schedule) else x for name, (what, x) in given.items()}

    @property
    def parameters(self) -> dict[str, Parameter]:
        """What the layers declare, by name: shapes and initialisers of parameters and running states."""
        return self._declared.scope.parameters

    @cached_property
    def makers(self) -> dict[str, Layer]:
        """The layer object that made each value of a name, in training: z1, n1, d1."""
        return self.forward("f64", training=True).scope.makers

    @property
    def depth(self) -> int:
        """L, the number of layers with parameters; the input does not count."""
        return self._declared.scope.layer

    @property
    def n_outputs(self) -> int:
        """Number of output columns."""
        return int(self._declared.output.shape[1])  # type: ignore[arg-type]

    @property
    def has_running_states(self) -> bool:
        """Whether a layer keeps running states, as batch normalisation does; training batches then need two rows."""
        return any(p.is_state for p in self.parameters.values())

    def prediction_graph(self, dtype: str) -> Graph:
        """The inference graph from X to its only output, a[L]. It is not simplified: the layers' values have names."""
        forward = self.forward(dtype)
        return as_graph(forward.output)

    def loss_graph(
        self, dtype: str, training: bool = True, targets: TargetForm = "rows", weighted: bool = False
    ) -> Graph:
        """The graph from X and y to the loss.

        Its outputs are `loss`, the mean over the samples; `L`, the same plus the penalties; and, for training, the new
        value of each running state.

        Args:
            dtype: of data and parameters.
            training: whether dropout drops and batches normalise themselves.
            targets: the form of y.
            weighted: whether each sample's loss is multiplied by an input w.

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
        w = g.variable(SAMPLE_WEIGHT, (N,), dtype) if weighted else None
        mean_loss, total = self._losses(loss(a, y), w, scope)
        outputs = {DATA_LOSS: mean_loss, LOSS: total, **scope.updates}
        return Graph({name: node.named(name) for name, node in outputs.items()})

    def _losses(self, per_sample: Node, w: Node | None, scope: Scope) -> tuple[Node, Node]:
        """The mean loss of a batch, Σ wᵢℓᵢ/N, and the same plus the penalties."""
        mean_loss = g.mean(per_sample if w is None else per_sample * w)
        return mean_loss, self._with_penalties(mean_loss, scope)

    def _with_penalties(self, loss: Node, scope: Scope) -> Node:
        """The loss plus l1·Σ|W| + l2/2·ΣW² over all weights, frozen ones included."""
        l1, l2 = (g.variable(Name.scalar(n)) if isinstance(x, Scalar) else x for n, x in self._penalties.items())
        for name, parameter in scope.parameters.items():
            W = scope.nodes[name]
            if parameter.is_weight and self.l2:
                loss = loss + g.sum(W**2) * _factor(0.5 * l2, loss)
            if parameter.is_weight and self.l1:
                loss = loss + g.sum(g.abs(W)) * _factor(l1, loss)
        return loss

    @property
    def _output_activation(self) -> str:
        """The name of the last layer's activation; of a layer or a function of the user's, the output's op."""
        last = self.layers[-1] if self.layers else None
        if isinstance(last, Ensemble):  # the mean of probabilities is one
            last = last.members[0][-1]
        if isinstance(last, Linear | Residual):
            return "identity"
        given = last.function if isinstance(last, Activation) else getattr(last, "activation", None)
        return given if isinstance(given, str) else self._declared.output.op.name

    @property
    def heads(self) -> tuple[Architecture, ...]:
        """Of each head what is shared, its layers and its part of the loss; none of a network without `Heads`."""
        last = self.layers[-1] if self.layers else None
        if not isinstance(last, Heads):
            return ()
        parts = self.loss.parts if isinstance(self.loss, MultiTask) else ()
        losses = [loss for loss, _ in parts] if len(parts) == len(last.heads) else [None] * len(last.heads)
        stacks = zip(last.heads, losses, strict=True)
        return tuple(replace(self, layers=(*self.layers[:-1], *layers), loss=loss) for layers, loss in stacks)

    def _check_heads(self, loss: MultiTask) -> None:
        """Whether each task has a head as wide as its columns, whose activation suits its loss."""
        last = self.layers[-1] if self.layers else None
        if isinstance(last, Ensemble):
            return replace(self, layers=(*self.layers[:-1], *last.members[0]))._check_heads(loss)
        heads, widths = self.heads, [width for _, width in loss.parts]
        found = [head.n_outputs for head in heads] or [self.n_outputs]
        plain = not heads and sum(widths) == self.n_outputs and not any(part.output for part, _ in loss.parts)
        if found != widths and not plain:
            columns, outputs = (" + ".join(map(str, numbers)) for numbers in (widths, found))
            raise InvalidValueError(
                f"MultiTask of {plural(columns, 'column')} on {plural(outputs, 'output')}",
                "a last layer of a head for each task, as wide as its columns",
                "cp.Heads([cp.Dense(1), cp.Dense(3, 'softmax')])",
            )
        for head in heads:
            head.checked_loss()
        return None

    def checked_loss(self) -> Loss:
        """The loss, if there is one and it suits the output activation.

        Raises:
            InvalidValueError: otherwise.
        """
        return self._suiting_loss

    @cached_property
    def _suiting_loss(self) -> Loss:
        if self.loss is None:
            raise InvalidValueError("the network has no loss", "a loss", "cp.Network(..., loss='cross_entropy')")
        if isinstance(self.loss, MultiTask):
            self._check_heads(self.loss)
            return self.loss
        wanted, name = self.loss.output, loss_name(self.loss)
        if wanted is None:
            return self.loss
        found = self._output_activation
        if found in ACTIVATIONS and found != wanted:
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
    """A penalty's factor as the loss can be multiplied by it: a float64 input is cast to the loss's dtype."""
    return spread(number, like) if isinstance(number, Node) else number


def _code_of_users(value: Any) -> Iterator[Any]:
    """What a value holds besides None, numbers, strings and objects of clearprop: code of the user's."""
    if isinstance(value, tuple):
        for part in value:
            yield from _code_of_users(part)
    elif value is None or isinstance(value, str | int | float):
        return
    elif not str(getattr(value if not is_dataclass(value) else type(value), "__module__", "")).startswith("clearprop."):
        yield value
    elif is_dataclass(value):
        yield from _code_of_users(tuple(getattr(value, f.name) for f in fields(value) if f.compare))


def parameter_nodes(graph: Graph, architecture: Architecture) -> dict[Name, Node]:
    """The trainable parameters that a graph of this architecture uses, by name."""
    return {
        p.name: graph.inputs[p.name] for p in architecture.parameters.values() if p.trainable and p.name in graph.inputs
    }
