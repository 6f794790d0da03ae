"""The textbook layers, eager: `forward` on numbers, `backward` on the gradient from above.

Each calls the op of the graph and its derivative rule; there is no second copy of the mathematics. They take one sample
(a vector) or a batch (samples as rows) and compute in float64.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from clearprop import graph as g
from clearprop.errors import ClearpropError, InvalidValueError, ShapeError
from clearprop.execute import Array, as_array, evaluate
from clearprop.graph import OPS, Op, show_shape
from clearprop.graph.gradient import local_gradients


class NotForwardedError(ClearpropError, RuntimeError):
    """`backward` was called before `forward`."""


class Layer:
    """One op with its inputs remembered between forward and backward.

    Attributes:
        out: the result of the last forward pass, None before.
    """

    op: Op

    def __init__(self) -> None:
        self.out: Any = None
        self._inputs: tuple[Array, ...] = ()

    def _forward(self, *inputs: ArrayLike) -> Any:
        arrays = tuple(_numbers(f"an input of {type(self).__name__}", x) for x in inputs)
        nodes = _variables(arrays)
        self.out = evaluate(self.op(*nodes), {str(n.name): a for n, a in zip(nodes, arrays, strict=True)})
        self._inputs = arrays
        return self.out

    def _backward(self, dout: ArrayLike) -> list[Any]:
        if self.out is None:
            raise NotForwardedError(
                f"{type(self).__name__}.backward before forward", "forward first, which stores its values"
            )
        above = _numbers("dout", dout)
        if above.shape != np.shape(self.out):
            raise ShapeError(f"dout has shape {show_shape(above.shape)}", f"{show_shape(np.shape(self.out))}, as out")
        nodes = _variables(self._inputs)
        upstream = g.variable("dout", above.shape)
        gradients = local_gradients(self.op(*nodes), upstream)
        values = {str(n.name): a for n, a in zip(nodes, self._inputs, strict=True)} | {"dout": above}
        used = {f"d{i}": d for i, d in enumerate(gradients) if d is not None}
        needed = g.Graph(used).inputs
        found = evaluate(used, {name: a for name, a in values.items() if name in needed})
        return [found[f"d{i}"] for i in range(len(gradients))]


def _variables(arrays: Sequence[Array]) -> list[g.Node]:
    return [g.variable(f"x{i}", a.shape) for i, a in enumerate(arrays)]


class _Elementwise(Layer):
    def forward(self, x: ArrayLike) -> Any:
        """The op's value, of x's shape; kept in `out`."""
        return self._forward(x)

    def backward(self, dout: ArrayLike) -> Any:
        """∂L/∂x for dout = ∂L/∂out."""
        return self._backward(dout)[0]


class Sigmoid(_Elementwise):
    """out = 1/(1 + e⁻ˣ); dx = dout · out · (1 − out).

    Example:
        >>> layer = Sigmoid()
        >>> float(layer.forward(0.0)), float(layer.backward(1.0))
        (0.5, 0.25)
    """

    op = OPS["sigmoid"]


class Tanh(_Elementwise):
    """out = tanh x; dx = dout · (1 − out²).

    Example:
        >>> float(Tanh().forward(0.0))
        0.0
    """

    op = OPS["tanh"]


class ReLU(_Elementwise):
    """out = max(x, 0); dx = dout where x > 0, else 0.

    Example:
        >>> ReLU().forward([-1.0, 2.0]).tolist()
        [0.0, 2.0]
    """

    op = OPS["relu"]


class Softmax(_Elementwise):
    """out = eˣ/Σeˣ over the last axis; dx = out ⊙ (dout − Σ dout ⊙ out).

    Example:
        >>> Softmax().forward([0.0, 0.0]).tolist()
        [0.5, 0.5]
    """

    op = OPS["softmax"]


class _OfTwo(Layer):
    """A node of the graph with two inputs, of equal shapes or one of them a single number."""

    def __init__(self) -> None:
        super().__init__()
        self._shapes: list[tuple[int, ...]] = []

    def forward(self, x: ArrayLike, y: ArrayLike) -> Any:
        """The op's value; kept in `out`.

        Raises:
            ShapeError: if the shapes differ and neither is a single number.
        """
        given = [_numbers(f"an input of {type(self).__name__}", v) for v in (x, y)]
        self._shapes = [v.shape for v in given]
        whole = max(self._shapes, key=len)
        return self._forward(*(v if v.shape else np.broadcast_to(v, whole) for v in given))

    def backward(self, dout: ArrayLike) -> tuple[Any, Any]:
        """∂L/∂x and ∂L/∂y for dout = ∂L/∂out; summed for a single number that met a larger array."""
        dx, dy = (d if shape else np.sum(d) for d, shape in zip(self._backward(dout), self._shapes, strict=True))
        return dx, dy


class Add(_OfTwo):
    """out = x + y; dx = dout, dy = dout: the node "+" passes the gradient on unchanged.

    Example:
        >>> layer = Add()
        >>> float(layer.forward(200, 450)), tuple(map(float, layer.backward(1.1)))
        (650.0, (1.1, 1.1))
    """

    op = OPS["add"]


class Multiply(_OfTwo):
    """out = x · y, element by element; dx = dout · y, dy = dout · x: the node "×" swaps its inputs.

    Example:
        >>> layer = Multiply()  # two apples at 100
        >>> float(layer.forward(100, 2)), tuple(map(float, layer.backward(1.1)))
        (200.0, (2.2, 110.00000000000001))
    """

    op = OPS["multiply"]


class Affine(Layer):
    """out = x·W + b; dx = dout·Wᵀ, dW = xᵀ·dout, db = dout summed over the samples.

    Args:
        W: (n_in, n_out).
        b: (n_out,).

    Example:
        >>> layer = Affine([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], [1.0, 1.0, 1.0])
        >>> layer.forward([1.0, 0.0]).tolist()
        [2.0, 3.0, 4.0]
    """

    op = OPS["affine"]

    def __init__(self, W: ArrayLike, b: ArrayLike) -> None:
        super().__init__()
        self.W, self.b = _numbers("W", W), _numbers("b", b)
        self.dW: Any = None
        self.db: Any = None

    def forward(self, x: ArrayLike) -> Any:
        """x·W + b for x (n_in,) or (N, n_in)."""
        return self._forward(x, self.W, self.b)

    def backward(self, dout: ArrayLike) -> Any:
        """∂L/∂x; sets dW and db."""
        dx, self.dW, self.db = self._backward(dout)
        return dx


class SoftmaxWithLoss:
    """L = −1/N Σᵢ Σₖ tᵢₖ ln softmax(zᵢ)ₖ; dz = (y − t)/N with y = softmax(z).

    Example:
        >>> layer = SoftmaxWithLoss()
        >>> round(float(layer.forward([0.0, 0.0], 0)), 4), layer.backward().tolist()
        (0.6931, [-0.5, 0.5])
    """

    def __init__(self) -> None:
        self.y: Any = None
        self.t: Any = None
        self.loss: Any = None
        self._layer = _CrossEntropy()

    def forward(self, z: ArrayLike, t: ArrayLike) -> Any:
        """The mean loss for logits z (k,) or (N, k) and targets t: class numbers, or rows that sum to 1.

        Raises:
            ShapeError, InvalidValueError: if t does not fit z.
        """
        logits = _numbers("z", z)
        self.t = _rows_of(as_array("t", t), logits)
        self.y = Softmax().forward(logits)
        self.loss = np.mean(self._layer._forward(logits, self.t))
        return self.loss

    def backward(self, dout: float = 1.0) -> Any:
        """∂L/∂z for dout = ∂(whatever follows)/∂L."""
        if self.loss is None:
            raise NotForwardedError("SoftmaxWithLoss.backward before forward", "forward first, which stores its values")
        shape = np.shape(self._layer.out)
        count = shape[0] if shape else 1
        return self._layer._backward(np.full(shape, dout / count))[0]


class _CrossEntropy(Layer):
    op = OPS["softmax_cross_entropy"]


def _numbers(name: str, given: ArrayLike) -> Array:
    return as_array(name, given).astype(np.float64)


def _rows_of(t: Array, z: Array) -> Array:
    """Targets as rows of numbers: class numbers become one-hot rows."""
    if z.ndim not in (1, 2):
        raise ShapeError(f"z has shape {show_shape(z.shape)}", "(k,) or (N, k)")
    if t.shape == z.shape:
        return t.astype(np.float64)
    k = z.shape[-1]
    if t.shape != z.shape[:-1]:
        raise ShapeError(f"t has shape {show_shape(t.shape)}", f"{show_shape(z.shape[:-1])} or {show_shape(z.shape)}")
    if t.dtype.kind not in "biu" or (t < 0).any() or (t >= k).any():
        raise InvalidValueError(f"class numbers {t.tolist()}", f"integers 0 … {k - 1}")
    return np.eye(k)[t.astype(np.int64)]


__all__ = ["Add", "Affine", "Multiply", "ReLU", "Sigmoid", "Softmax", "SoftmaxWithLoss", "Tanh"]


def __dir__() -> list[str]:
    """What `cp.layers.` completes to: the layers."""
    return __all__
