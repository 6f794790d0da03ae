"""What a derivation is made of: the textbook graph of one run, the numbers in it by name, and how both are written."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from clearprop.cached import cached_property
from clearprop.execute import Array
from clearprop.explain.derivation.arrange import is_label
from clearprop.explain.derivation.elements import Elements
from clearprop.explain.derivation.shared import NameOf, computed, letters, needed, parts, without_repetition
from clearprop.explain.derivation.symbols import OUTPUT, WHOLE, ElementPlace, Notation, symbol
from clearprop.explain.derivation.writer import Writer
from clearprop.explain.values import Values
from clearprop.graph import Graph, N, Name, Node, Shape
from clearprop.graph.entries import Index
from clearprop.graph.node import is_alias, is_batch_size, is_constant, is_variable
from clearprop.nn import Convention
from clearprop.nn.names import DATA_LOSS, LOSS, TARGET
from clearprop.present.formula import DIGITS, EQUALS, Math, Matrix, identifier, is_printable, joined, number, words
from clearprop.train import Optimizer, first_numbers, textbook_step


class DerivationSource:
    """The graph, the numbers and the writers of one derivation.

    The graph ends with the optimizer's first step; without an optimizer, or without a target, with the gradients.
    """

    def __init__(
        self,
        values: Values,
        convention: Convention = "row",
        digits: int = DIGITS,
        optimizer: Optimizer | None = None,
        notation: Notation = "delta",
    ) -> None:
        self.values, self.column, self.digits, self.notation = values, convention == "column", digits, notation
        self.graph, self._numbers_of_step = values.textbook_graph, dict[str, float]()
        if optimizer is not None and values.has_target:
            self.graph = textbook_step(values.textbook_graph, values.architecture, optimizer)
            self._numbers_of_step = first_numbers(optimizer, values.steps_before + 1)
        self._names = self._stops()
        # Of labels and the rows that they become, which have one name, the rows come later and count.
        self._shapes: dict[Name, Shape] = {name: node.shape for node, name in self._names.items()}
        samples = values.samples
        self.symbols = self.symbol_writer(self.name_of)
        self.numbers = self.number_writer(self.name_of)
        self.elements = Elements(self.name_of, self.arrays, samples)
        self.element_symbols = Writer(self._element_symbol, self.column, samples, digits)
        self.element_numbers = Writer(self._element_number, self.column, samples, digits)

    @property
    def has_penalties(self) -> bool:
        """Whether L is more than the mean loss of the samples."""
        return self.values.has_target and not is_alias(self.graph[LOSS])

    # --- which nodes have names

    def _stops(self) -> dict[Node, Name]:
        """Nodes at which a formula ends: inputs, parameters, values of layers, their gradients, and shared values."""
        found: dict[Node, Name] = {}
        for node in self.graph.nodes:
            if is_label(node) and node.inputs[0].name == TARGET:
                found[node] = TARGET
            elif node.op.kind == "random":
                found[node] = Name.other(f"r_{node.attrs['stream']}")
            elif node.name is not None and self._has_own_name(node):
                found[node] = node.name
        self._letters = letters(self.graph.nodes, found)
        return found | self._letters

    def _has_own_name(self, node: Node) -> bool:
        """Not ∂L/∂L, which is 1; and without penalties the loss is L, and needs no second letter."""
        if is_constant(node):
            return node.name in self.values
        return node.name != DATA_LOSS or self.has_penalties

    def name_of(self, node: Node) -> Name | None:
        """The name at which a formula ends, if it ends at this node."""
        return self._names.get(node)

    @cached_property
    def auxiliary(self) -> dict[Name, Node]:
        """The shared values, by letter."""
        return {name: node for node, name in self._letters.items()}

    def node(self, name: Name) -> Node:
        """The node of a name; L is the loss itself where there are no penalties."""
        if name in self.auxiliary:
            return self.auxiliary[name]
        node = self.graph[name]
        return node.inputs[0] if name == LOSS and is_alias(node) else node

    def needed(self, node: Node) -> list[Name]:
        """The shared values that a node's formula names, innermost first."""
        return needed(node, self.name_of, self.auxiliary)

    # --- numbers

    @cached_property
    def _textbook(self) -> dict[str, Array]:
        """Forward and backward as the textbooks' formulas give them, which a saturated output makes infinite."""
        graph = self.values.textbook_graph
        return self.values.run(Graph({k: node for k, node in self._stops_of(graph) if not is_variable(node)}))

    def _stops_of(self, graph: Graph) -> Iterator[tuple[Name, Node]]:
        return ((name, node) for node in graph.nodes if (name := self.name_of(node)) is not None)

    @cached_property
    def arrays(self) -> dict[str, Array]:
        """The value at every stop, by name."""
        found = dict(self._textbook)
        repeated = without_repetition(self.values.textbook_graph.nodes, self._names)
        for name, node in self.auxiliary.items():  # what was only spread out to fit others is one row, or one column
            if node in repeated:
                found[name] = found[name][repeated[node]]
        inputs = {k: v for k, v in self.values.inputs().items() if k not in found}  # labels have become one-hot
        trained = {k: v for k, v in self.values.values.items() if k in found and np.isfinite(v).all()}
        arrays = {k: np.asarray(v, np.float64) for k, v in {**inputs, **found, **trained}.items()}
        for name, node in self._stops_of(self.graph):  # the optimizer's step, from the gradients as shown
            if name not in arrays and is_variable(node):  # its numbers; its arrays begin at 0
                number_of_step = np.full(self._shape(node), self._numbers_of_step.get(name, 0.0))
                arrays[name] = np.asarray(self.values.slots.get(name, number_of_step), np.float64)
            elif name not in arrays:
                arrays[name] = computed(node, self.name_of, arrays, self.values.samples)
        return arrays

    def is_finite(self, name: Name) -> bool:
        """Whether a value's formula comes to finite numbers when those of what it names are put in."""
        if np.isfinite(self._textbook.get(name, self.arrays[name])).all():
            return True
        value = computed(self.node(name), self.name_of, self.arrays, self.values.samples)
        return bool(np.isfinite(value).all())

    def is_small(self, node: Node) -> bool:
        """Whether all matrices in a node's formula, and its own, can be printed."""
        shapes = [self.arrays[name].shape for x in self.ends(node) if (name := self.name_of(x)) in self.arrays]
        return all(map(is_printable, [*shapes, self._shape(node)]))

    def _shape(self, node: Node) -> tuple[int, ...]:
        return tuple(d if isinstance(d, int) else self.values.samples for d in node.shape)

    def inner(self, node: Node) -> list[Node]:
        """The nodes that a formula is made of, down to where it ends."""
        return parts(node, self.name_of)[0]

    def ends(self, node: Node) -> list[Node]:
        """The named nodes at which a formula ends."""
        return parts(node, self.name_of)[1]

    def printed(self, name: Name) -> Math:
        """A value's numbers: a matrix, or a single number."""
        return self.matrix(self.arrays[name], per_sample=self._shapes.get(name) == (N,))

    def matrix(self, array: Array, per_sample: bool = False) -> Math:
        """Numbers as a matrix in this convention; a vector is a row, one number per sample a column."""
        if array.size == 1:
            return number(float(array.reshape(())), self.digits)
        rows = array if array.ndim == 2 else array[:, None] if per_sample else array[None, :]
        rows = rows.T if self.column else rows
        return Matrix(tuple(tuple(number(float(x), self.digits) for x in line) for line in rows))

    # --- how nodes are written

    def symbol_writer(self, name_of: NameOf) -> Writer:
        """Writes formulas with the symbols of the values at which they end."""
        return self._writer(name_of, self.symbol, identifier("N"))

    def number_writer(self, name_of: NameOf) -> Writer:
        """Writes formulas with the numbers of the values at which they end."""
        return self._writer(name_of, self.printed, number(self.values.samples, 17))

    def _writer(self, name_of: NameOf, write: Callable[[Name], Math], size: Math) -> Writer:
        def leaf(node: Node) -> Math | None:
            if is_batch_size(node) and self.values.samples != 1:
                return size
            name = name_of(node)
            return None if name is None else write(name)

        return Writer(leaf, self.column, self.values.samples, self.digits)

    def symbol(self, name: Name, place: ElementPlace = WHOLE) -> Math:
        """The symbol of a value, or of one element of it, in this derivation's notation."""
        return symbol(name, place, self.notation)

    def letter(self, name: Name) -> Math:
        """A value's symbol as it stands beside it in a picture; of the output, a^[L] = ŷ, where there is a ŷ."""
        return joined([self.symbol(name), *(sides[0] for sides in self.as_output(name))], EQUALS)

    @property
    def by(self) -> str:
        """What a gradient has before the letter of what it is by."""
        return "d" if self.notation == "d" else "∂L/∂"

    def as_output(self, name: Name, with_number: bool = False) -> Iterator[tuple[Math, ...]]:
        """The equation ŷ = a^[L], where a value is the output and the notation has a ŷ."""
        if self.notation == "d" and name == self.values.output:
            yield OUTPUT, self.symbol(name), *([self.printed(name)] if with_number else [])

    def element_symbol(self, name: Name, index: Index) -> Math:
        """z^[1](2)_3: numbers from 1, the sample where there are several, W's in the order of the convention."""
        return self.symbol(name, self.place(name, index))

    def place(self, name: Name, index: Index) -> ElementPlace:
        """An index as it is printed."""
        batch = self.belongs_to_samples(name)
        sample = index[0] + 1 if batch and self.arrays[name].shape[0] > 1 else None
        below = tuple(k + 1 for k in (index[1:] if batch else index))
        if self.column and len(below) == 2 and not batch:
            below = below[::-1]
        wide = tuple(below) if any(d != 1 for d in self.arrays[name].shape[1 if batch else 0 :]) else ()
        return ElementPlace(wide, sample)

    def belongs_to_samples(self, name: Name) -> bool:
        """Whether a value has a row for each sample, as parameters and their gradients do not."""
        return self._shapes.get(name, ())[:1] == (N,)

    def _element_symbol(self, node: Node) -> Math | None:
        element = self.elements.leaves.get(node)
        if element is None:
            return None
        if element.index is None:
            return words(f"… {element.terms} …")
        return self.element_symbol(element.name, element.index)

    def _element_number(self, node: Node) -> Math | None:
        return number(self.elements.numbers[node], self.digits) if node in self.elements.leaves else None
