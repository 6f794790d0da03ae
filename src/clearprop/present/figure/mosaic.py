"""Many small cells coloured by value: those of one shade are one shape, however many they are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from clearprop.present.figure.plot import Plane
from clearprop.present.figure.scene import Area, Mark, Point, Role

_SHADES = 20  # between 0 and 1


@dataclass(frozen=True)
class Mosaic:
    """Cells of one unit each, coloured by values from −1 (`below`) over 0 (paper) to 1 (`above`).

    Attributes:
        values: (rows, columns), the first row at the first place of the y axis.
        above, below: the colours.
        strength: the opacity of 1.
    """

    values: ArrayLike
    above: Role = "blue"
    below: Role = "orange"
    strength: float = 0.8

    def draw(self, plane: Plane) -> Iterator[Mark]:
        """A shape for each shade."""
        shapes: dict[tuple[Role, int], list[tuple[Point, ...]]] = defaultdict(list)
        for (i, j), value in np.ndenumerate(np.asarray(self.values, np.float64)):
            shade = round(min(1.0, abs(float(value))) * _SHADES) if np.isfinite(value) else 0
            if shade:
                (left, top), (right, bottom) = plane.at(j, i), plane.at(j + 1, i + 1)
                corners = ((left, top), (right, top), (right, bottom), (left, bottom))
                shapes[self.above if value > 0 else self.below, shade].append(corners)
        for (colour, shade), cells in shapes.items():
            yield Area(tuple(cells), colour, round(shade / _SHADES * self.strength, 3))
