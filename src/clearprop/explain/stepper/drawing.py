"""The circuit as a picture, with every number of every step in it; the page shows them one after another.

Each piece is a group with `data-node` (a vertex's key, or "from>to" for an edge) and `data-part`.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from clearprop.explain.stepper.circuit import Circuit, Edge, Vertex
from clearprop.messages import Language, say
from clearprop.present.figure.blocks import SIZE, Block, value_block
from clearprop.present.figure.layout import Box, Layout, arrange
from clearprop.present.figure.scene import Circle, Group, Label, Mark, Picture, Point, Rect, Role, Stroke
from clearprop.present.figure.text import runs_width, text_runs
from clearprop.present.formula import DIGITS, Run, runs, to_text

_RADIUS, _SIGN, _NAME, _SMALL = 17.0, 15.0, 12.5, 11.0  # of a circle; sizes of writing
_ROW, _PAD, _WIRE, _CARD_GAP = 20.0, 8.0, 12.0, 6.0  # of cards
_SPACE = 7.0  # between a circle and the numbers beside it
_MARGIN, _HEAD = 18.0, 34.0
_LINE = 1.6


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
        self._circuit, self._depth, self._lang = circuit, depth, lang
        self._column, self._digits = column, digits
        self._cards = circuit.cards()
        standing = [key for key, vertex in circuit.vertices.items() if vertex.kind in ("input", "operation")]
        self._boxes = {key: self._box(key) for key in standing}
        self._layout: Layout = arrange(list(self._boxes.values()))

    def picture(self) -> Picture:
        """The whole figure."""
        edges = [self._edge(edge) for edge in self._layout.ways]
        ends = [self._end(key) for key in self._boxes if not any(edge[0] == key for edge in self._layout.ways)]
        above = [mark for owner in self._cards for mark in self._cards_above(owner)]
        vertices = [mark for key in self._boxes for mark in self._vertex(key)]
        parts = [mark for key in self._boxes for mark in self._contributions(key)]
        moved = Group((*edges, *ends, *above, *vertices, *parts), _MARGIN, _HEAD)
        width, height = self._layout.width + 2 * _MARGIN, self._layout.height + _HEAD + _MARGIN
        return Picture(say("stepper.graph", self._lang), width, height, (*self._bands(height), moved))

    # --- how much room everything takes

    def _box(self, key: str) -> Box:
        vertex, circuit, reach = self._circuit.vertices[key], self._circuit, self._reach(key)
        leaves = self._cards.get(key, [])
        value = self._block("value", key)
        gradient = self._block("gradient", key) if key in circuit.gradients else None
        parts = [self._block("contribution", ">".join(edge)).width for edge in circuit.contributions if edge[1] == key]
        side = max(reach, *(self._card_width(leaf) / 2 for leaf in leaves), *(reach + _SPACE + w for w in parts), 0.0)
        numbers = reach + 2 * _SPACE + max(value.width, gradient.width if gradient else 0.0)
        cards = sum(self._card_height(leaf) + _CARD_GAP for leaf in leaves) + self._wire(key) - _CARD_GAP
        return Box(
            key,
            tuple(x for x in vertex.inputs if circuit.vertices[x].kind in ("input", "operation")),
            reach=side,
            stub=max(numbers - side, 0.0),
            above=max(_RADIUS + (cards if leaves else 0.0), value.height),
            below=max(_RADIUS + (_NAME + 4 if self._name(key) else 0.0), gradient.height if gradient else 0.0),
        )

    def _reach(self, key: str) -> float:
        """Half the width of what stands in a vertex's place."""
        return max(_RADIUS, runs_width(self._inside(self._circuit.vertices[key]), _SIGN) / 2 + 9)

    def _wire(self, owner: str) -> float:
        """How far a card hangs above its operation: high enough for the numbers beside it."""
        return max(_WIRE, self._block("value", owner).height + _CARD_GAP - _RADIUS)

    def _block(self, part: str, node: str) -> Block:
        colour: Role = {"value": "blue", "new": "green"}.get(part, "orange")  # type: ignore[assignment]
        array = np.asarray(self._circuit.number(part, node))
        array = array[None, :] if array.ndim == 1 else array
        return value_block(array.T if self._column else array, colour, self._digits)

    def _card_width(self, leaf: str) -> float:
        letter = max(runs_width(self._letter(leaf), SIZE), runs_width(self._by(leaf), _SMALL))
        return letter + max(self._block(part, leaf).width for part in self._parts(leaf)) + 3 * _PAD

    def _card_height(self, leaf: str) -> float:
        return sum(self._row_height(leaf, part) for part in self._parts(leaf) if part != "new")

    def _row_height(self, leaf: str, part: str) -> float:
        return max(_ROW, self._block(part, leaf).height + 4)

    def _parts(self, leaf: str) -> list[str]:
        """The numbers on a card."""
        circuit = self._circuit
        known = {"value": circuit.values, "gradient": circuit.gradients, "new": circuit.updated}
        return [part for part, numbers in known.items() if leaf in numbers]

    # --- letters

    def _letter(self, key: str) -> tuple[Run, ...]:
        letter = self._circuit.vertices[key].symbol
        return () if letter is None else tuple(runs(letter))

    def _inside(self, vertex: Vertex) -> tuple[Run, ...]:
        return vertex.sign if vertex.kind == "operation" or vertex.symbol is None else tuple(runs(vertex.symbol))

    def _name(self, key: str) -> tuple[Run, ...]:
        """The letter below an operation, where it is not in it."""
        vertex, letter = self._circuit.vertices[key], self._letter(key)
        says_it = [run[0] for run in letter] == [run[0] for run in vertex.sign]
        return letter if vertex.kind == "operation" and not says_it else ()

    def _by(self, leaf: str) -> tuple[Run, ...]:
        """∂L/∂w, without the indices that stand above it."""
        return (*text_runs("∂L/∂"), *self._letter(leaf)[:1])

    # --- what is drawn

    def _vertex(self, key: str) -> Iterator[Mark]:
        vertex, (x, y) = self._circuit.vertices[key], self._layout.centres[key]
        reach = self._reach(key)
        shape: Mark = Circle(0, 0, _RADIUS, "paper", "soft", 1.4)
        if reach > _RADIUS or vertex.kind != "operation":
            corner = _RADIUS if vertex.kind == "operation" else 5
            shape = Rect(-reach, -_RADIUS, 2 * reach, 2 * _RADIUS, "paper", "soft", 1.4, corner)
        sign = Label(0, 5, self._inside(vertex), _SIGN, anchor="middle")
        name = Label(0, _RADIUS + _NAME + 1, self._name(key), _NAME, "soft", "middle")
        tip = "" if vertex.symbol is None else to_text(vertex.symbol)
        yield Group((shape, sign, *([name] if name.runs else [])), x, y, key, "vertex", tip)
        yield self._number("value", key, x + reach + _SPACE, y - 1, above=True)
        if key in self._circuit.gradients:
            yield self._number("gradient", key, x + reach + _SPACE, y + 2)

    def _number(self, part: str, node: str, x: float, y: float, above: bool = False, ends: bool = False) -> Group:
        """A number with its left (or right) upper (or lower) corner at a point."""
        block = self._block(part, node)
        return Group(block.marks, x - block.width * ends, y - block.height * above, node, part)

    def _edge(self, edge: Edge) -> Group:
        """Straight past the numbers, in a curve to the next column, straight in below its cards."""
        (x, y), (_, target_y) = self._layout.centres[edge[0]], self._layout.centres[edge[1]]
        start, stub = (x + self._reach(edge[0]), y), self._layout.stubs[edge[0]]
        target = (self._layout.centres[edge[1]][0] - self._reach(edge[1]), target_y)
        way = self._layout.ways[edge]
        line = (start, start, stub, *way, way[-1], target, target)
        return Group((Stroke(line, "line", _LINE, curved=True),), node=">".join(edge), part="edge")

    def _end(self, key: str) -> Group:
        """The line on which the last numbers stand."""
        (x, y), stub = self._layout.centres[key], self._layout.stubs[key]
        return Group((Stroke(((x + self._reach(key), y), stub), "line", _LINE),), node=f"{key}>", part="edge")

    def _contributions(self, key: str) -> Iterator[Mark]:
        """What goes back along each edge that arrives, in the order in which the edges do."""
        x, y = self._layout.centres[key]
        edges = [edge for edge in self._circuit.contributions if edge[1] == key and edge in self._layout.ways]
        edges.sort(key=lambda edge: self._layout.centres[edge[0]][1])
        for i, edge in enumerate(edges):
            top = y + 2 if len(edges) == 1 else y - 8 + 18 * (i - (len(edges) - 1) / 2)
            yield self._number("contribution", ">".join(edge), x - self._reach(key) - _SPACE, top, ends=True)

    # --- cards

    def _cards_above(self, owner: str) -> Iterator[Mark]:
        """The leaves of an operation, one above the other, and the wires that lead down from them."""
        x, y = self._layout.centres[owner]
        for leaf in self._cards[owner]:
            wire = Stroke(((x, y - _RADIUS - self._wire(owner)), (x, y - _RADIUS)), "line", _LINE)
            yield Group((wire,), node=f"{leaf}>{owner}", part="edge")
        bottom = y - _RADIUS - self._wire(owner)
        for leaf in self._cards[owner]:
            top = bottom - self._card_height(leaf)
            yield from self._card(leaf, x, top)
            yield from self._far_edges(leaf, (x + self._card_width(leaf) / 2, (top + bottom) / 2))
            bottom = top - _CARD_GAP

    def _card(self, leaf: str, x: float, top: float) -> Iterator[Mark]:
        width, height = self._card_width(leaf), self._card_height(leaf)
        left, right = x - width / 2, x + width / 2
        parts = self._parts(leaf)
        marks: list[Mark] = [Rect(left, top, width, height, "paper", "soft", 1.2, 5)]
        marks.append(Label(left + _PAD, top + 15, self._letter(leaf), SIZE))
        second = top + self._row_height(leaf, "value")
        if "gradient" in parts:
            marks.append(Label(left + _PAD, second + 13, self._by(leaf), _SMALL, "soft"))
        yield Group(tuple(marks), node=leaf, part="vertex")
        for part in parts:
            yield self._number(part, leaf, right - _PAD, (second if part == "gradient" else top) + 2, ends=True)

    def _far_edges(self, leaf: str, start: Point) -> Iterator[Mark]:
        """From a card to other operations that need its value too, as a penalty needs the weights."""
        for key, vertex in self._circuit.vertices.items():
            if leaf in vertex.inputs and leaf not in self._cards.get(key, []):
                end = (self._layout.centres[key][0] - self._reach(key), self._layout.centres[key][1])
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
            spans[layer] = min(low, x - self._boxes[key].reach), max(high, self._layout.stubs[key][0])
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
