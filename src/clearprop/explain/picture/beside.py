"""Before and after a simplification, side by side, with the numbers that prove them equal."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from clearprop.execute import Array
from clearprop.explain.picture.diagram import draw_diagram
from clearprop.explain.picture.graphs import Numbers, at_zoom, numbers_of, vertices_with_formulas, vertices_with_numbers
from clearprop.graph import Graph
from clearprop.messages import Language, Message, say
from clearprop.present.figure.scene import Group, Label, Mark, Picture
from clearprop.present.figure.text import text_runs, text_width
from clearprop.present.formula import number

_WHERE = (
    Message("picture.beside.where.before"),
    Message("picture.beside.where.after"),
    Message("picture.beside.where.before_and_after"),
)
_GAP, _HEAD, _FOOT = 90.0, 30.0, 30.0
_WIDEST = 1100.0  # beyond which the two stand below each other


def draw_simplification(
    graph: Graph, bindings: Mapping[str, Array] | None, upstream: float | str | None, digits: int, lang: Language
) -> Picture:
    """The graph with every op written out, and with the fused ops found."""
    graphs = [at_zoom(graph, zoom) for zoom in ("primitives", "fused")]
    numbers = [] if bindings is None else [numbers_of(g, bindings, upstream) for g in graphs]
    vertices = (
        [vertices_with_numbers(g, n, digits) for g, n in zip(graphs, numbers, strict=True)]
        if numbers
        else [vertices_with_formulas(g, upstream) for g in graphs]
    )
    pictures = [draw_diagram("", made) for made in vertices]
    keys = ("picture.beside.before", "picture.beside.after")
    captions = [
        say(key, lang, n=len([v for v in made if v.form != "leaf"])) for key, made in zip(keys, vertices, strict=True)
    ]
    beside = pictures[0].width + _GAP + pictures[1].width <= _WIDEST
    tallest = max(picture.height for picture in pictures)
    marks: list[Mark] = []
    x = y = 0.0
    for i, (picture, caption) in enumerate(zip(pictures, captions, strict=True)):
        marks.append(Label(x + 20, y + 20, text_runs(caption), 13, "soft", "start", "words", bold=True))
        shift = (tallest - picture.height) / 2 if beside else 0.0
        marks.append(Group(picture.marks, x, y + _HEAD + shift, part=("before", "after")[i]))
        if i == 0 and beside:
            x += picture.width + _GAP
            marks.append(
                Label(x - _GAP / 2, y + _HEAD + tallest / 2 + 7, text_runs("⇒"), 26, "soft", "middle", "words")
            )
        elif i == 0:
            y += picture.height + _HEAD
    width = x + pictures[1].width if beside else max(picture.width for picture in pictures)
    bottom = y + _HEAD + (tallest if beside else pictures[1].height)
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
    ill = [not all(np.isfinite(v).all() for v in facts.values()) for facts in (before, after)]
    if any(ill):
        return Message("picture.beside.not_finite", where=_WHERE[2 if all(ill) else ill.index(True)])
    shared = before.keys() & after.keys()
    error = max(float(np.abs(before[name] - after[name]).max(initial=0.0)) for name in shared)
    key = "picture.beside.agree" if len(shared) > 1 else "picture.beside.same_value"
    return Message(key, error=number(error, 2).text)
