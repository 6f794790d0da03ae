"""The walk through the graph of layers, whose values are matrices: the derivation's steps, one frame each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from clearprop.explain.derivation import DerivationSource, derive, symbol
from clearprop.explain.derivation.arrange import is_given
from clearprop.explain.signs import loss_by, sign_of
from clearprop.explain.stepper.circuit import CaptionedEquation, Circuit, Frame, Vertex
from clearprop.graph import Name, Node, topological
from clearprop.graph.name import as_name
from clearprop.graph.node import is_constant
from clearprop.messages import Message, Words
from clearprop.nn.names import LOSS, TARGET, X
from clearprop.present.document import Document, Paragraph, Section
from clearprop.present.figure.text import text_runs
from clearprop.present.formula import number
from clearprop.train import Optimizer


class Layers:
    """Makes the circuit of a run's named values, and its frames.

    Args:
        source: the run.
        optimizer: whose update is shown.

    Attributes:
        circuit: vertices and all numbers.
    """

    def __init__(self, source: DerivationSource, optimizer: Optimizer) -> None:
        self._source = source
        convention = "column" if source.column else "row"
        self._document: Document = derive(source.values, convention, optimizer=optimizer, digits=source.digits)
        vertices = self._vertices()
        self.circuit = Circuit(dict(vertices.items()), {name: source.arrays[name] for name in vertices})
        if source.values.has_target:
            self.circuit.gradients |= {
                name: source.arrays[name.gradient] for name in vertices if name.gradient in source.arrays
            }
            self.circuit.gradients[LOSS] = 1.0
        self._consumers = self.circuit.consumers()

    # --- the graph

    def _vertices(self) -> dict[Name, Vertex]:
        values = self._source.values
        top = self._source.graph[LOSS if values.has_target else Name.value("a", values.architecture.depth)]
        found: dict[Name, Vertex] = {}
        for node in topological([top]):
            name = self._visible(node)
            if name is not None:
                found[name] = self._vertex(node, name)
        return found

    def _vertex(self, node: Node, name: Name) -> Vertex:
        parameters = self._source.values.architecture.parameters
        if is_given(node):
            trained = name in parameters and parameters[name].trainable
            kind = "input" if name == X else "parameter" if trained else "constant"
            return Vertex(kind, (), symbol(name), 0)  # type: ignore[arg-type]
        value = self._source.node(name)
        inputs = list(dict.fromkeys(self._inputs(value)))
        is_one_op = all(self._visible(x) is not None or is_constant(x) for x in value.inputs)
        sign = "L" if name.role == "loss" else sign_of(value) if is_one_op else "f"
        return Vertex("operation", text_runs(sign), symbol(name), self._layer(name), tuple(inputs))

    def _inputs(self, node: Node) -> Iterator[Name]:
        for x in node.inputs:
            name = self._visible(x)
            if name is not None:
                yield name
            else:
                yield from self._inputs(x)

    def _visible(self, node: Node) -> Name | None:
        """The name of a vertex; values that the derivation only calls u are inside others here."""
        name = self._source.name_of(node)
        return None if name in self._source.auxiliary else name

    def _layer(self, name: Name) -> int:
        return self._source.values.architecture.depth + 1 if name.layer is None else name.layer

    # --- frames

    def frames(self) -> Iterator[Frame]:
        """The sample; forward; backward, if there is a target; every parameter's step."""
        has_target = self._source.values.has_target
        sections = self._document.sections
        forward = [step for section in sections[:2] for step in section.sections]
        given = [step for step in forward if step.name in (X, TARGET)]
        yield Frame(
            "start",
            Message("stepper.start"),
            text=(Message("stepper.start_text" if has_target else "stepper.start_forward"), *_notes(given)),
            lines=_lines(given),
            shows=tuple(("value", key) for key, vertex in self.circuit.vertices.items() if not vertex.inputs),
        )
        yield from self._forward([step for step in forward if step not in given])
        if has_target:
            yield from self._backward(sections[2].sections)
            yield from self._update(sections[3])

    def _forward(self, steps: Sequence[Section]) -> Iterator[Frame]:
        for step in steps:
            vertex = self.circuit.vertices.get(step.name)
            flow = tuple((x, step.name) for x in vertex.inputs) if vertex else ()
            shows = (("value", step.name),) if vertex else ()
            yield self._frame("forward", step, step.name if vertex else None, flow, shows)

    def _backward(self, steps: Sequence[Section]) -> Iterator[Frame]:
        one = number(1.0)
        yield Frame(
            "backward",
            Message("stepper.seed"),
            text=(Message("stepper.seed_text"),),
            lines=(CaptionedEquation("", (loss_by(symbol(LOSS)), one)),),
            at=LOSS,
            shows=(("gradient", LOSS),),
        )
        for step in steps:
            of = as_name(step.name).of
            at = of if of in self.circuit.vertices else None
            flow = tuple((at, consumer) for consumer in self._consumers[at]) if at else ()
            yield self._frame("backward", step, at, flow, (("gradient", at),) if at else ())

    def _update(self, section: Section) -> Iterator[Frame]:
        """A frame for each parameter, with what the optimizer keeps beside it."""
        intro = [w for block in section.blocks if isinstance(block, Paragraph) for w in block.words]
        waiting: list[Section] = []
        for step in section.sections:
            waiting.append(step)
            parameter = as_name(step.name).root
            if step.name != parameter.new:  # an array beside it, or what several need
                continue
            lines, text = _lines(waiting), (*intro, *_notes(waiting))
            shows = (("new", parameter),)
            yield Frame("update", step.title, symbol(parameter), text, lines, parameter, (), shows)
            waiting = []

    def _frame(
        self,
        phase: str,
        step: Section,
        at: str | None,
        flow: tuple[tuple[str, str], ...],
        shows: tuple[tuple[str, str], ...],
    ) -> Frame:
        lines = _lines([step])
        return Frame(phase, step.title, symbol(as_name(step.name)), step.notes, lines, at, flow, shows)  # type: ignore[arg-type]


def _lines(steps: Sequence[Section]) -> tuple[CaptionedEquation, ...]:
    return tuple(CaptionedEquation("", equation) for step in steps for equation in step.equations)


def _notes(steps: Sequence[Section]) -> tuple[Words, ...]:
    return tuple(dict.fromkeys(note for step in steps for note in step.notes))
