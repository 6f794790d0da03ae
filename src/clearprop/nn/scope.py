"""The scope in which layers build their part of a graph: it names, counts and collects."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import chain, count

from clearprop.errors import InvalidValueError
from clearprop.graph import OPS, Name, Node, Shape, variable
from clearprop.nn.initializers import Initializer
from clearprop.nn.names import A0, COUNTER

_RESERVED = re.compile(r"(d.+|β|[ru]_\d*|\d.*)?")  # dz1 means the gradient of z1, β1 is Adam's, u_1 is shared


@dataclass(frozen=True)
class Parameter:
    """What is to be known of a parameter (or of a layer's running state) before it has a value.

    Attributes:
        name: W1, b1, ….
        shape: its shape.
        initializer: what draws its first value.
        fan_in, fan_out: how many inputs and outputs its layer has, for the initialiser.
        trainable: whether it is learned by gradient; running states are not.
    """

    name: Name
    shape: tuple[int, ...]
    initializer: Initializer
    fan_in: int
    fan_out: int
    trainable: bool = True

    @property
    def layer(self) -> int:
        """The number of the layer it belongs to."""
        return self.name.layer or 0

    @property
    def is_weight(self) -> bool:
        """Whether it is a weight matrix: penalties and weight decay concern these alone, not biases or scales."""
        return len(self.shape) == 2

    @property
    def size(self) -> int:
        """Number of entries."""
        count = 1
        for d in self.shape:
            count *= d
        return count


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
    """

    training: bool
    dtype: str
    layer: int = 0
    parameters: dict[str, Parameter] = field(default_factory=dict)
    nodes: dict[str, Node] = field(default_factory=dict)
    updates: dict[Name, Node] = field(default_factory=dict)
    names: set[str] = field(default_factory=lambda: {A0})
    streams: int = 0

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
        name = Name.value(letter, self.layer, self.suffix(letter))
        _check_letter(letter)
        if name in self.parameters:
            raise InvalidValueError(f"a value named {name!r} as a parameter", "one of each name", "use another letter")
        self.names.add(name)
        return node.named(name)

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
    ) -> Node:
        """Declare a parameter of this layer: W1, b1, …; or a running state, which has no gradient.

        Where fan_in and fan_out are not given, a matrix is taken for weights (fan_in, fan_out).

        Raises:
            InvalidValueError: if the layer has one of this name already (give the second a suffix), for a value's name,
                or for a letter that has another meaning.
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
        self.parameters[name] = Parameter(name, sizes, initializer, fan_in, fan_out, trainable)
        self.nodes[name] = variable(name, shape, self.dtype)
        return self.nodes[name]

    def update(self, state: Node, new: Node) -> None:
        """Set the value that a running state has after this step."""
        assert state.name is not None, "a running state is a parameter, and has a name"
        self.updates[state.name.new] = new

    def uniform(self, shape: Shape) -> Node:
        """Random numbers in [0, 1), others in every epoch, step and layer."""
        self.streams += 1
        counter = self.nodes.setdefault("counter", variable(COUNTER, (3,), "int64"))
        return OPS["uniform"](counter, shape=shape, dtype=self.dtype, stream=self.streams)


def _check_letter(letter: str) -> None:
    if _RESERVED.fullmatch(letter):
        raise InvalidValueError(
            f"the letter {letter!r} for a value or a parameter",
            "one that does not begin with a digit or with d (dz1 is the gradient of z1), nor β, r_… or u_…",
            "use another letter",
        )
