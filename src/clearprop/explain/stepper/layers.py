"""The walk through the graph of layers, whose values are matrices: the derivation's steps, one frame each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from clearprop.explain.derivation import DerivationSource, derive
from clearprop.explain.derivation.arrange import is_given
from clearprop.explain.picture.graphs import layer_sign
from clearprop.explain.signs import sign_of
from clearprop.explain.stepper.circuit import CaptionedEquation, Circuit, Edge, Frame, Phase, Vertex
from clearprop.explain.stepper.shared import (
    last_name,
    layer_of,
    leaf_vertex,
    new_parameters,
    seed_frame,
    start_frame,
)
from clearprop.graph import Name, Node, topological
from clearprop.graph.name import as_name
from clearprop.graph.node import is_constant
from clearprop.messages import Language, Words
from clearprop.nn.names import LOSS, TARGET, X
from clearprop.present.document import Paragraph, Section
from clearprop.present.figure.text import text_runs
from clearprop.present.formula import Run
from clearprop.train import Optimizer


class Layers:
    """Makes the circuit of a run's named values, and its frames.

    Args:
        source: the run.
        optimizer: whose update is shown.
        lang: of the words in boxes.

    Attributes:
        circuit: vertices and all numbers.
    """

    def __init__(self, source: DerivationSource, optimizer: Optimizer, lang: Language) -> None:
        self._source, self._lang = source, lang
        convention = "column" if source.column else "row"
        self._document = derive(
            source.values, convention, optimizer=optimizer, digits=source.digits, notation=source.notation
        )
        top = source.graph[last_name(source)]
        vertices = {name: self._vertex(node, name) for node in topological([top]) if (name := self._visible(node))}
        self.circuit = Circuit(dict(vertices.items()), {name: source.arrays[name] for name in vertices})
        self.circuit.by = source.by
        if source.values.has_target:
            gradients = {name: source.arrays[name.gradient] for name in vertices if name.gradient in source.arrays}
            self.circuit.gradients |= gradients | {LOSS: 1.0}
            self.circuit.updated |= new_parameters(source)
        self._consumers = self.circuit.consumers()

    # --- the graph

    def _vertex(self, node: Node, name: Name) -> Vertex:
        if is_given(node):
            return leaf_vertex(name, self._source.symbol(name), self._source)
        value = self._source.node(name)
        inputs = tuple(dict.fromkeys(self._inputs(value)))
        letter = self._source.symbol(name)
        return Vertex("operation", self._sign(name, value), letter, layer_of(name, self._source), inputs)

    def _sign(self, name: Name, value: Node) -> tuple[Run, ...]:
        """σ or + where the op has a sign, else what it is called; L for the loss."""
        if name.role == "loss":
            return text_runs("L")
        is_one_op = all(self._visible(x) is not None or is_constant(x) for x in value.inputs)
        if is_one_op and value.op.sign:
            return text_runs(sign_of(value))
        return (layer_sign(name, self._source, self._lang),)

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

    # --- frames

    def frames(self) -> Iterator[Frame]:
        """The sample; forward; backward, if there is a target; every parameter's step."""
        has_target = self._source.values.has_target
        sections = self._document.sections
        forward = [step for section in sections[:2] for step in section.sections]
        given = [step for step in forward if step.name in (X, TARGET)]
        equations = [equation for step in given for equation in step.equations]
        yield start_frame(self.circuit, equations, has_target, _notes(given))
        for step in forward:
            if step not in given:
                vertex = self.circuit.vertices.get(step.name)
                flow = tuple((x, step.name) for x in vertex.inputs) if vertex else ()
                yield self._frame("forward", step, step.name if vertex else None, flow, "value")
        if has_target:
            yield seed_frame(self._source)
            for step in sections[2].sections:
                of = as_name(step.name).of
                at = of if of in self.circuit.vertices else None
                flow = tuple((at, consumer) for consumer in self._consumers[at]) if at else ()
                yield self._frame("backward", step, at, flow, "gradient")
            yield from self._update(sections[3])

    def _update(self, section: Section) -> Iterator[Frame]:
        """A frame for each parameter, with what the optimizer keeps beside it."""
        intro = [w for block in section.blocks if isinstance(block, Paragraph) for w in block.words]
        waiting: list[Section] = []
        for step in section.sections:
            waiting.append(step)
            parameter = as_name(step.name).root
            if step.name == parameter.new:  # not an array beside it, nor what several need
                text, shows = (*intro, *_notes(waiting)), (("new", parameter),)
                letter = self._source.symbol(parameter)
                yield Frame("update", step.title, letter, text, _lines(waiting), parameter, (), shows)
                waiting = []

    def _frame(self, phase: Phase, step: Section, at: str | None, flow: tuple[Edge, ...], part: str) -> Frame:
        shows = ((part, at),) if at else ()
        letter = self._source.symbol(as_name(step.name))
        return Frame(phase, step.title, letter, step.notes, _lines([step]), at, flow, shows)


def _lines(steps: Sequence[Section]) -> tuple[CaptionedEquation, ...]:
    return tuple(CaptionedEquation("", equation) for step in steps for equation in step.equations)


def _notes(steps: Sequence[Section]) -> tuple[Words, ...]:
    return tuple(dict.fromkeys(note for step in steps for note in step.notes))
