"""`cp.draw`: one function for every figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from clearprop.errors import DTypeError, InvalidValueError, a_or_an, checked_choice
from clearprop.execute import Array, as_array
from clearprop.explain.derivation import NOTATIONS, DerivationSource, Notation
from clearprop.explain.members import one_of
from clearprop.explain.picture.circles import draw_circles
from clearprop.explain.picture.diagram import draw_diagram
from clearprop.explain.picture.graphs import Numbers, at_zoom, graph_vertices, layer_vertices, numbers_of
from clearprop.explain.values import Values
from clearprop.graph import Graph, Node, as_graph
from clearprop.messages import Language, Message, checked_language, say
from clearprop.nn import Architecture
from clearprop.present.figure.scene import Group, Label, Mark, Picture
from clearprop.present.figure.text import text_runs, text_width
from clearprop.present.formula import DIGITS, checked_digits, number

_VIEWS = ("graph", "circles", "simplification")
_ZOOMS = ("primitives", "fused", "layers")
_GAP, _HEAD, _FOOT = 90.0, 30.0, 30.0  # of a simplification: between its two graphs, above and below them
_WIDEST = 1100.0  # beyond which the two stand below each other


def draw(
    what: Any,
    values: Mapping[Node, Any] | Mapping[str, Any] | None = None,
    *,
    view: str | None = None,
    zoom: str | None = None,
    upstream: float | str | None = None,
    lang: str = "en",
    digits: int = DIGITS,
    notation: str = "delta",
    numbers: bool | None = None,
    names: Sequence[str] = (),
    member: int | None = None,
) -> Picture:
    """Draw a computational graph with values above the edges and gradients below, or a network as circles and lines.

    Args:
        what: a node or a graph with one output; a trace; a network.
        values: numbers for the variables of a graph, by node or by name; without them formulas are written.
        view: "graph", "circles" (networks and traces) or "simplification" (before and after, side by side). By default
            a network is drawn as circles, everything else as a graph.
        zoom: "primitives" (every op written out), "fused", or "layers" (of a trace, its default). By default a graph is
            drawn as it was written.
        upstream: ∂L/∂y, a number or, where formulas are written, a name such as "g".
        lang: of words, "en" or "zh".
        digits: significant digits of printed numbers, 2 to 15.
        notation: of a trace's letters, "delta", or "d", in which the output a[L] is also called ŷ.
        numbers: whether circles show weights, biases and, of a trace of one sample, values and gradients; by default in
            networks of up to 5 units a layer.
        names: of the inputs, beside their circles.
        member: of a network that ends in the mean of several, which is drawn, counted from 0; by default the first.

    Raises:
        ClearpropError: for an unknown view or zoom, an argument out of its range, values that do not fit, or more nodes
            than a figure can show.

    Example:
        >>> x = cp.variable("x")
        >>> cp.draw(1 / (1 + cp.exp(-x)), {x: 0.5})
        <Picture: Computational graph: values above the edges, gradients below, 585 × 107>
    """
    known = checked_language(lang)
    if view is not None:
        checked_choice("view", view, _VIEWS)
    if zoom is not None:
        checked_choice("zoom", zoom, _ZOOMS)
    digits = checked_digits(digits)
    letters = checked_choice("notation", notation, NOTATIONS)
    if isinstance(what, Values):
        if view == "circles":
            of_inputs = _names(names, what.architecture)
            return draw_circles(what, known, of_inputs, numbers, digits, letters)
        return _of_run(what, view or "graph", zoom or "layers", known, digits, letters)
    if hasattr(what, "architecture"):
        if view not in (None, "circles"):
            raise InvalidValueError(f"the {view} of a network without data", "a trace: cp.draw(net.trace(X, y))")
        net, which = one_of(what, member)
        nothing = np.zeros((1, net.architecture.n_inputs))
        alone = Values(net.architecture, net.arrays(), nothing)
        of_inputs = _names(names, what.architecture)
        return draw_circles(alone, known, of_inputs, numbers, digits, letters, of_run=False, member=which)
    if view == "circles":
        raise DTypeError(f"circles of {a_or_an(type(what).__name__)}", "a network or a trace")
    graph = _with_one_output(what)
    bindings = None if values is None else _by_name(values)
    if view == "simplification":
        return _simplification(graph, bindings, upstream, digits, known)
    if zoom == "layers":
        raise InvalidValueError("zoom 'layers' of a graph without layers", "'primitives' or 'fused'")
    shown = graph if zoom is None else at_zoom(graph, zoom)
    found = None if bindings is None else numbers_of(shown, bindings, upstream)
    return draw_diagram(graph_vertices(shown, found, upstream, digits, lang=known), known)


def _of_run(values: Values, view: str, zoom: str, lang: Language, digits: int, notation: Notation) -> Picture:
    if view == "simplification":
        raise InvalidValueError(
            "the simplification of a trace", "a graph: cp.draw(node, values, view='simplification')"
        )
    if zoom == "layers":
        return draw_diagram(layer_vertices(values, digits, lang, notation), lang)
    output = "L" if values.has_target else values.output
    graph = at_zoom(Graph({output: values.layer_graph[output]}), zoom)
    numbers = numbers_of(graph, values.inputs(), None, values.samples)
    letters = DerivationSource(values, notation=notation).letter
    return draw_diagram(graph_vertices(graph, numbers, None, digits, letters, values.samples, lang), lang)


# --- before and after a simplification


def _simplification(
    graph: Graph, bindings: Mapping[str, Array] | None, upstream: float | str | None, digits: int, lang: Language
) -> Picture:
    """The graph with every op written out and with the fused ops found, side by side; numbers prove them equal."""
    graphs = [at_zoom(graph, zoom) for zoom in ("primitives", "fused")]
    numbers = [] if bindings is None else [numbers_of(g, bindings, upstream) for g in graphs]
    vertices = [
        graph_vertices(g, n, upstream, digits, lang=lang) for g, n in zip(graphs, numbers or (None, None), strict=True)
    ]
    before, after = pictures = [draw_diagram(made, lang) for made in vertices]
    captions = [
        say(key, lang, n=sum(vertex.form != "leaf" for vertex in made))
        for key, made in zip(("picture.beside.before", "picture.beside.after"), vertices, strict=True)
    ]
    width, height = before.width + _GAP + after.width, max(before.height, after.height)
    is_beside = width <= _WIDEST
    x, y = (before.width + _GAP, 0.0) if is_beside else (0.0, before.height + _HEAD)  # where the second one stands
    marks: list[Mark] = []
    for picture, caption, part, at in zip(pictures, captions, ("before", "after"), ((0.0, 0.0), (x, y)), strict=True):
        shift = (height - picture.height) / 2 if is_beside else 0.0
        marks.append(Label(at[0] + 20, at[1] + 20, text_runs(caption), 13, "soft", "start", "words", bold=True))
        marks.append(Group(picture.marks, at[0], at[1] + _HEAD + shift, part=part))
    if is_beside:
        marks.insert(2, Label(x - _GAP / 2, _HEAD + height / 2 + 7, text_runs("⇒"), 26, "soft", "middle", "words"))
    else:
        width, height = max(before.width, after.width), after.height
    bottom = y + _HEAD + height
    if numbers:
        sentence = _compared(*(_facts(g, n) for g, n in zip(graphs, numbers, strict=True)))(lang)
        marks.append(Label(20, bottom + 16, text_runs(sentence), 13, "soft", "start", "words"))
        bottom, width = bottom + _FOOT, max(width, text_width(sentence, 13, "words") + 40)
    return Picture(say("picture.beside.title", lang), width, bottom, tuple(marks))


def _facts(graph: Graph, numbers: Numbers) -> dict[str, Array]:
    """The value of the output, and the gradients by the inputs, by their names; the output has none."""
    (y,) = graph.outputs.values()
    slopes = {name: numbers.gradients[x] for name, x in graph.inputs.items() if x in numbers.gradients}
    return {"": numbers.values[y], **slopes}


def _compared(before: Mapping[str, Array], after: Mapping[str, Array]) -> Message:
    """Whether both have the same numbers."""
    is_ill = [not all(np.isfinite(v).all() for v in facts.values()) for facts in (before, after)]
    if any(is_ill):
        both, first = Message("picture.beside.where.before_and_after"), Message("picture.beside.where.before")
        where = both if all(is_ill) else first if is_ill[0] else Message("picture.beside.where.after")
        return Message("picture.beside.not_finite", where=where)
    shared = before.keys() & after.keys()
    error = max(float(np.abs(before[name] - after[name]).max(initial=0.0)) for name in shared)
    key = "picture.beside.agree" if len(shared) > 1 else "picture.beside.same_value"
    return Message(key, error=number(error, 2).text)


# --- what is asked for


def _names(names: Sequence[str], architecture: Architecture) -> Sequence[str]:
    """Names of the inputs, one for each or none.

    Raises:
        InvalidValueError: for another number of names.
    """
    given = [names] if isinstance(names, str) else list(names)
    if given and len(given) != architecture.n_inputs:
        raise InvalidValueError(f"{len(given)} names", f"{architecture.n_inputs}, one for each input")
    return [str(name) for name in given]


def _with_one_output(what: Any) -> Graph:
    graph = as_graph(what)
    if len(graph.outputs) != 1:
        names = ", ".join(graph.outputs)
        raise InvalidValueError(f"a graph with the outputs {names}", "one output", "cp.draw(graph['L'])")
    return graph


def _by_name(values: Mapping[Node, Any] | Mapping[str, Any]) -> dict[str, Array]:
    named = {str(key.name) if isinstance(key, Node) else key: value for key, value in values.items()}
    return {name: as_array(name, value, "biufc") for name, value in named.items()}
