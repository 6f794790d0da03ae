"""One element of a value as a formula of single numbers: sums written out, no matrix left.

A node at an index becomes a graph of scalars, by the element rules in the ops' records: a product of matrices becomes
a sum of products, a broadcast another index. It stops at the values that have names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from math import prod

import numpy as np

from clearprop.errors import InvalidValueError
from clearprop.execute import Array
from clearprop.explain.derivation.arrange import is_transparent
from clearprop.explain.derivation.shared import computed, parts
from clearprop.graph import OPS, Dim, Name, Node, Type, constant, variable
from clearprop.graph.entries import Entry, Index, OneHot, RowsTaken, Terms

_MOST_ELEMENTS = 24  # that are written out of one value when elements are asked for
_SAMPLE_ELEMENTS = 2  # of a value that is too large to print
_REST = Name.other("rest")
_FEW = 6  # terms of a long sum that are printed


@dataclass(frozen=True)
class Element:
    """One entry of a named value; or, without an index, the rest of a sum that is too long to print."""

    name: Name  # of the value
    index: Index | None = None  # counted from 0
    terms: int = 0  # how many terms a rest stands for


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
        self.leaves: dict[Node, Element] = {}  # what each variable in what was written out stands for
        self.numbers: dict[Node, float] = {}  # and its number
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
        known = ("elementwise", "leaf", "random")
        inside = (x.op for x in self._inside(node))
        return next((op.name for op in inside if op.rule is None and not op.fused and op.kind not in known), None)

    def sources(self, node: Node) -> list[Node]:
        """Of a value whose columns are those of others beside each other, which of them each column is from; else none.

        Only the first row is looked at: the others are of the same form.
        """
        if node.op.rule is None or len(node.shape) != 2:
            return []
        rule, columns = node.op.rule, range(self.length(node.shape[1]))
        found = [rule(node, (0, k), self) for k in columns] if len(node.inputs) > 1 else []
        return [each.value for each in found if isinstance(each, Entry)] if found else []

    def chosen_by_data(self, node: Node) -> str | None:
        """The name of an op in a node's formula that takes other elements for other samples, if there is one."""
        return next((x.op.name for x in self._inside(node) if isinstance(x.op.rule, OneHot | RowsTaken)), None)

    def _inside(self, node: Node) -> list[Node]:
        inner, _ends = parts(node, self._stop)
        return [node, *inner]

    def _element(self, node: Node, index: Index) -> Node:
        index = index if node.shape else ()  # a learning rate is the same everywhere
        key = (node, index)
        if key not in self._made:
            name = self._stop(node)
            if name is None:
                self._made[key] = self._operation(node, index)
            else:  # what is the same along an axis is stored once
                stored = tuple(min(k, d - 1) for k, d in zip(index, np.shape(self._values[name]), strict=True))
                self._made[key] = self._leaf(Element(name, stored), node.dtype)
        return self._made[key]

    def _leaf(self, element: Element, dtype: str = "f64", value: float | None = None) -> Node:
        # Names differ: a single number, and the rest of a sum, have no index and are counted.
        leaf = variable(f"{element.name}{element.index or len(self.leaves)}", (), _scalar(dtype).dtype)
        self.leaves[leaf] = element
        self.numbers[leaf] = float(self._values[element.name][element.index]) if value is None else value
        return leaf

    def _operation(self, node: Node, index: Index) -> Node:
        op = node.op
        if op.rule is not None:
            return self._by_rule(node, op.rule(node, index, self))
        if op.definition is not None and op.kind != "elementwise":
            return self._element(op.definition(*node.inputs, **node.attrs), index)
        inputs = [self._element(x, index) for x in node.inputs]
        if is_transparent(node) and inputs[0].type.is_float and node.type.is_float:
            return inputs[0]  # a cast to another precision; here all decimal numbers are float64
        own = {"dtype": _scalar(node.dtype).dtype} if "dtype" in node.attrs else {}
        return op(*inputs, **{**node.attrs, **own})

    def _by_rule(self, node: Node, found: Entry | Terms | float) -> Node:
        """What the rule of a node's op found, as a graph of scalars."""
        if isinstance(found, Entry):
            return self._element(found.value, found.index)
        if isinstance(found, float):
            return constant(found, _scalar(node.dtype))
        is_long = found.join == "add" and len(found.terms) > self._most
        shown, rest = (found.terms[:_FEW], found.terms[_FEW:]) if is_long else (found.terms, ())
        written = [reduce(OPS["multiply"], [self._element(x.value, x.index) for x in factors]) for factors in shown]
        if rest:
            numbers = [prod(float(self._array(x.value)[x.index]) for x in factors) for factors in rest]
            written.append(self._leaf(Element(_REST, None, len(rest)), value=float(np.sum(numbers))))
        return reduce(OPS[found.join], written) if written else constant(0.0, _scalar(node.dtype))

    # --- what the rules ask

    def length(self, dim: Dim) -> int:
        """A dimension as a number."""
        return dim if isinstance(dim, int) else self._samples

    def integers(self, node: Node) -> list[int]:
        """The labels, or the numbers of rows, that a node holds."""
        found: list[int] = np.nan_to_num(self._array(node)).astype(int).tolist()
        return found

    def _array(self, node: Node) -> Array:
        """All entries of a node, be it named or not."""
        name = self._stop(node)
        if name is not None:
            return np.broadcast_to(self._values[name], [self.length(d) for d in node.shape])
        if node not in self._arrays:
            self._arrays[node] = computed(node, self._stop, self._values, self._samples)
        return self._arrays[node]


def _scalar(dtype: str) -> Type:
    """All decimal numbers are float64 here, conditions and whole numbers what they are."""
    kept = Type((), dtype)
    return Type((), "f64") if kept.is_float else kept


def indices(shape: tuple[int, ...]) -> list[Index]:
    """All indices of an array, in reading order."""
    return list(np.ndindex(shape))


def some_indices(values: Array, everything: bool, sources: Sequence[Node] = ()) -> list[Index]:
    """Indices of the elements that are written out: all where they are few; else the largest in magnitude.

    Where columns come from several values, and few are shown, one is from each: of the first the largest, of the others
    the smallest that is not 0, which of what is clipped is the one that is not.
    """
    most = _MOST_ELEMENTS if everything else _SAMPLE_ELEMENTS
    if values.size <= most:
        return indices(values.shape)
    every = list(dict.fromkeys(sources))
    if not everything and 1 < len(every) <= most and len(sources) == values.shape[-1]:
        sizes = np.abs(values.reshape(-1, len(sources))[0])
        parts = [[k for k, source in enumerate(sources) if source is one] for one in every]
        best = max(parts[0], key=lambda k: sizes[k])
        others = [min(part, key=lambda k: (sizes[k] == 0, sizes[k])) for part in parts[1:]]
        return [(0, k) for k in (best, *others)]
    largest = np.argsort(-np.abs(values), axis=None, kind="stable")[:most]
    return [tuple(int(i) for i in np.unravel_index(k, values.shape)) for k in sorted(largest)]
