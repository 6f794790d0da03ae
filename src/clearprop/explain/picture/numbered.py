"""The numbers in a diagram of circles: what stands in and beside a circle, and where on its line a weight stands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from clearprop.execute import Array
from clearprop.explain.derivation import Notation
from clearprop.explain.derivation.symbols import OUTPUT, ElementPlace, symbol
from clearprop.explain.values import Values
from clearprop.graph import Graph, Name, gradient, ones_like
from clearprop.nn.names import TARGET, X
from clearprop.present.figure.scene import Label, Mark, Point, Rect, Role
from clearprop.present.figure.text import runs_width, text_runs
from clearprop.present.formula import Run, Scripts, number, runs

SMALL, LINE = 11.0, 17.0  # size of what stands beside a circle; from one line of it to the next
_PLACES = sorted(np.linspace(0.14, 0.86, 25), key=lambda t: abs(t - 0.32))  # along a line, the best first
_PAD = 2.5

Runs = tuple[Run, ...]
Lines = tuple[tuple[Runs, Role], ...]  # each with its colour


@dataclass(frozen=True)
class Written:
    """What is written at one unit.

    Attributes:
        inside: its activation.
        above: bias and what comes before the activation, from top to bottom.
        below: what comes after it, and the gradients; each with its colour.
    """

    inside: Runs = ()
    above: Lines = ()
    below: Lines = ()


NOTHING_WRITTEN = Written()


@dataclass(frozen=True)
class Numbers:
    """The numbers at the units of a network.

    Attributes:
        values: the network on a sample.
        of_run: whether that sample is a real one; else there are only parameters to show.
        digits: significant digits.
        notation: "delta", or "d" with da, dz, and ŷ for the output.
    """

    values: Values
    of_run: bool
    digits: int
    notation: Notation = "delta"

    @property
    def dropped(self) -> dict[tuple[int, int], str]:
        """(layer, unit) → "dropped", for the units that dropout sets to 0 in this sample."""
        found = _dropped(self.values) if self.is_single else {}
        return {(layer, int(k)): "dropped" for layer, gone in found.items() for k in np.flatnonzero(gone[0])}

    @property
    def is_single(self) -> bool:
        """Whether there is one sample, so that a unit has one value."""
        return self.of_run and self.values.samples == 1

    def at(self, layer: int, unit: int, size: int) -> Written:
        """What is written at a unit of a layer."""
        place = ElementPlace((unit + 1,) if size > 1 else ())
        above: list[tuple[Runs, Role]] = [(line, "soft") for line in self._biases(layer, unit, place)]
        if not self.is_single:
            return Written(above=tuple(above))
        if layer == 0:
            return Written(self._number(self.values[Name.value("a", 0)][0, unit]))
        names = [name for name in self.values.forward_names if name.layer == layer and name.role == "value"]
        shown = Name.value("a", layer)
        cut = names.index(shown) if shown in names else len(names)
        before, after = names[:cut], names[cut + 1 :]
        above += [(line, "ink") for name in before for line in self._line(name, place, unit, size)]
        below: list[tuple[Runs, Role]] = [
            (line, "ink") for name in after for line in self._line(name, place, unit, size)
        ]
        if self.values.has_target:
            slopes = [name.gradient for name in (shown, Name.value("z", layer)) if name in names]
            below += [(line, "orange") for name in slopes for line in self._line(name, place, unit, size)]
        inside = self._number(self.values[shown][0, unit]) if shown in names else ()
        return Written(inside, tuple(above), tuple(below))

    def letter(self, layer: int, unit: int, size: int) -> Runs:
        """What a circle is called: a, or ŷ where the notation has it."""
        name = X if layer == 0 else Name.value("a", layer)
        if self.notation == "d" and name == self.values.output:
            return tuple(runs(Scripts(OUTPUT, number(unit + 1.0)) if size > 1 else OUTPUT))
        return tuple(runs(symbol(name, ElementPlace((unit + 1,) if size > 1 else ()))))

    def target(self, unit: int, size: int) -> Runs:
        """y beside an output, where the targets are one number for each."""
        y = self.values.inputs().get(TARGET) if self.is_single and self.values.has_target else None
        if y is None or np.shape(y) not in ((1, size), (1,)) or (size > 1 and np.ndim(y) == 1):
            return ()
        place = ElementPlace((unit + 1,) if size > 1 else ())
        return self._equation(symbol_of_target(place), float(np.ravel(y)[unit]))

    def _biases(self, layer: int, unit: int, place: ElementPlace) -> Iterator[Runs]:
        for parameter in self.values.architecture.parameters.values():
            name, array = parameter.name, self.values.parameters[parameter.name]
            if parameter.layer == layer and name.letter == "b" and array.ndim == 1 and unit < len(array):
                yield self._equation(tuple(runs(symbol(name, place))), float(array[unit]))

    def _line(self, name: Name, place: ElementPlace, unit: int, size: int) -> Iterator[Runs]:
        array = self.values[name]
        if array.shape == (1, size):
            yield self._equation(tuple(runs(symbol(name, place, self.notation))), float(array[0, unit]))

    def _equation(self, letter: Runs, value: float) -> Runs:
        return (*letter, *text_runs(" = "), *self._number(value))

    def _number(self, value: float) -> Runs:
        return tuple(runs(number(float(value), self.digits)))


def symbol_of_target(place: ElementPlace) -> Runs:
    """y, or y with the number of the output below."""
    return tuple(runs(symbol(TARGET, place)))


def _dropped(values: Values) -> dict[int, Array]:
    """Layer → which values dropout sets to 0 in this run: those whose slope is 0, whatever they were themselves."""
    graph = values.layer_graph
    names = [X if name.layer == 0 else name for name in values.forward_names]
    slopes = {}
    for before, name in pairwise(names):
        if name.letter == "d" and name.role == "value" and name.layer is not None:
            d = graph.named[name]
            slopes[str(name.layer)] = gradient(d, graph.named[before], ones_like(d))
    return {int(layer): slope == 0 for layer, slope in values.run(Graph(slopes)).items()} if slopes else {}


# --- weights on their lines

Box = tuple[float, float, float, float]  # left, top, right, bottom


@dataclass(frozen=True)
class Line:
    """A line between two circles and the number that belongs to it."""

    start: Point
    end: Point
    text: Runs
    colour: Role


def placed(lines: Sequence[Line], taken: Iterable[Box]) -> tuple[list[Mark], int]:
    """Each line's number somewhere on it, on nothing else; and how many numbers found no room."""
    boxes, marks, left = list(taken), list[Mark](), 0
    for line in lines:
        half = runs_width(line.text, SMALL) / 2 + _PAD
        spots = [_along(line, t) for t in _PLACES]
        free = [
            (x, y, box)
            for x, y in spots
            if not any(_overlap(box := (x - half, y - 7, x + half, y + 7), other) for other in boxes)
        ]
        if not free:
            left += 1
            continue
        x, y, box = min(free, key=lambda spot: sum(_crosses(other, spot[2]) for other in lines if other is not line))
        boxes.append(box)
        marks.append(Rect(box[0], box[1], box[2] - box[0], box[3] - box[1], "paper", radius=3, opacity=0.85))
        marks.append(Label(x, y + 4, line.text, SMALL, line.colour, "middle"))
    return marks, left


def _along(line: Line, t: float) -> Point:
    return line.start[0] + t * (line.end[0] - line.start[0]), line.start[1] + t * (line.end[1] - line.start[1])


def _overlap(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _crosses(line: Line, box: Box) -> bool:
    """Whether a line passes through a box, near enough: looked at in a few places of the box."""
    (x0, y0), (x1, y1) = line.start, line.end
    if x1 == x0:
        return box[0] <= x0 <= box[2]
    heights = [y0 + (x - x0) / (x1 - x0) * (y1 - y0) for x in (box[0], box[2])]
    return min(heights) <= box[3] and max(heights) >= box[1] and x0 <= box[2] and x1 >= box[0]
