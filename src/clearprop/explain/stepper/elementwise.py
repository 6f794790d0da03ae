"""Single numbers that follow from elements of named values: an updated parameter, and the short form of δ[L]."""

from __future__ import annotations

from collections.abc import Iterator

from clearprop.explain.derivation import DerivationSource, Elements, Writer
from clearprop.explain.derivation.arrange import is_label
from clearprop.explain.derivation.elements import Element, indices
from clearprop.explain.derivation.steps import without_repeats
from clearprop.explain.stepper.cells import Cells
from clearprop.explain.stepper.circuit import CaptionedEquation, Circuit, Frame
from clearprop.graph import Graph, Name, Node, tidy
from clearprop.graph.entries import Index
from clearprop.messages import Message
from clearprop.nn.names import TARGET
from clearprop.present.document import Equation
from clearprop.present.formula import Math, number
from clearprop.train import Optimizer


def update_frames(cells: Cells, circuit: Circuit, optimizer: Optimizer) -> Iterator[Frame]:
    """The first step of an optimizer: a frame for each element of each parameter that this sample's loss depends on."""
    source = cells.source

    def stop(node: Node) -> Name | None:
        name = source.name_of(node)
        return None if name in source.auxiliary else name  # what the derivation only calls u is written out here

    elements = Elements(stop, source.arrays, samples=1)
    for parameter in source.values.learned:
        slots = [parameter.state(slot).new for slot in optimizer.slots]
        for index in indices(source.arrays[parameter.new].shape):
            key = cells.key(Element(parameter, index))
            if key not in circuit.values:  # a row of a table that this sample does not choose
                continue
            circuit.updated[key] = float(source.arrays[parameter.new][index])
            stays = circuit.updated[key] == circuit.values[key]
            text = [Message("stepper.update_zero" if stays else "stepper.update_text")]
            if slots:
                text.append(Message("stepper.own_arrays", optimizer=type(optimizer).__name__))
            news = (*slots, parameter.new)
            sides = [
                _equation(new, index, elements.written_out(source.node(new), index), elements, source) for new in news
            ]
            yield Frame(
                "update",
                Message("stepper.update"),
                circuit.vertices[key].symbol,
                tuple(text),
                tuple(CaptionedEquation("", equation) for equation in sides),
                key,
                shows=(("new", key),),
            )


def short_form(source: DerivationSource, element: Element) -> Equation | None:
    """The error of an output unit by the graph that trains, where the derivatives of activation and loss cancel.

    That is δ[L] = a[L] − y; None where nothing cancels, and for any other value.
    """
    trained, name, index = source.values.graph, element.name.gradient, element.index
    if element.name != Name.value("z", source.values.architecture.depth) or index is None:
        return None
    if not any(node.op.role == "loss from logits" for node in trained.nodes):
        return None
    node = tidy(trained)[name]

    def stop(x: Node) -> Name | None:
        if is_label(x):
            return TARGET
        return x.name if x.name in source.arrays and x.name.role != "gradient" else None

    elements = Elements(stop, source.arrays, source.values.samples)
    scalar = tidy(Graph({name: elements.written_out(node, index)}))[name]
    return without_repeats(list(_equation(name, index, scalar, elements, source)))


def _equation(name: Name, index: Index, scalar: Node, elements: Elements, source: DerivationSource) -> Equation:
    """An element of a value: its letter, its formula in letters and with the numbers put in, its number."""

    def letter(x: Node) -> Math | None:
        leaf = elements.leaves.get(x)
        return None if leaf is None else source.element_symbol(leaf.name, leaf.index or ())

    def digits(x: Node) -> Math | None:
        return number(elements.numbers[x], source.digits) if x in elements.leaves else None

    value = number(float(source.arrays[name][index]), source.digits)
    formulas = (Writer(write).formula(scalar) for write in (letter, digits))
    return (source.element_symbol(name, index), *formulas, value)
