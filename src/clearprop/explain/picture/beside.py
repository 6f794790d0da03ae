"""Before and after a simplification, side by side, with the numbers that prove them equal."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from clearprop.execute import Array, evaluate
from clearprop.explain.language import Language, Phrase
from clearprop.explain.math import number
from clearprop.explain.picture.diagram import draw_diagram
from clearprop.explain.picture.graphs import at_zoom, vertices_of
from clearprop.explain.picture.scene import Group, Label, Mark, Picture
from clearprop.explain.picture.text import text_width, words
from clearprop.graph import Graph, gradient

_TITLE = Phrase("Before and after the simplification", "化简之前与之后")
_BEFORE, _AFTER = Phrase("nodes before: {n}", "化简前：{n} 个节点"), Phrase("nodes after: {n}", "化简后：{n} 个节点")
_AGREE = Phrase(
    "Both have the same value and the same gradients: the largest difference is {error}.",
    "两者的值和梯度都相同：最大相差 {error}。",
)
_GAP, _HEAD, _FOOT = 90.0, 30.0, 30.0
_WIDEST = 1100.0  # beyond which the two stand below each other


def draw_simplification(
    graph: Graph, bindings: Mapping[str, Array] | None, upstream: float | str | None, digits: int, lang: Language
) -> Picture:
    """The graph with every op written out, and with the fused ops found."""
    graphs = [at_zoom(graph, zoom) for zoom in ("primitives", "fused")]
    vertices = [vertices_of(g, bindings, upstream, digits) for g in graphs]
    pictures = [draw_diagram("", made) for made in vertices]
    captions = [
        phrase(lang, n=len([v for v in made if v.form != "leaf"]))
        for phrase, made in zip((_BEFORE, _AFTER), vertices, strict=True)
    ]
    beside = pictures[0].width + _GAP + pictures[1].width <= _WIDEST
    tallest = max(picture.height for picture in pictures)
    marks: list[Mark] = []
    x = y = 0.0
    for i, (picture, caption) in enumerate(zip(pictures, captions, strict=True)):
        marks.append(Label(x + 20, y + 20, words(caption), 13, "soft", "start", "words", bold=True))
        shift = (tallest - picture.height) / 2 if beside else 0.0
        marks.append(Group(picture.marks, x, y + _HEAD + shift, part=("before", "after")[i]))
        if i == 0 and beside:
            x += picture.width + _GAP
            marks.append(Label(x - _GAP / 2, y + _HEAD + tallest / 2 + 7, words("⇒"), 26, "soft", "middle", "words"))
        elif i == 0:
            y += picture.height + _HEAD
    width = x + pictures[1].width if beside else max(picture.width for picture in pictures)
    bottom = y + _HEAD + (tallest if beside else pictures[1].height)
    if bindings is not None:
        said = _AGREE(lang, error=number(_difference(graphs, bindings, upstream), 2).text)
        marks.append(Label(20, bottom + 16, words(said), 13, "soft", "start", "words"))
        bottom, width = bottom + _FOOT, max(width, text_width(said, 13, "words") + 40)
    return Picture(_TITLE(lang), width, bottom, tuple(marks))


def _difference(graphs: list[Graph], bindings: Mapping[str, Array], upstream: float | str | None) -> float:
    """Between both graphs' values and gradients by every input."""
    found = []
    for graph in graphs:
        (y,) = graph.outputs.values()
        total = {"y": y}
        if y.shape == ():
            inputs = [node for node in graph.inputs.values() if node.type.is_float]
            total |= {f"d{x.name}": dx for x, dx in zip(inputs, gradient(y, inputs), strict=True)}
        values = evaluate(Graph(total), {k: v for k, v in bindings.items() if k in Graph(total).inputs})
        factor = upstream if isinstance(upstream, float | int) else 1.0
        found.append({k: np.asarray(v) * (factor if k != "y" else 1.0) for k, v in values.items()})
    return max(float(np.abs(found[0][k] - found[1][k]).max(initial=0.0)) for k in found[0])
