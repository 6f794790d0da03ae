"""The network as a graph of single numbers, cut into cells: the operations that are drawn as one circle each."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Literal

from clearprop.cached import cached_property
from clearprop.execute import evaluate
from clearprop.explain.derivation import DerivationSource, Elements, Writer
from clearprop.explain.derivation.arrange import is_given, is_sum
from clearprop.explain.derivation.elements import Element, indices
from clearprop.explain.stepper.shared import last_name, layer_of
from clearprop.graph import OPS, Graph, Name, Node, expand, tidy, topological
from clearprop.graph.node import is_constant
from clearprop.nn.names import X
from clearprop.present.formula import Math, number

Detail = Literal["fused", "primitives"]
_ALL_TERMS = 2**62


@dataclass(frozen=True, eq=False)
class Cell:
    """One operation and what flows into it.

    Attributes:
        node: its value; what lies between it and `ends` is what the cell computes.
        ends: the nodes at which it begins.
        inputs: the keys of these, which are cells or leaves.
        element: the named value that it is an element of, if it is one.
        layer: l; one more than the last for the loss.
        whole: whether it computes a whole formula, as the loss does.
    """

    node: Node
    ends: tuple[Node, ...]
    inputs: tuple[str, ...]
    element: Element | None
    layer: int
    whole: bool


class Cells:
    """The cells and leaves of one run, by key: "z1[2]" is an element as it is printed, "z1[2].1" a step towards it.

    Args:
        source: the run, of one sample.
        detail: "fused" (a sum, an activation, the loss are one cell each) or "primitives" (every primitive is one).

    Attributes:
        leaves: inputs, parameters, target.
        cells: operations, each after its inputs.
    """

    def __init__(self, source: DerivationSource, detail: Detail) -> None:
        self.source, self._detail = source, detail
        self._elements = Elements(source.name_of, source.arrays, source.values.samples, most=_ALL_TERMS)
        self.leaves: dict[str, Element] = {}
        self.cells: dict[str, Cell] = {}
        self._inner: dict[Node, str] = {}  # keys of nodes that are cells without a name
        self._layers: dict[str, int] = {}
        top = source.graph[last_name(source)]
        names = [source.name_of(node) for node in topological([top]) if not is_given(node)]
        # Every element of every named value of the forward pass, in the order in which they are computed.
        roots = [Element(name, i) for name in names if name for i in indices(source.arrays[name].shape)]
        self._named = {self.key(element) for element in roots}
        written = {self.key(e): self._elements.written_out(source.node(e.name), e.index or ()) for e in roots}
        graph = tidy(expand(Graph(written)) if detail == "primitives" else Graph(written))
        self._uses = Counter(x for node in graph.nodes for x in node.inputs)
        for element in roots:
            self._cut(graph.outputs[self.key(element)], element)

    def key(self, element: Element) -> str:
        """An element's key."""
        below = self.source.place(element.name, element.index or ()).below
        return element.name + (f"[{','.join(map(str, below))}]" if below else "")

    # --- from single numbers to cells

    def _cut(self, root: Node, element: Element) -> None:
        if self._key_of(root) is not None:  # the same value once more: a = z
            root = OPS["identity"](root)
        whole = self._detail == "fused" and element.name.role == "loss"
        self._inner[root] = self.key(element)
        self._add(self.key(element), root, element, self._layer(element.name, root), whole)

    def _add(self, key: str, node: Node, element: Element | None, layer: int, whole: bool = False) -> None:
        """A cell, behind all that it needs."""
        ends = self._ends(node, whole)
        for i, x in enumerate(ends, 1):
            if self._key_of(x) is None:
                self._inner[x] = f"{key}.{i}"
                self._add(self._inner[x], x, None, layer)
        inputs = tuple(known for x in ends if (known := self._key_of(x)) is not None)  # all of them by now
        self.cells[key] = Cell(node, tuple(ends), inputs, element, layer, whole)

    def _key_of(self, node: Node) -> str | None:
        element = self._elements.leaves.get(node)
        if element is None:
            return self._inner.get(node)
        key = self.key(element)
        if key not in self._named:
            self.leaves[key] = element
        return key

    def _ends(self, node: Node, whole: bool) -> list[Node]:
        """Where a cell begins: its inputs, or theirs where these are no cells of their own."""
        found: dict[Node, None] = {}
        for x in node.inputs:
            if not is_constant(x):
                inside = self._is_inside(x, node, whole)
                found |= dict.fromkeys(self._ends(x, whole) if inside else [x])
        return list(found)

    def _is_inside(self, node: Node, outer: Node, whole: bool) -> bool:
        if self._key_of(node) is not None:
            return False
        if whole or not node.type.is_float or not self._ends(node, whole):
            return True
        return self._detail == "fused" and is_sum(node) and is_sum(outer) and self._uses[node] == 1  # a longer sum

    def _layer(self, name: Name, root: Node) -> int:
        """The l of a value; a shared value without one belongs where the last that it needs does."""
        if name not in self._layers:
            layer = 0 if name == X else layer_of(name, self.source)
            if name in self.source.auxiliary:
                needed = [self._elements.leaves[x] for x in topological([root]) if x in self._elements.leaves]
                layer = max((self._layer(element.name, root) for element in needed), default=0)
            self._layers[name] = layer
        return self._layers[name]

    # --- numbers and formulas

    @cached_property
    def values(self) -> dict[str, float]:
        """The number at every leaf and cell; at named values the trace's own."""
        inner = Graph({key: cell.node for key, cell in self.cells.items() if cell.element is None})
        found = evaluate(inner, dict(self._elements.numbers)) if inner.outputs else {}
        named = {key: cell.element for key, cell in self.cells.items() if cell.element} | self.leaves
        own = {key: self.source.arrays[e.name][e.index] for key, e in named.items() if e is not None}
        return {key: float((found | own)[key]) for key in (*self.leaves, *self.cells)}

    def element(self, key: str) -> Element | None:
        """The element of a named value, or of a leaf."""
        return self.leaves.get(key) or self.cells[key].element

    def symbol(self, key: str) -> Math:
        """A value's letter, or its formula if it has none."""
        element = self.element(key)
        return self.formula(key) if element is None else self.source.element_symbol(element.name, element.index or ())

    def formula(self, key: str) -> Math:
        """How a cell follows from values that have letters."""

        def letter(node: Node) -> Math | None:
            leaf = self._elements.leaves.get(node)
            return None if leaf is None else self.source.element_symbol(leaf.name, leaf.index or ())

        return Writer(letter, samples=1).formula(self.cells[key].node)

    def formula_in_numbers(self, key: str) -> Math:
        """The same with the numbers that flow into the cell."""
        cell = self.cells[key]
        numbers = {end: self.number(x) for end, x in zip(cell.ends, cell.inputs, strict=True)}
        return Writer(numbers.get, samples=1).formula(cell.node)

    def number(self, key: str) -> Math:
        """A value as it is printed."""
        return number(self.values[key], self.source.digits)
