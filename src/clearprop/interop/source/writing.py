"""Graphs as statements: each value that has a name, or that is needed twice, gets a line of its own."""

from __future__ import annotations

import inspect
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from clearprop.errors import InvalidValueError
from clearprop.graph import Graph, Node, Type, tidy, topological, variable
from clearprop.graph.node import is_constant
from clearprop.interop.source.expression import Expression, Rule, call
from clearprop.interop.source.file import definition
from clearprop.interop.source.literals import Identifiers
from clearprop.nn.names import DATA_LOSS

_FREE = ("broadcast", "stop_gradient", "transpose", "cast")  # written again wherever they are used
_LEAVES = ("variable", "constant", "size")
LONGEST = 76  # characters of an expression; a longer one is written in two lines


@dataclass(frozen=True)
class Target:
    """A language that graphs are written in.

    Attributes:
        name: of the language, for errors.
        ops: how each op is written. A fused op that is not among them becomes a function, written from its expansion.
        in_place: fused ops that get no function, but stand where they are used by what they mean.
        plain: fused ops whose function is written from what they mean, not from their stable form.
        repeat: writes a value that the language has not repeated to a shape as one of that shape.
        reserved: names that mean something else in a file.
    """

    name: str
    ops: Mapping[str, Rule]
    repeat: Callable[[Expression, Type], Expression]
    reserved: tuple[str, ...]
    in_place: frozenset[str] = frozenset()
    plain: frozenset[str] = frozenset()


@dataclass
class Functions:
    """The functions of fused ops that a file needs, in an order in which each comes after those that it calls."""

    target: Target
    names: Identifiers
    told: Callable[[str], str | None]  # what a reader is told of an op's function
    written: dict[str, str] = field(default_factory=dict)  # name → source
    _known: dict[object, str] = field(default_factory=dict)

    def named(self, node: Node) -> str:
        """The name of the function of this node's op, which is written if it is not yet there."""
        key = (node.op.name, tuple(node.attrs.items()), tuple(x.type for x in node.inputs))
        if key not in self._known:
            source = self._source(node)  # those that it calls are written meanwhile
            self._known[key] = self.library(node.op.name, source)
        return self._known[key]

    def library(self, wanted: str, source: str) -> str:
        """The name of a function that is there as text, with `{name}` where its name stands."""
        if source not in self._known:
            self._known[source] = name = self.names.new(wanted, "op")
            self.written[name] = source.replace("{name}", name)
        return self._known[source]

    def _source(self, node: Node) -> str:
        op = node.op
        meaning = op.definition if op.stable is None or op.name in self.target.plain else op.stable
        assert meaning is not None
        given = zip(_letters(op.definition, node), node.inputs, strict=True)
        inputs = [variable(letter, x.shape, x.dtype) for letter, x in given]
        graph = tidy(Graph({"": meaning(*inputs, **node.attrs)}))
        letters = {x: str(x.name) for x in inputs}
        names = Identifiers([*self.target.reserved, *letters.values()])
        writing = Writing(self.target, self, names, letters[inputs[0]], letters, is_whole=False)
        (result,) = writing.compute([graph.outputs[""]])
        return definition("{name}", letters.values(), self.told(op.name), writing.body(f"return {result.text}"))


def _letters(definition: Callable[..., Node] | None, node: Node) -> Sequence[str]:
    """What an op's inputs are called: x and y; of more than two as its definition calls them."""
    if len(node.inputs) <= 2 or definition is None:
        return ["x", "y", "z", "u", "v", "w"][: len(node.inputs)]
    parameters = inspect.signature(definition).parameters.values()
    own = [p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD][: len(node.inputs)]
    return own if len(own) == len(node.inputs) else [f"x{k}" for k in range(1, len(node.inputs) + 1)]


