"""One element of a value as a formula of single numbers: sums written out, no matrix left.

A node at an index becomes a graph of scalars, made by the same ops: a product of matrices becomes a sum of products, a
broadcast another index. It stops at the values that have names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce
from itertools import product as every
from typing import Any

import numpy as np

from clearprop.execute import Array
from clearprop.explain.derivation.shared import computed
from clearprop.graph import OPS, N, Node, Type, constant, variable

Index = tuple[int, ...]
_FEW = 6  # terms of a long sum that are printed
_SCALAR = Type((), "f64")


@dataclass(frozen=True)
class Element:
    """One entry of a named value; or, without an index, the rest of a sum that is too long to print.

    Attributes:
        name: of the value.
        index: 0-based; None for a rest.
        terms: how many terms a rest stands for.
    """

    name: str
    index: Index | None = None
    terms: int = 0


class Elements:
    """Writes out elements of nodes.

    Args:
        stop: the name of a node that is not written out any further.
        values: arrays by that name.
        samples: how many rows the batch has.
        most: terms of a sum that are all printed; of a longer one the first few, and the rest as one number.
    """

    def __init__(
        self, stop: Callable[[Node], str | None], values: Mapping[str, Array], samples: int, most: int = 16
    ) -> None:
        self._stop, self._values, self._samples, self._most = stop, values, samples, most
        self.leaves: dict[Node, Element] = {}
        self.numbers: dict[Node, float] = {}
        self._arrays: dict[Node, Array] = {}
        self._made: dict[tuple[Node, Index], Node] = {}

    def written_out(self, node: Node, index: Index) -> Node:
        """A node's element in terms of elements of its inputs, be it named itself or not."""
        return self._operation(node, index)

    def _element(self, node: Node, index: Index) -> Node:
        index = index if node.shape else ()  # a learning rate is the same everywhere
        key = (node, index)
        if key not in self._made:
            name = self._stop(node)
            self._made[key] = self._operation(node, index) if name is None else self._leaf(Element(name, index))
        return self._made[key]

    def _leaf(self, element: Element, value: float | None = None) -> Node:
        leaf = variable(f"{element.name}{element.index or len(self.leaves)}")
        self.leaves[leaf] = element
        self.numbers[leaf] = float(self._values[element.name][element.index]) if value is None else value
        return leaf

    def _operation(self, node: Node, index: Index) -> Node:
        op = node.op.name
        if op in _INDEXED:
            x, at = _INDEXED[op](node, index)
            return self._element(x, at)
        if op == "constant":
            return constant(node.attrs["value"], _SCALAR)
        if op == "size":
            return constant(float(self._samples), _SCALAR)
        if op in ("sum", "max", "matmul"):
            return self._over_terms(node, index)
        if node.op.fused and (node.op.kind != "elementwise"):
            return self._element(node.op.definition(*node.inputs, **node.attrs), index)  # type: ignore[misc]
        if node.op.kind != "elementwise":
            raise NotImplementedError(f"the elements of {op}")
        attrs = {k: v for k, v in node.attrs.items() if k != "dtype"}
        return node.op(*(self._element(x, index) for x in node.inputs), **attrs)

    # --- sums

    def _over_terms(self, node: Node, index: Index) -> Node:
        join = OPS["maximum" if node.op.name == "max" else "add"]
        terms = self._product_terms(node, index) if node.op.name == "matmul" else self._axis_terms(node, index)
        shown = terms if len(terms) <= self._most or node.op.name == "max" else terms[:_FEW]
        written = [term(self) for term in shown]
        if len(shown) < len(terms):
            rest = float(np.sum(self._numbers_of_terms(node, index)[len(shown) :]))
            written.append(self._leaf(Element("rest", None, len(terms) - len(shown)), rest))
        return reduce(join, written)

    def _numbers_of_terms(self, node: Node, index: Index) -> Array:
        """What each term of a sum comes to."""
        if node.op.name == "sum":
            terms: Array = np.moveaxis(self._array(node.inputs[0]), node.attrs["axis"], -1)[index]
            return terms
        a, b = map(self._array, node.inputs)
        a = a.T if node.attrs.get("transpose_a") else a
        b = b.T if node.attrs.get("transpose_b") else b
        return (a[index[0]] if a.ndim == 2 else a) * (b[:, index[-1]] if b.ndim == 2 else b)

    def _array(self, node: Node) -> Array:
        """All entries of a node, be it named or not."""
        name = self._stop(node)
        if name is not None:
            return self._values[name]
        if node not in self._arrays:
            self._arrays[node] = computed(node, self._stop, self._values, self._samples)
        return self._arrays[node]

    def _axis_terms(self, node: Node, index: Index) -> list[Term]:
        (x,) = node.inputs
        axis = node.attrs["axis"]
        length = self._length(x.shape[axis])
        return [_at(x, (*index[:axis], k, *index[axis:])) for k in range(length)]

    def _product_terms(self, node: Node, index: Index) -> list[Term]:
        """(A · B)ᵢⱼ = Σₖ aᵢₖ bₖⱼ, whichever way A and B are stored."""
        a, b = node.inputs
        ta, tb = bool(node.attrs.get("transpose_a")), bool(node.attrs.get("transpose_b"))
        row = index[:1] if a.type.rank == 2 else ()
        column = index[-1:] if b.type.rank == 2 else ()
        inner = self._length(a.shape[-1] if not ta or a.type.rank == 1 else a.shape[0])
        return [
            _times(a, (k, *row) if ta else (*row, k), b, (*column, k) if tb else (k, *column)) for k in range(inner)
        ]

    def _length(self, dim: Any) -> int:
        return self._samples if dim is N else int(dim)


