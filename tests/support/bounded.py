"""Graphs in float64, with a bound on the rounding error that an executor may make: running error analysis.

Every value is a pair (x, e): x as the reference's kernels compute it in float64, and e, how far an executor of a
coarser ε may be away from it if each of its own operations is right to c·K·ε·scale, K the length of the longest sum:

    product   c·K·ε·(|A||B|) + |A| e_B + e_A |B|, and where the sum begins with a bias b, c·K·ε·(|A||B| + |b|)
    sum       c·K·ε·Σ|x| + Σ e
    others    c·ε·scale + what the op makes of its inputs when each of them, or all, are moved by their own bounds

The last line holds at kinks and jumps as well: where a condition may turn out either way the bound spans both answers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from clearprop.execute.codes import KERNELS
from clearprop.execute.reference import PRIMITIVES
from clearprop.graph import OPS, N, Node, topological, variable

Array = Any
EPSILON = {"f32": 2.0**-23, "f64": 2.0**-52}
SMALLEST = {"f32": 2.0**-126, "f64": 2.0**-1022}  # numbers below are flushed to zero
LARGEST = {"f32": 2.0**127, "f64": 2.0**1023}
ARITHMETIC, FUNCTION = 4.0, 32.0  # c: exact operations rounded once or twice; exponentials and their kin
EXACT = {"identity", "stop_gradient", "broadcast", "transpose", "slice", "concat", "one_hot", "take_rows", "uniform"}
EXACT |= {"take_columns", "embed"}
EXACT |= {"constant", "size", "abs", "sign", "maximum", "minimum", "greater", "where", "relu", "gate", "max"}
RULED = {"cast", "add", "subtract", "multiply", "divide", "reciprocal", "sqrt"}


def concrete(shape: Sequence[Any], n: int) -> tuple[int, ...]:
    """A shape with the batch size in it."""
    return tuple(n if d is N else d for d in shape)


def number(op: str, attrs: Mapping[str, Any], inputs: Sequence[Array], n: int) -> Array:
    """One op in float64: a primitive by the table that defines it, a fused op by its stable form."""
    attrs = {k: concrete(v, n) if k == "shape" else v for k, v in attrs.items()}
    if op == "constant":
        exact = np.float32 if attrs["dtype"] == "f32" else np.float64
        dtype = {"i64": "int64", "bool": "bool"}.get(attrs["dtype"], "float64")
        return np.full(attrs["shape"], exact(attrs["value"]), dtype)
    if op == "size":
        return np.float64(n)
    if attrs.get("dtype") == "f32":
        attrs["dtype"] = "f64"
    if op in PRIMITIVES:
        return PRIMITIVES[op](*inputs, **attrs)
    return _through(form_of(op, inputs, attrs), inputs, n)


def form_of(op: str, inputs: Sequence[Array], attrs: Mapping[str, Any]) -> Node:
    """The stable form of a fused op, on variables #0, #1, … of the shapes of some arrays."""
    kinds = {"f": "f64", "i": "i64", "b": "bool"}
    holes = [variable(f"#{i}", np.shape(x), kinds[np.asarray(x).dtype.kind]) for i, x in enumerate(inputs)]
    form = OPS[op].stable or OPS[op].definition
    assert form is not None
    return form(*holes, **attrs)


def _through(y: Node, inputs: Sequence[Array], n: int) -> Array:
    made: dict[Node, Array] = {}
    for node in topological([y]):
        if node.op.name == "variable":
            made[node] = inputs[int(str(node.name)[1:])]
        else:
            made[node] = number(node.op.name, node.attrs, [made[x] for x in node.inputs], n)
    return made[y]


def number_of(node: Node, inputs: Sequence[Array], n: int) -> Array:
    """The number of a node from those of its inputs."""
    return number(node.op.name, node.attrs, inputs, n)


@dataclass(frozen=True)
class Bounded:
    """A value and how far from it an executor may be."""

    x: Array
    e: Array

    @staticmethod
    def exact(x: Array) -> Bounded:
        """A value that is known to the last bit."""
        x = np.asarray(x)
        x = x.astype(np.float64) if x.dtype.kind == "f" else x
        return Bounded(x, np.zeros(np.shape(x)))


