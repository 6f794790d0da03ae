"""What a rule of the table gives back: a value in the ONNX graph, and in which shape it stands there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from clearprop.graph import Node, Shape

if TYPE_CHECKING:
    from clearprop.interop.onnx.writer import Writer


@dataclass(frozen=True)
class Written:
    """A value in the ONNX graph.

    Attributes:
        name: of it.
        shape: which ONNX repeats to that of the node it stands for, where that one is larger.
    """

    name: str
    shape: Shape


Rule = Callable[["Writer", Node, list[Written]], Written]  # how an op is written, given its inputs