Term = Callable[[Elements], Node]


def _at(x: Node, index: Index) -> Term:
    return lambda elements: elements._element(x, index)


def _times(a: Node, i: Index, b: Node, j: Index) -> Term:
    return lambda elements: OPS["multiply"](elements._element(a, i), elements._element(b, j))


# --- ops that only arrange: which element of which input they are


def _broadcast(node: Node, index: Index) -> tuple[Node, Index]:
    return node.inputs[0], tuple(index[a] for a in node.attrs["axes"])


def _transpose(node: Node, index: Index) -> tuple[Node, Index]:
    return node.inputs[0], index[::-1]


def _slice(node: Node, index: Index) -> tuple[Node, Index]:
    axis = node.attrs["axis"]
    return node.inputs[0], (*index[:axis], index[axis] + node.attrs["start"], *index[axis + 1 :])


def _concat(node: Node, index: Index) -> tuple[Node, Index]:
    axis, at = node.attrs["axis"], index[node.attrs["axis"]]
    for x in node.inputs:
        length = x.shape[axis]
        assert isinstance(length, int)
        if at < length:
            return x, (*index[:axis], at, *index[axis + 1 :])
        at -= length
    raise IndexError(f"element {index} of {node!r}")


_INDEXED: dict[str, Callable[[Node, Index], tuple[Node, Index]]] = {
    "broadcast": _broadcast,
    "transpose": _transpose,
    "slice": _slice,
    "concat": _concat,
    **{same: lambda node, index: (node.inputs[0], index) for same in ("identity", "cast", "stop_gradient")},
}


def indices(shape: tuple[int, ...]) -> list[Index]:
    """All indices of an array, in reading order."""
    return list(every(*(range(n) for n in shape))) if shape else [()]


def largest(values: Array, count: int) -> list[Index]:
    """Where the largest entries are, in reading order: those worth showing of many."""
    flat = np.argsort(-np.abs(values), axis=None, kind="stable")[:count]
    return [tuple(int(i) for i in np.unravel_index(k, values.shape)) for k in sorted(flat)]
