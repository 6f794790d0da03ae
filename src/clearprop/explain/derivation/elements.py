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

from clearprop.errors import InvalidValueError
from clearprop.execute import Array
from clearprop.explain.derivation.arrange import ELEMENT_OF, Index
from clearprop.explain.derivation.shared import computed, parts
from clearprop.graph import OPS, N, Name, Node, Type, constant, variable

MOST_ELEMENTS = 24  # that are written out of one value
_SAMPLE_ELEMENTS = 2  # of a value that is too large to print
_REST = Name.other("rest")
_FEW = 6  # terms of a long sum that are printed
_BY_TERMS = ("sum", "max", "matmul", "scatter_rows")
_BY_INDEX = ("take_rows", "one_hot")


@dataclass(frozen=True)
class Element:
    """One entry of a named value; or, without an index, the rest of a sum that is too long to print.

    Attributes:
        name: of the value.
        index: 0-based; None for a rest.
        terms: how many terms a rest stands for.
    """

    name: Name
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
        self, stop: Callable[[Node], Name | None], values: Mapping[str, Array], samples: int, most: int = 16
    ) -> None:
        self._stop, self._values, self._samples, self._most = stop, values, samples, most
        self.leaves: dict[Node, Element] = {}
        self.numbers: dict[Node, float] = {}
        self._arrays: dict[Node, Array] = {}
        self._made: dict[tuple[Node, Index], Node] = {}

    def written_out(self, node: Node, index: Index) -> Node:
        """A node's element in terms of elements of its inputs, be it named itself or not.

        Raises:
            InvalidValueError: if an op in it cannot be written out.
        """
        unknown = self.cannot_write(node)
        if unknown:
            raise InvalidValueError(f"one element of what {unknown} makes", "a value without it", "ask for it whole")
        return self._operation(node, index)

    def cannot_write(self, node: Node) -> str | None:
        """The name of an op in a node's formula of which nothing is known about single elements, if there is one."""
        return next((x.op.name for x in self._inside(node) if not _is_known(x)), None)

    def chosen_by_data(self, node: Node) -> str | None:
        """The name of an op in a node's formula that takes other elements for other samples, if there is one."""
        return next((x.op.name for x in self._inside(node) if x.op.name in _BY_INDEX), None)

    def _inside(self, node: Node) -> list[Node]:
        return [node, *parts(node, self._stop)[0]]

    def _element(self, node: Node, index: Index) -> Node:
        index = index if node.shape else ()  # a learning rate is the same everywhere
        key = (node, index)
        if key not in self._made:
            name = self._stop(node)
            self._made[key] = self._operation(node, index) if name is None else self._named(node, name, index)
        return self._made[key]

    def _named(self, node: Node, name: Name, index: Index) -> Node:
        """What is the same along an axis is stored once."""
        shape = np.shape(self._values[name])
        return self._leaf(Element(name, tuple(min(k, d - 1) for k, d in zip(index, shape, strict=True))), node.dtype)

    def _leaf(self, element: Element, dtype: str = "f64", value: float | None = None) -> Node:
        leaf = variable(f"{element.name}{element.index or len(self.leaves)}", (), _scalar(dtype).dtype)
        self.leaves[leaf] = element
        self.numbers[leaf] = float(self._values[element.name][element.index]) if value is None else value
        return leaf

    def _operation(self, node: Node, index: Index) -> Node:
        op = node.op.name
        if op in ELEMENT_OF:
            x, at = ELEMENT_OF[op](node, index)
            return self._element(x, at)
        if op == "constant":
            return constant(node.attrs["value"], _scalar(node.dtype))
        if op == "size":
            return constant(float(self._samples), _scalar(node.dtype))
        if op in _BY_TERMS:
            return self._over_terms(node, index)
        if op in _BY_INDEX:
            return self._by_index(node, index)
        if op == "cast":
            return self._cast(node, index)
        if node.op.fused and (node.op.kind != "elementwise"):
            return self._element(node.op.definition(*node.inputs, **node.attrs), index)  # type: ignore[misc]
        return node.op(*(self._element(x, index) for x in node.inputs), **node.attrs)

    def _cast(self, node: Node, index: Index) -> Node:
        x = self._element(node.inputs[0], index)
        return x if x.type.is_float and node.type.is_float else node.op(x, dtype=_scalar(node.dtype).dtype)

    def _by_index(self, node: Node, index: Index) -> Node:
        """What a whole number of each sample chooses: a row of a table, or where the 1 stands."""
        *tables, rows = node.inputs
        chosen = int(self._array(rows)[index[0]])
        if tables:
            return self._element(tables[0], (chosen, index[1]))
        return constant(float(chosen == index[1]), _scalar(node.dtype))

    # --- sums

    def _over_terms(self, node: Node, index: Index) -> Node:
        join = OPS["maximum" if node.op.name == "max" else "add"]
        terms = self._terms(node, index)
        if not terms:
            return constant(0.0, _scalar(node.dtype))
        shown = terms if len(terms) <= self._most or node.op.name == "max" else terms[:_FEW]
        written = [term(self) for term in shown]
        if len(shown) < len(terms):
            rest = float(np.sum(self._numbers_of_terms(node, index)[len(shown) :]))
            written.append(self._leaf(Element(_REST, None, len(terms) - len(shown)), value=rest))
        return reduce(join, written)

    def _terms(self, node: Node, index: Index) -> list[Term]:
        if node.op.name == "matmul":
            return self._product_terms(node, index)
        if node.op.name == "scatter_rows":
            return [_at(node.inputs[0], (int(i), index[1])) for i in self._scattered(node, index)]
        return self._axis_terms(node, index)

    def _scattered(self, node: Node, index: Index) -> Array:
        """The samples whose values are added up in this row."""
        return np.flatnonzero(self._array(node.inputs[1]) == index[0])

    def _numbers_of_terms(self, node: Node, index: Index) -> Array:
        """What each term of a sum comes to."""
        if node.op.name == "sum":
            terms: Array = np.moveaxis(self._array(node.inputs[0]), node.attrs["axis"], -1)[index]
            return terms
        if node.op.name == "scatter_rows":
            scattered: Array = self._array(node.inputs[0])[self._scattered(node, index), index[1]]
            return scattered
        a, b = map(self._array, node.inputs)
        a = a.T if node.attrs.get("transpose_a") else a
        b = b.T if node.attrs.get("transpose_b") else b
        return (a[index[0]] if a.ndim == 2 else a) * (b[:, index[-1]] if b.ndim == 2 else b)

    def _array(self, node: Node) -> Array:
        """All entries of a node, be it named or not."""
        name = self._stop(node)
        if name is not None:
            return np.broadcast_to(self._values[name], [self._length(d) for d in node.shape])
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


