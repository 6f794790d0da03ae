"""The diagram of circles: neurons in columns, weights as lines; a line's colour is its sign, its width its size."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from clearprop.explain.derivation.symbols import ElementPlace, symbol
from clearprop.explain.picture.connections import Connection, connections, layer_nodes, width_of
from clearprop.explain.units import DEAD, MOSTLY, SATURATED
from clearprop.explain.values import Values
from clearprop.graph import Name, Node
from clearprop.messages import Language, Message, say
from clearprop.nn.names import X
from clearprop.present.figure.scene import Circle, Group, Label, Mark, Picture, Point, Role, Stroke
from clearprop.present.figure.text import text_runs
from clearprop.present.formula import runs

_RADIUS, _DOWN, _ACROSS, _MARGIN = 17.0, 48.0, 170.0, 28.0
_MOST, _FIRST, _LAST = 8, 5, 2  # units of a column that are drawn: all, or the first and the last
_THINNEST, _THICKEST = 0.5, 3.6


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

    With several samples, units that are dead (0 for all of them) or saturated (f′ near 0 for nearly all) are marked.

    Args:
        values: the network on some samples.
        lang: of the words.
        names: of the inputs, instead of a^[0]_j.
    """
    graph = values.layer_graph
    layers = layer_nodes(graph)
    sizes = {layer: width for _, layer, width in values.architecture.built()}  # some may be in no graph
    sizes |= {layer: width_of(node) for layer, node in layers.items()} | {0: values.architecture.n_inputs}
    sizes = dict(sorted(sizes.items()))
    half = max(_Column(0, size, 0, 0).height for size in sizes.values()) / 2  # of the tallest column
    left = _MARGIN + _RADIUS + max((len(name) for name in names), default=0) * 6.5
    middle = _MARGIN + 20 + half + _RADIUS
    columns = {layer: _Column(layer, size, left + _ACROSS * layer, middle) for layer, size in sizes.items()}
    joined = [(link, columns[start], columns[end]) for start, end, link in connections(graph)]
    lines = _lines(joined, values)
    arcs = [arc for link, start, end in joined if link.weight is None for arc in _arcs(link, start, end)]
    drawn = {(column.layer, unit) for column in columns.values() for unit in column.units}
    unwell = {at: state for at, state in _unwell(values).items() if at in drawn}
    marks: list[Mark] = [*(line for _, line in lines), *arcs]
    marks += [mark for column in columns.values() for mark in _units(column, names, unwell)]
    for layer, column in columns.items():
        marks += _captions(column, max(columns), layers.get(layer), middle + half, lang)
    states = unwell.values()
    bottom, x = middle + half + _RADIUS + 62, _MARGIN
    width = left + _ACROSS * (len(columns) - 1) + _RADIUS + _MARGIN + 14
    legend = _legend({colour for colour, _ in lines}, bool(arcs), "dead" in states, "saturated" in states)
    for said, colour, dashed in legend:
        marks.append(Stroke(((x, bottom - 4), (x + 20, bottom - 4)), colour, 2.4, dashed=dashed))
        marks.append(Label(x + 26, bottom, text_runs(said(lang)), 12, "soft", "start", "words"))
        x += 44 + len(said(lang)) * (13.0 if lang == "zh" else 6.6)
    title = say("picture.circles.title", lang, sizes="-".join(map(str, sizes.values())))
    return Picture(title, max(width, x), bottom + (24 if legend else -10), tuple(marks))


def _legend(
    colours: set[Role], has_arcs: bool, has_dead: bool, has_saturated: bool
) -> list[tuple[Message, Role, bool]]:
    """What the lines and rings that are drawn mean, in which colour, and whether dashed."""
    entries: list[tuple[bool, Message, Role, bool]] = [
        ("blue" in colours, Message("picture.circles.weights.blue"), "blue", False),
        ("orange" in colours, Message("picture.circles.weights.orange"), "orange", False),
        ("soft" in colours, Message("picture.circles.weights.soft"), "soft", False),
        ("ink" in colours, Message("picture.circles.weights.ink"), "ink", False),
        (has_arcs, Message("picture.circles.unchanged"), "green", True),
        (has_dead, Message("picture.circles.dead"), "soft", True),
        (has_saturated, Message("picture.circles.saturated", share=MOSTLY), "red", False),
    ]
    return [(words, colour, dashed) for is_there, words, colour, dashed in entries if is_there]


