"""One circle of a diagram of circles, with its writing, and the column in which it stands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from clearprop.explain.picture.numbered import LINE, NOTHING_WRITTEN, SMALL, Box, Lines, Runs, Written
from clearprop.graph import Name
from clearprop.nn.names import X
from clearprop.present.figure.scene import Circle, Group, Label, Mark, Point, Rect, Role, Stroke
from clearprop.present.figure.text import runs_width, text_runs

_MOST, _FIRST, _LAST = 8, 5, 2  # units of a column that are drawn: all, or the first and the last


@dataclass(frozen=True)
class Scale:
    """The size of a circle, and the way to the next one down and across."""

    radius: float = 17.0
    down: float = 48.0
    across: float = 170.0
    above: float = 0.0  # room for the lines over a circle
    below: float = 0.0


@dataclass(frozen=True)
class Column:
    """One layer: which of its units are drawn, and where."""

    layer: int
    size: int
    x: float
    middle: float
    scale: Scale
    foot: float = 0.0  # of all columns

    @property
    def units(self) -> list[int]:
        """The units that are drawn."""
        if self.size <= _MOST:
            return list(range(self.size))
        return [*range(_FIRST), *range(self.size - _LAST, self.size)]

    @property
    def height(self) -> float:
        """From the first circle's centre to the last one's."""
        return self.scale.down * (len(self.units) - 1 + (self.size > _MOST))

    def at(self, unit: int) -> Point:
        """The centre of a unit's circle."""
        place = self.units.index(unit)
        below_gap = self.size > _MOST and place >= _FIRST
        return self.x, self.middle - self.height / 2 + self.scale.down * (place + below_gap)

    def gap(self) -> Iterator[Mark]:
        """Three dots for the units that are left out."""
        if self.size > _MOST:
            y = (self.at(_FIRST - 1)[1] + self.at(self.size - _LAST)[1]) / 2
            yield Label(self.x, y + 6, text_runs("⋮"), 20, "soft", "middle")


@dataclass(frozen=True)
class Unit:
    """A circle, and what is written in it, above, below and beside it."""

    column: Column
    unit: int
    letter: Runs
    names: Sequence[str]
    text: Written = NOTHING_WRITTEN
    state: str = ""

    def marks(self) -> Iterator[Mark]:
        """The circle with its writing, as one group."""
        (x, y), radius, layer = self.column.at(self.unit), self.column.scale.radius, self.column.layer
        state = self.state
        is_off = state in ("dead", "dropped")
        edge: Role = "soft" if is_off else "red" if state == "saturated" else "ink"
        name = X if layer == 0 else Name.value("a", layer)
        marks: list[Mark] = [Circle(x, y, radius, "paper", edge, 2.4 if state else 1.3, dashed=is_off)]
        reach = 0.65 * radius
        crosses = [1, -1] if state == "dropped" else [1] if is_off else []
        marks += [Stroke(((x - reach, y + reach * s), (x + reach, y - reach * s)), "line", 2.0) for s in crosses]
        lift = 8.0 if self.text.inside else 0.0
        marks.append(Label(x, y + 4.5 - lift, self.letter, 13, anchor="middle"))
        if self.text.inside:
            size = min(12.0, 12.0 * (2 * radius - 7) / runs_width(self.text.inside, 12.0))
            marks.append(Label(x, y + 13.0, self.text.inside, size, "blue", "middle"))
        if layer == 0 and self.unit < len(self.names):
            marks.append(Label(x - radius - 8, y + 4, text_runs(self.names[self.unit]), 12, "soft", "end", "words"))
        for lines, top in self._blocks():
            for i, (line, colour) in enumerate(lines):
                marks.append(Label(x, top + LINE * (i + 1) - 5, line, SMALL + 1, colour, "middle"))
        papers = [Rect(x0, y0, x1 - x0, y1 - y0, "paper", radius=4, opacity=0.8) for x0, y0, x1, y1 in self._papers()]
        yield Group((*papers, *marks), node=name, part=str(self.unit + 1), tip=f"{name}[{self.unit + 1}]")

    def boxes(self) -> Iterator[Box]:
        """What it covers: the circle, and the lines above and below it."""
        (x, y), radius = self.column.at(self.unit), self.column.scale.radius
        yield x - radius - 3, y - radius, x + radius + 3, y + radius
        yield from self._papers()

    def _papers(self) -> Iterator[Box]:
        """Behind the writing, so that it can be read where lines pass."""
        x = self.column.x
        for lines, top in self._blocks():
            if lines:
                half = max(runs_width(line, SMALL + 1) for line, _ in lines) / 2 + 4
                yield x - half, top, x + half, top + LINE * len(lines)

    def _blocks(self) -> Iterator[tuple[Lines, float]]:
        """The lines above and below, each with where it begins."""
        y, radius = self.column.at(self.unit)[1], self.column.scale.radius
        yield self.text.above, y - radius - LINE * len(self.text.above) - 2
        yield self.text.below, y + radius + 3
