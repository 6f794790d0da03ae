"""Figures: marks on a sheet, their places, and SVG or PNG of them."""

from clearprop.present.figure.scene import Circle, Group, Label, Mark, Picture, Rect, Role, Stroke

__all__ = ["Circle", "Group", "Label", "Mark", "Picture", "Rect", "Role", "Stroke"]