# --- lines


def _lines(joined: Sequence[tuple[Connection, _Column, _Column]], values: Values) -> list[tuple[Role, Mark]]:
    """A line with its colour for every two units with weights between them; the strongest come last, and so on top."""
    strongest = {name: float(np.abs(W).max(initial=0.0)) or 1.0 for name, W in values.parameters.items()}
    found: dict[tuple[Point, Point], dict[tuple[str, int, int], float]] = {}
    for link, start, end in joined:
        if link.weight is None:
            continue
        W = values.parameters[link.weight]
        for k in end.units:
            into = link.columns_into(k)
            for j in start.units:
                here = found.setdefault((start.at(j), end.at(k)), {})
                for row, column in product(sorted(link.rows[j]), into):
                    place = (column, row) if link.transposed else (row, column)
                    here[(link.weight, *place)] = float(W[place])
    lines: list[tuple[float, Role, Mark]] = []
    for ends, weights in found.items():
        if not weights:
            continue
        first, *others = weights.values()
        colour: Role = "ink" if others else "blue" if first > 0 else "orange" if first < 0 else "soft"
        strength = max(abs(w) / strongest[name] for (name, *_), w in weights.items())
        opacity = 0.5 if colour == "soft" else 0.18 + 0.72 * strength  # a 0 is there, too
        line = Stroke(ends, colour, _THINNEST + (_THICKEST - _THINNEST) * strength, opacity=opacity)
        tip = "\n".join(f"{name}[{row + 1},{column + 1}] = {w:.4g}" for (name, row, column), w in weights.items())
        lines.append((strength, colour, Group((line,), node=next(iter(weights))[0], part="weight", tip=tip)))
    return [(colour, mark) for _, colour, mark in sorted(lines, key=lambda line: line[0])]


def _arcs(link: Connection, start: _Column, end: _Column) -> Iterator[Mark]:
    """Where values pass on unchanged, over what stands between."""
    for j in start.units:
        for k in sorted(link.rows[j].intersection(end.units)):
            (x0, y0), (x1, y1) = start.at(j), end.at(k)
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
        name = X if column.layer == 0 else Name.value("a", column.layer)
        place = ElementPlace((unit + 1,) if column.size > 1 else ())
        marks: list[Mark] = [Circle(x, y, _RADIUS, "paper", edge, 2.4 if state else 1.3, dashed=state == "dead")]
        if state == "dead":
            marks.append(Stroke(((x - 11, y + 11), (x + 11, y - 11)), "soft", 1.2))
        marks.append(Label(x, y + 4.5, tuple(runs(symbol(name, place))), 13, anchor="middle"))
        if column.layer == 0 and unit < len(names):
            marks.append(Label(x - _RADIUS - 8, y + 4, text_runs(names[unit]), 12, "soft", "end", "words"))
        yield Group(tuple(marks), node=name, part=str(unit + 1), tip=f"{name}[{unit + 1}]")
    if column.size > _MOST:
        y = (column.at(_FIRST - 1)[1] + column.at(column.size - _LAST)[1]) / 2
        yield Label(column.x, y + 6, text_runs("⋮"), 20, "soft", "middle")


def _captions(column: _Column, last: int, node: Node | None, bottom: float, lang: Language) -> Iterator[Mark]:
    hidden, output = Message("picture.circles.hidden"), Message("picture.circles.output")
    role = Message("picture.circles.input") if column.layer == 0 else output if column.layer == last else hidden
    said = f"{column.size:,}"
    if node is not None and node.op.fused and column.layer:
        said += f" · {node.op.name}"
    y = bottom + _RADIUS + 22
    yield Label(column.x, y, text_runs(role(lang)), 13, "ink", "middle", "words", bold=True)
    yield Label(column.x, y + 17, text_runs(said), 12, "soft", "middle", "words")


def _unwell(values: Values) -> dict[tuple[int, int], str]:
    """(layer, unit) → "dead" or "saturated", of hidden units; one sample alone says nothing of that."""
    if values.samples == 1:
        return {}
    return {
        (layer, int(k)): state
        for state, stuck in (("dead", DEAD), ("saturated", SATURATED))
        for layer, shares in stuck.shares(values).items()
        for k in np.flatnonzero(shares >= stuck.limit)
    }
