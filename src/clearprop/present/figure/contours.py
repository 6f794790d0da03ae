"""Contours of a function over a plane: where it has a value, where it is larger, and a scale of its colours.

The values are known on a grid; between its points they are taken to be linear along each edge (marching squares).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from clearprop.present.figure.axis import Axis, Text
from clearprop.present.figure.plot import Plane, Plot
from clearprop.present.figure.scene import Area, Mark, Point, Role, Stroke

Array = NDArray[Any]
_Edge = tuple[int, int, bool]  # between (row, column) and the point below it, or the one beside it
_FAR = 1e300  # stands for what is infinite, so that one can calculate with it
_BINS = 200  # of a scale
_STRAIGHT = 0.1  # pixels from a straight line that nobody sees


@dataclass(frozen=True)
class Field:
    """Values on a grid.

    Attributes:
        values: (rows, columns); what is no number counts as smaller than all.
        x, y: where its columns and rows stand, (columns,) and (rows,).
    """

    values: ArrayLike
    x: ArrayLike
    y: ArrayLike

    def outlines(self, plane: Plane, level: float, is_below: bool = False) -> list[list[Point]]:
        """Closed outlines of where the values are at least so large (or at most so large), in pixels."""
        values = np.asarray(self.values, np.float64)
        turned = (-values, -level) if is_below else (values, level)
        x, y = np.asarray(self.x, np.float64), np.asarray(self.y, np.float64)
        placed = ((_placed(x, ring[:, 1]), _placed(y, ring[:, 0])) for ring in rings(*turned))
        return [_simpler([plane.at(*at) for at in zip(across, down, strict=True)]) for across, down in placed]


@dataclass(frozen=True)
class Contour:
    """The line along which a field has one value, with a name where it ends on the right."""

    field: Field
    level: float
    colour: Role = "ink"
    width: float = 1.6
    dashed: bool = False
    label: Text = ""

    def draw(self, plane: Plane) -> Iterator[Mark]:
        """Each piece."""
        for piece in self._pieces(plane):
            yield Stroke(tuple(piece), self.colour, self.width, dashed=self.dashed)

    def end(self, plane: Plane) -> Point | None:
        """Its last point on the right, as far from the upper and the lower end as letters need."""
        last = max((point for piece in self._pieces(plane) for point in piece), default=None)
        return last and (last[0], min(max(last[1], plane.top + 12), plane.top + plane.height - 14))

    def _pieces(self, plane: Plane) -> list[list[Point]]:
        """Outlines without what runs along the ends of the field."""
        ends_x, ends_y = (np.asarray(ends, np.float64)[[0, -1]].tolist() for ends in (self.field.x, self.field.y))
        across = [plane.at(x, plane.y.low)[0] for x in ends_x]
        down = [plane.at(plane.x.low, y)[1] for y in ends_y]

        def is_along_an_end(a: Point, b: Point) -> bool:
            return (a[0] == b[0] and a[0] in across) or (a[1] == b[1] and a[1] in down)

        outlines = self.field.outlines(plane, self.level)
        return [piece for outline in outlines for piece in _without(outline, is_along_an_end)]


@dataclass(frozen=True)
class Region:
    """Where a field is not negative."""

    field: Field
    colour: Role
    opacity: float = 0.28

    def draw(self, plane: Plane) -> Iterator[Mark]:
        """One area."""
        yield from _area(self.field.outlines(plane, 0.0), self.colour, self.opacity)


@dataclass(frozen=True)
class Filled:
    """A field in colours: the deeper, the further from a middle, which is paper; one step at each level.

    Attributes:
        field: what is shown.
        levels: where the colour changes, in ascending order.
        middle: above it the colour is `above`, below it `below`.
        strength: the opacity of the last step.
    """

    field: Field
    levels: Sequence[float]
    middle: float = -np.inf
    above: Role = "blue"
    below: Role = "orange"
    strength: float = 0.8

    @property
    def _sides(self) -> tuple[tuple[list[float], Role, bool], ...]:
        """The levels above the middle and those below, from the middle outwards, with their colours."""
        ups = [level for level in self.levels if level > self.middle]
        downs = [level for level in reversed(self.levels) if level < self.middle]
        return (ups, self.above, False), (downs, self.below, True)

    @property
    def _step(self) -> float:
        """By how much the opacity grows at each level."""
        return self.strength / max(1, *(len(levels) for levels, _, _ in self._sides))

    def draw(self, plane: Plane) -> Iterator[Mark]:
        """An area for each level, one on the other: so there are no gaps between them."""
        step = self._step
        for levels, colour, is_below in self._sides:
            for k, level in enumerate(levels):
                opacity = 1 - (1 - step * (k + 1)) / (1 - step * k)  # of a layer that makes the one colour the other
                yield from _area(self.field.outlines(plane, level, is_below), colour, opacity)

    def shades(self, values: Array) -> Iterator[tuple[Role, float, Array]]:
        """The colours that values have on this scale, each with its opacity and where among the values it is."""
        for levels, colour, is_below in self._sides:
            crossed = sum((values <= level if is_below else values >= level).astype(int) for level in levels)
            for k in range(1, len(levels) + 1):
                yield colour, self._step * k, np.flatnonzero(crossed == k)

    def scale(self, axis: Axis, title: Text, width: float = 200.0) -> Plot:
        """What its colours mean, as a strip.

        Args:
            axis: the values along it.
            title: what the values are.
            width: in pixels.
        """
        ends = axis.share(axis.low), axis.share(axis.high)
        low, high = (np.log10(v) if axis.log else v for v in (axis.low, axis.high))
        x = np.linspace(low, high, _BINS + 1) if ends[0] < ends[1] else np.array([low, high])
        x = 10.0**x if axis.log else x
        strip = Filled(
            Field(np.stack([x, x]), x, [0, 1]), self.levels, self.middle, self.above, self.below, self.strength
        )
        return Plot("", axis, Axis(0, 1, given=()), (strip,), ("", title), width, 12, grid="")


def rings(values: Array, level: float) -> list[Array]:
    """Closed outlines of where values on a grid are at least so large, each as (n, 2) rows and columns.

    Every outline has the larger values on the same side. So one that encloses smaller values runs the other way round.

    Example:
        >>> (ring,) = rings(np.array([[0.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 0.0]]), 0.5)
        >>> sorted(map(tuple, ring.tolist()))
        [(0.5, 1.0), (1.0, 0.5), (1.0, 1.5), (1.5, 1.0)]
    """
    known = np.nan_to_num(values, nan=-_FAR, posinf=_FAR, neginf=-_FAR)
    grid = np.pad(known, 1, constant_values=-np.inf)  # outside nothing is larger: every outline is closed
    following = _following(grid, level)
    found = []
    while following:
        first, edge = following.popitem()
        ring = [first]
        while edge != first:
            ring.append(edge)
            edge = following.pop(edge)
        points = np.array([_crossing(grid, level, edge) for edge in ring]) - 1
        found.append(points[(points != np.roll(points, 1, axis=0)).any(axis=1)])
    return [ring for ring in found if len(ring) > 2]


def _following(grid: Array, level: float) -> dict[_Edge, _Edge]:
    """From each edge that an outline crosses to the one that it crosses next.

    Around a cell of the grid one comes over some edges from smaller to larger values, and over as many back. The
    outline enters the cell by the one and leaves it by the other, and the cell beside sees the same edge the other way
    round: so each edge is entered once.
    """
    inside = grid >= level
    corners = np.stack([inside[:-1, :-1], inside[:-1, 1:], inside[1:, 1:], inside[1:, :-1]])
    mixed = np.argwhere(corners.any(axis=0) & ~corners.all(axis=0))
    following: dict[_Edge, _Edge] = {}
    for i, j in mixed.tolist():
        around = corners[:, i, j].tolist()
        edges: list[_Edge] = [(i, j, False), (i, j + 1, True), (i + 1, j, False), (i, j, True)]
        turns = [(edges[k], around[k]) for k in range(4) if around[k] != around[(k + 1) % 4]]
        if turns[0][1]:  # begin where the larger values begin
            turns = [*turns[1:], turns[0]]
        enters, leaves = [edge for edge, _ in turns[::2]], [edge for edge, _ in turns[1::2]]
        if len(enters) == 2 and grid[i : i + 2, j : j + 2].mean() >= level:  # a saddle whose middle is above the level
            leaves.reverse()
        following |= dict(zip(enters, leaves, strict=True))
    return following


def _crossing(grid: Array, level: float, edge: _Edge) -> Point:
    """Where on an edge the level lies."""
    i, j, is_down = edge
    a, b = float(grid[i, j]), float(grid[i + is_down, j + (not is_down)])
    if np.isinf(a) or np.isinf(b):
        share = float(np.isinf(a))  # at the end of the field
    else:
        share = (level - a) / (b - a)
    return (i + share, float(j)) if is_down else (float(i), j + share)


def _placed(at: Array, place: Array) -> list[float]:
    """Where along an axis a place between rows or columns stands."""
    found: list[float] = np.interp(place, np.arange(len(at)), at).tolist()
    return found


def _simpler(ring: list[Point]) -> list[Point]:
    """A closed outline without the points that are as good as on the straight line between others (Douglas-Peucker)."""
    points = np.array([*ring, ring[0]])
    middle = int(np.argmax(np.abs(points - points[0]).sum(axis=1)))
    kept, open_ends = {0, middle}, [(0, middle), (middle, len(ring))]
    while open_ends:
        i, k = open_ends.pop()
        if k - i < 2:
            continue
        (dx, dy), between = points[k] - points[i], points[i + 1 : k] - points[i]
        away = np.abs(between[:, 0] * dy - between[:, 1] * dx) / (np.hypot(dx, dy) or 1.0)
        j = i + 1 + int(np.argmax(away))
        if away.max() > _STRAIGHT:
            kept.add(j)
            open_ends += [(i, j), (j, k)]
    return [ring[j] for j in sorted(kept)]


def _area(outlines: list[list[Point]], colour: Role, opacity: float) -> Iterator[Mark]:
    if outlines:
        yield Area(tuple(map(tuple, outlines)), colour, round(opacity, 4))


def _without(ring: list[Point], is_cut: Callable[[Point, Point], bool]) -> Iterator[list[Point]]:
    """The pieces of a closed outline that are left when some of its sides are taken away."""
    start = next((k for k in range(len(ring)) if is_cut(ring[k - 1], ring[k])), 0)
    piece: list[Point] = []
    for a, b in pairwise([*ring[start:], *ring[: start + 1]]):
        if is_cut(a, b):
            yield from [piece] if piece else []
            piece = []
        else:
            piece = [*(piece or [a]), b]
    yield from [piece] if piece else []
