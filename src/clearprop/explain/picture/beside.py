"""Before and after a simplification, side by side, with the numbers that prove them equal."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from clearprop.execute import Array
from clearprop.explain.picture.diagram import draw_diagram
from clearprop.explain.picture.graphs import Numbers, at_zoom, graph_vertices, numbers_of
from clearprop.graph import Graph
from clearprop.messages import Language, Message, say
from clearprop.present.figure.scene import Group, Label, Mark, Picture
from clearprop.present.figure.text import text_runs, text_width
from clearprop.present.formula import number

_GAP, _HEAD, _FOOT = 90.0, 30.0, 30.0
_WIDEST = 1100.0  # beyond which the two stand below each other


def draw_simplification(
    graph: Graph, bindings: Mapping[str, Array] | None, upstream: float | str | None, digits: int, lang: Language
) -> Picture:
    """The graph with every op written out, and with the fused ops found."""
    graphs = [at_zoom(graph, zoom) for zoom in ("primitives", "fused")]
    numbers = [] if bindings is None else [numbers_of(g, bindings, upstream) for g in graphs]
    vertices = [graph_vertices(g, n, upstream, digits) for g, n in zip(graphs, numbers or (None, None), strict=True)]
    before, after = pictures = [draw_diagram("", made) for made in vertices]
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
