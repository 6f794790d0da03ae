"""Figures: marks on a sheet, their places, plots, and SVG or PNG of them."""

from clearprop.present.figure.axis import Axis
from clearprop.present.figure.contours import Contour, Field, Filled, Region
from clearprop.present.figure.mosaic import Mosaic
from clearprop.present.figure.palette import KINDS
from clearprop.present.figure.plot import Band, Bars, Dots, Frame, Heat, Line, Note, Plot, Rule, side_by_side
from clearprop.present.figure.scene import Picture, Role
from clearprop.present.figure.sheet import Entry, explained, stacked, tiled

__all__ = [
    "KINDS",
    "Axis",
    "Band",
    "Bars",
    "Contour",
    "Dots",
    "Entry",
    "Field",
    "Filled",
    "Frame",
    "Heat",
    "Line",
    "Mosaic",
    "Note",
    "Picture",
    "Plot",
    "Region",
    "Role",
    "Rule",
    "explained",
    "side_by_side",
    "stacked",
    "tiled",
]
