"""What the page shows, as plain data: a graph that is drawn once, and frames that light it up one after another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from clearprop.execute import Array
from clearprop.messages import Words
from clearprop.present.document import Equation
from clearprop.present.formula import Math, Run

Kind = Literal["input", "parameter", "constant", "operation"]
Phase = Literal["start", "forward", "backward", "update", "end"]
Edge = tuple[str, str]  # from, to
Numbers: TypeAlias = Array | float


@dataclass(frozen=True)
class Vertex:
    """A value of the graph, drawn as what makes it.

    Attributes:
        kind: the sample's "input", a "parameter", a "constant" such as the target, or an "operation".
        sign: what is written into it.
        symbol: the letter of its value, if it has one.
        layer: l; 0 for the input, one more than the last for the loss.
        inputs: the vertices whose values it needs.
    """

    kind: Kind
    sign: tuple[Run, ...]
    symbol: Math | None
    layer: int
    inputs: tuple[str, ...] = ()


@dataclass
class Circuit:
    """The graph and its numbers.

    Attributes:
        vertices: by key, each after its inputs.
        values: of every vertex.
        gradients: ∂L/∂(each vertex's value), where one is needed.
        contributions: what a vertex gets back along each of several edges; they add up to its gradient.
        updated: the new value of every parameter.
        by: what a gradient has before the letter of what it is by: "∂L/∂", or "d".
    """

    vertices: dict[str, Vertex]
    values: dict[str, Numbers]
    gradients: dict[str, Numbers] = field(default_factory=dict)
    contributions: dict[Edge, Numbers] = field(default_factory=dict)
    updated: dict[str, Numbers] = field(default_factory=dict)
    by: str = "∂L/∂"

    def consumers(self) -> Mapping[str, list[str]]:
        """For each vertex, those that need its value."""
        found: dict[str, list[str]] = {key: [] for key in self.vertices}
        for key, vertex in self.vertices.items():
            for x in vertex.inputs:
                found[x].append(key)
        return found

    def number(self, part: str, node: str) -> Numbers:
        """What a label shows: a "value", "gradient" or "new" value of a vertex, the "contribution" of an edge."""
        if part == "contribution":
            source, _, target = node.rpartition(">")
            return self.contributions[source, target]
        return {"value": self.values, "gradient": self.gradients, "new": self.updated}[part][node]

    def cards(self) -> dict[str, list[str]]:
        """The leaves that are drawn as cards above each operation.

        A parameter has one card, where it is needed first; a constant has one wherever it is needed. The network's
        inputs stand by themselves.
        """
        found: dict[str, list[str]] = {}
        placed: set[str] = set()
        for key, vertex in self.vertices.items():
            for x in vertex.inputs:
                kind = self.vertices[x].kind
                if kind == "constant" or (kind == "parameter" and x not in placed):
                    placed.add(x)
                    found.setdefault(key, []).append(x)
        return found


@dataclass(frozen=True)
class CaptionedEquation:
    """An equation, with a word on what it is; `of` is a value that the word needs behind it."""

    label: Words
    sides: Equation
    of: Math | None = None


@dataclass(frozen=True)
class Frame:
    """One step of the walk.

    Attributes:
        phase: which part of the step of training it belongs to.
        title: what happens, in words; `subject` is the value it happens to.
        text: sentences.
        lines: equations.
        at: the vertex that is lit up.
        flow: the edges along which numbers flow, against their direction in the backward pass.
        shows: labels that appear: ("value", key), ("gradient", key), ("new", key), ("contribution", "from>to").
    """

    phase: Phase
    title: Words
    subject: Math | None = None
    text: tuple[Words, ...] = ()
    lines: tuple[CaptionedEquation, ...] = ()
    at: str | None = None
    flow: tuple[Edge, ...] = ()
    shows: tuple[tuple[str, str], ...] = ()
