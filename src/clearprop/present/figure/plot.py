r"""A plot: curves, dots, bars, bands and cells over a pair of axes, drawn as one picture.

    plot = Plot(
        "Loss by epoch",
        Axis(1, 50, whole=True),
        Axis.of(losses, log=True).padded(),
        (Line(epochs, losses, label="training"), Rule(y=0.69)),
        titles=("epoch", "loss"),
    )
    plot.picture("en").save("losses.svg")

What is drawn is given in the numbers of the axes, one mark above the other. Words are messages, said in the language in
which the plot is drawn; a formula is a formula: `parse(r"\sigma(z)")`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike

from clearprop.messages import Language, Message, spoken
from clearprop.present.figure.axis import Axis, Text
from clearprop.present.figure.scene import Circle, Group, Label, Mark, Picture, Point, Rect, Role, Stroke
from clearprop.present.figure.text import runs_width, text_runs
from clearprop.present.formula import runs

SIZE = 12.0  # of letters
_SHRINKS_TO = 0.92  # letters of eleven pixels
_LINE = 16.0  # from one line of words to the next
Anchor = Literal["start", "middle", "end"]


@dataclass(frozen=True)
class Plane:
    """The part between the axes: where numbers become pixels.

    Attributes:
        x, y: the axes.
        left, top, width, height: in pixels.
        lang: in which words are said.
    """

    x: Axis
    y: Axis
    left: float
    top: float
    width: float
    height: float
    lang: Language

    def at(self, x: float, y: float) -> Point:
        """The pixel of a point."""
        return self.left + self.x.share(x) * self.width, self.top + (1 - self.y.share(y)) * self.height

    def holds(self, x: float, y: float) -> bool:
        """Whether a point is within both axes."""
        return self.x.holds(x) and self.y.holds(y)

    def box(self, x0: float, y0: float, x1: float, y1: float) -> tuple[float, float, float, float]:
        """Two opposite corners as left, top, width and height, cut at the ends of the axes."""
        (a, b), (c, d) = (self.at(self.x.clipped(x), self.y.clipped(y)) for x, y in ((x0, y0), (x1, y1)))
        return min(a, c), min(b, d), abs(a - c), abs(b - d)


class Drawn(Protocol):
    """Something that a plot shows."""

    def draw(self, plane: Plane) -> Iterator[Mark]:
        """Its marks on the sheet."""
        ...


@runtime_checkable
class Ending(Protocol):
    """A line that may have a name at its end."""

    @property
    def label(self) -> Text:
        """Its name."""
        ...

    @property
    def colour(self) -> Role:
        """Its colour, and that of its name."""
        ...

    def end(self, plane: Plane) -> Point | None:
        """Where its name may stand."""
        ...


@dataclass(frozen=True)
class Line:
    """A curve through points, with its name at its right end; it is broken where it leaves the axes."""

    x: ArrayLike
    y: ArrayLike
    colour: Role = "blue"
    label: Text = ""
    dashed: bool = False
    width: float = 2.0
    opacity: float = 1.0

    def draw(self, plane: Plane) -> Iterator[Mark]:
        """Each unbroken piece."""
        for piece in self._pieces(plane):
            if len(piece) > 1:
                yield Stroke(tuple(piece), self.colour, self.width, dashed=self.dashed, opacity=self.opacity)

    def end(self, plane: Plane) -> Point | None:
        """Where its name may stand: its last point that is drawn."""
        return next((piece[-1] for piece in reversed(self._pieces(plane)) if piece), None)

    def _pieces(self, plane: Plane) -> list[list[Point]]:
        pieces: list[list[Point]] = [[]]
        for x, y in _pairs(self.x, self.y):
            if plane.holds(x, y):
                pieces[-1].append(plane.at(x, y))
            else:
                pieces.append([])
        return pieces


@dataclass(frozen=True)
class Dots:
    """A dot for each point; hollow ones are rings."""

    x: ArrayLike
    y: ArrayLike
    colour: Role = "blue"
    radius: float = 4.0
    hollow: bool = False
    opacity: float = 1.0

    def draw(self, plane: Plane) -> Iterator[Mark]:
        """Those that the axes hold."""
        paper: Role = "paper"
        fill, edge, line = (paper, self.colour, 1.4) if self.hollow else (self.colour, paper, 0.6)
        for x, y in _pairs(self.x, self.y):
            if plane.holds(x, y):
                yield Circle(*plane.at(x, y), self.radius, fill, edge, line, opacity=self.opacity)


@dataclass(frozen=True)
class Bars:
    """A bar from each edge to the next, from the low end of the other axis to its value: a histogram.

    Attributes:
        edges: (n + 1,).
        values: (n,); one that is not finite, or on a logarithmic axis not positive, has no bar.
        starts: (n,), where the bars begin, if that is not the low end of the axis.
        sideways: whether the edges are on the y axis, and the bars go to the right.
        gap: the share of its place that a bar leaves free.
    """

    edges: ArrayLike
    values: ArrayLike
    colour: Role = "blue"
    sideways: bool = False
    gap: float = 0.1
    starts: ArrayLike | None = None

    def draw(self, plane: Plane) -> Iterator[Mark]:
        """A rectangle each."""
        along = plane.x if self.sideways else plane.y
        edges, values = _floats(self.edges), _floats(self.values)
        starts = [along.low] * len(values) if self.starts is None else _floats(self.starts)
        for start, end, low, value in zip(edges[:-1], edges[1:], starts, values, strict=True):
            if np.isfinite(value) and (value > 0 or not along.log):
                free = self.gap / 2 * (end - start)
                ends, reach = (start + free, end - free), (low, value)
                (x0, x1), (y0, y1) = (reach, ends) if self.sideways else (ends, reach)
                yield Rect(*plane.box(x0, y0, x1, y1), self.colour)


@dataclass(frozen=True)
class Band:
    """The area between two curves."""

    x: ArrayLike
    low: ArrayLike
    high: ArrayLike
    colour: Role = "blue"
    opacity: float = 0.15

    def draw(self, plane: Plane) -> Iterator[Mark]:
        """One area, cut at the ends of the y axis."""
        low, high = (np.broadcast_to(edge, np.shape(self.x)) for edge in (self.low, self.high))
        outline = [*_pairs(self.x, high), *reversed([*_pairs(self.x, low)])]
        points = tuple(plane.at(x, plane.y.clipped(y)) for x, y in outline)
        yield Stroke(points, "none", 0, self.colour, closed=True, opacity=self.opacity)


@dataclass(frozen=True)
class Heat:
    """Cells coloured by values from −1 (`below`) over 0 (paper) to 1 (`above`).

    Attributes:
        values: (rows, columns), the first row at the first place of the y axis; NaN has no cell.
        x, y: the edges of columns and rows, (columns + 1,) and (rows + 1,); 0, 1, 2, … where they are not given.
        strength: the opacity of 1.
        outlined: whether each cell has an outline of its own, and a little room around it.
    """

    values: ArrayLike
    x: ArrayLike | None = None
    y: ArrayLike | None = None
    above: Role = "blue"
    below: Role = "orange"
    strength: float = 1.0
    outlined: bool = False

    def draw(self, plane: Plane) -> Iterator[Mark]:
        """A rectangle each, at whole pixels: cells neither overlap nor leave a gap, which would show as a grid."""
        values = np.asarray(self.values, np.float64)
        rows, columns = (range(n + 1) for n in values.shape)
        across = [round(plane.at(x, plane.y.low)[0]) for x in _floats(columns if self.x is None else self.x)]
        down = [round(plane.at(plane.x.low, y)[1]) for y in _floats(rows if self.y is None else self.y)]
        for (i, j), value in np.ndenumerate(values):
            if not np.isfinite(value):
                continue
            x, width = min(across[j], across[j + 1]), abs(across[j + 1] - across[j])
            y, height = min(down[i], down[i + 1]), abs(down[i + 1] - down[i])
            strength = round(min(1.0, abs(float(value))) * self.strength, 2)
            if strength:
                colour = self.above if value > 0 else self.below
                yield Rect(x, y, width - self.outlined, height - self.outlined, colour, opacity=strength)
            if self.outlined:
                yield Rect(x, y, width - 1, height - 1, stroke="soft", line=0.5)


@dataclass(frozen=True)
class Frame:
    """A hairline around the part between the axes."""

    def draw(self, plane: Plane) -> Iterator[Mark]:
        """A rectangle."""
        yield Rect(plane.left, plane.top, plane.width, plane.height, stroke="line", line=1)


@dataclass(frozen=True)
class Rule:
    """A dashed line through the whole plot, at one value of x or of y, with a name at its end."""

    x: float | None = None
    y: float | None = None
    colour: Role = "soft"
    label: Text = ""

    def draw(self, plane: Plane) -> Iterator[Mark]:
        """The line; none outside of the axis. A name stands on an upright line's right, above a level one's end."""
        if self.x is not None and plane.x.holds(self.x):
            start, end = plane.at(self.x, plane.y.low), plane.at(self.x, plane.y.high)
            is_late = plane.x.share(self.x) > 0.6
            place, is_before = (end[0] + (-5 if is_late else 5), end[1] + 12), is_late
        elif self.y is not None and plane.y.holds(self.y):
            start, end = plane.at(plane.x.low, self.y), plane.at(plane.x.high, self.y)
            place, is_before = (end[0], end[1] - 5), True
        else:
            return
        yield Stroke((start, end), self.colour, 1.2, dashed=True)
        if self.label:
            yield text_mark(place, self.label, plane.lang, self.colour, "end" if is_before else "start")


@dataclass(frozen=True)
class Note:
    """Words at a point, moved by pixels (`dy` downwards)."""

    x: float
    y: float
    text: Text
    colour: Role = "ink"
    anchor: Anchor = "start"
    dx: float = 0.0
    dy: float = 0.0

    def draw(self, plane: Plane) -> Iterator[Mark]:
        """The words."""
        x, y = plane.at(self.x, self.y)
        yield text_mark((x + self.dx, y + self.dy), self.text, plane.lang, self.colour, self.anchor)


@dataclass(frozen=True)
class Plot:
    """Marks over a pair of axes.

    Attributes:
        title: what it shows, read out to those who cannot see it.
        x, y: the axes.
        marks: what is drawn, the last on top.
        titles: of the x axis, under it, and of the y axis, above it.
        width, height: of the part between the axes, in pixels.
        grid: the axis whose round values have a hairline through the plot.
        heading: written above it, where several plots stand side by side.

    Example:
        >>> plot = Plot("a line", Axis(0, 2), Axis(0, 1), (Line([0, 1, 2], [0, 1, 0]),))
        >>> plot.picture("en")
        <Picture: a line, 487 × 302>
    """

    title: Message | str
    x: Axis
    y: Axis
    marks: tuple[Drawn, ...]
    titles: tuple[Text, Text] = ("", "")
    width: float = 440.0
    height: float = 260.0
    grid: Literal["x", "y", ""] = "y"
    heading: Text = ""

    def picture(self, lang: Language = "en") -> Picture:
        """The plot as a picture, with room at each side for what is written there."""
        x_title, y_title = self.titles
        left = 16 + max((_room(_width(text_mark((0, 0), text, lang))) for _, text in self.y.ticks()), default=0.0)
        top = (32.0 if y_title else 10.0) + (24.0 if self.heading else 0.0)
        below = (24.0 if self.x.ticks() else 4.0) + (20.0 if x_title else 0.0)
        plane = Plane(self.x, self.y, left, top, self.width, self.height, lang)
        marks = [*self._axes(plane), *(m for mark in self.marks for m in mark.draw(plane))]
        marks += self._end_labels(plane)
        width = max(left + self.width + 14, *(_right_end(mark) + 8 for mark in marks), 0.0)
        return Picture(spoken(self.title, lang), width, top + self.height + below + 8, tuple(marks), _SHRINKS_TO)

    def _axes(self, plane: Plane) -> Iterator[Mark]:
        left, right, top, bottom = plane.left, plane.left + plane.width, plane.top, plane.top + plane.height
        for value, text in self.y.ticks():
            _, y = plane.at(plane.x.low, value)
            if self.grid == "y":
                yield Stroke(((left, y), (right, y)), "line", 1)
            yield text_mark((left - 8, y + 4), text, plane.lang, "soft", "end")
        for value, text in self.x.ticks():
            x, _ = plane.at(value, plane.y.low)
            if self.grid == "x":
                yield Stroke(((x, top), (x, bottom)), "line", 1)
            else:
                yield Stroke(((x, bottom), (x, bottom + 5)), "soft", 1)
            lower = 18 if isinstance(text, str | Message) else 22  # what stands above a letter needs room, too
            yield text_mark((x, bottom + lower), text, plane.lang, "soft", "middle")
        if self.grid == "y":
            yield Stroke(((left, bottom), (right, bottom)), "soft", 1.2)
        x_title, y_title = self.titles
        if x_title:
            yield text_mark(((left + right) / 2, bottom + 38), x_title, plane.lang, anchor="middle")
        if y_title:
            yield text_mark((4, top - 16), y_title, plane.lang)
        if self.heading:
            yield text_mark(((left + right) / 2, 18), self.heading, plane.lang, anchor="middle")

    def _end_labels(self, plane: Plane) -> Iterator[Mark]:
        """The name of each line at its right end, the names far enough apart to be read."""
        lines = [mark for mark in self.marks if isinstance(mark, Ending)]
        named = [(line, end) for line in lines if line.label and (end := line.end(plane))]
        above = float("-inf")
        for line, (x, y) in sorted(named, key=lambda one: one[1][1]):
            above = max(y + 4, above + _LINE)
            yield text_mark((x + 8, above), line.label, plane.lang, line.colour)


def side_by_side(title: str, pictures: Sequence[Picture], gap: float = 24.0) -> Picture:
    """Pictures in a row, as one."""
    x, groups = 0.0, []
    for picture in pictures:
        groups.append(Group(picture.marks, x, 0))
        x += picture.width + gap
    return Picture(title, x - gap, max(picture.height for picture in pictures), tuple(groups))


def text_mark(at: Point, text: Text, lang: Language, colour: Role = "ink", anchor: Anchor = "start") -> Label:
    """Words, or a formula, on a baseline."""
    if isinstance(text, str | Message):
        return Label(*at, text_runs(spoken(text, lang)), SIZE, colour, anchor, "words")
    return Label(*at, tuple(runs(text)), SIZE + 2, colour, anchor)


def _width(label: Label) -> float:
    return runs_width(label.runs, label.size, label.face)


def _room(width: float) -> float:
    """For words so wide in Helvetica: in other fonts they may be wider."""
    return max(width, 1.12 * width - 4)


def _right_end(mark: Mark) -> float:
    if not isinstance(mark, Label):
        return 0.0
    return mark.x + {"start": 1.0, "middle": 0.5, "end": 0.0}[mark.anchor] * _width(mark)


def _floats(values: ArrayLike) -> list[float]:
    found: list[float] = np.ravel(np.asarray(values, np.float64)).tolist()
    return found


def _pairs(x: ArrayLike, y: ArrayLike) -> Iterator[tuple[float, float]]:
    return zip(_floats(x), _floats(y), strict=True)
