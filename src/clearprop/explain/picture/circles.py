"""The diagram of circles: neurons in columns, weights as lines; a line's colour is its sign, its width its size."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from clearprop.explain.derivation.symbols import Place, symbol
from clearprop.explain.language import Language, Phrase
from clearprop.explain.math import runs
from clearprop.explain.picture.connections import Connection, connections, layer_nodes
from clearprop.explain.picture.scene import Circle, Group, Label, Mark, Picture, Role, Stroke
from clearprop.explain.picture.text import words
from clearprop.explain.values import Values
from clearprop.graph import Graph, Node

_TITLE = Phrase("The network {sizes} as circles and lines", "用圆和线表示的网络 {sizes}")
_INPUT, _HIDDEN, _OUTPUT = Phrase("input", "输入层"), Phrase("hidden", "隐藏层"), Phrase("output", "输出层")
_POSITIVE, _NEGATIVE = Phrase("weight > 0", "权重 > 0"), Phrase("weight < 0", "权重 < 0")
_UNCHANGED = Phrase("passed on unchanged", "原样传递")
_DEAD = Phrase("dead: 0 for every sample", "死亡：对所有样本都输出 0")
_SATURATED = Phrase("saturated for every sample", "对所有样本都饱和")

_RADIUS, _DOWN, _ACROSS, _MARGIN = 17.0, 48.0, 170.0, 28.0
_MOST, _FIRST, _LAST = 8, 5, 2  # units of a column that are drawn: all, or the first and the last
_THINNEST, _THICKEST = 0.5, 3.6
_FLAT = 0.01  # f′ below which a unit is saturated
Point = tuple[float, float]


@dataclass(frozen=True)
class _Column:
    """One layer: which of its units are drawn, and where."""

    layer: int
    size: int
    x: float
    middle: float

    @property
    def units(self) -> list[int]:
        """The units that are drawn."""
        if self.size <= _MOST:
            return list(range(self.size))
        return [*range(_FIRST), *range(self.size - _LAST, self.size)]

    @property
    def height(self) -> float:
        """From the first circle's centre to the last one's."""
        return _DOWN * (len(self.units) - 1 + (self.size > _MOST))

    def at(self, unit: int) -> Point:
        """The centre of a unit's circle."""
        place = self.units.index(unit)
        below_gap = self.size > _MOST and place >= _FIRST
        return self.x, self.middle - self.height / 2 + _DOWN * (place + below_gap)


def draw_circles(values: Values, lang: Language = "en", names: Sequence[str] = ()) -> Picture:
    """A network as circles and lines.

    With several samples, units that are dead (0 for all of them) or saturated (f′ near 0 for all of them) are marked.

    Args:
        values: the network on some samples.
        lang: of the words.
        names: of the inputs, instead of a^[0]_j.
    """
    graph = values.layer_graph
    layers = layer_nodes(graph)
    sizes = {layer: int(node.shape[1]) for layer, node in sorted(layers.items())}  # type: ignore[arg-type]
    tallest = max(_Column(0, size, 0, 0).height for size in sizes.values())
    left = _MARGIN + _RADIUS + max((len(name) for name in names), default=0) * 6.5
    middle = _MARGIN + 20 + tallest / 2 + _RADIUS
    columns = {layer: _Column(layer, size, left + _ACROSS * layer, middle) for layer, size in sizes.items()}
    links = connections(graph)
    marks: list[Mark] = [mark for link in links for mark in _lines(link, columns, values)]
    drawn = {(column.layer, unit) for column in columns.values() for unit in column.units}
    unwell = {at: state for at, state in _unwell(values, layers).items() if at in drawn}
    marks += [mark for column in columns.values() for mark in _units(column, names, unwell)]
    marks += [mark for column in columns.values() for mark in _captions(column, graph, middle + tallest / 2, lang)]
    said = _legend(links, unwell, lang)
    bottom = middle + tallest / 2 + _RADIUS + 62
    width = left + _ACROSS * (len(columns) - 1) + _RADIUS + _MARGIN + 14
    marks += list(_written(said, _MARGIN, bottom))
    width = max(width, _MARGIN + sum(len(text) * (13 if lang == "zh" else 6.6) + 44 for text, *_ in said))
    title = _TITLE(lang, sizes="-".join(map(str, sizes.values())))
    return Picture(title, width, bottom + (24 if said else -10), tuple(marks))


# --- lines


def _lines(link: Connection, columns: dict[int, _Column], values: Values) -> Iterator[Mark]:
    start, end = columns[link.source], columns[link.target]
    if link.weight is None:
        yield from _unchanged(start, end)
        return
    W = values.parameters[link.weight]
    strongest = float(np.abs(W).max()) or 1.0
    drawn = [(abs(W[j, k]) / strongest, j, k) for j in start.units for k in end.units]
    for strength, j, k in sorted(drawn):  # the strongest on top
        colour: Role = "blue" if W[j, k] > 0 else "orange"
        points = (start.at(j), end.at(k))
        width, opacity = _THINNEST + (_THICKEST - _THINNEST) * strength, 0.18 + 0.72 * strength
        tip = f"{link.weight}[{j + 1},{k + 1}] = {W[j, k]:.4g}"
        yield Group((Stroke(points, colour, width, opacity=float(opacity)),), node=link.weight, part="weight", tip=tip)


