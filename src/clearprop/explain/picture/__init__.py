"""Figures of graphs and networks, as SVG and PNG."""

from clearprop.explain.picture.circles import draw_circles
from clearprop.explain.picture.drawing import draw
from clearprop.present.figure.scene import Circle, Group, Label, Mark, Picture, Rect, Role, Stroke

__all__ = ["Circle", "Group", "Label", "Mark", "Picture", "Rect", "Role", "Stroke", "draw", "draw_circles"]
