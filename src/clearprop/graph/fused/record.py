"""How a fused op is declared: its type rule is that of its definition, so it cannot disagree with it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from clearprop.graph.node import OPS, Attr, Example, Node, Op, register
from clearprop.graph.types import Type


class Hole(float):
    """The value of an attribute while a rewrite pattern is made: a number that remembers its name."""

    name: str

    def __new__(cls, name: str, value: float) -> Hole:
        """A hole called `name`; its value serves to build the pattern."""
        hole = super().__new__(cls, value)
        hole.name = name
        return hole

    def __repr__(self) -> str:
        return f"#{self.name}"  # never equal to the same number written as a number


def fused(
    name: str,
    definition: Callable[..., Node],
    *,
    formula: str,
    examples: tuple[Example, ...],
    gradient: Callable[..., tuple[Node | None, ...]] | None = None,
    stable: Callable[..., Node] | None = None,
    **facts: Any,
) -> Op:
    """Register a fused op.

    Args:
        name: unique name.
        definition: the value in simpler ops, `definition(*inputs, **attrs)`: what the op means.
        formula: LaTeX with `#1`, `#2`, ….
        examples: input types to make the rewrite patterns from and to test on.
        gradient: a shorter derivative rule than the definition's own; required beside a `stable` form.
        stable: the form that neither overflows nor loses digits.
        facts: other fields of the record, such as `kind`, `analytic` or `sign`.
    """
    if stable is not None and gradient is None:
        raise ValueError(f"{name}: the definition overflows, so its derivative needs a rule of its own")

    @cache
    def infer(*types: Type, **attrs: Attr) -> Type:
        stand_ins = [OPS["variable"](shape=t.shape, dtype=t.dtype) for t in types]
        return definition(*stand_ins, **attrs).type

    return register(
        Op(name, infer, gradient, formula, definition=definition, stable=stable, examples=examples, **facts)
    )


def elementwise_examples(**attrs: Any) -> tuple[Example, ...]:
    """One matrix-shaped input."""
    return (Example((Type((2, 3), "f64"),), attrs),)
