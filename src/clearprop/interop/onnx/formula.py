"""Formulas of the preprocessing, as nodes in float64."""

from __future__ import annotations

from collections.abc import Sequence

from clearprop.graph import Graph, Node
from clearprop.interop.onnx.writer import write_graph
from clearprop.interop.onnx.writing import OnnxGraph


def written_formula(into: OnnxGraph, formulas: Sequence[Node], x: str) -> list[str]:
    """The values of formulas of the variable "x", which is the value x of the model."""
    return list(write_graph(into, Graph({into.fresh("scaled"): each for each in formulas}), {"x": x}).values())