class Writing:
    """One function's statements.

    Args:
        target: the language.
        functions: those of fused ops, which this one may call.
        names: that its values may have.
        batch: the value whose rows are counted where N is needed.
        bound: what has a name already.
        is_whole: whether it knows the lengths of rows; a function of an op may be called for others.
    """

    def __init__(
        self,
        target: Target,
        functions: Functions,
        names: Identifiers,
        batch: str,
        bound: Mapping[Node, str] | None = None,
        is_whole: bool = True,
    ) -> None:
        self.is_whole = is_whole
        self.target, self.functions, self.names, self._batch = target, functions, names, batch
        self._bound = {node: Expression(name, node.shape) for node, name in (bound or {}).items()}
        self._inline: dict[Node, Expression] = {}  # what stands within other expressions
        self._statements: list[str] = []
        self._named: dict[Node, str] = {}

    def after(self, kept: Iterable[Node]) -> Writing:
        """The next function of the file, which is given some of this one's values."""
        following = Writing(self.target, self.functions, self.names, self._batch)
        following._bound, following._named = {n: self._bound[n] for n in kept}, self._named
        return following

    def call(self, node: Node, name: str) -> None:
        """Say what a value is to be called in this function."""
        self._named[node] = name

    @property
    def bound(self) -> dict[Node, str]:
        """What has a name, in the order in which it got it."""
        return {node: e.text for node, e in self._bound.items()}

    def compute(self, outputs: Iterable[Node], also: Iterable[Node] = ()) -> list[Expression]:
        """Write a line for each value that is to have one, and return the outputs.

        Args:
            outputs: what is to be computed.
            also: outputs of later functions: what these need, too, gets a line of its own.
        """
        outputs = list(outputs)
        uses = self._uses([*outputs, *also])
        for node in self._unbound(outputs):
            if node.op.name in _LEAVES:
                continue
            value = self._short(node)
            if self._deserves_a_line(node, uses[node], node in outputs):
                self._write_line(node, value)
            else:
                self._inline[node] = value
        return [self.full(node) for node in outputs]

    def _short(self, node: Node) -> Expression:
        """A value as an expression that is no longer than a line; its longest parts get lines of their own."""
        value = self._written(node)
        while len(value.text) > LONGEST:
            parts = [x for x in map(self._base, node.inputs) if x in self._inline and len(self._inline[x].text) > 12]
            if not parts:
                break
            longest = max(parts, key=lambda x: len(self._inline[x].text))
            self._write_line(longest, self._inline.pop(longest))
            for x in node.inputs:
                while x in self._inline and x.op.name in _FREE:  # they are written anew
                    del self._inline[x]
                    x = x.inputs[0]
            value = self._written(node)
        return value

    def _base(self, node: Node) -> Node:
        while node.op.name in _FREE and node not in self._bound:
            node = node.inputs[0]
        return node

    def _write_line(self, node: Node, value: Expression) -> None:
        if node.name is not None:
            value = self._repeated(node, value)
        self._bound[node] = Expression(self._name(node), value.shape)
        self._statements.append(f"{self._bound[node].text} = {value.text}")

    def body(self, *last: str) -> list[str]:
        """The lines of the function: the number of samples where it is needed, the statements, and what comes last."""
        lines = [*self._statements, *last]
        counts = any(re.search(r"\bN\b", line) for line in lines)
        return [f"N = len({self._batch})", *lines] if counts else lines

    def _unbound(self, outputs: Sequence[Node]) -> list[Node]:
        """What the outputs are made of, down to what has a name, each after what it is made of itself."""
        between = reached(outputs, self._bound)[1]
        return [node for node in topological(outputs) if node in between]

    def _uses(self, outputs: Sequence[Node]) -> Counter[Node]:
        """How often each value would be written if only what has a name had a line of its own."""
        uses = Counter(outputs)
        for node in reversed(self._unbound(outputs)):
            times = uses[node] if node.op.name in _FREE and node.name is None else 1
            for x in node.inputs:
                uses[x] += times
        return uses

    def _deserves_a_line(self, node: Node, uses: int, is_output: bool) -> bool:
        if is_a_number(node):
            return False
        if node.name is not None:
            return node.name.role != "loss" or not is_output
        return node.op.name == "one_hot" or (uses > 1 and node.op.name not in _FREE)

    def _name(self, node: Node) -> str:
        """A value's name, which it has in every function that computes it."""
        if node not in self._named:
            self._named[node] = self._new_name(node)
        return self._named[node]

    def _new_name(self, node: Node) -> str:
        if node.op.name == "one_hot" and node.name is None:
            return self.names.new("t")
        if node.name is None:
            return self.names.numbered("u")
        return self.names.new("L0" if node.name == DATA_LOSS else node.name)

    def full(self, node: Node) -> Expression:
        """A value with all of its shape, for what cannot repeat it by itself."""
        return self._repeated(node, self.expression(node))

    def _repeated(self, node: Node, value: Expression) -> Expression:
        return value if value.shape == node.shape else self.target.repeat(value, node.type)

    def expression(self, node: Node) -> Expression:
        """A value as an expression of what has names."""
        found = self._bound.get(node) or self._inline.get(node)
        return self._written(node) if found is None else found

    def _written(self, node: Node) -> Expression:
        rule = self.target.ops.get(node.op.name)
        if rule is not None:
            return rule(self, node, [self.expression(x) for x in node.inputs])
        if not node.op.fused:
            raise InvalidValueError(
                f"{node.op.name!r} in {self.target.name} source",
                "ops that can be written there: " + ", ".join(sorted(self.target.ops)),
                "a network without it, or without the layer that uses it",
            )
        return call(self.functions.named(node), *map(self.full, node.inputs), shape=node.shape)


def is_a_number(node: Node) -> bool:
    """Whether a node is a constant, under whatever name."""
    while node.op.name in ("identity", "broadcast"):
        node = node.inputs[0]
    return is_constant(node)


def reached(outputs: Iterable[Node], bound: Collection[Node]) -> tuple[set[Node], set[Node]]:
    """Those of the bound values that some outputs are made of directly, and what lies between."""
    found: set[Node] = set()
    between: set[Node] = set()
    stack = list(outputs)
    while stack:
        node = stack.pop()
        if node in bound:
            found.add(node)
        elif node not in between:
            between.add(node)
            stack.extend(node.inputs)
    return found, between
