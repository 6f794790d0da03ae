"""The two records a graph is made of: `Op`, what can be computed, and `Node`, one use of it.

A node knows its operation, its inputs, its attributes and its type, and nothing else: no value, no gradient.
Everything that can be asked of a network (its gradient, its plan, its picture, its proof) is a function of nodes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from clearprop.errors import DTypeError, a_or_an
from clearprop.graph.entries import EntryRule
from clearprop.graph.name import Name, as_name
from clearprop.graph.types import Shape, Type, as_shape, dtype_name
from clearprop.visible import visible

Attr = float | int | str | bool | tuple[Any, ...]
Kind = Literal["leaf", "elementwise", "product", "reduction", "movement", "random"]
Role = Literal["stop", "gate", "probability", "loss from logits"]


@dataclass(frozen=True, slots=True)
class Example:
    """Input types (and attributes) on which an op is tested, and from which its rewrite pattern is made.

    `domains` says, per input, which numbers make sense: "real", "positive", "unit" (0 to 1) or "rows:K" (integers
    below K).
    """

    types: tuple[Type, ...]
    attrs: Mapping[str, Attr] = field(default_factory=dict)
    domains: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False, repr=False)
class Op:
    """One operation, and all that there is to know of it. Calling it makes a node.

    What computes asks for the first fields, what explains for the others: `explain` compares no names of ops, so that
    an op which is added here is written, drawn and walked through like any other.

    Attributes:
        name: unique name.
        infer: shape rule, `infer(*types, **attrs) -> Type`; raises when the inputs do not fit.
        gradient: derivative rule, `gradient(y, g, *inputs) -> one node or None per input`: y is the node itself and
            g = ∂L/∂y. None as a rule means: differentiate the definition.
        formula: LaTeX, `#1`, `#2`, … standing for the inputs and `#slope` for an attribute; `\\times` is the product
            entry by entry, `\\cdot` that of matrices or with a number.
        kind: what sort of work it is; the planner reuses a buffer in place only for "elementwise".
        analytic: whether a complex step passes through it unharmed (not through abs or maximum).
        commutative: whether the two inputs may change places.
        definition: for a fused op, what it means: the same value built from simpler ops.
        stable: for a fused op, the form that neither overflows nor loses digits, where the definition does.
        examples: input types to test it on.
        sign: LaTeX of what is written into its circle, `#exponent` standing for an attribute; without one its name.
        title: its name in words, in the box of a fused op; by default its name with a capital.
        rule: which entries of its inputs an entry of its value is made of; None for an elementwise op, which asks for
            the same place in each input, and for a fused op, whose definition tells.
        transparent: whether it is written as its input is, because the numbers stay what they are.
        terms: the sign of each input, +1 or −1, if the value is the sum of its inputs.
        factors: the power of each input, +1 or −1, if the value is the product of its inputs.
        kink: where it is not smooth, the condition whose outcome changes there: `kink(node) -> node` of truth values.
        role: what else a reader is told of it. A "stop" lets no gradient through; a "gate" is how a gradient passes
            a kink; a "probability" is what becomes of logits; a "loss from logits" holds the activation before it,
            so that their derivatives cancel.
    """

    name: str
    infer: Callable[..., Type]
    gradient: Callable[..., tuple[Node | None, ...]] | None
    formula: str
    kind: Kind = "elementwise"
    analytic: bool = True
    commutative: bool = False
    definition: Callable[..., Node] | None = None
    stable: Callable[..., Node] | None = None
    examples: tuple[Example, ...] = ()
    sign: str = ""
    title: str = ""
    rule: EntryRule | None = None
    transparent: bool = False
    terms: tuple[int, ...] = ()
    factors: tuple[int, ...] = ()
    kink: Callable[[Node], Node] | None = None
    role: Role | None = None

    @property
    def fused(self) -> bool:
        """Whether the op is defined by simpler ones."""
        return self.definition is not None

    def __call__(self, *inputs: Node, **attrs: Attr) -> Node:
        """A node: this op applied to these inputs."""
        for x in inputs:
            if not isinstance(x, Node):
                raise DTypeError(
                    f"{self.name} of {a_or_an(type(x).__name__)}",
                    "nodes",
                    "arrays go in as variables: cp.variable(name, shape), bound when the graph is evaluated",
                )
        return Node(self, inputs, attrs, self.infer(*(x.type for x in inputs), **attrs))

    def __repr__(self) -> str:
        return f"<op {self.name}>"


OPS: Final[dict[str, Op]] = {}  # every op by name; filled by the modules that define them


def register(op: Op) -> Op:
    """Enter an op into the registry; a second op of the same name is a programming error."""
    if op.name in OPS:
        raise ValueError(f"an op named {op.name!r} is defined already")
    OPS[op.name] = op
    return op


@dataclass(frozen=True, eq=False, repr=False, slots=True)
class Node:
    """One value of a graph: an op applied to other nodes. Equal only to itself (`x == y` asks for identity).

    The operators + - * / @ ** build new nodes. Python numbers take the type of the other operand and a scalar
    (shape `()`) is broadcast; nothing else is: `(N,) - (N, 1)` is an error.
    """

    op: Op
    inputs: tuple[Node, ...]
    attrs: Mapping[str, Any]
    type: Type
    name: Name | None = None

    __array_ufunc__ = None  # NumPy arrays leave `array * node` to the node, which answers with a clear error

    @property
    def shape(self) -> Shape:
        """Shape; its first entry may be `N`."""
        return self.type.shape

    @property
    def dtype(self) -> str:
        """Short dtype name: f32, f64, i64, bool, c128."""
        return self.type.dtype

    def named(self, name: str) -> Node:
        """The same value under a name; a node that has another name already keeps it and gets an alias.

        Args:
            name: any text, or a `Name`, which also says what the value is.
        """
        given = as_name(name)
        if self.name == given and (given.role in ("other", self.name.role)):
            return self
        named = self if self.name is None else OPS["identity"](self)
        return Node(named.op, named.inputs, named.attrs, named.type, given)

    def __repr__(self) -> str:
        return visible(f"<{self.name or self.op.name}: {self.type}>")

    def __bool__(self) -> bool:
        raise DTypeError("the truth value of a node", "a number", "a node has no value; use where(condition, a, b)")

    def __copy__(self) -> Node:
        return self

    def __deepcopy__(self, memo: object) -> Node:
        return self

    # Formulas as they stand in a textbook.
    def __add__(self, other: Operand) -> Node:
        return apply("add", self, other)

    def __radd__(self, other: Operand) -> Node:
        return apply("add", other, self)

    def __sub__(self, other: Operand) -> Node:
        return apply("subtract", self, other)

    def __rsub__(self, other: Operand) -> Node:
        return apply("subtract", other, self)

    def __mul__(self, other: Operand) -> Node:
        return apply("multiply", self, other)

    def __rmul__(self, other: Operand) -> Node:
        return apply("multiply", other, self)

    def __truediv__(self, other: Operand) -> Node:
        return apply("divide", self, other)

    def __rtruediv__(self, other: Operand) -> Node:
        if not isinstance(other, Node) and other == 1:
            return OPS["reciprocal"](self)  # the textbook's node "/"
        return apply("divide", other, self)

    def __neg__(self) -> Node:
        return apply("multiply", self, -1.0)  # the textbook's node "×(−1)"

    def __pow__(self, exponent: float) -> Node:
        if isinstance(exponent, Node) or not hasattr(exponent, "__float__"):
            raise DTypeError(f"exponent {exponent!r}", "a Python number", "for x to the y write exp(y * log(x))")
        return OPS["power"](self, exponent=float(exponent))

    def __matmul__(self, other: Node) -> Node:
        return OPS["matmul"](self, other)

    def __gt__(self, other: Operand) -> Node:
        return apply("greater", self, other)

    def __lt__(self, other: Operand) -> Node:
        return apply("greater", other, self)

    @property
    def T(self) -> Node:
        """The transpose of a matrix without a batch axis."""
        return OPS["transpose"](self)


Operand = Node | float


def constant(value: float, type: Type) -> Node:
    """A number in every place of a type.

    Example:
        >>> constant(1.0, Type((2,), "f64"))
        <constant: f64[2]>
    """
    return OPS["constant"](value=value, shape=type.shape, dtype=type.dtype)


def variable(name: str, shape: Sequence[Any] | int | Any = (), dtype: object = "float64") -> Node:
    """An input of a graph: a parameter, a batch of data, a target.

    Args:
        name: how it is printed and bound.
        shape: tuple of integers; the first entry may be `N`, the batch size. `()` is a scalar.
        dtype: "float32", "float64", "int64" or "bool".

    Raises:
        ShapeError: if the shape is malformed.
        UnknownNameError: for another dtype.

    Example:
        >>> from clearprop.graph import N
        >>> variable("X", (N, 3))
        <X: f64[N, 3]>
    """
    if not isinstance(name, str) or not name:
        raise DTypeError(f"variable name {name!r}", "a non-empty string")
    return OPS["variable"](shape=as_shape(shape), dtype=dtype_name(dtype)).named(name)


def lift(*operands: Operand) -> tuple[Node, ...]:
    """Bring operands to one type: Python numbers become constants and scalars are broadcast, nothing else."""
    nodes = [x for x in operands if isinstance(x, Node)]
    if not nodes:
        raise DTypeError(f"operands {operands!r}", "at least one node", "make one with cp.variable(name)")
    like = max((x.type for x in nodes), key=lambda t: t.rank)
    return tuple(_lift(x, like) for x in operands)


def _lift(x: Operand, like: Type) -> Node:
    if isinstance(x, Node):
        if x.shape == () and like.shape != ():
            return OPS["broadcast"](x, shape=like.shape, axes=())
        return x
    if isinstance(x, bool) or not (isinstance(x, int | float) or _is_number(x)):
        raise DTypeError(
            f"operand of type {x.__class__.__name__}",
            "a node or a Python number",
            "arrays go in as variables: cp.variable(name, shape), bound when the graph is evaluated",
        )
    return constant(x if isinstance(x, float) else float(x), like)


def _is_number(x: object) -> bool:
    return getattr(x, "shape", None) == () and hasattr(x, "__float__")  # NumPy scalars


def apply(name: str, *operands: Operand) -> Node:
    """Apply an elementwise op to operands brought to one type; in a commutative op a number comes second."""
    op = OPS[name]
    inputs = lift(*operands)
    if op.commutative and is_constant(inputs[0]) and not is_constant(inputs[1]):
        inputs = (inputs[1], inputs[0])
    return op(*inputs)


def is_constant(node: Node, value: float | None = None) -> bool:
    """Whether a node is a constant (of that value)."""
    return node.op.name == "constant" and (value is None or node.attrs["value"] == value)


def is_variable(node: Node) -> bool:
    """Whether a node is an input of its graph: data, a parameter, a target."""
    return node.op.name == "variable"


def is_batch_size(node: Node) -> bool:
    """Whether a node is N, the number of samples."""
    return node.op.name == "size"


def is_alias(node: Node) -> bool:
    """Whether a node is nothing but a second name of its input."""
    return node.op.name == "identity"


def without_alias(node: Node) -> Node:
    """What an alias names: a name in the middle of a formula does not hide what stands behind it."""
    while is_alias(node):
        node = node.inputs[0]
    return node


def topological(outputs: Iterable[Node]) -> list[Node]:
    """All nodes that the outputs need, every node after its inputs. Iterative, so deep graphs are fine."""
    order: list[Node] = []
    seen: set[Node] = set()
    stack: list[tuple[Node, Iterator[Node]]] = []
    for output in outputs:
        if output in seen:
            continue
        seen.add(output)
        stack.append((output, iter(output.inputs)))
        while stack:
            node, rest = stack[-1]
            for child in rest:
                if child not in seen:
                    seen.add(child)
                    stack.append((child, iter(child.inputs)))
                    break
            else:
                order.append(node)
                stack.pop()
    return order
