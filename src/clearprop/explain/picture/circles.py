"""The diagram of circles: neurons in columns, weights as lines; a line's colour is its sign, its width its size."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from clearprop.explain.derivation import Notation
from clearprop.explain.derivation.symbols import symbol
from clearprop.explain.picture.column import Column, Scale, Unit
from clearprop.explain.picture.connections import Connection, connections, layer_nodes, width_of
from clearprop.explain.picture.numbered import LINE, Line, Lines, Numbers, Written, placed
from clearprop.explain.picture.words import layer_words
from clearprop.explain.units import DEAD, MOSTLY, SATURATED
from clearprop.explain.values import Values
from clearprop.messages import Language, Message, say
from clearprop.nn.names import LOSS
from clearprop.present.figure.scene import Group, Label, Mark, Picture, Point, Role, Stroke
from clearprop.present.figure.text import runs_width, text_runs, text_width
from clearprop.present.formula import DIGITS, number, runs

_MARGIN = 28.0
_LEGIBLE = 5  # units in each layer: of so many, the numbers of all weights can be read
_THINNEST, _THICKEST = 0.5, 3.6


@dataclass(frozen=True)
class _Weights:
    """All weights between two units, which are one line."""

    start: Point
    end: Point
    weights: Mapping[tuple[str, int, int], float]
    strength: float

    @property
    def colour(self) -> Role:
        first, *others = self.weights.values()
        return "ink" if others else "blue" if first > 0 else "orange" if first < 0 else "soft"

    def mark(self) -> Mark:
        """The line; pointing at it tells the numbers."""
        opacity = 0.5 if self.colour == "soft" else 0.18 + 0.72 * self.strength  # a 0 is there, too
        thickness = _THINNEST + (_THICKEST - _THINNEST) * self.strength
        line = Stroke((self.start, self.end), self.colour, thickness, opacity=opacity)
        numbers = self.weights.items()
        tip = "\n".join(f"{name}[{row + 1},{column + 1}] = {w:.4g}" for (name, row, column), w in numbers)
        return Group((line,), node=next(iter(self.weights))[0], part="weight", tip=tip)

    def line(self, digits: int) -> Line:
        """Where its number can stand."""
        (w,) = self.weights.values()
        return Line(self.start, self.end, tuple(runs(number(w, digits))), self.colour)


def draw_circles(
    values: Values,
    lang: Language = "en",
    names: Sequence[str] = (),
    numbers: bool | None = None,
    digits: int = DIGITS,
    notation: Notation = "delta",
    of_run: bool = True,
    member: tuple[int, int] | None = None,
) -> Picture:
    """A network as circles and lines.

    With several samples, units that are dead (0 for all of them) or saturated (f′ near 0 for nearly all) are marked;
    with one, units that dropout sets to 0.

    Args:
        values: the network on some samples.
        lang: of the words.
        names: of the inputs, beside them.
        numbers: whether values, gradients, weights and biases are written, by default in networks of up to 5 units a
            layer. Values and gradients are those of a single sample.
        digits: significant digits of these numbers.
        notation: "delta", or "d", in which δ is dz, and the output ŷ.
        of_run: whether the samples are real ones; a network alone has weights only.
        member: which of how many members it is, whose mean answers.
    """
    sizes = _sizes(values)
    shows_numbers = max(sizes.values()) <= _LEGIBLE if numbers is None else numbers
    written = Numbers(values, of_run, digits, notation)
    below = layer_words(values.architecture, 0, sizes[0], lang)
    room = max(text_width(line, 12, "words") for line in below) / 2
    columns = _columns(sizes, written if shows_numbers else None, names, room)
    joined = [(link, columns[start], columns[end]) for start, end, link in connections(values.layer_graph)]
    lines = sorted(_lines(joined, values), key=lambda line: line.strength)  # the strongest on top
    arcs = [arc for link, start, end in joined if link.weight is None for arc in _arcs(link, start, end)]
    units = [
        Unit(column, unit, written.letter(column.layer, unit, column.size), names)
        for column in columns.values()
        for unit in column.units
    ]
    unwell = _unwell(values) | written.dropped
    units = [replace(unit, state=unwell.get((unit.column.layer, unit.unit), "")) for unit in units]
    if shows_numbers:
        units = [replace(unit, text=written.at(unit.column.layer, unit.unit, unit.column.size)) for unit in units]
    on_lines, left_out = _on_lines(lines, units, digits) if shows_numbers else ([], 0)
    marks = [*(line.mark() for line in lines), *arcs, *on_lines]
    marks += [mark for unit in units for mark in unit.marks()]
    marks += [mark for column in columns.values() for mark in column.gap()]
    last = columns[max(columns)]
    if shows_numbers:
        marks += [label for unit in last.units for label in _target(last, unit, written)]
    captions = [label for column in columns.values() for label in _captions(column, last, written, shows_numbers, lang)]
    legend = _legend({line.colour for line in lines}, bool(arcs), {unit.state for unit in units})
    notes = list(_notes(written, shows_numbers, left_out, lang))
    if member is not None:
        notes.append(say("picture.circles.member", lang, k=member[0], n=member[1]))
    explained = list(_explained(legend, notes, max(label.y for label in captions) + 30, lang))
    marks += [*captions, *explained]
    beside = 60.0 if shows_numbers else 0.0  # for the targets, and for numbers wider than their circle
    width = max(last.x + last.scale.radius + _MARGIN + 14 + beside, _reach(explained) + _MARGIN)
    title = say("picture.circles.title", lang, sizes="-".join(map(str, sizes.values())))
    return Picture(title, width, max(label.y for label in marks if isinstance(label, Label)) + 24, tuple(marks))


def _sizes(values: Values) -> dict[int, int]:
    """Layer → the number of its units."""
    sizes = {layer: width for _, layer, width in values.architecture.built()}  # some may be in no graph
    sizes |= {layer: width_of(node) for layer, node in layer_nodes(values.layer_graph).items()}
    return dict(sorted((sizes | {0: values.architecture.n_inputs}).items()))


def _columns(
    sizes: Mapping[int, int], written: Numbers | None, names: Sequence[str], room: float = 0.0
) -> dict[int, Column]:
    """Where the layers stand: with numbers wider apart, as far down as there are lines above and below a circle.

    There are `room` pixels and a margin before the middle of the first one, for what is written below it.
    """
    texts = [written.at(layer, 0, size) for layer, size in sizes.items()] if written else []
    above, below = (LINE * max((len(lines) for lines in side), default=0) for side in _sides(texts))
    scale = Scale(27.0, 54.0 + above + below + 14, 270.0, above, below) if written else Scale()
    half = max(Column(0, size, 0, 0, scale).height for size in sizes.values()) / 2  # of the tallest column
    left = _MARGIN + scale.radius + max((text_width(name, 12, "words") + 8 for name in names), default=0)
    left = max(left, room + _MARGIN)
    middle = _MARGIN + half + scale.radius + above
    return {
        layer: Column(layer, size, left + scale.across * i, middle, scale, middle + half + scale.radius + below)
        for i, (layer, size) in enumerate(sizes.items())
    }


def _sides(texts: Sequence[Written]) -> tuple[list[Lines], list[Lines]]:
    return [text.above for text in texts], [text.below for text in texts]


def _notes(written: Numbers, shows_numbers: bool, left_out: int, lang: Language) -> Iterator[str]:
    """What is not there, and how to see it."""
    if left_out:
        yield say("picture.circles.left_out", lang, n=left_out)
    if shows_numbers and written.of_run and not written.is_single:
        yield say("picture.circles.of_one", lang, n=written.values.samples)
    if not shows_numbers and written.is_single:
        yield say("picture.circles.no_numbers", lang, n=_LEGIBLE)


def _legend(colours: set[Role], has_arcs: bool, states: set[str]) -> list[tuple[Message, Role, bool]]:
    """What the lines and rings that are drawn mean, in which colour, and whether dashed."""
    entries: list[tuple[bool, Message, Role, bool]] = [
        ("blue" in colours, Message("picture.circles.weights.blue"), "blue", False),
        ("orange" in colours, Message("picture.circles.weights.orange"), "orange", False),
        ("soft" in colours, Message("picture.circles.weights.soft"), "soft", False),
        ("ink" in colours, Message("picture.circles.weights.ink"), "ink", False),
        (has_arcs, Message("picture.circles.unchanged"), "green", True),
        ("dead" in states, Message("picture.circles.dead"), "soft", True),
        ("dropped" in states, Message("picture.circles.dropped"), "soft", True),
        ("saturated" in states, Message("picture.circles.saturated", share=MOSTLY), "red", False),
    ]
    return [(words, colour, dashed) for is_there, words, colour, dashed in entries if is_there]


# --- lines


def _lines(joined: Sequence[tuple[Connection, Column, Column]], values: Values) -> Iterator[_Weights]:
    """A line for every two units with weights between them."""
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
    for (tail, head), weights in found.items():
        if weights:
            yield _Weights(tail, head, weights, max(abs(w) / strongest[name] for (name, *_), w in weights.items()))


def _arcs(link: Connection, start: Column, end: Column) -> Iterator[Mark]:
    """Where values pass on unchanged, over what stands between."""
    for j in start.units:
        for k in sorted(link.rows[j].intersection(end.units)):
            (x0, y0), (x1, y1) = start.at(j), end.at(k)
            lift = 15.0 * (end.layer - start.layer)
            third = (x1 - x0) / 3
            points = ((x0, y0), (x0 + third, y0 - lift), (x1 - third, y1 - lift), (x1, y1))
            yield Stroke(points, "green", 1.4, curved=True, dashed=True)


def _on_lines(lines: Sequence[_Weights], units: Sequence[Unit], digits: int) -> tuple[list[Mark], int]:
    """The numbers of weights that have a line of their own, and how many of them found no room."""
    alone = [line.line(digits) for line in sorted(lines, key=lambda w: (w.start, w.end)) if len(line.weights) == 1]
    return placed(alone, [box for unit in units for box in unit.boxes()])


# --- circles


def _target(column: Column, unit: int, written: Numbers) -> Iterator[Label]:
    """y, beside an output."""
    x, y = column.at(unit)
    shown = written.target(unit, column.size)
    if shown:
        yield Label(x + column.scale.radius + 9, y + 4, shown, 13, "ink")


def _captions(column: Column, last: Column, written: Numbers, shows_numbers: bool, lang: Language) -> Iterator[Label]:
    """Below a layer: its role, its size, what is done in it; below the last one the loss of one sample."""
    hidden, output = Message("picture.circles.hidden"), Message("picture.circles.output")
    role = Message("picture.circles.input") if column.layer == 0 else output if column is last else hidden
    y = column.foot + 22
    yield Label(column.x, y, text_runs(role(lang)), 13, "ink", "middle", "words", bold=True)
    for line in layer_words(written.values.architecture, column.layer, column.size, lang):
        y += 17
        yield Label(column.x, y, text_runs(line), 12, "soft", "middle", "words")
    if column is last and shows_numbers and written.is_single and written.values.has_target:
        shown = (*runs(symbol(LOSS)), *text_runs(" = "), *runs(number(written.values.loss, written.digits)))
        yield Label(column.x, y + 19, shown, 13, "ink", "middle")


def _explained(
    legend: Sequence[tuple[Message, Role, bool]], notes: Sequence[str], y: float, lang: Language
) -> Iterator[Mark]:
    """The legend on one line, and the notes below it."""
    x = _MARGIN
    for words, colour, dashed in legend:
        said = words(lang)
        yield Stroke(((x, y - 4), (x + 20, y - 4)), colour, 2.4, dashed=dashed)
        yield Label(x + 26, y, text_runs(said), 12, "soft", "start", "words")
        x += 50 + text_width(said, 12, "words")
    for i, note in enumerate(notes, bool(legend)):
        yield Label(_MARGIN, y + 19 * i, text_runs(note), 12, "soft", "start", "words")


def _reach(marks: Sequence[Mark]) -> float:
    """How far writing that starts at its place goes to the right."""
    return max((m.x + runs_width(m.runs, m.size, m.face) for m in marks if isinstance(m, Label)), default=0.0)


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
