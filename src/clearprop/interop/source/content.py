"""What a file of source code is made of: a network's graphs, its numbers, and data, checked once for every language."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from clearprop.arrays import Array
from clearprop.cached import cached_property
from clearprop.errors import InvalidValueError
from clearprop.graph import Graph, Name, Node, constant, gradient, rebuild, simplify, tidy
from clearprop.messages import checked_language, say
from clearprop.nn import Architecture, BatchNorm, Dropout, TargetForm, parameter_nodes
from clearprop.nn.names import LOSS
from clearprop.train import as_features, as_targets
from clearprop.train.optimizers import Optimizer


@dataclass(frozen=True)
class Content:
    """A network as it is written.

    Attributes:
        architecture: its layers and its loss.
        parameters: its numbers, by name, running states too.
        dtype: "f32" or "f64".
        X, y: samples as rows, and their targets, if there are any.
        form: of the targets.
        learning_rate: of the one step that ends the file; None for none.
        lang: of the comments.
        optimizer: whose step the file has; None for gradient descent.
    """

    architecture: Architecture
    parameters: Mapping[str, Array]
    dtype: str
    X: Array | None
    y: Array | None
    form: TargetForm
    learning_rate: float | None
    lang: str
    optimizer: Optimizer | None = None

    def say(self, key: str, /, **values: Any) -> str:
        """The words of a comment."""
        return say(key, self.lang, **values)

    @property
    def has_loss(self) -> bool:
        """Whether there is a loss to write."""
        return self.architecture.loss is not None

    @property
    def predicting(self) -> Content:
        """The same without its loss, for files that only answer."""
        return replace(self, architecture=replace(self.architecture, loss=None, l1=0.0, l2=0.0))

    @cached_property
    def forward(self) -> Graph:
        """From X to the loss, or to a[L] where there is none: simplified, the layers' values with their names."""
        a = self.architecture
        graph = a.loss_graph(self.dtype, False, self.form) if self.has_loss else a.prediction_graph(self.dtype)
        numbers = {name: scalar.first for name, scalar in a.scalars.items()}

        def first(node: Node) -> Node:
            is_scheduled = node.op.name == "variable" and node.name in numbers
            return constant(numbers[str(node.name)], node.type) if is_scheduled else node

        return simplify(rebuild(graph.keeping_names(), first) if numbers else graph.keeping_names())

    @cached_property
    def values(self) -> list[Node]:
        """z1, a1, … in the order in which they are computed; the last one is what the network puts out."""
        found = [n for n in self.forward.outputs.values() if n.name is not None and n.name.role == "value"]
        output = self.architecture.forward(self.dtype).output.name
        if output is None:
            raise InvalidValueError(
                f"a last layer, {self.architecture.layers[-1]!r}, whose value has no name",
                "a name that the file can give it",
                'return scope.named(…, "a") from its build',
            )
        last = self.forward[output]
        order = {node: i for i, node in enumerate(self.forward.nodes)}
        return [*sorted((n for n in found if n is not last), key=order.__getitem__), last]

    @cached_property
    def gradients(self) -> dict[Name, Node]:
        """∂L/∂θ of each parameter that learns, from the last layer to the first, made of the nodes of `forward`."""
        if not self.has_loss:
            return {}
        forward = self.forward
        learned = parameter_nodes(forward, self.architecture)
        backwards = sorted(learned, key=lambda name: -(name.layer or 0))
        if not backwards:
            return {}
        found = gradient(forward[LOSS], [learned[name] for name in backwards])
        return {name: node.named(name.gradient) for name, node in zip(backwards, found, strict=True)}

    def whole(self, in_place: Collection[str] = ()) -> Graph:
        """Forward, loss and gradients in one graph, without what small algebra can do without.

        Args:
            in_place: fused ops in whose place stands what they mean.
        """
        gradients: dict[str, Node] = {name.gradient: node for name, node in self.gradients.items()}

        def meant(node: Node) -> Node:
            definition = node.op.definition if node.op.name in in_place else None
            return node if definition is None else definition(*node.inputs, **node.attrs)

        return tidy(rebuild(Graph({**self.forward.outputs, **gradients}), meant))

    def notes(self) -> list[str]:
        """What a reader must know: what differs in training, what is frozen, which numbers follow a schedule."""
        found = [] if self.dtype == "f64" else [self.say("source.float32")]
        layers = self.architecture.layers
        if any(isinstance(layer, Dropout) for layer in layers):
            found.append(self.say("source.dropout"))
        if any(isinstance(layer, BatchNorm) for layer in layers):
            found.append(self.say("source.batch_norm"))
        frozen = [name for name, p in self.architecture.parameters.items() if p.is_frozen]
        if frozen and self.has_loss:
            found.append(self.say("source.frozen", names=[repr(str(n))[1:-1] for n in frozen]))
        if self.architecture.scalars or (self.optimizer is not None and _changes(self.optimizer)):
            found.append(self.say("source.schedules"))
        return found


def _changes(optimizer: Optimizer) -> bool:
    """Whether the learning rate or the weight decay follows a schedule."""
    return bool(optimizer.scheduled) or not isinstance(optimizer.learning_rate, int | float)


def content_of(
    architecture: Architecture,
    parameters: Mapping[str, Array],
    dtype: str,
    X: Any = None,
    y: Any = None,
    learning_rate: float | None = None,
    lang: str = "en",
) -> Content:
    """What a file is to be made of.

    Raises:
        ClearpropError: if X or y does not fit, y is given without X, or a learning rate without both.
    """
    lang = checked_language(lang)
    loss = None if architecture.loss is None else architecture.checked_loss()
    form: TargetForm = "labels" if loss is not None and loss.target == "classes" else "rows"
    if y is not None and (X is None or loss is None):
        raise InvalidValueError("y without " + ("X" if X is None else "a loss"), "X, y and a network that has a loss")
    if learning_rate is not None:
        if y is None:
            raise InvalidValueError("a learning rate without X and y", "samples for the step, and their targets")
        if isinstance(learning_rate, bool) or not 0 < float(learning_rate) < float("inf"):
            raise InvalidValueError(f"learning_rate {learning_rate!r}", "a number > 0")
        learning_rate = float(learning_rate)
    rows = None if X is None else as_features(X, architecture.n_inputs, dtype)
    targets = None
    if y is not None and loss is not None and rows is not None:
        targets, form = as_targets(y, loss, architecture.n_outputs, len(rows), dtype)
    return Content(architecture, dict(parameters), dtype, rows, targets, form, learning_rate, lang)
