"""`MultiTask`: a loss for each range of the outputs, and their sum. It goes with the layer `Heads`."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from clearprop import graph as g
from clearprop.errors import DTypeError, InvalidValueError, ShapeError, checked_integer, plural
from clearprop.graph import Node
from clearprop.nn.losses import Loss, Target, resolve_loss

LEAST = -1e37  # that a target with gaps may be: whatever is not above it, NaN included, is not known


@dataclass(frozen=True)
class MultiTask(Loss):
    """L = Σₕ λₕ·Lₕ(aₕ, yₕ): of the columns of the outputs, the first are one task's, the next another's, ….

    Targets are rows (N, k) with the columns of the outputs: a class is a row that is 1 for it and 0 for the others.
    Each task's loss is an expression of its own columns, so what is fused for it alone (the cross-entropy from logits)
    is fused here.

    Args:
        parts: (loss, number of its columns) of each task; a loss alone has one column.
        weights: λₕ of each task; by default 1.
        gaps: whether NaN in all columns of a task says that its target is not known in a row: its loss is 0 there.

    Raises:
        ShapeError: without parts, or for outputs that are not as many as their columns.

    Source: Caruana, Multitask Learning, Machine Learning 28, 1997.

    Example:
        >>> import clearprop as cp
        >>> loss = MultiTask([("mse", 1), ("bce", 1)])
        >>> net = cp.Network(2, [cp.Heads([cp.Dense(1), cp.Dense(1, "sigmoid")])], loss, dtype="float64")
        >>> net.parameters = {"W1": [[1], [0]], "b1": [0], "W2": [[0], [0]], "b2": [0]}
        >>> net.trace([[2.0, 0.0]], [[1.0, 1.0]]).loss  # (2 − 1)² + ln 2
        1.6931471805599454
    """

    parts: Sequence[Any]
    weights: Sequence[float] | None = None
    gaps: bool = False

    def __post_init__(self) -> None:
        if isinstance(self.parts, str) or not isinstance(self.parts, Sequence) or not self.parts:
            raise DTypeError(f"parts {self.parts!r} of MultiTask", "a list of (loss, number of its columns)")
        object.__setattr__(self, "parts", tuple(map(_part, self.parts)))
        if not isinstance(self.gaps, bool):
            raise InvalidValueError(f"gaps {self.gaps!r}", "True or False")
        if self.weights is not None:
            object.__setattr__(self, "weights", _weights(self.weights, len(self.parts)))

    @property
    def target(self) -> Target:
        """What each part has."""
        return "several"

    @property
    def width(self) -> int:
        """How many columns all parts have."""
        return sum(width for _, width in self.parts)

    def ranges(self) -> Iterator[tuple[Loss, int, int]]:
        """Each task's loss, its first column, and the one behind its last."""
        start = 0
        for loss, width in self.parts:
            yield loss, start, start + width
            start += width

    def __call__(self, a: Node, y: Node) -> Node:
        """Σₕ λₕ·Lₕ(aₕ, yₕ)."""
        if a.shape[1] != self.width:
            raise ShapeError(
                f"MultiTask of {plural(self.width, 'column')} on {plural(a.shape[1], 'output')}",
                "as many columns as outputs",
            )
        total = None
        weights = self.weights or (1.0,) * len(self.parts)
        for (loss, start, stop), weight in zip(self.ranges(), weights, strict=True):
            part = self._part(loss, g.slice(a, 1, start, stop), g.slice(y, 1, start, stop))
            part = part if weight == 1.0 else part * weight
            total = part if total is None else total + part
        assert total is not None
        return total

    def _part(self, loss: Loss, a: Node, y: Node) -> Node:
        """The loss of a task; 0 in the rows where its target is not known."""
        if not self.gaps:
            return loss(a, y)
        known = g.where(y > LEAST, g.ones_like(y), g.zeros_like(y))
        return loss(a, g.where(y > LEAST, y, g.zeros_like(y))) * g.sum(g.slice(known, 1, 0, 1), 1)


def _part(given: Any) -> tuple[Loss, int]:
    loss, width = given if isinstance(given, list | tuple) and len(given) == 2 else (given, 1)
    loss = resolve_loss(loss)
    if isinstance(loss, MultiTask):
        raise InvalidValueError("a MultiTask within another", "the losses of its tasks")
    width = checked_integer("number of columns", width)
    if loss.output == "softmax" and width < 2:
        raise InvalidValueError(
            "a softmax of 1 column, which is always 1", "2 columns or more, or binary_cross_entropy"
        )
    return loss, width


def _weights(given: Any, count: int) -> tuple[float, ...]:
    if isinstance(given, str) or not isinstance(given, Sequence) or len(given) != count:
        raise InvalidValueError(f"weights {given!r} of {plural(count, 'task')}", "a number for each")
    for weight in given:
        if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0 < weight < math.inf:
            raise InvalidValueError(f"weight {weight!r} of a task", "a positive number")
    return tuple(map(float, given))
