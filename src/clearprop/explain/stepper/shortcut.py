"""δ[L] = a[L] − y: what is left where the derivatives of output activation and loss cancel."""

from __future__ import annotations

from clearprop.explain.derivation import DerivationSource, Elements, Writer, symbol
from clearprop.explain.derivation.arrange import is_label
from clearprop.explain.derivation.elements import Element
from clearprop.explain.derivation.steps import without_repeats
from clearprop.graph import Graph, Name, Node, tidy
from clearprop.nn.names import TARGET
from clearprop.present.document import Equation
from clearprop.present.formula import Math, number


def short_form(source: DerivationSource, element: Element) -> Equation | None:
    """The error of an output unit by the graph that trains; None where nothing cancels, or for another value."""
    trained, name = source.values.graph, element.name.gradient
    if element.name != Name.value("z", source.values.architecture.depth) or element.index is None:
        return None
    if not any(node.op.role == "loss from logits" for node in trained.nodes):
        return None
    node = tidy(trained)[name]

    def stop(x: Node) -> Name | None:
        if is_label(x):
            return TARGET
        return x.name if x.name in source.arrays and x.name.role != "gradient" else None

    elements = Elements(stop, source.arrays, source.values.samples)
    scalar = tidy(Graph({name: elements.written_out(node, element.index)}))[name]

    def letter(x: Node) -> Math | None:
        found = elements.leaves.get(x)
        return None if found is None else source.element_symbol(found.name, found.index or ())

    def digits(x: Node) -> Math | None:
        return number(elements.numbers[x], source.digits) if x in elements.leaves else None

    value = number(float(source.arrays[name][element.index]), source.digits)
    left = symbol(name, source.place(element.name, element.index))
    return without_repeats([left, Writer(letter).formula(scalar), Writer(digits).formula(scalar), value])