def _is_known(node: Node) -> bool:
    """Whether a node's elements can be written out."""
    kinds = ("elementwise", "leaf", "random")
    return node.op.kind in kinds or node.op.fused or node.op.name in (*ELEMENT_OF, *_BY_TERMS, *_BY_INDEX)


def _scalar(dtype: str) -> Type:
    """All decimal numbers are float64 here, conditions and whole numbers what they are."""
    kept = Type((), dtype)
    return Type((), "f64") if kept.is_float else kept


def _at(x: Node, index: Index) -> Term:
    return lambda elements: elements._element(x, index)


def _times(a: Node, i: Index, b: Node, j: Index) -> Term:
    return lambda elements: OPS["multiply"](elements._element(a, i), elements._element(b, j))


def indices(shape: tuple[int, ...]) -> list[Index]:
    """All indices of an array, in reading order."""
    return list(every(*(range(n) for n in shape))) if shape else [()]


def some_indices(values: Array, everything: bool) -> list[Index]:
    """Indices of the elements that are written out: all, as long as there are few; else the largest."""
    most = MOST_ELEMENTS if everything else _SAMPLE_ELEMENTS
    return indices(values.shape) if values.size <= most else largest(values, most)


def largest(values: Array, count: int) -> list[Index]:
    """Where the largest entries are, in reading order: those worth showing of many."""
    flat = np.argsort(-np.abs(values), axis=None, kind="stable")[:count]
    return [tuple(int(i) for i in np.unravel_index(k, values.shape)) for k in sorted(flat)]
