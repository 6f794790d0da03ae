"""The circuit as a picture, with every number of every step in it; the page shows them one after another.

Each piece is a group with `data-node` (a vertex's key, or "from>to" for an edge) and `data-part`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

import numpy as np

from clearprop.explain.picture.card import GAP, Card
from clearprop.explain.stepper.circuit import Circuit, Edge, Vertex
from clearprop.messages import Language, say
from clearprop.present.figure.blocks import NOTHING, SIZE, Block, value_block
from clearprop.present.figure.layout import Box, arrange
from clearprop.present.figure.scene import Circle, Group, Label, Mark, Picture, Point, Rect, Role, Stroke
from clearprop.present.figure.text import runs_width, text_runs
from clearprop.present.formula import DIGITS, Run, runs, to_text

_MARGIN, _HEAD = 18.0, 34.0  # around the graph; above it, for the names of layers
_RADIUS, _SMALL_RADIUS, _SIGN, _NAME = 17.0, 12.0, 15.0, 12.5  # of circles; sizes of writing
_SPACE = 7.0  # between a circle and the numbers beside it
_WIRE = 12.0  # how far cards hang above, at least
_LINE, _GAP = 1.6, 8.0  # width of a wire; from box to box, up and down
_STANDING = ("input", "operation")  # what has a place of its own; other vertices are cards above what needs them
_COLOURS: dict[str, Role] = {"value": "blue", "gradient": "orange", "contribution": "orange", "new": "green"}


class CircuitDrawing:
    """Draws one circuit.

    Args:
        circuit: the graph and all numbers.
        depth: L, the number of layers.
        lang: of the words.
        column: whether matrices are shown in the column convention.
        digits: significant digits of printed numbers.
    """

    def __init__(
        self, circuit: Circuit, depth: int, lang: Language, column: bool = False, digits: int = DIGITS
    ) -> None:
        self._circuit, self._depth, self._lang, self._column, self._digits = circuit, depth, lang, column, digits
        cards, standing = circuit.cards(), {key for key, v in circuit.vertices.items() if v.kind in _STANDING}
        self._vertices: dict[str, _Standing] = {}
        for key, vertex in circuit.vertices.items():
            if key in standing:
                inputs = tuple(x for x in vertex.inputs if x in standing)
                is_flat = len(inputs) == 1 and self._is_weight(cards.get(key, []))
                above = [self._card(x, is_flat) for x in cards.get(key, [])]
                parts = {x: self._block("contribution", f"{x}>{key}") for x, y in circuit.contributions if y == key}
                self._vertices[key] = _Standing(key, vertex, inputs, self._numbers(key), above, parts, is_flat)
        self._layout = arrange([vertex.box() for vertex in self._vertices.values()], _GAP)

    def picture(self) -> Picture:
        """The whole figure."""
        layout = self._layout
        places = [(vertex, *layout.centres[key]) for key, vertex in self._vertices.items()]
        continued = {start for start, _ in layout.ways}
        marks: list[Mark] = [self._edge(edge) for edge in layout.ways]
        marks += [self._end(key) for key in self._vertices if key not in continued]
        marks += [mark for vertex, x, y in places for mark in self._above(vertex, x, y)]
        marks += [mark for vertex, x, y in places for mark in vertex.marks(x, y)]
        marks += [mark for vertex, x, y in places for mark in vertex.contributions(x, y, layout.centres)]
        width, height = layout.width + 2 * _MARGIN, layout.height + _HEAD + _MARGIN
        moved = Group(tuple(marks), _MARGIN, _HEAD)
        return Picture(say("stepper.graph", self._lang), width, height, (*self._bands(height), moved))

    # --- numbers

    def _card(self, leaf: str, is_flat: bool) -> Card:
        letter = _letter(self._circuit.vertices[leaf])
        derivative = (*text_runs(self._circuit.by), *letter[:1])  # without the indices, which stand above it
        return Card(leaf, letter, self._numbers(leaf), derivative, is_flat)

    def _is_weight(self, cards: Sequence[str]) -> bool:
        """Whether the only card is a parameter that is a single number: it stands on the wire, as a weight does."""
        only_parameter = len(cards) == 1 and self._circuit.vertices[cards[0]].kind == "parameter"
        return only_parameter and np.size(self._circuit.values[cards[0]]) == 1

    def _numbers(self, key: str) -> dict[str, Block]:
        """A vertex's value, gradient and new value, as far as they are known."""
        circuit = self._circuit
        known = {"value": circuit.values, "gradient": circuit.gradients, "new": circuit.updated}
        return {part: self._block(part, key) for part, numbers in known.items() if key in numbers}

    def _block(self, part: str, node: str) -> Block:
        array = np.asarray(self._circuit.number(part, node))
        array = array[None, :] if array.ndim == 1 else array
        return value_block(array.T if self._column else array, _COLOURS[part], self._digits)

    # --- edges

    def _right(self, key: str) -> Point:
        """Where edges leave a vertex."""
        x, y = self._layout.centres[key]
        return x + self._vertices[key].reach, y

    def _left(self, key: str) -> Point:
        """Where edges reach a vertex."""
        x, y = self._layout.centres[key]
        return x - self._vertices[key].reach, y

    def _edge(self, edge: Edge) -> Group:
        """Straight past the numbers, in a curve to the next column, straight in below its cards."""
        start, stub, target = self._right(edge[0]), self._layout.stubs[edge[0]], self._left(edge[1])
        way = self._layout.ways[edge]
        return _wire((start, start, stub, *way, way[-1], target, target), *edge, curved=True)

    def _end(self, key: str) -> Group:
        """The line on which the last numbers stand."""
        return _wire((self._right(key), self._layout.stubs[key]), key, "")

    def _above(self, owner: _Standing, x: float, y: float) -> Iterator[Mark]:
        """The cards of an operation, one above the other with wires down from them; a flat one stands before it."""
        if owner.is_flat:
            (card,) = owner.cards
            right = x - owner.reach - _WIRE
            yield _wire(((right, y), (x - owner.reach, y)), card.leaf, owner.key)
            yield from card.marks(right - card.width / 2, y - card.height / 2)
            yield from self._far_edges(card.leaf, (right - card.width / 2, y + card.height / 2))
            return
        bottom = y - _RADIUS - owner.wire
        for card in owner.cards:
            yield _wire(((x, bottom), (x, y - _RADIUS)), card.leaf, owner.key)
        for card in owner.cards:
            top = bottom - card.height
            yield from card.marks(x, top)
            yield from self._far_edges(card.leaf, (x + card.width / 2, (top + bottom) / 2))
            bottom = top - GAP

    def _far_edges(self, leaf: str, start: Point) -> Iterator[Mark]:
        """From a card to other operations that need its value too, as a penalty needs the weights."""
        for key, vertex in self._vertices.items():
            has_card = any(card.leaf == leaf for card in vertex.cards)
            if leaf in self._circuit.vertices[key].inputs and not has_card:
                end = self._left(key)
                middle = (start[0] + end[0]) / 2
                way = (start, (middle, start[1]), (middle, end[1]), end)
                line = Stroke(way, "line", 1.0, curved=True, dashed=True)
                yield Group((line,), node=f"{leaf}>{key}", part="edge")

    # --- layers

    def _bands(self, height: float) -> Iterator[Mark]:
        """A tinted band behind each layer, where layers stand side by side."""
        spans: dict[int, tuple[float, float]] = {}
        for key, (x, _) in self._layout.centres.items():
            layer = self._circuit.vertices[key].layer
            low, high = spans.get(layer, (x, x))
            spans[layer] = min(low, x - self._vertices[key].side), max(high, self._layout.stubs[key][0])
        ordered = sorted(spans.items())
        if any(a[1][1] > b[1][0] for a, b in pairwise(ordered)):
            return
        for layer, (low, high) in ordered:
            box = Rect(low + _MARGIN - 12, 6, high - low + 24, height - 12, fill="tint", radius=10)
            centre = (low + high) / 2 + _MARGIN
            name = Label(centre, 24, text_runs(self._band(layer)), SIZE, "soft", "middle", "words")
            yield Group((box, name) if layer else (name,), part="band")

    def _band(self, layer: int) -> str:
        if layer == 0:
            return say("stepper.band_input", self._lang)
        if layer > self._depth:
            return say("stepper.band_loss", self._lang)
        return say(f"stepper.layer_{'output' if layer == self._depth else 'hidden'}", self._lang, l=layer)


