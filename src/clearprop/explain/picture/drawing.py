"""`cp.draw`: one function for every figure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from clearprop.errors import DTypeError, InvalidValueError, checked_integer
from clearprop.execute import Array, as_array
from clearprop.explain.derivation.symbols import symbol
from clearprop.explain.picture.beside import draw_simplification
from clearprop.explain.picture.circles import draw_circles
from clearprop.explain.picture.diagram import draw_diagram
from clearprop.explain.picture.graphs import at_zoom, graph_vertices, layer_vertices, numbers_of
from clearprop.explain.values import Values
from clearprop.graph import Graph, Node, as_graph
from clearprop.messages import Language, checked_language, say
from clearprop.present.figure.scene import Picture
from clearprop.present.formula import DIGITS

_VIEWS = ("graph", "circles", "simplification")
_DIGITS = range(2, 16)
_ZOOMS = ("primitives", "fused", "layers")


def draw(
    what: Any,
    values: Mapping[Node, Any] | Mapping[str, Any] | None = None,
    *,
    view: str | None = None,
    zoom: str | None = None,
    upstream: float | str | None = None,
    lang: str = "en",
    digits: int = DIGITS,
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

    Raises:
        ClearpropError: for an unknown view or zoom, an argument out of its range, values that do not fit, or more nodes
            than a figure can show.

    Example:
        >>> x = cp.variable("x")
        >>> cp.draw(1 / (1 + cp.exp(-x)), {x: 0.5})
        <Picture: Computational graph: values above the edges, gradients below, 585 × 107>
    """
    known = checked_language(lang)
    _check("view", view, _VIEWS)
    _check("zoom", zoom, _ZOOMS)
    if checked_integer("digits", digits, low=2) not in _DIGITS:
        raise InvalidValueError(f"digits {digits!r}", "2 … 15")
    if isinstance(what, Values):
        return _of_run(what, view or "graph", zoom or "layers", known, digits)
    if hasattr(what, "architecture"):
        if view not in (None, "circles"):
            raise InvalidValueError(f"the {view} of a network without data", "a trace: cp.draw(net.trace(X, y))")
        nothing = np.zeros((1, what.architecture.n_inputs))
        return draw_circles(Values(what.architecture, what.arrays(), nothing), known)
    if view == "circles":
        raise DTypeError(f"circles of a {type(what).__name__}", "a network or a trace")
    graph = _with_one_output(what)
    bindings = None if values is None else _by_name(values)
    if view == "simplification":
        return draw_simplification(graph, bindings, upstream, digits, known)
    if zoom == "layers":
        raise InvalidValueError("zoom 'layers' of a graph without layers", "'primitives' or 'fused'")
    shown = graph if zoom is None else at_zoom(graph, zoom)
    numbers = None if bindings is None else numbers_of(shown, bindings, upstream)
    return draw_diagram(say("picture.drawing.title", known), graph_vertices(shown, numbers, upstream, digits))


def _of_run(values: Values, view: str, zoom: str, lang: Language, digits: int) -> Picture:
    if view == "circles":
        return draw_circles(values, lang)
    if view == "simplification":
        raise InvalidValueError(
            "the simplification of a trace", "a graph: cp.draw(node, values, view='simplification')"
        )
    if zoom == "layers":
        return draw_diagram(say("picture.drawing.title", lang), layer_vertices(values, digits))
    output = "L" if values.has_target else values.output
    graph = at_zoom(Graph({output: values.layer_graph[output]}), zoom)
    numbers = numbers_of(graph, values.inputs(), None, values.samples)
    return draw_diagram(say("picture.drawing.title", lang), graph_vertices(graph, numbers, None, digits, symbol))


def _with_one_output(what: Any) -> Graph:
    graph = as_graph(what)
    if len(graph.outputs) != 1:
        names = ", ".join(graph.outputs)
        raise InvalidValueError(f"a graph with the outputs {names}", "one output", "cp.draw(graph['L'])")
    return graph


def _by_name(values: Mapping[Node, Any] | Mapping[str, Any]) -> dict[str, Array]:
    named = {str(key.name) if isinstance(key, Node) else key: value for key, value in values.items()}
    return {name: as_array(name, value, "biufc") for name, value in named.items()}


def _check(name: str, given: str | None, known: tuple[str, ...]) -> None:
    if given is not None and given not in known:
        raise InvalidValueError(f"{name} {given!r}", " or ".join(map(repr, known)))
