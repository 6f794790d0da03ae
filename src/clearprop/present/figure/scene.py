"""Pictures as data: marks on a sheet, in colours that have a role and no value; written as SVG or PNG elsewhere."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from clearprop.cached import cached_property
from clearprop.errors import InvalidValueError
from clearprop.present.formula import Run

# What a colour is for. "ink" is writing, "soft" what stands back, "line" hairlines, "tint" and "paper" surfaces; those
# of `Hue` only tell apart what is of many kinds.
Hue = Literal["purple", "brown", "pink", "olive", "teal"]
Role = Literal["ink", "soft", "line", "blue", "orange", "green", "red", "tint", "paper", "none"] | Hue
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Stroke:
    """Straight pieces from point to point; with `curved`, cubic Bézier pieces: a start, then three points each."""

    points: tuple[Point, ...]
    stroke: Role = "ink"
    line: float = 1.2
    fill: Role = "none"
    curved: bool = False
    closed: bool = False
    dashed: bool = False
    opacity: float = 1.0


@dataclass(frozen=True, slots=True)
class Rect:
    """A rectangle by its upper left corner."""

    x: float
    y: float
    width: float
    height: float
    fill: Role = "none"
    stroke: Role = "none"
    line: float = 1.2
    radius: float = 0.0
    dashed: bool = False
    opacity: float = 1.0


@dataclass(frozen=True, slots=True)
class Circle:
    """A circle by its centre."""

    x: float
    y: float
    radius: float
    fill: Role = "none"
    stroke: Role = "none"
    line: float = 1.2
    dashed: bool = False
    opacity: float = 1.0


@dataclass(frozen=True, slots=True)
class Area:
    """What closed outlines enclose; an outline that runs the other way round within another is a hole."""

    outlines: tuple[tuple[Point, ...], ...]
    fill: Role
    opacity: float = 1.0
    stroke: Role = "none"
    line: float = 0.0
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Label:
    """Writing on a baseline: pieces of mathematics with their sub- and superscripts, or words."""

    x: float
    y: float
    runs: tuple[Run, ...]
    size: float = 13.0
    colour: Role = "ink"
    anchor: Literal["start", "middle", "end"] = "start"
    face: Literal["math", "words"] = "math"
    bold: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Marks that belong together, moved to (x, y).

    Attributes:
        node: the value they show, by its name in the graph; an HTML page finds it by `data-node`.
        part: what of it: "shape", "value", "gradient".
        tip: what a reader is told who points at it.
    """

    marks: tuple[Mark, ...]
    x: float = 0.0
    y: float = 0.0
    node: str = ""
    part: str = ""
    tip: str = ""


Shape: TypeAlias = Stroke | Rect | Circle | Area  # what is painted: filled, and with an outline so many pixels wide
Mark: TypeAlias = Shape | Label | Group


@dataclass(frozen=True)
class Picture:
    """A figure that a notebook shows by itself.

    Attributes:
        title: what it shows, read out to those who cannot see it.
        width, height: size in pixels at zoom 1; the figure stays sharp at any size.
        marks: what is drawn, from back to front.
        shrinks_to: of its size on a narrow page, before a reader has to scroll.

    Example:
        >>> dot = Picture("a dot", 20, 20, (Circle(10, 10, 4, fill="blue"),))
        >>> dot.svg.startswith("<svg")
        True
    """

    title: str
    width: float
    height: float
    marks: tuple[Mark, ...]
    shrinks_to: float = 0.75

    @cached_property
    def svg(self) -> str:
        """The figure as SVG: one element without outside references, light or dark as the reader's system is."""
        from clearprop.present.figure.svg import to_svg

        return to_svg(self)

    def png(self, scale: float = 2.0, dark: bool = False) -> bytes:
        """The figure as PNG.

        Args:
            scale: pixels of the image per pixel of the figure.
            dark: on dark paper.

        Raises:
            MissingDependencyError: if Matplotlib is not installed.
        """
        from clearprop.present.figure.png import to_png

        return to_png(self, scale, dark)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the figure to a file, by its ending .svg or .png.

        Raises:
            InvalidValueError: for another ending.
            FileError: if the file cannot be written.
            MissingDependencyError: for .png, if Matplotlib is not installed.
        """
        from clearprop.files import checked_path, write_atomically

        ending = Path(checked_path(path)).suffix.lower()
        if ending not in (".svg", ".png"):
            raise InvalidValueError(f"a picture file that ends in {ending!r}", ".svg or .png")
        write_atomically(path, self.png() if ending == ".png" else self.svg.encode())

    def _repr_svg_(self) -> str:
        return self.svg

    def __repr__(self) -> str:
        return f"<Picture: {self.title}, {self.width:.0f} × {self.height:.0f}>"


def flat(marks: Iterable[Mark], x: float = 0.0, y: float = 0.0) -> Iterator[tuple[Mark, float, float]]:
    """Every mark outside its groups, with how far the groups around it have moved it."""
    for mark in marks:
        if isinstance(mark, Group):
            yield from flat(mark.marks, x + mark.x, y + mark.y)
        else:
            yield mark, x, y
