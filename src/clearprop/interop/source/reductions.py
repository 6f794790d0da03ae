"""Sums, means and maxima as Python's arrays write them, and where a reader expects a mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from clearprop.graph import Node
from clearprop.graph.node import is_batch_size, is_constant
from clearprop.interop.source.expression import Expression, Reduced, Rule
from clearprop.interop.source.python_ops import SHARED, indexed
from clearprop.interop.source.writing import Writing


@dataclass(frozen=True)
class Reductions:
    """The rules, in the words of one library.

    Attributes:
        sum, mean, max: its functions.
        axis, keep: its words for the axis, and for keeping it with length 1.
    """

    sum: str
    mean: str
    max: str
    axis: str
    keep: str

    def rules(self) -> Mapping[str, Rule]:
        """How it writes ops that reduce, and those that turn a sum into a mean."""
        return {
            "sum": self._sum,
            "max": self._max,
            "multiply": self._multiply,
            "divide": self._divide,
            "broadcast": self._broadcast,
        }

    def _over(self, by: str, x: Expression, axis: int, keep: bool = False) -> Expression:
        """x reduced over an axis, which disappears or is kept with length 1."""
        if len(x.shape) == 1 and not keep:
            text = f"{by}({x.text})"
        else:
            text = f"{by}({x.text}, {self.axis}={axis}{f', {self.keep}=True' if keep else ''})"
        shape = x.shape[:axis] + ((1,) if keep else ()) + x.shape[axis + 1 :]
        return Expression(text, shape, reduced=Reduced(by, x, axis))

    def _sum(self, writing: Writing, node: Node, inputs: list[Expression]) -> Expression:
        x = writing.full(node.inputs[0])
        found = self._over(self.sum, x, node.attrs["axis"])
        inner = x.reduced
        if len(x.shape) == 1 and inner is not None and inner.by == self.sum and len(inner.of.shape) == 2:
            return replace(found, text=f"{self.sum}({inner.of.text})")  # over both axes at once
        return found

    def _max(self, writing: Writing, node: Node, inputs: list[Expression]) -> Expression:
        return self._over(self.max, writing.full(node.inputs[0]), node.attrs["axis"])

    def _multiply(self, writing: Writing, node: Node, inputs: list[Expression]) -> Expression:
        """A sum over k columns times 1/k is a mean."""
        total, factor = inputs[0].reduced, node.inputs[1]
        if writing.is_whole and total is not None and total.by == self.sum and is_constant(factor):
            length = total.of.shape[total.axis]
            if isinstance(length, int) and factor.attrs["value"] == 1.0 / length:
                return self._over(self.mean, total.of, total.axis)
        return SHARED["multiply"](writing, node, inputs)

    def _divide(self, writing: Writing, node: Node, inputs: list[Expression]) -> Expression:
        """A sum over the samples divided by N is a mean; the mean of means is the mean of all."""
        total, count = inputs[0].reduced, node.inputs[1]
        count = count.inputs[0] if count.op.name == "broadcast" else count
        if total is None or total.by != self.sum or total.axis != 0 or not is_batch_size(count):
            return SHARED["divide"](writing, node, inputs)
        inner = total.of.reduced
        if inner is not None and len(inner.of.shape) == 2 and (inner.by == self.mean or inner.of.shape[1] == 1):
            return Expression(f"{self.mean}({inner.of.text})")
        return self._over(self.mean, total.of, 0)

    def _broadcast(self, writing: Writing, node: Node, inputs: list[Expression]) -> Expression:
        """What was reduced over the columns keeps their axis, to stand beside all of them."""
        (x,), axes, shape = inputs, node.attrs["axes"], node.shape
        if x.reduced is not None and len(x.shape) == 1 and axes == (0,) and len(shape) == 2 and x.reduced.axis == 1:
            return self._over(x.reduced.by, x.reduced.of, 1, keep=True)
        return indexed(x if len(x.shape) in (0, len(axes)) else writing.full(node.inputs[0]), axes, shape)
