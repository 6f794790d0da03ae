"""What both walks share, that of layers and that of single numbers: the leaves, and the frames around the passes."""

from __future__ import annotations

from collections.abc import Sequence

from clearprop.execute import Array, Reference
from clearprop.explain.derivation import DerivationSource
from clearprop.explain.stepper.circuit import CaptionedEquation, Circuit, Frame, Kind, Vertex
from clearprop.graph import Graph, Name
from clearprop.messages import Message, Words
from clearprop.nn.names import LOSS, X
from clearprop.present.document import Equation
from clearprop.present.formula import Math, number


def last_name(source: DerivationSource) -> Name:
    """The value at which the forward pass ends: the loss, or without a target the output."""
    return LOSS if source.values.has_target else Name.value("a", source.values.architecture.depth)


def layer_of(name: Name, source: DerivationSource) -> int:
    """The l of a value; one more than the last for the loss."""
    return source.values.architecture.depth + 1 if name.layer is None else name.layer


def leaf_vertex(name: Name, letter: Math, source: DerivationSource) -> Vertex:
    """A value that comes from outside, or one element of it."""
    parameters = source.values.architecture.parameters
    trained = name in parameters and parameters[name].trainable
    kind: Kind = "input" if name == X else "parameter" if trained else "constant"
    return Vertex(kind, (), letter, 0)


def start_frame(circuit: Circuit, given: Sequence[Equation], has_target: bool, notes: tuple[Words, ...] = ()) -> Frame:
    """The sample."""
    text = Message("stepper.start_text" if has_target else "stepper.start_forward")
    lines = tuple(CaptionedEquation("", sides) for sides in given)
    shows = tuple(("value", key) for key, vertex in circuit.vertices.items() if vertex.kind != "operation")
    return Frame("start", Message("stepper.start"), text=(text, *notes), lines=lines, shows=shows)


def seed_frame(source: DerivationSource) -> Frame:
    """∂L/∂L = 1, where the backward pass begins."""
    line = CaptionedEquation("", (source.symbol(LOSS.gradient), number(1.0, source.digits)))
    text, shows = Message("stepper.seed_text"), (("gradient", LOSS),)
    return Frame("backward", Message("stepper.seed"), text=(text,), lines=(line,), at=LOSS, shows=shows)


def new_parameters(source: DerivationSource) -> dict[str, Array]:
    """Every parameter after the step."""
    return {name: source.arrays[name.new] for name in source.values.learned}


def loss_frame(source: DerivationSource) -> Frame:
    """The loss of the sample before the step, and after it with the new parameters."""
    values = source.values
    graph = Graph({LOSS: values.graph[LOSS]})
    given = {name: v for name, v in (values.inputs() | new_parameters(source)).items() if name in graph.inputs}
    before, after = values.loss, float(Reference().load(graph).run(given, values.samples)[LOSS])
    text = "same" if after == before else "better" if after < before else "worse"
    lines = (
        CaptionedEquation(Message("stepper.before"), (source.symbol(LOSS), number(before, source.digits))),
        CaptionedEquation(Message("stepper.after"), (source.symbol(LOSS.new), number(after, source.digits))),
    )
    return Frame("end", Message("stepper.end"), None, (Message(f"stepper.end_{text}"),), lines)


def prediction_frame(source: DerivationSource) -> Frame:
    """The output, where there is no target to compare it with."""
    name = last_name(source)
    text = Message("stepper.output_end_text")
    line = CaptionedEquation("", (source.symbol(name), source.printed(name)))
    return Frame("forward", Message("stepper.output_end"), source.symbol(name), (text,), (line,))