def _unchanged(start: _Column, end: _Column) -> Iterator[Mark]:
    """Arcs over what stands between."""
    for unit in sorted({*start.units} & {*end.units}):
        (x0, y0), (x1, y1) = start.at(unit), end.at(unit)
        lift = 0.3 * _DOWN * (end.layer - start.layer)
        third = (x1 - x0) / 3
        points = ((x0, y0), (x0 + third, y0 - lift), (x1 - third, y1 - lift), (x1, y1))
        yield Stroke(points, "green", 1.4, curved=True, dashed=True)


# --- circles


def _units(column: _Column, names: Sequence[str], unwell: dict[tuple[int, int], str]) -> Iterator[Mark]:
    for unit in column.units:
        x, y = column.at(unit)
        state = unwell.get((column.layer, unit), "")
        edge: Role = {"dead": "soft", "saturated": "red"}.get(state, "ink")  # type: ignore[assignment]
        name = "X" if column.layer == 0 else f"a{column.layer}"
        place = Place((unit + 1,) if column.size > 1 else ())
        marks: list[Mark] = [Circle(x, y, _RADIUS, "paper", edge, 2.4 if state else 1.3, dashed=state == "dead")]
        if state == "dead":
            marks.append(Stroke(((x - 11, y + 11), (x + 11, y - 11)), "soft", 1.2))
        marks.append(Label(x, y + 4.5, tuple(runs(symbol(name, place))), 13, anchor="middle"))
        if column.layer == 0 and unit < len(names):
            marks.append(Label(x - _RADIUS - 8, y + 4, words(names[unit]), 12, "soft", "end", "words"))
        yield Group(tuple(marks), node=name, part=str(unit + 1), tip=f"{name}[{unit + 1}]")
    if column.size > _MOST:
        y = (column.at(_FIRST - 1)[1] + column.at(column.size - _LAST)[1]) / 2
        yield Label(column.x, y + 6, words("⋮"), 20, "soft", "middle")


def _captions(column: _Column, graph: Graph, bottom: float, lang: Language) -> Iterator[Mark]:
    last = max(layer_nodes(graph))
    role = _INPUT if column.layer == 0 else _OUTPUT if column.layer == last else _HIDDEN
    y = bottom + _RADIUS + 22
    yield Label(column.x, y, words(role(lang)), 13, "ink", "middle", "words", bold=True)
    activation = "" if column.layer == 0 else _activation(layer_nodes(graph)[column.layer])
    said = f"{column.size:,}" + (f" · {activation}" if activation else "")
    yield Label(column.x, y + 17, words(said), 12, "soft", "middle", "words")


def _activation(node: Node) -> str:
    return "" if node.op.name == "identity" else node.op.name if node.op.fused or node.op.name == "softmax" else ""


# --- marks on units, and what they mean


def _unwell(values: Values, layers: dict[int, Node]) -> dict[tuple[int, int], str]:
    """(layer, unit) → "dead" or "saturated", of hidden units; one sample alone says nothing of that."""
    found: dict[tuple[int, int], str] = {}
    if values.samples == 1:
        return found
    for layer, node in layers.items():
        if layer in (0, max(layers)) or node.op.name not in ("relu", "sigmoid", "tanh"):
            continue
        a = values.a[layer]
        if node.op.name == "relu":
            found |= {(layer, int(k)): "dead" for k in np.flatnonzero((a == 0).all(axis=0))}
        else:
            slope = a * (1 - a) * 4 if node.op.name == "sigmoid" else 1 - a * a
            found |= {(layer, int(k)): "saturated" for k in np.flatnonzero((slope < _FLAT).all(axis=0))}
    return found


_Entry = tuple[str, Role, bool]


def _legend(links: Sequence[Connection], unwell: dict[tuple[int, int], str], lang: Language) -> list[_Entry]:
    entries: list[_Entry] = []
    if any(link.weight for link in links):
        entries += [(_POSITIVE(lang), "blue", False), (_NEGATIVE(lang), "orange", False)]
    if any(link.weight is None for link in links):
        entries.append((_UNCHANGED(lang), "green", True))
    states = set(unwell.values())
    entries += [(_DEAD(lang), "soft", True)] * ("dead" in states)
    entries += [(_SATURATED(lang), "red", False)] * ("saturated" in states)
    return entries


def _written(entries: Sequence[_Entry], x: float, y: float) -> Iterator[Mark]:
    for text, colour, dashed in entries:
        yield Stroke(((x, y - 4), (x + 20, y - 4)), colour, 2.4, dashed=dashed)
        yield Label(x + 26, y, words(text), 12, "soft", "start", "words")
        x += 44 + len(text) * (13.0 if any(ord(letter) > 0x2E80 for letter in text) else 6.6)
