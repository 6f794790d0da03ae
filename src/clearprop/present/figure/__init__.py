"""Figures: marks on a sheet, their places, plots, and SVG or PNG of them."""

from clearprop.present.figure.axis import Axis
from clearprop.present.figure.plot import Band, Bars, Dots, Heat, Line, Note, Plot, Rule
from clearprop.present.figure.scene import Picture, Role

__all__ = ["Axis", "Band", "Bars", "Dots", "Heat", "Line", "Note", "Picture", "Plot", "Role", "Rule"]
