"""A plot read as a person reads it: what stands at its axes says where its lines and dots are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from clearprop.present.figure.scene import Area, Circle, Label, Stroke, flat


def texts(picture):
    """Everything that is written in a picture, in one string each."""
    return ["".join(text for text, _, _ in mark.runs) for mark, _, _ in flat(picture.marks) if isinstance(mark, Label)]


def read(picture):
    """All plots in a picture: each has one axis to the right and one upwards."""
    plots = [ReadPlot(group) for group in _panels(picture.marks)]
    return [plot for plot in plots if plot.is_readable]


def _panels(marks):
    groups = [mark for mark in marks if hasattr(mark, "marks")]
    if not any(isinstance(mark, Label) for mark in marks) and groups:
        return [panel for group in groups for panel in _panels(group.marks)]
    return [marks]


@dataclass
class ReadPlot:
    """The marks of one plot, and where in its numbers they are."""

    marks: tuple

    def __post_init__(self):
        labels = [mark for mark in self.marks if isinstance(mark, Label) and mark.colour == "soft"]
        self.x = _axis([(label.x, _text(label)) for label in labels if label.anchor == "middle"])
        self.y = _axis([(label.y - 4, _text(label)) for label in labels if label.anchor == "end"])

    @property
    def is_readable(self):
        return self.x is not None and self.y is not None

    def at(self, points):
        """Pixels as numbers, (n, 2)."""
        points = np.asarray(points, float)
        return np.stack([np.polyval(self.x, points[:, 0]), np.polyval(self.y, points[:, 1])], axis=1)

    def lines(self, colour, dashed=False):
        """The points of each line."""
        return [
            self.at(mark.points)
            for mark in self.marks
            if isinstance(mark, Stroke) and mark.stroke == colour and mark.dashed == dashed and not mark.closed
        ]

    def dots(self, colour, hollow=False):
        """The centres of dots or rings."""
        circles = [mark for mark in self.marks if isinstance(mark, Circle)]
        found = [c for c in circles if (c.stroke if hollow else c.fill) == colour and (c.fill == "paper") == hollow]
        return self.at([(c.x, c.y) for c in found]) if found else np.zeros((0, 2))

    def areas(self, colour):
        """The outlines of areas, with their opacity."""
        areas = [mark for mark in self.marks if isinstance(mark, Area) and mark.fill == colour]
        return [([self.at(ring) for ring in area.outlines], area.opacity) for area in areas]


def _text(label):
    return "".join(text for text, _, _ in label.runs)


def _axis(written):
    """From pixels to numbers, by the numbers that stand along an axis."""
    numbers = []
    for pixel, text in written:
        try:
            numbers.append((pixel, float(text.replace("−", "-"))))
        except ValueError:
            continue
    return np.polyfit(*zip(*numbers, strict=True), 1) if len(numbers) > 1 else None
