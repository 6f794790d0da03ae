"""Expressions of a target language as text: how strongly they bind, and which shape their value really has."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from clearprop.graph import Node, Shape

if TYPE_CHECKING:
    from clearprop.interop.source.writing import Writing

COMPARISON, SUM, PRODUCT, UNARY, POWER, ATOM = range(6)  # how strongly an expression binds


@dataclass(frozen=True)
class Expression:
    """A piece of source code that has a value.

    Attributes:
        text: the code.
        shape: of the value as it is computed. Where the language repeats values by itself, a row (k,) may stand for
            (N, k), and a number for anything.
        binding: what it needs no brackets within.
        divisor: s, if it is 1 / s: whoever multiplies by it may divide instead.
        reduced: what it is the sum, the mean or the maximum of.
    """

    text: str
    shape: Shape = ()
    binding: int = ATOM
    divisor: Expression | None = None
    reduced: Reduced | None = None

    def within(self, binding: int) -> str:
        """Its text as part of something that binds so strongly: in brackets if need be."""
        return self.text if self.binding >= binding else f"({self.text})"


@dataclass(frozen=True)
class Reduced:
    """Which array was reduced, over which axis, and by what."""

    by: str
    of: Expression
    axis: int


Rule = Callable[["Writing", Node, list[Expression]], Expression]  # how an op is written, given its inputs


def stretched(*shapes: Shape) -> Shape:
    """The shape of values combined entry by entry, where those of length 1 are repeated and axes are added in front.

    Example:
        >>> stretched((4, 1), (3,), ())
        (4, 3)
    """
    rank = max(len(shape) for shape in shapes)
    aligned = [(1,) * (rank - len(shape)) + shape for shape in shapes]
    return tuple(next((d for d in dims if d != 1), 1) for dims in zip(*aligned, strict=True))


def infix(sign: str, binding: int, left: Expression, right: Expression) -> Expression:
    """Two expressions with a sign between them, which binds from the left."""
    text = f"{left.within(binding)} {sign} {right.within(binding + 1)}"
    return Expression(text, stretched(left.shape, right.shape), binding)


def call(function: str, *inputs: Expression | str, shape: Shape | None = None) -> Expression:
    """A function called; of entry by entry, unless a shape is given."""
    texts = [x if isinstance(x, str) else x.text for x in inputs]
    shapes = [x.shape for x in inputs if isinstance(x, Expression)]
    return Expression(f"{function}({', '.join(texts)})", stretched(*shapes) if shape is None else shape)


def function(name: str) -> Rule:
    """The rule of an op that a function of the language computes entry by entry."""
    return lambda writing, node, inputs: call(name, *inputs)
