"""The circuit as a picture, with every number of every step in it; the page shows them one after another.

Each piece is a group with `data-node` (a vertex's key, or "from>to" for an edge) and `data-part`.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from clearprop.explain.stepper.circuit import Circuit, Edge
from clearprop.explain.stepper.sizes import CARD_GAP, NAME, PAD, RADIUS, SIGN, SMALL, SPACE, CircuitSizes, edge_key
from clearprop.messages import Language, say
from clearprop.present.figure.blocks import SIZE
from clearprop.present.figure.layout import arrange
from clearprop.present.figure.scene import Circle, Group, Label, Mark, Picture, Point, Rect, Stroke
from clearprop.present.figure.text import text_runs
from clearprop.present.formula import DIGITS, to_text

_MARGIN, _HEAD = 18.0, 34.0  # around the graph; above it, for the names of layers
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
        self._sizes = CircuitSizes(circuit, column, digits)
        self._boxes = {key: self._sizes.box(key) for key in self._sizes.standing}
        self._layout = arrange(list(self._boxes.values()))

    def picture(self) -> Picture:
        """The whole figure."""
        edges = [self._edge(edge) for edge in self._layout.ways]
        continued = {start for start, _ in self._layout.ways}
        ends = [self._end(key) for key in self._boxes if key not in continued]
        above = [mark for owner in self._sizes.cards for mark in self._cards_above(owner)]
        vertices = [mark for key in self._boxes for mark in self._vertex(key)]
        parts = [mark for key in self._boxes for mark in self._contributions(key)]
        moved = Group((*edges, *ends, *above, *vertices, *parts), _MARGIN, _HEAD)
        width, height = self._layout.width + 2 * _MARGIN, self._layout.height + _HEAD + _MARGIN
        return Picture(say("stepper.graph", self._lang), width, height, (*self._bands(height), moved))

    def _right(self, key: str) -> Point:
        """Where edges leave a vertex."""
        x, y = self._layout.centres[key]
        return x + self._sizes.reach(key), y

    def _left(self, key: str) -> Point:
        """Where edges reach a vertex."""
        x, y = self._layout.centres[key]
        return x - self._sizes.reach(key), y

    # --- vertices and edges

    def _vertex(self, key: str) -> Iterator[Mark]:
        vertex, (x, y) = self._circuit.vertices[key], self._layout.centres[key]
        reach = self._sizes.reach(key)
        shape: Mark = Circle(0, 0, RADIUS, "paper", "soft", 1.4)
        if reach > RADIUS or vertex.kind != "operation":
            corner = RADIUS if vertex.kind == "operation" else 5
            shape = Rect(-reach, -RADIUS, 2 * reach, 2 * RADIUS, "paper", "soft", 1.4, corner)
        sign = Label(0, 5, self._sizes.inside(key), SIGN, anchor="middle")
        name = Label(0, RADIUS + NAME + 1, self._sizes.name(key), NAME, "soft", "middle")
        tip = "" if vertex.symbol is None else to_text(vertex.symbol)
        yield Group((shape, sign, *([name] if name.runs else [])), x, y, key, "vertex", tip)
        yield self._number("value", key, x + reach + SPACE, y - 1, above=True)
        if key in self._circuit.gradients:
            yield self._number("gradient", key, x + reach + SPACE, y + 2)

    def _number(self, part: str, node: str, x: float, y: float, above: bool = False, ends: bool = False) -> Group:
        """A number with its left (or right) upper (or lower) corner at a point."""
        block = self._sizes.block(part, node)
        return Group(block.marks, x - block.width * ends, y - block.height * above, node, part)

    def _edge(self, edge: Edge) -> Group:
        """Straight past the numbers, in a curve to the next column, straight in below its cards."""
        start, stub, target = self._right(edge[0]), self._layout.stubs[edge[0]], self._left(edge[1])
        way = self._layout.ways[edge]
        line = (start, start, stub, *way, way[-1], target, target)
        return Group((Stroke(line, "line", _LINE, curved=True),), node=edge_key(edge), part="edge")

    def _end(self, key: str) -> Group:
        """The line on which the last numbers stand."""
        line = (self._right(key), self._layout.stubs[key])
        return Group((Stroke(line, "line", _LINE),), node=f"{key}>", part="edge")

    def _contributions(self, key: str) -> Iterator[Mark]:
        """What goes back along each edge that arrives, in the order in which the edges do."""
        x, y = self._left(key)
        edges = [edge for edge in self._circuit.contributions if edge[1] == key and edge in self._layout.ways]
        edges.sort(key=lambda edge: self._layout.centres[edge[0]][1])
        for i, edge in enumerate(edges):
            top = y + 2 if len(edges) == 1 else y - 8 + 18 * (i - (len(edges) - 1) / 2)
            yield self._number("contribution", edge_key(edge), x - SPACE, top, ends=True)

    # --- cards

    def _cards_above(self, owner: str) -> Iterator[Mark]:
        """The leaves of an operation, one above the other, and the wires that lead down from them."""
        x, y = self._layout.centres[owner]
        for leaf in self._sizes.cards[owner]:
            wire = Stroke(((x, y - RADIUS - self._sizes.wire(owner)), (x, y - RADIUS)), "line", _LINE)
            yield Group((wire,), node=f"{leaf}>{owner}", part="edge")
        bottom = y - RADIUS - self._sizes.wire(owner)
        for leaf in self._sizes.cards[owner]:
            top = bottom - self._sizes.card_height(leaf)
            yield from self._card(leaf, x, top)
            yield from self._far_edges(leaf, (x + self._sizes.card_width(leaf) / 2, (top + bottom) / 2))
            bottom = top - CARD_GAP

    def _card(self, leaf: str, x: float, top: float) -> Iterator[Mark]:
        width, height = self._sizes.card_width(leaf), self._sizes.card_height(leaf)
        left, right = x - width / 2, x + width / 2
        parts = self._sizes.parts(leaf)
        marks: list[Mark] = [Rect(left, top, width, height, "paper", "soft", 1.2, 5)]
        marks.append(Label(left + PAD, top + 15, self._sizes.letter(leaf), SIZE))
        second = top + self._sizes.row_height(leaf, "value")
        if "gradient" in parts:
            marks.append(Label(left + PAD, second + 13, self._sizes.derivative(leaf), SMALL, "soft"))
        yield Group(tuple(marks), node=leaf, part="vertex")
        for part in parts:
            yield self._number(part, leaf, right - PAD, (second if part == "gradient" else top) + 2, ends=True)

    def _far_edges(self, leaf: str, start: Point) -> Iterator[Mark]:
        """From a card to other operations that need its value too, as a penalty needs the weights."""
        for key, vertex in self._circuit.vertices.items():
            if leaf in vertex.inputs and leaf not in self._sizes.cards.get(key, []):
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