class Bounds:
    """Ops on bounded values, for an executor of a given precision.

    Args:
        dtype: "f32" or "f64".
        n: the batch size.
    """

    def __init__(self, dtype: str, n: int) -> None:
        self.ε, self.n = EPSILON[dtype], n
        self.smallest, self.largest = SMALLEST[dtype], LARGEST[dtype]

    def apply(self, op: str, attrs: Mapping[str, Any], inputs: Sequence[Bounded]) -> Bounded:
        """One op, its own rounding included; where its result may overflow nothing is known."""
        made = self._apply(op, attrs, inputs)
        over = ~(np.abs(made.x) + made.e < self.largest)
        return Bounded(made.x, np.where(over, np.inf, made.e)) if np.any(over) else made

    def _apply(self, op: str, attrs: Mapping[str, Any], inputs: Sequence[Bounded]) -> Bounded:
        xs = [i.x for i in inputs]
        if op == "matmul":
            return self._product(attrs, *inputs)
        if op == "affine":
            made, b = self._product({}, *inputs[:2]), inputs[2]
            terms = self._product({}, *(Bounded(np.abs(i.x), np.zeros(np.shape(i.x))) for i in inputs[:2])).x
            own = ARITHMETIC * max(1, *np.shape(inputs[0].x)) * self.ε * (terms + np.abs(b.x))
            return Bounded(made.x + b.x, made.e + b.e + own)
        if op in ("sum", "scatter_rows", "add_columns", "add_embedded"):
            return self._sum(op, attrs, inputs)
        if op in PRIMITIVES and OPS[op].kind == "movement":
            e = [i.e for i in inputs]
            moved = [e[0], *xs[1:]] if op in ("take_rows", "embed") else xs if op == "one_hot" else e
            x = number(op, attrs, xs, self.n)
            return Bounded(x, np.zeros(np.shape(x)) if op == "one_hot" else number(op, attrs, moved, self.n))
        if op in ("constant", "size", "uniform"):
            return Bounded.exact(number(op, attrs, xs, self.n))
        if op == "max":
            x, (e,) = number(op, attrs, xs, self.n), (i.e for i in inputs)
            return Bounded(x, np.max(e, axis=attrs["axis"]))
        if OPS[op].kind != "elementwise" or (OPS[op].fused and op not in KERNELS):  # runs as its stable form
            return self._form(op, attrs, inputs)
        return self._elementwise(op, attrs, inputs)

    def _product(self, attrs: Mapping[str, Any], a: Bounded, b: Bounded) -> Bounded:
        def times(left: Array, right: Array) -> Array:
            return number("matmul", attrs, [left, right], self.n)

        longest = max(1, *np.shape(a.x), *np.shape(b.x))
        size = times(np.abs(a.x), np.abs(b.x))
        e = ARITHMETIC * longest * self.ε * size + times(np.abs(a.x) + a.e, b.e) + times(a.e, np.abs(b.x))
        return Bounded(times(a.x, b.x), e)

    def _sum(self, op: str, attrs: Mapping[str, Any], inputs: Sequence[Bounded]) -> Bounded:
        first, *rest = inputs
        x, size, e = (
            number(op, attrs, [array, *(i.x for i in rest)], self.n) for array in (first.x, np.abs(first.x), first.e)
        )
        return Bounded(x, ARITHMETIC * max(1, *np.shape(first.x)) * self.ε * size + e)

    def _form(self, op: str, attrs: Mapping[str, Any], inputs: Sequence[Bounded]) -> Bounded:
        made: dict[Node, Bounded] = {}
        y = form_of(op, [i.x for i in inputs], attrs)
        for node in topological([y]):
            if node.op.name == "variable":
                made[node] = inputs[int(str(node.name)[1:])]
            else:
                made[node] = self.apply(node.op.name, node.attrs, [made[x] for x in node.inputs])
        return made[y]

    def _elementwise(self, op: str, attrs: Mapping[str, Any], inputs: Sequence[Bounded]) -> Bounded:
        xs = [i.x for i in inputs]
        x = number(op, attrs, xs, self.n)
        own = self._own(op, x, xs)
        if op == "cast" and attrs["dtype"] == "f32":
            own = own + EPSILON["f32"] * np.abs(x)
        inexact = [k for k, i in enumerate(inputs) if np.any(i.e)]

        def away(places: Sequence[int]) -> Array:
            """How far the result moves at most when these inputs move, each to either side."""
            answers = []
            for signs in product((1.0, -1.0), repeat=len(places)):
                moved = list(xs)
                for k, sign in zip(places, signs, strict=True):
                    moved[k] = _as(xs[k], xs[k] + sign * inputs[k].e)
                answers.append(np.abs(np.subtract(number(op, attrs, moved, self.n), x, dtype=np.float64)))
            return np.max(answers, axis=0)

        e = sum((away([k]) for k in inexact), np.zeros(np.shape(x)))
        if 1 < len(inexact) <= 3:  # 0 · 0, both of them nearly, is not 0 ± 0
            e = np.maximum(e, away(inexact))
        for k in inexact:
            e = np.where(np.isfinite(inputs[k].e), e, np.inf)  # of what may have overflowed nothing is known
        return Bounded(x, own + e)

    def _own(self, op: str, x: Array, xs: Sequence[Array]) -> Array:
        """The rounding of the operation itself."""
        if op in EXACT:
            return np.zeros(np.shape(x))
        if op in RULED or op == "power":
            return (FUNCTION if op == "power" else ARITHMETIC) * self.ε * np.abs(x) + self.smallest
        scale = np.abs(x)
        if len(xs) > 1:  # a fused op of several inputs: its parts may cancel
            scale = scale + sum(np.abs(v) for v in xs if np.shape(v) == np.shape(x)) + 1.0
        return FUNCTION * self.ε * scale + self.smallest

    def of(self, outputs: Mapping[str, Node], values: Mapping[str, Array]) -> dict[str, Bounded]:
        """The outputs of a whole graph."""
        made: dict[Node, Bounded] = {}
        for node in topological(outputs.values()):
            if node.op.name == "variable":
                made[node] = Bounded.exact(values[str(node.name)])
            else:
                made[node] = self.apply(node.op.name, node.attrs, [made[x] for x in node.inputs])
        return {name: made[node] for name, node in outputs.items()}


def _as(like: Array, moved: Array) -> Array:
    return moved > 0.5 if np.asarray(like).dtype == bool else moved


def outside(got: Array, expected: Bounded, slack: float = 0.0) -> float:
    """By how many times its bound a result is wrong; 0 if it is right, or if the bound is not finite."""
    got = np.asarray(got, np.float64)
    x, e = np.asarray(expected.x, np.float64), np.asarray(expected.e, np.float64)
    if got.shape != x.shape:
        return np.inf
    told = np.isfinite(x) & np.isfinite(e)
    if not told.any():
        return 0.0
    away, bound = np.abs(got - x)[told], e[told] + slack
    wrong = ~(away <= bound)  # NaN is wrong
    return float(np.max(np.where(np.isnan(away), np.inf, away)[wrong] / (bound[wrong] + 1e-300), initial=0.0))
