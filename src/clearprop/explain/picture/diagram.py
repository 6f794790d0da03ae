"""A computational graph as a figure: nodes from left to right, values above the edges, gradients below."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from clearprop.errors import InvalidValueError
from clearprop.explain.picture.card import GAP, Card
from clearprop.messages import Language, say
from clearprop.present.figure.blocks import NOTHING, Block
from clearprop.present.figure.layout import Box, Edge, arrange
from clearprop.present.figure.scene import Circle, Group, Label, Mark, Picture, Point, Rect, Stroke
from clearprop.present.figure.text import runs_width
from clearprop.present.formula import Run

_RADIUS, _SIGN, _NAME = 16.0, 15.0, 12.0
_CARD = 30.0  # height of what stands above a node: a constant, a parameter
_APART = 5.0  # between an edge and its numbers
_MARGIN = 20.0
MOST = 400  # nodes that a figure shows; more of them no one can read


@dataclass(frozen=True)
class DiagramNode:
    """One node of a figure.

    Attributes:
        key: unique.
        inputs: keys of the nodes whose values come in.
        sign: what stands in it.
        form: "circle" for a primitive, "box" for a fused op or a layer, "leaf" for an input.
        value, gradient: what stands above and below the edge behind it.
        cards: constants and parameters that come in from above, as letters.
        parameters: the same with their numbers, one above the other.
        name: of its value, below it.
    """

    key: str
    inputs: tuple[str, ...]
    sign: tuple[Run, ...]
    form: Literal["circle", "box", "leaf"]
    value: Block = NOTHING
    gradient: Block = NOTHING
    cards: tuple[tuple[Run, ...], ...] = ()
    name: tuple[Run, ...] = ()
    parameters: tuple[Card, ...] = ()

    @property
    def reach(self) -> float:
        """Half its width."""
        if self.form == "circle":
            return _RADIUS
        width = runs_width(self.sign, _SIGN)
        return width / 2 + (4 if self.form == "leaf" else 11)

    @property
    def card_width(self) -> float:
        """Of all cards side by side."""
        return sum(runs_width(card, _NAME + 1) + 12 for card in self.cards)

    @property
    def numbers_at(self) -> float:
        """From its centre to where the numbers behind it begin."""
        return max(self.reach, self.card_width / 2 - 4, runs_width(self.name, _NAME) / 2) + 7

    @property
    def side(self) -> float:
        """The room to the left of its centre: cards with numbers are wide."""
        return max(self.reach, *(card.width / 2 for card in self.parameters), 0.0)

    @property
    def wire(self) -> float:
        """From its shape up to the lowest card, which hangs above the numbers behind it."""
        return max(12.0, self.value.height + _APART + 4 - _RADIUS)

    def box(self) -> Box:
        """The room it takes."""
        width = max(self.value.width, self.gradient.width)
        stack = self.wire + sum(card.height + GAP for card in self.parameters) - GAP
        overhead = stack if self.parameters else _CARD if self.cards else 0
        above = max(_RADIUS + overhead, self.value.height + _APART)
        below = max(_RADIUS + (_NAME + 4 if self.name else 0), self.gradient.height + _APART)
        stub = max(self.numbers_at + width + 6, self.side + 6 if self.parameters else 0.0) - self.reach
        return Box(self.key, self.inputs, self.reach, stub, above, below, self.side - self.reach)


def check_size(nodes: int) -> None:
    """Refuse what no one could read.

    Raises:
        InvalidValueError: for more nodes than a figure can show.
    """
    if nodes > MOST:
        raise InvalidValueError(
            f"a figure of {nodes:,} nodes", f"{MOST} at most", "a coarser zoom: 'fused' or 'layers'"
        )


def draw_diagram(vertices: Sequence[DiagramNode], lang: Language) -> Picture:
    """The figure.

    Raises:
        InvalidValueError: for more nodes than a figure can show, and for none.
    """
    check_size(len(vertices))
    if not vertices:
        raise InvalidValueError("a graph of constants only", "a graph that computes something from a variable")
    layout = arrange([vertex.box() for vertex in vertices])
    reach = {vertex.key: layout.centres[vertex.key][0] - vertex.reach for vertex in vertices}  # where edges arrive
    marks: list[Mark] = [_edge(edge, way, reach[edge[1]]) for edge, way in layout.ways.items()]
    continued = {start for start, _ in layout.ways}
    for vertex in vertices:
        marks += _vertex(vertex, *layout.centres[vertex.key], layout.stubs[vertex.key], vertex.key in continued)
    whole = Group(tuple(marks), _MARGIN, _MARGIN)
    width, height = layout.width + 2 * _MARGIN, layout.height + 2 * _MARGIN
    return Picture(say("picture.drawing.title", lang), width, height, (whole,))


def _edge(edge: Edge, way: tuple[Point, ...], end: float) -> Mark:
    """In curves from column to column, and straight in below the cards."""
    x, y = way[-1]
    points = (*way[:-1], (x - 5, y)) if x == end else (*way, way[-1], (end - 5, y), (end - 5, y))
    return Group((Stroke(points, "soft", 1.2, curved=True), _head((end, y))), node=f"{edge[0]}>{edge[1]}", part="edge")


def _head(end: Point) -> Mark:
    x, y = end
    return Stroke(((x, y), (x - 7, y - 3.5), (x - 7, y + 3.5)), fill="soft", stroke="none", closed=True)


def _vertex(vertex: DiagramNode, x: float, y: float, end: Point, is_continued: bool) -> Iterator[Mark]:
    at = x + vertex.numbers_at
    if vertex.value.marks or vertex.gradient.marks or is_continued:
        yield Stroke(((x + vertex.reach, y), end), "soft", 1.2)
    if not is_continued:
        yield _head(end)
    yield Group(tuple(_shape(vertex, x, y)), node=vertex.key, part="shape")
    yield Group(vertex.value.marks, at, y - _APART - vertex.value.height, vertex.key, "value")
    yield Group(vertex.gradient.marks, at, y + _APART, vertex.key, "gradient")


def _shape(vertex: DiagramNode, x: float, y: float) -> Iterator[Mark]:
    if vertex.form == "circle":
        yield Circle(x, y, _RADIUS, "paper", "ink", 1.3)
    elif vertex.form == "box":
        yield Rect(x - vertex.reach, y - _RADIUS, 2 * vertex.reach, 2 * _RADIUS, "tint", "ink", 1.3, radius=5)
    yield Label(x, y + 5, vertex.sign, _SIGN, anchor="middle")
    if vertex.name:
        yield Label(x, y + _RADIUS + _NAME, vertex.name, _NAME, "soft", "middle")
    if vertex.cards:
        yield from _cards(vertex, x, y - _RADIUS)
    if vertex.parameters:
        yield from _parameters(vertex, x, y - _RADIUS)


def _parameters(vertex: DiagramNode, x: float, y: float) -> Iterator[Mark]:
    """Parameters with their numbers, one card above the other."""
    bottom = y - vertex.wire
    yield from _downwards(x, bottom, y)
    for card in vertex.parameters:
        yield from card.marks(x, bottom - card.height)
        bottom -= card.height + GAP


def _downwards(x: float, top: float, y: float) -> Iterator[Mark]:
    yield Stroke(((x, top), (x, y - 5)), "soft", 1.2)
    yield Stroke(((x, y), (x - 3.2, y - 6.5), (x + 3.2, y - 6.5)), fill="soft", stroke="none", closed=True)


def _cards(vertex: DiagramNode, x: float, y: float) -> Iterator[Mark]:
    """Constants and parameters, which come in from above."""
    yield from _downwards(x, y - 12, y)
    at = x - vertex.card_width / 2
    for card in vertex.cards:
        width = runs_width(card, _NAME + 1) + 12
        yield Label(at + width / 2, y - 17, card, _NAME + 1, "soft", "middle")
        at += width