class _Standing:
    """A vertex that has a place of its own, with its numbers, its cards, and what it gives back along its edges.

    Attributes:
        reach: half the width of what stands in its place.
        wire: how far the lowest card hangs above it: high enough for the numbers beside it.
        side: the room to the left of its centre.
    """

    def __init__(
        self,
        key: str,
        vertex: Vertex,
        inputs: tuple[str, ...],
        numbers: Mapping[str, Block],
        cards: Sequence[Card],
        contributions: Mapping[str, Block],
        is_flat: bool,
    ) -> None:
        self.key, self.cards, self.is_flat = key, cards, is_flat
        self._vertex, self._inputs, self._numbers, self._contributions = vertex, inputs, numbers, contributions
        self._is_operation = vertex.kind == "operation"
        self._sign = vertex.sign if self._is_operation else _letter(vertex)
        letter = _letter(vertex)
        says_it = [run[0] for run in letter] == [run[0] for run in self._sign]
        self._name = () if says_it else letter
        self._value, self._gradient = numbers["value"], numbers.get("gradient", NOTHING)
        self._radius = _SMALL_RADIUS if is_flat else _RADIUS
        self.reach = max(self._radius, runs_width(self._sign, _SIGN) / 2 + (6 if is_flat else 9))
        self.wire = max(_WIRE, self._value.height + GAP - _RADIUS)
        self._before = self.reach + (_WIRE + cards[0].width if is_flat else 0.0)  # to the left of its centre
        left = [self._before + _SPACE + block.width for block in contributions.values()]
        self._half = max((card.width / 2 for card in cards if not is_flat), default=0.0)
        self.side = max(self._before, self._half, *left)

    def box(self) -> Box:
        """The room for it, its numbers, and the cards above it."""
        numbers = self.reach + 2 * _SPACE + max(self._value.width, self._gradient.width)
        stack = sum(card.height + GAP for card in self.cards) + self.wire - GAP
        return Box(
            self.key,
            self._inputs,
            reach=self.reach,
            stub=max(numbers, self._half) - self.reach,
            above=max(self._radius + (stack if self.cards and not self.is_flat else 0.0), self._value.height),
            below=max(self._radius + (_NAME + 4 if self._name else 0.0), self._gradient.height),
            before=self.side - self.reach,
        )

    def marks(self, x: float, y: float) -> Iterator[Mark]:
        """The shape around its centre, with its sign and its name; behind it the value and, below, the gradient."""
        shape: Mark = Circle(0, 0, self._radius, "paper", "soft", 1.4)
        if self.reach > self._radius or not self._is_operation:
            corner = self._radius if self._is_operation else 5
            shape = Rect(-self.reach, -self._radius, 2 * self.reach, 2 * self._radius, "paper", "soft", 1.4, corner)
        sign = Label(0, 5, self._sign, _SIGN, anchor="middle")
        name = [Label(0, self._radius + _NAME + 1, self._name, _NAME, "soft", "middle")] if self._name else []
        tip = "" if self._vertex.symbol is None else to_text(self._vertex.symbol)
        yield Group((shape, sign, *name), x, y, self.key, "vertex", tip)
        at = x + self.reach + _SPACE
        yield Group(self._value.marks, at, y - 1 - self._value.height, self.key, "value")
        if "gradient" in self._numbers:
            yield Group(self._gradient.marks, at, y + 2, self.key, "gradient")

    def contributions(self, x: float, y: float, centres: Mapping[str, Point]) -> Iterator[Mark]:
        """What goes back along each edge that arrives, in the order in which the edges do."""
        blocks = sorted(
            (item for item in self._contributions.items() if item[0] in self._inputs),
            key=lambda item: centres[item[0]][1],
        )
        for i, (source, block) in enumerate(blocks):
            top = y + 2 if len(blocks) == 1 else y - 8 + 18 * (i - (len(blocks) - 1) / 2)
            yield Group(
                block.marks, x - self._before - _SPACE - block.width, top, f"{source}>{self.key}", "contribution"
            )


def _letter(vertex: Vertex) -> tuple[Run, ...]:
    """Of a vertex's value; nothing if it has none."""
    return () if vertex.symbol is None else tuple(runs(vertex.symbol))


def _wire(points: tuple[Point, ...], start: str, end: str, curved: bool = False) -> Group:
    return Group((Stroke(points, "line", _LINE, curved=curved),), node=f"{start}>{end}", part="edge")
