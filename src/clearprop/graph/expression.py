"""The functions people write formulas with; each makes a node."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from clearprop.errors import DTypeError, ShapeError
from clearprop.graph.fused import activations, layers, losses
from clearprop.graph.node import OPS, Node, Operand, apply, constant, lift
from clearprop.graph.primitives import arrays
from clearprop.graph.types import Dim, N, as_shape, dtype_name, show_shape


def _function(name: str, formula: str) -> Callable[[Node], Node]:
    def function(x: Node) -> Node:
        return OPS[name](x)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"{formula}, elementwise; the result has the type of x."
    return function


exp = _function("exp", "eˣ")
log = _function("log", "ln x, the natural logarithm")
log1p = _function("log1p", "ln(1 + x), exact for small x")
expm1 = _function("expm1", "eˣ − 1, exact for small x")
sqrt = _function("sqrt", "√x")
sin = _function("sin", "sin x")
cos = _function("cos", "cos x")
erf = _function("erf", "the error function, 2/√π ∫₀ˣ e^(−t²) dt")
abs = _function("abs", "|x|, with derivative 0 at 0")
sign = _function("sign", "−1, 0 or 1; its derivative is 0")
reciprocal = _function("reciprocal", '1/x, the textbook\'s node "/", with derivative −y²')
sigmoid = _function("sigmoid", "σ(x) = 1/(1 + e⁻ˣ), with derivative y(1 − y)")
tanh = _function("tanh", "(eˣ − e⁻ˣ)/(eˣ + e⁻ˣ), with derivative 1 − y²")
relu = _function("relu", "max(x, 0), with derivative 0 at 0")
gelu = _function("gelu", "x·Φ(x), Φ the normal distribution function")
silu = _function("silu", "x·σ(x)")
softplus = _function("softplus", "ln(1 + eˣ)")
stop_gradient = _function("stop_gradient", "x itself, through which no gradient flows")
identity = _function("identity", "x itself")


def leaky_relu(x: Node, slope: float = 0.01) -> Node:
    """x for x > 0, else slope·x."""
    return activations.leaky_relu(x, slope=float(slope))


def elu(x: Node, alpha: float = 1.0) -> Node:
    """x for x > 0, else α(eˣ − 1)."""
    return activations.elu(x, alpha=float(alpha))


def softmax(x: Node) -> Node:
    """eˣ/Σeˣ over the last axis: positive numbers that sum to 1."""
    return layers.softmax(x)


def log_softmax(x: Node) -> Node:
    """ln softmax(x) over the last axis, without overflow."""
    return layers.log_softmax(x)


def maximum(a: Operand, b: Operand) -> Node:
    """The larger of two values; at a tie the gradient goes to b (to the node, if one is a number, never)."""
    return apply("maximum", *_number_second(a, b))


def minimum(a: Operand, b: Operand) -> Node:
    """The smaller of two values; at a tie the gradient goes to b (to the node, if one is a number, never)."""
    return apply("minimum", *_number_second(a, b))


def _number_second(a: Operand, b: Operand) -> tuple[Operand, Operand]:
    """maximum(0, x) and maximum(x, 0) are one function, with one derivative at 0."""
    return (a, b) if isinstance(a, Node) else (b, a)


def clip(x: Node, low: float, high: float) -> Node:
    """x limited to [low, high]."""
    return activations.hard_clip(x, low, high)


def where(condition: Node, a: Operand, b: Operand) -> Node:
    """a where the condition holds, else b. Both branches are computed; the gradient flows to the chosen one.

    Example:
        >>> from clearprop.graph import variable
        >>> x = variable("x")
        >>> where(x > 0, x, 0.1 * x)
        <where: f64[]>
    """
    if not isinstance(a, Node) and not isinstance(b, Node):
        raise DTypeError(f"where(…, {a!r}, {b!r})", "at least one node among the two branches")
    a, b = lift(a, b)
    return OPS["where"](condition, a, b)


def power(x: Node, exponent: float) -> Node:
    """x to a constant exponent."""
    return x**exponent


def matmul(a: Node, b: Node, transpose_a: bool = False, transpose_b: bool = False) -> Node:
    """The product a·b of vectors or matrices, either of them transposed if asked.

    Raises:
        ShapeError: if the inner dimensions differ; both shapes are named.

    Example:
        >>> from clearprop.graph import N, variable
        >>> matmul(variable("X", (N, 3)), variable("G", (N, 2)), transpose_a=True)
        <matmul: f64[3, 2]>
    """
    return arrays.product(a, b, transpose_a, transpose_b)


def affine(x: Node, W: Node, b: Node) -> Node:
    """x·W + b for one sample (n_in,) or a batch (N, n_in), W (n_in, n_out), b (n_out,)."""
    return layers.affine(x, W, b)


def _axes(x: Node, axis: int | Sequence[int] | None) -> list[int]:
    given = range(x.type.rank) if axis is None else [axis] if isinstance(axis, int) else axis
    for a in given:
        if not -x.type.rank <= a < x.type.rank:
            raise ShapeError(f"axis {a} of a value of shape {show_shape(x.shape)}", f"an axis below {x.type.rank}")
    return sorted({a % x.type.rank for a in given}, reverse=True) if x.type.rank else []


def sum(x: Node, axis: int | Sequence[int] | None = None) -> Node:
    """The sum over one axis, several, or all; the axes disappear.

    Example:
        >>> from clearprop.graph import variable
        >>> sum(variable("x", (2, 3)), axis=0)
        <sum: f64[3]>
    """
    for a in _axes(x, axis):
        x = OPS["sum"](x, axis=a)
    return x


def max(x: Node, axis: int | Sequence[int] | None = None) -> Node:
    """The largest value over one axis, several, or all; the axes disappear."""
    for a in _axes(x, axis):
        x = OPS["max"](x, axis=a)
    return x


def mean(x: Node, axis: int | Sequence[int] | None = None) -> Node:
    """The mean over one axis, several, or all; over the batch axis it divides by the batch size of the run."""
    for a in _axes(x, axis):
        length = x.shape[a]
        total = OPS["sum"](x, axis=a)
        if length is N:
            count = OPS["size"](dtype=x.dtype)
            x = total / (OPS["broadcast"](count, shape=total.shape, axes=()) if total.shape else count)
        else:
            assert isinstance(length, int)
            x = total * (1.0 / length)
    return x


def broadcast(x: Node, shape: Sequence[Dim], axes: Sequence[int]) -> Node:
    """Repeat x along new axes: input axis i becomes axis `axes[i]` of `shape`.

    Example:
        >>> from clearprop.graph import N, variable
        >>> broadcast(variable("b", (3,)), (N, 3), axes=(1,))
        <broadcast: f64[N, 3]>
    """
    return OPS["broadcast"](x, shape=as_shape(shape), axes=tuple(axes))


def transpose(x: Node) -> Node:
    """The transpose of a matrix without a batch axis."""
    return x.T


def slice(x: Node, axis: int, start: int, stop: int) -> Node:
    """Entries start … stop − 1 along one axis."""
    return OPS["slice"](x, axis=axis, start=start, stop=stop)


def concat(xs: Sequence[Node], axis: int) -> Node:
    """Values one after the other along one axis (not the batch axis)."""
    return OPS["concat"](*xs, axis=axis)


def cast(x: Node, dtype: object) -> Node:
    """The same numbers in another dtype."""
    short = dtype_name(dtype)
    return x if short == x.dtype else OPS["cast"](x, dtype=short)


def one_hot(index: Node, classes: int, dtype: object = "float64") -> Node:
    """Row i is 1 in column index[i] and 0 elsewhere: (N,) integers to (N, classes)."""
    return OPS["one_hot"](index, classes=classes, dtype=dtype_name(dtype))


def take_rows(table: Node, index: Node) -> Node:
    """Row index[i] of a (rows, columns) table for every i."""
    return OPS["take_rows"](table, index)


def embed(table: Node, codes: Node) -> Node:
    """The row of a table (levels, d) for each code, (N,) numbers 0, 1, 2, … of the table's dtype: (N, d).

    A code is rounded toward zero and kept within the table; NaN is 0. Codes carry no gradient; that of a row of the
    table is the sum over the samples that have its code.

    Example:
        >>> from clearprop.graph import N, variable
        >>> embed(variable("E", (5, 2)), variable("x", (N,)))
        <embed: f64[N, 2]>
    """
    return OPS["embed"](table, codes)


def take_columns(x: Node, index: Sequence[int]) -> Node:
    """Column index[j] of x for every j: (N, n) to (N, len(index)). A column may be taken several times.

    Example:
        >>> from clearprop.graph import N, variable
        >>> take_columns(variable("X", (N, 2)), [0, 0, 1])
        <take_columns: f64[N, 3]>
    """
    return OPS["take_columns"](x, index=tuple(index))


def add_columns(x: Node, index: Sequence[int], columns: int) -> Node:
    """Sums of columns: column k of the result is Σ of the columns j of x with index[j] = k, (N, n) to (N, columns).

    It undoes `take_columns`: each is the other's gradient.

    Example:
        >>> from clearprop.graph import N, variable
        >>> add_columns(variable("X", (N, 3)), [0, 0, 1], columns=2)
        <add_columns: f64[N, 2]>
    """
    return OPS["add_columns"](x, index=tuple(index), columns=columns)


def softmax_cross_entropy(z: Node, t: Node) -> Node:
    """−Σₖ tₖ ln softmax(z)ₖ per sample, from logits z (N, k) and targets t (N, k); the result is (N,)."""
    return losses.softmax_cross_entropy(z, t)


def sigmoid_cross_entropy(z: Node, y: Node) -> Node:
    """−(y ln σ(z) + (1 − y) ln(1 − σ(z))), elementwise, from logits z."""
    return losses.sigmoid_cross_entropy(z, y)


def squared_error(a: Node, y: Node) -> Node:
    """½‖y − a‖² per sample: (N, k) and (N, k) to (N,)."""
    return losses.squared_error(a, y)


def zeros_like(x: Node) -> Node:
    """0 in every place of x's type."""
    return constant(0.0, x.type)


def ones_like(x: Node) -> Node:
    """1 in every place of x's type."""
    return constant(1.0, x.type)
