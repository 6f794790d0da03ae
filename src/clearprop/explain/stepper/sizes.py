"""How much room the pieces of the circuit take, and what is written in them."""

from __future__ import annotations

import numpy as np

from clearprop.explain.stepper.circuit import Circuit, Edge
from clearprop.present.figure.blocks import SIZE, Block, value_block
from clearprop.present.figure.layout import Box
from clearprop.present.figure.scene import Role
from clearprop.present.figure.text import runs_width, text_runs
from clearprop.present.formula import DIGITS, Run, runs

RADIUS, SIGN, NAME, SMALL = 17.0, 15.0, 12.5, 11.0  # of a circle; sizes of writing
PAD, CARD_GAP = 8.0, 6.0  # in cards and between them
SPACE = 7.0  # between a circle and the numbers beside it
_ROW, _WIRE = 20.0, 12.0  # of cards, at least
_STANDING = ("input", "operation")


def edge_key(edge: Edge) -> str:
    """The name of an edge in the page."""
    return ">".join(edge)


class CircuitSizes:
    """Measures one circuit. Vertices are given by their keys.

    Args:
        circuit: the graph and all numbers.
        column: whether matrices are shown in the column convention.
        digits: significant digits of printed numbers.

    Attributes:
        standing: the vertices that have a place of their own; the others are cards above what needs them.
        cards: the cards above each operation.
    """

    def __init__(self, circuit: Circuit, column: bool = False, digits: int = DIGITS) -> None:
        self._circuit, self._column, self._digits = circuit, column, digits
        self.standing = [key for key, vertex in circuit.vertices.items() if vertex.kind in _STANDING]
        self.cards = circuit.cards()

    def box(self, key: str) -> Box:
        """The room for a vertex, its numbers, and the cards above it."""
        circuit, reach, cards = self._circuit, self.reach(key), self.cards.get(key, [])
        value = self.block("value", key)
        gradient = self.block("gradient", key) if key in circuit.gradients else None
        arriving = [edge for edge in circuit.contributions if edge[1] == key]
        left = [reach + SPACE + self.block("contribution", edge_key(edge)).width for edge in arriving]
        side = max(reach, *(self.card_width(leaf) / 2 for leaf in cards), *left, 0.0)
        numbers = reach + 2 * SPACE + max(value.width, gradient.width if gradient else 0.0)
        stack = sum(self.card_height(leaf) + CARD_GAP for leaf in cards) + self.wire(key) - CARD_GAP
        return Box(
            key,
            tuple(x for x in circuit.vertices[key].inputs if circuit.vertices[x].kind in _STANDING),
            reach=side,
            stub=max(numbers - side, 0.0),
            above=max(RADIUS + (stack if cards else 0.0), value.height),
            below=max(RADIUS + (NAME + 4 if self.name(key) else 0.0), gradient.height if gradient else 0.0),
        )

    def block(self, part: str, node: str) -> Block:
        """The numbers of a label: see `Circuit.number`."""
        colour: Role = {"value": "blue", "new": "green"}.get(part, "orange")  # type: ignore[assignment]
        array = np.asarray(self._circuit.number(part, node))
        array = array[None, :] if array.ndim == 1 else array
        return value_block(array.T if self._column else array, colour, self._digits)

    # --- a vertex

    def reach(self, key: str) -> float:
        """Half the width of what stands in a vertex's place."""
        return max(RADIUS, runs_width(self.inside(key), SIGN) / 2 + 9)

    def inside(self, key: str) -> tuple[Run, ...]:
        """What is written into a vertex: an operation's sign, or a letter."""
        vertex = self._circuit.vertices[key]
        return vertex.sign if vertex.kind == "operation" or vertex.symbol is None else tuple(runs(vertex.symbol))

    def letter(self, key: str) -> tuple[Run, ...]:
        """The letter of a vertex's value; nothing if it has none."""
        symbol = self._circuit.vertices[key].symbol
        return () if symbol is None else tuple(runs(symbol))

    def name(self, key: str) -> tuple[Run, ...]:
        """The letter below an operation, unless the operation's sign says it already."""
        vertex, letter = self._circuit.vertices[key], self.letter(key)
        says_it = [run[0] for run in letter] == [run[0] for run in vertex.sign]
        return letter if vertex.kind == "operation" and not says_it else ()

    # --- a card

    def wire(self, owner: str) -> float:
        """How far the lowest card hangs above its operation: high enough for the numbers beside it."""
        return max(_WIRE, self.block("value", owner).height + CARD_GAP - RADIUS)

    def parts(self, leaf: str) -> list[str]:
        """The numbers on a card: "value", "gradient" and "new", as far as they are known."""
        circuit = self._circuit
        known = {"value": circuit.values, "gradient": circuit.gradients, "new": circuit.updated}
        return [part for part, numbers in known.items() if leaf in numbers]

    def derivative(self, leaf: str) -> tuple[Run, ...]:
        """∂L/∂w, without the indices, which stand on the card above it."""
        return (*text_runs("∂L/∂"), *self.letter(leaf)[:1])

    def card_width(self, leaf: str) -> float:
        """Of the letter or ∂L/∂ on the left and the widest numbers on the right."""
        left = max(runs_width(self.letter(leaf), SIZE), runs_width(self.derivative(leaf), SMALL))
        return left + max(self.block(part, leaf).width for part in self.parts(leaf)) + 3 * PAD

    def card_height(self, leaf: str) -> float:
        """Of the rows of value and gradient; the new value takes the place of the old one."""
        return sum(self.row_height(leaf, part) for part in self.parts(leaf) if part != "new")

    def row_height(self, leaf: str, part: str) -> float:
        """Of one row on a card."""
        return max(_ROW, self.block(part, leaf).height + 4)
