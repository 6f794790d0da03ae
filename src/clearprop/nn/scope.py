"""The scope in which layers build their part of a graph: it names, counts and collects."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import chain, count
from typing import TYPE_CHECKING, NamedTuple

from clearprop.errors import InvalidValueError, ShapeError, unknown_name
from clearprop.graph import OPS, Name, Node, Shape, variable
from clearprop.nn.given import Given
from clearprop.nn.initializers import Initializer
from clearprop.nn.names import A0, COUNTER
from clearprop.nn.parameter import ROLES, STATES, Parameter, Role
from clearprop.nn.schedules import Scalar

if TYPE_CHECKING:
    from clearprop.nn.layers import Layer

_RESERVED = re.compile(r"(d.+|β|[ru]_\d*|\d.*)?")  # dz1 means the gradient of z1, β1 is Adam's, u_1 is shared
MOST_COLUMNS = 10**6  # that a layer takes by number


class BuiltLayer(NamedTuple):
    """A layer object and its place in the network.

    Attributes:
        layer: the object.
        number: the l of its values: how many layers with parameters there are up to it. Activations and dropout have
            the number of the layer that they follow.
        width: its number of output columns.
    """

    layer: Layer
    number: int
    width: int


@dataclass
class Scope:
    """Collects what layers declare while they build a graph.

    Attributes:
        training: whether the training graph is built (dropout drops, batches normalise themselves).
        dtype: of parameters and values.
        layer: l, the number of the layer with parameters that was opened last; 0 before the first.
        parameters: declared parameters and running states, by name, in order.
        nodes: their variables, by name.
        updates: the new value of each running state, in a training graph.
        scalars: declared inputs that are one number in each step.
        built: one entry for each layer object, in order; those within another stand before it.
        makers: the layer object that made each value of a name, z1 or n1.
    """

    training: bool
    dtype: str
    layer: int = 0
    parameters: dict[str, Parameter] = field(default_factory=dict)
    nodes: dict[str, Node] = field(default_factory=dict)
    updates: dict[Name, Node] = field(default_factory=dict)
    scalars: dict[str, Scalar] = field(default_factory=dict)
    names: set[str] = field(default_factory=lambda: {A0})
    streams: int = 0
    built: list[BuiltLayer] = field(default_factory=list)
    makers: dict[str, Layer] = field(default_factory=dict)

    def build(self, layer: Layer, x: Node) -> Node:
        """The layer's output for its input x, (N, n_in) → (N, n_out); what it is made of is noted.

        Raises:
            ShapeError: if it makes anything else.
        """
        before = set(self.names)
        y = layer.build(x, self)
        width = y.shape[1] if isinstance(y, Node) and y.type.rank == 2 else None
        if not isinstance(width, int):
            raise ShapeError(f"{layer!r} made {y!r}", "a node of shape (N, n_out)")
        for name in self.names - before:
            self.makers.setdefault(name, layer)  # a layer within another was noted before it
        self.built.append(BuiltLayer(layer, self.layer, width))
        return y

    def open_layer(self, x: Node) -> Node:
        """Begin the next layer with parameters; returns its input, the previous layer's output."""
        x = self.output(x)
        self.layer += 1
        return x

    def output(self, x: Node) -> Node:
        """Give a layer that had no activation its a: the identity of z."""
        if self.layer == 0 or Name.value("a", self.layer) in self.names:
            return x
        return self.named(OPS["identity"](x), "a")

    def named(self, node: Node, letter: str) -> Node:
        """Name a value of this layer: z1, a1; a second one of the same letter is z1_2.

        Raises:
            InvalidValueError: for a parameter's name, or a letter that has another meaning.
        """
        return node.named(self._taken(Name.value(letter, self.layer, self.suffix(letter))))

    def _taken(self, name: Name) -> Name:
        """The name of a new value, which is then taken."""
        _check_letter(name.letter)
        if name in self.parameters:
            raise InvalidValueError(f"a value named {name!r} as a parameter", "one of each name", "use another letter")
        self.names.add(name)
        return name

    def suffix(self, letter: str) -> str:
        """What the next value of this letter has behind its layer's number: nothing, or _2, _3, …."""
        suffixes = chain([""], (f"_{again}" for again in count(2)))
        return next(suffix for suffix in suffixes if Name.value(letter, self.layer, suffix) not in self.names)

    def parameter(
        self,
        letter: str,
        shape: tuple[int, ...],
        initializer: Initializer,
        fan_in: int = 0,
        fan_out: int = 0,
        suffix: str = "",
        trainable: bool = True,
        *,
        role: Role | None = None,
        learning_rate_factor: float = 1.0,
        decay_factor: float | None = None,
    ) -> Node:
        """Declare a parameter of this layer: W1, b1, …; or a running state, which has no gradient.

        Args:
            letter: of its name.
            shape: its shape.
            initializer: what draws its first value.
            fan_in, fan_out: for the initialiser; a matrix is taken for weights (fan_in, fan_out).
            suffix: of its name, where a layer has several of one letter.
            trainable: whether it is learned by gradient.
            role: what it is for, as "scale" or "embedding". By default a matrix is a "weight", what is not trainable a
                "state", and everything else "other". Penalties and weight decay concern weights.
            learning_rate_factor: what the learning rate is multiplied by for it.
            decay_factor: what the weight decay is multiplied by for it; by default 1 for a weight, else 0.

        Raises:
            InvalidValueError: if the layer has one of this name already (give the second a suffix), for a value's name,
                or for a letter that has another meaning.
            UnknownNameError: for a role that there is not.
            ShapeError: if starting values were given as an array of another shape.
        """
        name = Name.parameter(letter, self.layer, suffix)
        _check_letter(letter)
        if name in self.names:
            raise InvalidValueError(f"a parameter named {name!r} as a value", "one of each name", "use another letter")
        if name in self.parameters:
            raise InvalidValueError(f"a second parameter named {name!r}", "one of each name", "pass suffix='_2'")
        sizes = tuple(d for d in shape if isinstance(d, int))
        if len(sizes) == 2:
            fan_in, fan_out = fan_in or sizes[0], fan_out or sizes[1]
        if isinstance(initializer, Given):
            initializer.check_fits(letter + suffix, self.layer, sizes)
        role = role or ("state" if not trainable else "weight" if len(sizes) == 2 else "other")
        if role not in ROLES:
            raise unknown_name("role", role, list(ROLES))
        self.parameters[name] = Parameter(
            *(name, sizes, initializer, fan_in, fan_out, role),
            trainable=trainable and role not in STATES,
            learning_rate_factor=learning_rate_factor,
            decay_factor=float(role == "weight") if decay_factor is None else decay_factor,
        )
        self.nodes[name] = variable(name, shape, self.dtype)
        return self.nodes[name]

    def scalar(self, letter: str, scalar: Scalar) -> Node:
        """Declare an input of this layer that is one number in each step, in float64: p1; a second one is p1_2.

        Raises:
            InvalidValueError: for a parameter's name, or a letter that has another meaning.
        """
        name = self._taken(Name("scalar", letter, self.layer, self.suffix(letter)))
        self.scalars[name] = scalar
        return variable(name)

    def update(self, state: Node, new: Node) -> None:
        """Set the value that a running state has after this step."""
        assert state.name is not None, "a running state is a parameter, and has a name"
        self.updates[state.name.new] = new

    def uniform(self, shape: Shape) -> Node:
        """Random numbers in [0, 1), others in every epoch, step and layer."""
        self.streams += 1
        counter = self.nodes.setdefault("counter", variable(COUNTER, (3,), "int64"))
        return OPS["uniform"](counter, shape=shape, dtype=self.dtype, stream=self.streams)


def require_few_columns(what: str, columns: int) -> None:
    """Refuse a layer that would number more columns than a table has: a damaged file might ask for any number.

    Raises:
        ShapeError: for more than a million.
    """
    if columns > MOST_COLUMNS:
        raise ShapeError(f"{what} of {columns:,} columns", f"at most {MOST_COLUMNS:,}")


def _check_letter(letter: str) -> None:
    if _RESERVED.fullmatch(letter):
        raise InvalidValueError(
            f"the letter {letter!r} for a value or a parameter",
            "one that does not begin with a digit or with d (dz1 is the gradient of z1), nor β, r_… or u_…",
            "use another letter",
        )
